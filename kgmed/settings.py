"""Settings from the environment. Only this module and the command line read it.

| variable               | meaning                                     | default                  |
|------------------------|---------------------------------------------|--------------------------|
| `KGMED_GRAPH`          | the graph that commands and the facade open | `kgmed:open`             |
| `KGMED_HOME`           | the folder for graphs and caches            | the platform's user data |
| `KGMED_NEO4J_USER`     | who asks a Neo4j server                     | `neo4j`                  |
| `KGMED_NEO4J_PASSWORD` | the password; without one, nobody logs in   | none                     |
| `KGMED_NEO4J_DATABASE` | the database on the server                  | the user's own           |
| `KGMED_NEO4J_TIMEOUT`  | seconds that one query may take             | 60                       |
| `KGMED_LM`             | the language model: what it is called       | none                     |
| `KGMED_API_BASE`       | the URL of the endpoint that serves it      | none                     |
| `KGMED_API_KEY`        | the endpoint's key                          | none                     |
| `KGMED_LM_TIMEOUT`     | seconds that the endpoint may send nothing  | 120                      |

The language model may stand in `kgmed.toml`, too, in the folder where a command is called:

    [lm]
    name = "my-model"                         # embedded, a folder, or what the endpoint serves
    api_base = "http://localhost:8000/v1"
    api_key_env = "MY_KEY"                    # the variable that holds the key; never the key
    trusted = false                           # may see restricted evidence on another machine
    timeout_s = 120
    retries = 4
    concurrency = 16
    max_tokens = 1024
    temperature = 0.0
    seed = 7
    cache = "lm-cache"                        # keep answers in this folder
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from kgmed.reasoning.lm.settings import LMSettings

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


_LM_TYPES: dict[str, tuple[type, ...]] = {
    "name": (str,), "api_base": (str,), "api_key_env": (str,), "trusted": (bool,),
    "timeout_s": (int, float), "retries": (int,), "concurrency": (int,), "max_tokens": (int,),
    "temperature": (int, float), "seed": (int,), "cache": (str,),
}  # fmt: skip


def lm_settings(config: Path = Path("kgmed.toml"), **given: Any) -> LMSettings | None:
    """The language model that options, the environment and ``kgmed.toml`` name, in that order; None
    where none does.

    ``given`` are the fields of :class:`~kgmed.reasoning.lm.settings.LMSettings` and
    ``api_key_env``, the variable that holds the key; None is as good as not given. An endpoint that
    the environment or the file names is left alone where the name given is ``embedded`` or that of
    a folder. Raises :class:`~kgmed.kg.errors.ConfigError` for a file or variable that is wrong,
    :class:`~kgmed.kg.errors.UsageError` for options that are.
    """
    from kgmed.reasoning.lm.settings import LMSettings

    options = {name: value for name, value in given.items() if value is not None}
    found = _lm_table(config)
    named = {"name": "KGMED_LM", "api_base": "KGMED_API_BASE", "api_key": "KGMED_API_KEY"}
    stated = {field: os.environ[name] for field, name in named.items() if os.environ.get(name)}
    if os.environ.get("KGMED_LM_TIMEOUT"):
        stated["timeout_s"] = _seconds("KGMED_LM_TIMEOUT", 0)  # type: ignore[assignment]
    if "api_key" in stated:
        found.pop("api_key_env", None)
    chosen: dict[str, Any] = {**found, **stated, **options}
    if not chosen.get("name"):
        return None
    if "api_base" not in options and LMSettings(chosen["name"]).folder is not None:
        chosen.pop("api_base", None)
    if "api_base" not in options and LMSettings(chosen["name"]).is_embedded:
        chosen.pop("api_base", None)
    variable = chosen.pop("api_key_env", None)
    if variable is not None:
        chosen["api_key"] = os.environ.get(variable, "")
        if not chosen["api_key"]:
            raise UsageError(
                f"Found no variable {variable} in the environment, expected the endpoint's key in "
                f"it: export {variable}=..."
            )
    return LMSettings(**chosen)


def _lm_table(path: Path) -> dict[str, Any]:
    """The table ``[lm]`` of a ``kgmed.toml``; empty where there is none."""
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("lm", {})
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: isn't valid TOML: {error}.") from error
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: lm is {table!r}, expected a table [lm].")
    if "api_key" in table:
        raise ConfigError(
            f"{path}: found a key in [lm]. Keys don't belong in files: put it in a variable of the "
            "environment, and name that by api_key_env."
        )
    for name, value in table.items():
        kinds = _LM_TYPES.get(name)
        if kinds is None:
            raise ConfigError(f"{path}: lm.{name} is unknown, expected: {', '.join(_LM_TYPES)}.")
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            expected = " or ".join(kind.__name__ for kind in kinds)
            raise ConfigError(f"{path}: lm.{name} is {value!r}, expected {expected}.")
    found = dict(table)
    if "cache" in found:
        found["cache"] = path.parent / Path(found["cache"]).expanduser()
    return found


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
