"""What tells a hallucinated answer from a faithful one: the verifier, and the methods beside it."""
