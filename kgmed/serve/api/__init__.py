"""REST over a :class:`~kgmed.serve.service.Service`, with FastAPI."""
