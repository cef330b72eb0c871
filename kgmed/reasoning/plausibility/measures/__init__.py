"""How well scores find what is held out, the probabilities that they stand for, and the page of
both."""
