"""From a question to an answer, from a claim to a verdict."""
