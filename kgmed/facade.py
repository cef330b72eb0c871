"""The facade: a graph that can be asked, linked against, walked and explained.

Importing kgmed opens no file and imports no heavy package; both happen when a graph is opened.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Self

from kgmed.kg.errors import StoreError, UnknownConcept, UsageError
from kgmed.kg.predicates import Registry, registry
from kgmed.kg.store.neo4j.address import SCHEMES, Address, is_server, shown
from kgmed.settings import OPEN_GRAPH, settings

if TYPE_CHECKING:
    import networkx
    import rdflib
    from torch_geometric.data import HeteroData

    from kgmed.kg.diff.comparison import Comparison
    from kgmed.kg.diff.model import Diff
    from kgmed.kg.linking.batch import Batch, How
    from kgmed.kg.linking.documents import Document
    from kgmed.kg.linking.links import LinkedDocument, LinkedFiles, Links
    from kgmed.kg.linking.rerank import Reranker
    from kgmed.kg.mapping_set import MappingsWritten
    from kgmed.kg.model import Concept, Language, Path, Statement
    from kgmed.kg.store.base import CoverageRow, GraphInfo, GraphStore
    from kgmed.kg.store.embedded import EmbeddedStore
    from kgmed.kg.store.neo4j.report import Loaded, Tell
    from kgmed.kg.store.snapshot import Snapshot
    from kgmed.kg.views.kgx import Format as KgxFormat
    from kgmed.kg.views.neo4j_admin import Neo4jFiles
    from kgmed.kg.views.subgraph import Subgraph
    from kgmed.kg.views.tables import Tables
    from kgmed.kg.views.written import KgxWritten, RdfWritten
    from kgmed.kg.why import Why
    from kgmed.reasoning.answer import Answer

PROGRAMS = ("direct",)


def _to_stderr(text: str) -> None:
    print(f"kgmed: {text}", file=sys.stderr)  # noqa: T201  progress of a first use


class Graph:
    """An opened graph. Use it in one thread; opening another is cheap.

    ``store`` is the back end (:class:`kgmed.kg.store.base.GraphStore`), ``registry`` holds the
    predicates.
    """

    def __init__(self, store: GraphStore, predicates: Registry, *, uri: str = "") -> None:
        self.store = store
        self.registry = predicates
        self._uri = uri

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        info = self.info()
        return f"<Graph {info.uri}: {info.concepts:,} concepts, {info.statements:,} statements>"

    def close(self) -> None:
        """Release the graph's files and connections."""
        self.store.close()

    def local_store(self) -> EmbeddedStore:
        """The store of a graph in a folder, whose generations can be read; raises
        :class:`~kgmed.kg.errors.UsageError` for one on a server."""
        from kgmed.kg.store.embedded import EmbeddedStore

        if not isinstance(self.store, EmbeddedStore):
            raise UsageError(
                f"Found the graph {self.info().uri}, expected a folder or {OPEN_GRAPH}: this reads "
                "a graph's own files, and a server has none. Name the graph that was loaded."
            )
        return self.store

    def info(self) -> GraphInfo:
        """Hash, sizes, sources, licences, predicates and categories."""
        return self.store.info()

    def coverage(self) -> list[CoverageRow]:
        """What each source states of which predicate, between which categories."""
        return self.store.coverage()

    def ask(
        self,
        question: str,
        *,
        language: Language | None = None,
        limit: int | None = 20,
        program: str = "direct",
    ) -> Answer:
        """Answer a question in English or Chinese from the graph, with citations.

        ``limit`` bounds the items in the text; ``Answer.items`` holds them all. Raises
        :class:`~kgmed.kg.errors.UsageError` for what can't be a question or a program.

        >>> graph = open_graph()
        >>> answer = graph.ask("does warfarin interact with amiodarone?")
        >>> answer.value, answer.items[0].qualifiers["severity"]
        (True, 'Critical')
        """
        if program not in PROGRAMS:
            raise UsageError(f"Found program {program!r}, expected one of: {', '.join(PROGRAMS)}.")
        from kgmed.reasoning.programs.direct import Direct

        return Direct(self.store, self.registry).ask(question, language=language, limit=limit)

    def link(
        self,
        text: str,
        *,
        lang: Language | None = None,
        categories: Sequence[str] = (),
        fuzzy: bool = False,
        learnt: str | FilePath | None = None,
        reranker: Reranker | None = None,
    ) -> Links:
        """The concepts that a text names, left to right, with offsets in code points.

        The result is a sequence of :class:`~kgmed.kg.linking.link.Link`, and shows in a notebook as
        the text with its mentions marked. ``categories`` keeps concepts of these alone; ``lang`` is
        the text's language, told by its characters where it isn't given. With ``fuzzy`` misspelt
        words are read, too; ``learnt`` is a file of what annotated texts taught of names.

        >>> [link.name for link in open_graph().link("Warfarin or ibuprofen for acute gout")]
        ['Warfarin', 'Ibuprofen', 'gout']
        """
        from kgmed.kg.linking.links import link_text

        how = self._how(lang, categories, reranker, fuzzy=fuzzy, learnt=learnt)
        return link_text(
            how.linker(self.store), text, lang=how.lang, categories=how.categories, fuzzy=fuzzy
        )

    def link_documents(
        self,
        documents: Iterable[Document | str],
        *,
        lang: Language | None = None,
        categories: Sequence[str] = (),
        fuzzy: bool = False,
        learnt: str | FilePath | None = None,
        processes: int = 1,
        reranker: Reranker | str | FilePath | None = None,
    ) -> Iterator[LinkedDocument]:
        """Link many texts, in order; ``processes`` at a time, 0 for one a core.

        A text that isn't a :class:`~kgmed.kg.linking.documents.Document` gets its number, from 1,
        as its id. Several processes open the graph each for itself; a script starts them below
        ``if __name__ == "__main__":``. ``reranker`` is one, or the folder of an encoder.

        >>> [len(found) for found in open_graph().link_documents(["gout or fever", "no idea"])]
        [2, 0]
        """
        from kgmed.kg.linking.batch import itself
        from kgmed.kg.linking.documents import numbered

        how = self._how(lang, categories, reranker, fuzzy=fuzzy, learnt=learnt)
        batch = self._batch(how, processes)
        return batch.run(numbered(documents), itself)

    def link_files(
        self,
        files: str | FilePath | Sequence[str | FilePath],
        out: str | FilePath | None = None,
        *,
        format: str = "",
        html: str | FilePath | None = None,
        input_format: str = "",
        lines: bool = False,
        lang: Language | None = None,
        categories: Sequence[str] = (),
        fuzzy: bool = False,
        learnt: str | FilePath | None = None,
        processes: int = 1,
        on_error: str = "stop",
        reranker: Reranker | str | FilePath | None = None,
        progress: Callable[[str], None] = lambda _text: None,
        note: Callable[[str], None] = lambda _text: None,
    ) -> LinkedFiles:
        """Link the documents of files: ``.txt``, ``.jsonl`` or ``.pubtator``, also ``.gz``.

        ``out`` is a ``.jsonl`` or ``.pubtator`` file, an ``.ann`` file, with ``format="standoff"``
        a new folder, or None for standard output; ``html`` is a page with the mentions marked. See
        :func:`kgmed.kg.linking.files.link_files`.
        """
        from kgmed.kg.linking.files import link_files

        named = [files] if isinstance(files, (str, FilePath)) else list(files)
        return link_files(
            self._batch(
                self._how(lang, categories, reranker, fuzzy=fuzzy, learnt=learnt), processes
            ),
            [FilePath(name).expanduser() for name in named],
            None if out is None else FilePath(out).expanduser(),
            format=format,
            html=None if html is None else FilePath(html).expanduser(),
            input_format=input_format,
            lines=lines,
            on_error=on_error,
            progress=progress,
            note=note,
        )

    def _how(
        self,
        lang: Language | None,
        categories: Sequence[str],
        reranker: Reranker | str | FilePath | None,
        *,
        fuzzy: bool,
        learnt: str | FilePath | None,
    ) -> How:
        """How to link, checked."""
        from kgmed.kg.categories import PARENTS
        from kgmed.kg.linking.batch import How

        if lang not in {None, "en", "zh"}:
            raise UsageError(f"Found lang {lang!r}, expected one of: en, zh.")
        unknown = [name for name in categories if name not in PARENTS]
        known = {*PARENTS, *self.info().categories} if unknown else PARENTS
        for name in unknown:
            if name not in known:
                raise UsageError(
                    f"Found the category {name!r}, expected one of: {', '.join(sorted(known))}."
                )
        if isinstance(reranker, str):
            reranker = FilePath(reranker)
        table = None if learnt is None else FilePath(learnt).expanduser()
        if table is not None and not table.is_file():
            raise UsageError(f"{table}: there is no such file.")
        return How(lang, tuple(categories), reranker, fuzzy, table)

    def _batch(self, how: How, processes: int) -> Batch:
        from kgmed.kg.linking.batch import Batch

        info = self.info()
        again = partial(_open_again, self._uri or info.uri, info.snapshot)
        return Batch(self.store, again, how, processes)

    def concept(self, id: str) -> Concept:
        """A concept by any of its ids; raises :class:`~kgmed.kg.errors.UnknownConcept`.

        >>> open_graph().concept("DB00682").name
        'Warfarin'
        """
        from kgmed.kg.why import find_concept

        found = self.store.concepts([find_concept(self.store, id)[1]])[0]
        if found is None:
            raise UnknownConcept(f"The graph holds no id {id}.")
        return found

    def statement(self, id: str) -> Statement:
        """A statement by its id, or by at least 8 of its first digits."""
        found = self.store.statements([id])[0]
        if found is None:
            raise UnknownConcept(f"The graph holds no statement {id!r}.")
        return found

    def find_paths(
        self,
        start: str,
        end: str,
        *,
        hops: int = 4,
        limit: int = 5,
        predicates: Sequence[str] | None = None,
    ) -> list[Path]:
        """The best of the shortest paths between two concepts, given by id or name.

        >>> path = open_graph().find_paths("imatinib", "ABL1")[0]
        >>> [step.statement.predicate for step in path.steps]
        ['inhibits']
        """
        from kgmed.kg.paths.find import find_paths

        ends = [self.named(start), self.named(end)]
        if not 1 <= hops <= MAX_HOPS:
            raise UsageError(f"Found hops={hops}, expected 1 to {MAX_HOPS}.")
        found = find_paths(
            self.store,
            ends[0],
            ends[1],
            registry=self.registry,
            hops=hops,
            limit=limit,
            predicates=predicates,
        )
        return list(found.paths)

    def named(self, text: str) -> str:
        """The id of the concept that an id or a name means; raises where none or several do."""
        from kgmed.kg.linking.linker import Linker
        from kgmed.kg.linking.score import CLOSE

        found = Linker(self.store).mention(text)
        if not found:
            raise UnknownConcept(f"No concept of the graph is named {text[:80]!r}.")
        rivals = [c for c in found if found[0].score - c.score < CLOSE]
        if len({c.name.casefold() for c in rivals}) > 1:
            names = ", ".join(f"{c.name} ({c.id})" for c in rivals)
            raise UnknownConcept(f"{text!r} may be {names}. Give one of these ids.")
        return found[0].id

    def why(self, left: str, right: str) -> Why:
        """Which mappings made two ids one concept, or which were refused."""
        from kgmed.kg.why import why

        return why(self.store, left, right)

    def write_mappings(
        self,
        out: str | FilePath,
        *,
        statuses: Sequence[str] | None = None,
        prefixes: Sequence[str] = (),
        allow_restricted: Sequence[str] = (),
    ) -> MappingsWritten:
        """Write the graph's mappings as SSSOM TSV: all but the refused, or those of ``statuses``.

        ``prefixes`` keeps mappings with an end of one of them; ``allow_restricted`` names licences
        or sources that aren't open and may leave. Raises :class:`~kgmed.kg.errors.UsageError`.
        """
        from tempfile import TemporaryDirectory

        from kgmed.builders.sssom_write import CLAIMS, write_mappings
        from kgmed.kg.curies import normalize_prefix

        with TemporaryDirectory(prefix="kgmed-mappings-") as folder:
            return write_mappings(
                self.store.mapping_table(FilePath(folder)),
                FilePath(out).expanduser(),
                self.info(),
                statuses=CLAIMS if statuses is None else statuses,
                prefixes=[normalize_prefix(prefix) for prefix in prefixes],
                allow=allow_restricted,
            )

    def write_kgx(
        self,
        out: str | FilePath,
        *,
        format: KgxFormat = "jsonl",
        compress: bool = False,
        allow_restricted: Sequence[str] = (),
        progress: Callable[[str], None] = lambda _text: None,
    ) -> KgxWritten:
        """Write the graph as KGX into the folder ``out``: ``nodes`` and ``edges``, read back by
        ``kgmed build --nodes --edges`` without a loss.

        ``allow_restricted`` names licences or sources that aren't open and may leave. Raises
        :class:`~kgmed.kg.errors.UsageError` for one that the graph doesn't know.
        """
        from kgmed.kg.views.kgx import write_kgx

        return write_kgx(
            self.local_store().snapshot,
            FilePath(out).expanduser(),
            self.registry,
            format=format,
            compress=compress,
            allow=allow_restricted,
            progress=progress,
        )

    def export_neo4j(
        self,
        out: str | FilePath,
        *,
        format: str = "csv",
        allow_restricted: Sequence[str] = (),
        memory: str = "3GB",
        progress: Callable[[str], None] = lambda _text: None,
    ) -> Neo4jFiles:
        """Write the graph as files that ``neo4j-admin database import`` reads, with a script.

        ``format`` is ``csv`` or ``parquet``; ``allow_restricted`` names licences or sources that
        aren't open and may leave; DuckDB holds up to ``memory``. Raises
        :class:`~kgmed.kg.errors.UsageError`, also for a folder that holds other files.
        """
        from kgmed.kg.views.neo4j_admin import export

        return export(
            self.local_store(),
            FilePath(out).expanduser(),
            format=format,
            allow=allow_restricted,
            memory=memory,
            progress=progress,
        )

    # The graph in other tools' forms

    def tables(self, *, memory: str = "4GB", ordered: bool = True) -> Tables:
        """The graph's rows as tables for SQL, Arrow, pandas and Polars; close it after use.

        DuckDB holds up to ``memory``. Without ``ordered`` rows come as they are read, sooner.

        >>> with open_graph().tables() as tables:
        ...     rows = tables.sql("SELECT count(*) FROM statements WHERE predicate = 'treats'")
        ...     rows.fetchall()[0][0] > 1000
        True
        """
        from kgmed.kg.views.tables import Tables

        return Tables(self.local_store().snapshot, memory=memory, ordered=ordered)

    def to_networkx(
        self,
        concepts: Sequence[str] | None = None,
        *,
        hops: int = 1,
        predicates: Sequence[str] | None = None,
        sources: Sequence[str] | None = None,
        limit: int = 100_000,
        truncate: bool = False,
    ) -> networkx.MultiDiGraph:
        """A part of the graph as a networkx multigraph: what is within ``hops`` of some concepts
        (ids or names), or all of some predicates or sources.

        Nodes are concept ids, edge keys statement ids, and every field is an attribute
        (:func:`kgmed.kg.views.networkx_view.to_networkx`). More than ``limit`` statements are an
        error, or with ``truncate`` cut, which ``graph["cut"]`` then says.

        >>> near = open_graph().to_networkx(["imatinib"], predicates=["inhibits"])
        >>> near.nodes["drugbank:DB00619"]["name"]
        'Imatinib'
        """
        from kgmed.kg.views.networkx_view import to_networkx

        part = self._part(concepts, hops, predicates, sources, limit=limit, truncate=truncate)
        return to_networkx(part)

    def to_rdf(
        self,
        concepts: Sequence[str] | None = None,
        *,
        hops: int = 1,
        predicates: Sequence[str] | None = None,
        sources: Sequence[str] | None = None,
        limit: int = 10_000,
        truncate: bool = False,
        allow_restricted: Sequence[str] = (),
    ) -> rdflib.Dataset:
        """A part of the graph as an rdflib dataset with a named graph per source and release.

        The part is chosen as in :meth:`to_networkx`, the model is that of ``docs/rdf.md``. What
        isn't under an open licence is left out unless ``allow_restricted`` names its licence or
        source. :meth:`write_rdf` writes the whole graph.
        """
        from kgmed.kg.views.licensing import Terms
        from kgmed.kg.views.rdf_model import to_rdf

        part = self._part(concepts, hops, predicates, sources, limit=limit, truncate=truncate)
        info = self.info()
        return to_rdf(
            self.store,
            part,
            info,
            Terms([(row.infores, row.licence) for row in info.sources], allow_restricted),
        )

    def write_rdf(
        self,
        out: str | FilePath,
        *,
        format: str = "",
        plain: bool = False,
        allow_restricted: Sequence[str] = (),
        progress: Callable[[str], None] = lambda _text: None,
    ) -> RdfWritten:
        """Write the whole graph as RDF: ``nquads``, ``trig``, ``ntriples`` or ``turtle``, told by
        the file's ending where ``format`` isn't given; a name ending in ``.gz`` is compressed.

        ``plain`` leaves out the resources that hold statements' details. What isn't under an open
        licence is left out, counted, unless ``allow_restricted`` names its licence or source.
        """
        from kgmed.kg.views.rdf_write import write_rdf

        return write_rdf(
            self.local_store().snapshot,
            FilePath(out).expanduser(),
            self.info(),
            format=format,
            plain=plain,
            allow=allow_restricted,
            progress=progress,
        )

    def to_pyg(
        self,
        *,
        predicates: Sequence[str] | None = None,
        sources: Sequence[str] | None = None,
        prefer: Sequence[str] = (),
        isolated: bool = False,
        statement_ids: bool = True,
    ) -> HeteroData:
        """The graph as PyTorch Geometric's ``HeteroData``: node types are categories, edge types
        predicates (:func:`kgmed.kg.views.pyg.to_pyg`)."""
        from kgmed.kg.views.pyg import to_pyg

        return to_pyg(
            self.local_store().snapshot,
            predicates=predicates,
            sources=sources,
            prefer=prefer,
            isolated=isolated,
            statement_ids=statement_ids,
        )

    def _part(
        self,
        concepts: Sequence[str] | None,
        hops: int,
        predicates: Sequence[str] | None,
        sources: Sequence[str] | None,
        *,
        limit: int,
        truncate: bool,
    ) -> Subgraph:
        from kgmed.kg.views.subgraph import subgraph

        return subgraph(
            self.store,
            concepts,
            named=self.named,
            hops=hops,
            predicates=predicates,
            sources=sources,
            limit=limit,
            truncate=truncate,
        )

    def check(self) -> list[str]:
        """Compare all that is there with what the build made; a line for each thing that differs.

        Of a graph in a folder every byte is read; of one on a server everything is counted.
        """
        return self.store.check()


MAX_HOPS = 6


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


def _open_again(uri: str, snapshot: str) -> GraphStore:
    """The store of a graph in another process, which must be the one that was opened."""
    store = open_graph(uri, progress=lambda _text: None).store
    if store.info().snapshot != snapshot:
        raise StoreError(f"{shown(uri)}: the graph was built anew meanwhile. Start again.")
    return store


def _folder(name: str, progress: Callable[[str], None]) -> FilePath:
    """The folder that a graph's URI means."""
    if name == OPEN_GRAPH:
        from kgmed.builders.open_data.cache import ensure_open_graph

        return ensure_open_graph(settings().home, progress=progress)
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


def find_paths(
    start: str, end: str, *, graph: str | FilePath | None = None, hops: int = 4, limit: int = 5
) -> list[Path]:
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
