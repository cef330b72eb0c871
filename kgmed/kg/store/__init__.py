"""Where a graph lies: the protocol, and the back ends that serve it."""
