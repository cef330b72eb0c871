"""The servers that settings name: a language model's endpoint, and Neo4j."""

from __future__ import annotations

from dataclasses import replace

from kgmed.facade.doctor.model import Line
from kgmed.facade.doctor.packages import install
from kgmed.kg.errors import KgmedError, MissingExtra
from kgmed.kg.store.neo4j.address import is_server, shown
from kgmed.settings import lm_settings

TIMEOUT_S = 1.5
"""Seconds that a server has to answer."""


def language_model() -> Line:
    """Whether the language model that settings name can be reached; nothing is generated."""
    try:
        settings = lm_settings()
    except KgmedError as error:
        return Line(
            "endpoints", "language model", "broken", str(error), "Mend what it names.", needed=True
        )
    if settings is None:
        return Line(
            "endpoints", "language model", "missing",
            "none is configured; kgmed ask and kgmed verify work without",
            "kgmed lm serve MODEL, then export KGMED_LM=NAME KGMED_API_BASE=URL",
        )  # fmt: skip
    if settings.is_embedded:
        return Line("endpoints", "language model", "ok", "embedded: quotes the graph's evidence")
    if settings.folder is not None:
        return Line("endpoints", "language model", "ok", f"the model in {settings.folder}")
    if not settings.api_base:
        return Line(
            "endpoints", "language model", "ok", f"{settings.name}, by DSPy; kgmed lm check asks it"
        )
    from kgmed.reasoning.lm.check import reach

    findings = reach(replace(settings, timeout_s=min(settings.timeout_s, TIMEOUT_S)))
    bad = next((one for one in findings if one.ok is False), None)
    where = f"{settings.name} at {settings.api_base}"
    if bad is not None:
        return Line("endpoints", "language model", "broken", bad.found, bad.fix, needed=True)
    return Line(
        "endpoints",
        "language model",
        "ok",
        f"{where}; kgmed lm check asks what it can",
        needed=True,
    )


def neo4j(chosen: str) -> Line | None:
    """Whether the Neo4j server that is the default graph lets us in; None where it is none."""
    if not is_server(chosen):
        return None
    from kgmed.facade.opening import server_address

    name = shown(chosen)
    try:
        from kgmed.kg.store.neo4j.connection import Connection

        address = server_address(chosen)
        connection = Connection(
            replace(address, timeout_s=min(address.timeout_s, TIMEOUT_S)), retry_s=0
        )
    except MissingExtra as error:
        return Line(
            "endpoints", "neo4j", "missing", f"{name}: {error}", install("neo4j"), needed=True
        )
    except KgmedError as error:
        return Line(
            "endpoints", "neo4j", "broken", str(error),
            "Start the server, or set KGMED_GRAPH, KGMED_NEO4J_USER and KGMED_NEO4J_PASSWORD.",
            needed=True,
        )  # fmt: skip
    version = connection.version
    connection.close()
    return Line("endpoints", "neo4j", "ok", f"{name}, Neo4j {version}", needed=True)
