"""How many requests a client may send: a token bucket each, over all workers.

A bucket is one number, the time at which it will be full again (the generic cell rate algorithm,
ITU-T I.371, annex A), in memory that the workers share. Two clients whose keyed hashes meet share a
bucket; two workers that write one at once may let a request more through.
"""

from __future__ import annotations

import secrets
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from multiprocessing import get_context
from typing import Any

BUCKETS = 1 << 17


class Rates:
    """``rate`` requests a second in the long run, ``burst`` at once; made before the workers."""

    def __init__(self, rate: float, burst: int) -> None:
        self._step = 1 / rate
        self._depth = max(1, burst) / rate
        self._key = secrets.token_bytes(16)
        self._full_at: Any = get_context("spawn").RawArray("d", BUCKETS)

    def wait_s(self, client: str, now: float) -> float:
        """Seconds until the client may ask; 0 where it may now, and that is counted.

        ``now`` are seconds of a clock that all workers share.
        """
        digest = blake2b(network(client).encode(), digest_size=8, key=self._key).digest()
        place = int.from_bytes(digest, "little") % BUCKETS
        full_at = max(now, self._full_at[place]) + self._step
        if full_at - now > self._depth:
            return float(full_at - now - self._depth)
        self._full_at[place] = full_at
        return 0.0


def network(client: str) -> str:
    """What counts as one client: an address, of IPv6 the network that a site gets.

    >>> network("203.0.113.7"), network("2001:db8::1"), network("::ffff:203.0.113.7")
    ('203.0.113.7', '2001:db8::/64', '203.0.113.7')
    """
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if not isinstance(address, IPv6Address):
        return client
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"
