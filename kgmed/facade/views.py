"""A graph in other tools' forms: what its facade writes and makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from kgmed.facade.base import Opened

if TYPE_CHECKING:
    import networkx
    import rdflib
    from torch_geometric.data import HeteroData

    from kgmed.kg.mapping_set import MappingsWritten
    from kgmed.kg.views.kgx import Format as KgxFormat
    from kgmed.kg.views.neo4j_admin import Neo4jFiles
    from kgmed.kg.views.subgraph import Subgraph
    from kgmed.kg.views.tables import Tables
    from kgmed.kg.views.written import KgxWritten, RdfWritten


class Views(Opened):
    """The methods of a graph that write it, or give it as another library's object."""

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

        from kgmed.builders.sssom.write import CLAIMS, write_mappings
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
