"""Prompts made better against the verifier: DSPy's optimizers over kgmed's programs."""
