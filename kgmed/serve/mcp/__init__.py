"""A graph as tools, resources and prompts for agents: the Model Context Protocol
(https://modelcontextprotocol.io), over standard input and output or streamable HTTP.

Every tool stands on :class:`kgmed.serve.service.Service`, reads only, and answers with a compact
text beside the wire shape that REST gives; both are bounded, and say how to get the rest.
"""
