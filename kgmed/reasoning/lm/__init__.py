"""Language models: what one is asked, and how one is plugged in."""
