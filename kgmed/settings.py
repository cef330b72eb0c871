"""Settings from the environment. Only this module and the command line read it.

| variable               | meaning                                     | default                  |
|------------------------|---------------------------------------------|--------------------------|
| `KGMED_GRAPH`          | the graph that commands and the facade open | `kgmed:open`             |
| `KGMED_HOME`           | the folder for graphs and caches            | the platform's user data |
| `KGMED_NEO4J_USER`     | who asks a Neo4j server                     | `neo4j`                  |
| `KGMED_NEO4J_PASSWORD` | the password; without one, nobody logs in   | none                     |
| `KGMED_NEO4J_DATABASE` | the database on the server                  | the user's own           |
| `KGMED_NEO4J_TIMEOUT`  | seconds that one query may take             | 60                       |
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from kgmed.kg.errors import ConfigError

OPEN_GRAPH = "kgmed:open"
"""The URI of the open graph, which ships with kgmed."""


@dataclass(frozen=True, slots=True)
class Neo4jSettings:
    """Who asks a Neo4j server, which database, and for how long (seconds)."""

    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    graph: str
    home: Path
    neo4j: Neo4jSettings


def settings() -> Settings:
    """Read the environment, now."""
    home = os.environ.get("KGMED_HOME")
    return Settings(
        graph=os.environ.get("KGMED_GRAPH") or OPEN_GRAPH,
        home=Path(home).expanduser() if home else _user_data() / "kgmed",
        neo4j=Neo4jSettings(
            user=os.environ.get("KGMED_NEO4J_USER", ""),
            password=os.environ.get("KGMED_NEO4J_PASSWORD", ""),
            database=os.environ.get("KGMED_NEO4J_DATABASE", ""),
            timeout_s=_seconds("KGMED_NEO4J_TIMEOUT", Neo4jSettings().timeout_s),
        ),
    )


def _seconds(name: str, default: float) -> float:
    text = os.environ.get(name, "")
    if not text:
        return default
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < inf:
        raise ConfigError(f"Found {name}={text!r}, expected a number of seconds above 0.")
    return found


def _user_data() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
