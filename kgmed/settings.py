"""Settings from the environment. Only this module and the command line read it.

| variable      | meaning                                     | default                  |
|---------------|---------------------------------------------|--------------------------|
| `KGMED_GRAPH` | the graph that commands and the facade open | `kgmed:open`             |
| `KGMED_HOME`  | the folder for graphs and caches            | the platform's user data |
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

OPEN_GRAPH = "kgmed:open"
"""The URI of the open graph, which ships with kgmed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    graph: str
    home: Path


def settings() -> Settings:
    """Read the environment, now."""
    home = os.environ.get("KGMED_HOME")
    return Settings(
        graph=os.environ.get("KGMED_GRAPH") or OPEN_GRAPH,
        home=Path(home).expanduser() if home else _user_data() / "kgmed",
    )


def _user_data() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
