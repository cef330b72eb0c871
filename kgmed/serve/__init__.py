"""What people and agents reach a graph by: REST and the explorer page, and MCP.

Everything goes through :class:`kgmed.serve.service.Service`, which checks what it is given against
:class:`kgmed.serve.limits.Limits` and answers in the wire shapes. Nothing here writes.
"""
