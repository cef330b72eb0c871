"""Opening, loading and comparing graphs, and one-call forms of what a graph does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from kgmed.facade.graph import Graph
from kgmed.facade.self_checking import self_check
from kgmed.kg.errors import StoreError, UsageError
from kgmed.kg.predicates import registry
from kgmed.kg.store.neo4j.address import SCHEMES, Address, is_server, shown
from kgmed.settings import OPEN_GRAPH, settings

if TYPE_CHECKING:
    from kgmed.kg.diff.comparison import Comparison
    from kgmed.kg.diff.model import Diff
    from kgmed.kg.linking.links import Links
    from kgmed.kg.model import Language
    from kgmed.kg.paths.found import Paths
    from kgmed.kg.store.base import GraphStore
    from kgmed.kg.store.neo4j.report import Loaded, Tell
    from kgmed.kg.store.snapshot import Snapshot
    from kgmed.reasoning.answer import Answer
    from kgmed.reasoning.claims.model import Verification
    from kgmed.reasoning.claims.texts import Extractor
    from kgmed.reasoning.evaluation.comparison.model import Comparison as Compared
    from kgmed.reasoning.evaluation.run import Ran
    from kgmed.reasoning.reward import Reward


def _to_stderr(text: str) -> None:
    print(f"kgmed: {text}", file=sys.stderr)  # noqa: T201  progress of a first use


def open_graph(
    uri: str | FilePath | None = None, *, progress: Callable[[str], None] = _to_stderr
) -> Graph:
    """Open a graph: a folder that ``kgmed build`` made, ``kgmed:open``, the open graph, or one that
    ``kgmed load`` put into a Neo4j database, ``bolt://...``.

    Without a URI, ``KGMED_GRAPH`` names the graph, else the open graph is opened; it is built into
    ``KGMED_HOME`` at first use, which takes some seconds and prints ``progress``. Raises
    :class:`~kgmed.kg.errors.NotAGraph`, :class:`~kgmed.kg.errors.FormatVersion`,
    :class:`~kgmed.kg.errors.CorruptSnapshot` or :class:`~kgmed.kg.errors.ServerError`.

    >>> open_graph().info().concepts > 20_000
    True
    """
    name = str(uri or settings().graph)
    if is_server(name):
        from kgmed.kg.store.neo4j.store import Neo4jStore

        home = settings().home
        return Graph(
            Neo4jStore(server_address(name), home=home, progress=progress), registry(), uri=name
        )
    from kgmed.kg.store.embedded import open_store

    return Graph(open_store(_folder(name, progress), uri=name), registry(), uri=name)


def opened_again(graph: Graph) -> GraphStore:
    """Another store of a graph's snapshot, which shares nothing with the graph's but the files."""
    from kgmed.kg.store.embedded import EmbeddedStore

    if isinstance(graph.store, EmbeddedStore):
        return graph.store.again()
    info = graph.info()
    return open_again(info.uri, info.snapshot)


def open_again(uri: str, snapshot: str) -> GraphStore:
    """The store of a graph in another process, which must be the one that was opened."""
    store = open_graph(uri, progress=lambda _text: None).store
    if store.info().snapshot != snapshot:
        raise StoreError(f"{shown(uri)}: the graph was built anew meanwhile. Start again.")
    return store


def _folder(name: str, progress: Callable[[str], None]) -> FilePath:
    """The folder that a graph's URI means."""
    if name == OPEN_GRAPH:
        from kgmed.builders.open_data.cache import ensure_open_graph

        return ensure_open_graph(settings().home, progress=progress, self_check=self_check)
    if is_server(name):
        raise UsageError(
            f"Found the graph {shown(name)}, expected a folder or {OPEN_GRAPH}: this needs the "
            "generations of a graph, and a server holds only what was loaded. Name the graph that "
            "was."
        )
    if "://" in name:
        raise UsageError(
            f"Found the graph {shown(name)!r}, expected a folder, {OPEN_GRAPH}, or a Neo4j server "
            f"by one of: {', '.join(f'{scheme}://' for scheme in SCHEMES)}."
        )
    return FilePath(name).expanduser()


def server_address(name: str) -> Address:
    """The address that a server's URI means, with what the settings say besides."""
    given = settings().neo4j
    return Address.parse(name).with_defaults(
        user=given.user,
        password=given.password,
        database=given.database,
        timeout_s=given.timeout_s,
    )


def _snapshot(name: str, progress: Callable[[str], None]) -> Snapshot:
    """The snapshot that ``GRAPH`` or ``GRAPH@GENERATION`` means; a folder's name may hold an @."""
    from kgmed.kg.store.snapshot import open_generation, open_snapshot

    graph, at, generation = name.rpartition("@")
    if at and not is_server(name) and not FilePath(name).expanduser().exists():
        return open_generation(_folder(graph, progress), generation)
    return open_snapshot(_folder(name, progress))


def ask(
    question: str,
    *,
    graph: str | FilePath | None = None,
    language: Language | None = None,
    limit: int | None = 20,
) -> Answer:
    """Open a graph, answer one question, close it: :meth:`Graph.ask` in one call.

    >>> ask("DrugBank id of tamoxifen").value
    'DB00675'
    """
    with open_graph(graph) as opened:
        return opened.ask(question, language=language, limit=limit)


def link(
    text: str,
    *,
    graph: str | FilePath | None = None,
    lang: Language | None = None,
    categories: Sequence[str] = (),
) -> Links:
    """Open a graph, link one text, close it: :meth:`Graph.link` in one call.

    >>> link("华法林")[0].name
    'Warfarin'
    """
    with open_graph(graph) as opened:
        return opened.link(text, lang=lang, categories=categories)


def verify(
    text: str,
    *,
    graph: str | FilePath | None = None,
    lang: Language | None = None,
    extractor: Extractor | None = None,
    plausibility: bool | str | None = None,
) -> Verification:
    """Open a graph, verify one text, close it: :meth:`Graph.verify` in one call.

    >>> [checked.verdict for checked in verify("Imatinib inhibits ABL1.").claims]
    ['SUPPORTED']
    """
    with open_graph(graph) as opened:
        return opened.verify(text, lang=lang, extractor=extractor, plausibility=plausibility)


def find_paths(
    start: str, end: str, *, graph: str | FilePath | None = None, hops: int = 4, limit: int = 5
) -> Paths:
    """Open a graph, find paths, close it: :meth:`Graph.find_paths` in one call.

    >>> len(find_paths("warfarin", "VKORC1", limit=1))
    1
    """
    with open_graph(graph) as opened:
        return opened.find_paths(start, end, hops=hops, limit=limit)


def load_graph(
    target: str,
    graph: str | FilePath | None = None,
    *,
    prune: bool = False,
    old: str | FilePath | None = None,
    again: bool = False,
    trusted: bool = False,
    allow_restricted: Sequence[str] = (),
    tell: Tell,
) -> Loaded:
    """Load a graph, or one generation of it, into the Neo4j database of a server's URI.

    ``prune`` removes what the database holds and the graph lacks; ``old`` is the graph or
    generation that the database holds, of which only the differences are then sent. What isn't open
    goes to another machine only where ``trusted`` says that it is one's own, or
    ``allow_restricted`` names its licence or source. See
    :func:`kgmed.kg.store.neo4j.load.load`.
    """
    from kgmed.kg.store.neo4j.leaving import allowed
    from kgmed.kg.store.neo4j.load import load

    if not is_server(target):
        raise UsageError(
            f"Found {shown(target)!r} to load into, expected a Neo4j server by one of: "
            f"{', '.join(f'{scheme}://' for scheme in SCHEMES)}."
        )
    address = server_address(target)
    return load(
        _snapshot(str(graph or _local_default()), tell),
        address,
        tell=tell,
        prune=prune,
        old=None if old is None else _snapshot(str(old), tell),
        again=again,
        allow=allowed(address, trusted=trusted, allow_restricted=allow_restricted),
    )


def _local_default() -> str:
    """The graph that is loaded where none is named: a server can't be, as the default may."""
    name = settings().graph
    return OPEN_GRAPH if is_server(name) else name


def open_diff(
    old: str | FilePath,
    new: str | FilePath,
    *,
    source: str | None = None,
    memory: str = "4GB",
    progress: Callable[[str], None] = _to_stderr,
) -> Comparison:
    """Compare two snapshots, and hold them open for their rows; use it in ``with``.

    ``old`` and ``new`` are graphs as :func:`open_graph` takes them, or a generation of one:
    ``GRAPH@GENERATION``, ``GRAPH@previous`` for the one before the current. ``source`` looks at one
    source alone. DuckDB holds up to ``memory`` and spills to the folder for temporary files.
    Raises what :func:`open_graph` raises, and :class:`~kgmed.kg.errors.UsageError` for an unknown
    source.

    >>> with open_diff("kgmed:open", "kgmed:open") as changes:
    ...     changes.summary.same, list(changes.statements())
    (True, [])
    """
    from kgmed.kg.diff.comparison import compare

    names = (str(old), str(new))
    sides = [_snapshot(name, progress) for name in names]
    return compare(*sides, graphs=names, source=source or "", memory=memory, progress=progress)


def diff(
    old: str | FilePath, new: str | FilePath, *, source: str | None = None, examples: int = 5
) -> Diff:
    """What changed between two snapshots: :func:`open_diff` in one call, for the counts.

    It holds the first ``examples`` rows of each kind.

    >>> diff("kgmed:open", "kgmed:open").statements.added
    0
    """
    with open_diff(old, new, source=source, progress=lambda _text: None) as changes:
        return changes.with_examples(examples)


def compare(runs: Sequence[str | FilePath | Ran], **how: Any) -> Compared:
    """Runs of :meth:`Graph.evaluate` side by side: ``kgmed evaluate compare`` in one call.

    ``runs`` are what it gave, or the folders of runs, the first being what the others are held
    against. ``how`` are ``mixed``, ``all_pairs`` and ``penalty`` of
    :func:`kgmed.reasoning.evaluation.comparison.compare.compare`. The result shows in a notebook as
    tables; its ``page()`` has plots and items, too, and ``save("compared.html")`` keeps that.
    """
    from kgmed.reasoning.evaluation.comparison.compare import compare as compare_runs
    from kgmed.reasoning.evaluation.runs import read_runs

    folders = [FilePath(one if isinstance(one, str | FilePath) else one.folder) for one in runs]
    return compare_runs(read_runs([folder.expanduser() for folder in folders]), **how)


def reward(
    completions: Sequence[str | Sequence[Mapping[str, Any]]],
    prompts: Sequence[str | Sequence[Mapping[str, Any]]] | None = None,
    **columns: Any,
) -> list[float]:
    """A reward for each completion, -1 to 1, by the verdicts of the graph that
    :func:`open_graph` opens without a name: a reward function as TRL's trainers call it.

    ``prompts`` say what was asked; texts, or lists of messages. Other columns are not looked at.
    The graph is opened once a process. :mod:`kgmed.reasoning.reward` says what is weighed;
    :meth:`Graph.rewards` takes other weights, and another graph.

    >>> from kgmed import reward
    >>> reward(["Warfarin treats gout."], prompts=["Which drugs treat gout?"])
    [-0.4]
    """
    uri = str(settings().graph)
    if uri not in _REWARDS:
        _REWARDS[uri] = open_graph(uri).rewards()
    return _REWARDS[uri](completions, prompts, **columns)


_REWARDS: dict[str, Reward] = {}
"""What :func:`reward` opened, by the graph's name."""
