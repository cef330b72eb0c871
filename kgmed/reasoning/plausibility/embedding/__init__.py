"""Embeddings: torch_geometric's models, their training on a device, and their scores in NumPy."""
