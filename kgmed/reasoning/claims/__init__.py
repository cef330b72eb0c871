"""Claims, and whether a graph bears them out."""
