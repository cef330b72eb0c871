"""Whether a graph may go to a server: the one place where a load asks about licences.

A server on this machine is the user's own. Loading into any other is leaving, in the sense of the
docs' safety page, unless the user says that it is trusted.
"""

from __future__ import annotations

from kgmed.kg.errors import UsageError
from kgmed.kg.licences import licence
from kgmed.kg.store.neo4j.address import Address
from kgmed.kg.store.snapshot import Snapshot

_SHOWN = 5


def refuse_to_leave(snapshot: Snapshot, address: Address) -> None:
    """Raise :class:`~kgmed.kg.errors.UsageError` where what isn't open would go elsewhere."""
    if address.is_loopback:
        return
    licences = {str(row["licence"]) for row in snapshot.manifest["sources"]}
    licences.update(snapshot.manifest["licence_counts"])
    held = sorted(
        text or "no licence stated"
        for text in licences
        if any(licence(id).tier != "open" for id in text.split(" AND "))
    )
    if held:
        more = f" and {len(held) - _SHOWN} more" if len(held) > _SHOWN else ""
        raise UsageError(
            f"{address.uri} is another machine, and the graph holds what its licences don't let "
            f"pass on: {', '.join(held[:_SHOWN])}{more}. Give --trusted if the server is your own "
            "and only those may read it who have these licences."
        )
