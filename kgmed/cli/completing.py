"""What a shell completes: graphs, predicates, concepts by their names, and the words of options.

Each is asked for at a key press, so it never builds a graph, asks no server, and says nothing where
something is wrong.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgmed.facade import Graph

MOST = 30
"""Completions that are offered at most."""
_CHOICE = re.compile(r"[a-z0-9_-]+(?:\|[a-z0-9_-]+)+")
Completed = list[str] | list[tuple[str, str]]


def graphs(incomplete: str) -> list[str]:
    """Graphs: the open one, the one of the settings, and folders that hold one or lead to one."""
    from kgmed.settings import OPEN_GRAPH, settings

    named = [OPEN_GRAPH, settings().graph]
    folder, _, start = incomplete.rpartition("/")
    base = Path(folder + "/" if incomplete.startswith("/") else folder or ".").expanduser()
    try:
        found = [entry for entry in sorted(base.iterdir()) if entry.name.startswith(start)]
        below = [
            (f"{folder}/" if folder or incomplete.startswith("/") else "")
            + entry.name
            + ("" if (entry / "CURRENT").is_file() else "/")
            for entry in found
            if entry.is_dir() and (start or not entry.name.startswith("."))
        ]
    except OSError:
        below = []
    words = [name for name in dict.fromkeys(named) if name.startswith(incomplete)]
    return [*words, *below][:MOST]


def predicates(incomplete: str) -> list[str]:
    """The predicates of the registry."""
    from kgmed.kg.predicates import registry

    return [name for name in sorted(registry()) if name.startswith(incomplete)]


def concepts(ctx: Any, incomplete: str) -> list[tuple[str, str]]:
    """Names of concepts that begin so, with the concept's id; two letters are the least."""
    if len(incomplete) < 2:
        return []
    from kgmed.kg.errors import KgmedError
    from kgmed.kg.linking.normalize import key

    try:
        with _graph(ctx.params.get("graph")) as graph:
            found = graph.store.lexicon.prefix(key(incomplete), limit=MOST)
    except (KgmedError, OSError):
        return []
    in_bash = os.environ.get("_KGMED_COMPLETE", "").endswith("bash")
    named: dict[str, str] = {}
    for id, name in found:
        if name.text.lower().startswith(incomplete.lower()):  # not one that is spelt otherwise
            named.setdefault(incomplete + name.text[len(incomplete) :], id)
    return [(_Quoted(text) if in_bash else text, id) for text, id in named.items()]


class _Quoted(str):
    """A name as bash takes it, which inserts what it is given as it is; the other shells quote.

    Typer keeps what begins with the word at hand, which reaches it without its quotes.
    """

    __slots__ = ("_plain",)
    _plain: str

    def __new__(cls, text: str) -> _Quoted:
        made = super().__new__(cls, re.sub(r"([^\w,.:/+-])", r"\\\1", text))
        made._plain = text
        return made

    def startswith(self, *prefix_and_bounds: Any) -> bool:
        return self._plain.startswith(*prefix_and_bounds)


def _graph(name: str | None) -> Graph:
    """The graph, where it is there already."""
    from kgmed.builders.open_data.cache import fingerprint
    from kgmed.facade import open_graph
    from kgmed.kg.errors import NotAGraph
    from kgmed.kg.store.neo4j.address import is_server
    from kgmed.settings import OPEN_GRAPH, settings

    given = settings()
    name = name or given.graph
    built = given.home / "graphs" / f"open-{fingerprint()}" / "CURRENT"
    if is_server(name) or (name == OPEN_GRAPH and not built.exists()):
        raise NotAGraph("not for completion")
    return open_graph(name)


def one_of(words: Iterable[str]) -> Callable[[str], list[str]]:
    """The words that begin so.

    >>> one_of(["jsonl", "tsv"])("j")
    ['jsonl']
    """
    known = list(words)

    def complete(incomplete: str) -> list[str]:
        return [word for word in known if word.startswith(incomplete)]

    return complete


WORDS = {
    "program": ("direct", "predict", "cot", "tot", "self-consistency", "constrained"),
    "unsupported": ("mark", "remove", "keep"),
    "optimizer": ("bootstrap", "mipro", "gepa", "simba"),
    "fail_on": ("refuted", "unsupported", "not_covered"),
    "change": ("case", "typo", "synonym", "brand", "language"),
}
"""Parameters whose words their help lists."""
OF_COMMAND: dict[tuple[str, str], Callable[..., Any]] = {
    ("show", "id"): concepts,
    ("paths", "start"): concepts,
    ("paths", "end"): concepts,
    ("diff", "old"): graphs,
    ("diff", "new"): graphs,
    ("overlay", "graph"): graphs,
    ("synth", "source"): one_of(["umls", "snomed", "drugbank", "cmekg", "all"]),
}
"""What is completed for one command's parameter alone."""


def completion(command: str, name: str, metavar: str | None) -> Callable[..., Any] | None:
    """What completes a parameter; None leaves it to the shell, which offers files."""
    if (command, name) in OF_COMMAND:
        return OF_COMMAND[command, name]
    if name in {"graph", "predicate"}:
        return graphs if name == "graph" else predicates
    if name in WORDS:
        return one_of(WORDS[name])
    if metavar and _CHOICE.fullmatch(metavar):
        return one_of(metavar.split("|"))
    return None
