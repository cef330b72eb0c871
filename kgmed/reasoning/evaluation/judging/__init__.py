"""A language model as judge of whole answers: marks for each, and pairs in both orders."""
