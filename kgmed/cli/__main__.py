"""``python -m kgmed.cli`` is ``kgmed``."""

from kgmed.cli import main

main()
