"""What is learnt from: statements as triples, what is held out of them, what is taken for false."""
