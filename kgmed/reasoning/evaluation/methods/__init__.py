"""How well a model, a program and a graph answer: the methods that are compared."""
