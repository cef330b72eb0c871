"""Runs side by side: what they score, how sure that is, where they differ, as tables and plots."""
