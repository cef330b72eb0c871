"""From text to concepts."""
