"""Reports as one HTML file each, for a browser that is offline: tables, plots, a style sheet."""
