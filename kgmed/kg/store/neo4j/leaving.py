"""What of a graph may go to a server: the one place where a load asks about licences.

A server on this machine is the user's own. Loading into any other is leaving, in the sense of the
docs' safety page, unless the user says that it is trusted. What then leaves is told by
:mod:`kgmed.kg.views.licensing`, as for every export.
"""

from __future__ import annotations

from collections.abc import Sequence

from kgmed.kg.store.neo4j.address import Address


def allowed(
    address: Address, *, trusted: bool = False, allow_restricted: Sequence[str] = ()
) -> Sequence[str] | None:
    """The licences and sources that may go though they aren't open; None where everything may.

    >>> allowed(Address("bolt://localhost")), allowed(Address("bolt://db"), trusted=True)
    (None, None)
    >>> allowed(Address("bolt://db"), allow_restricted=["infores:mine"])
    ('infores:mine',)
    """
    return None if address.is_loopback or trusted else tuple(allow_restricted)
