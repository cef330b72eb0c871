"""How plausible is what the graph does not say: a rank and a calibrated probability.

A plausibility is never support: verdicts, proofs and answers don't change by it. What trains and
measures needs torch and torch_geometric (extra ``learn``); what uses a trained model needs NumPy
alone.
"""
