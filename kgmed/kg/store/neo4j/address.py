"""Where a Neo4j server is and who asks it; passwords are kept out of all that is shown.

The schemes are the driver's (https://neo4j.com/docs/python-manual/current/connect-advanced/):
``bolt`` for one server, ``neo4j`` for a cluster's routing; ``+s`` encrypts and verifies the
certificate, ``+ssc`` encrypts and trusts any certificate. Only the standard library is imported: a
URI is told from a folder on the path of every question.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kgmed.kg.errors import UsageError

SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
DEFAULT_USER = "neo4j"
DEFAULT_TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 10.0
"""Seconds that a server has to accept a connection, unless a query has fewer."""

_EXPECTED = "expected SCHEME://[USER:PASSWORD@]HOST[:PORT] with one of the schemes " + ", ".join(
    SCHEMES
)


@dataclass(frozen=True, slots=True)
class Address:
    """A server, the database on it ('' for the user's own), and the credentials.

    ``timeout_s``: seconds that one query may take.

    >>> Address.parse("bolt://neo4j:se%40cret@graph.example:7688")
    Address(uri='bolt://graph.example:7688', user='neo4j', database='', timeout_s=60.0)
    """

    uri: str
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    timeout_s: float = DEFAULT_TIMEOUT_S

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read a URI. Raises :class:`~kgmed.kg.errors.UsageError`, which never shows it."""
        from urllib.parse import unquote

        scheme, _, rest = text.partition("://")
        login, at, host = rest.rpartition("@")
        user, _, password = login.partition(":")
        host = host.rstrip("/")
        if scheme.lower() not in SCHEMES:
            raise UsageError(f"Found a graph with the scheme {scheme!r}, {_EXPECTED}.")
        if not _is_host(host) or (at and not user):
            raise UsageError(
                f"Found a {scheme} URI that can't be read, {_EXPECTED}. In a password, write "
                "%40 for @, %3A for :, %2F for /; or leave it out and set KGMED_NEO4J_PASSWORD."
            )
        return cls(f"{scheme.lower()}://{host}", unquote(user), unquote(password))

    def with_defaults(
        self, *, user: str = "", password: str = "", database: str = "", timeout_s: float
    ) -> Address:
        """The address with what the settings say; what the URI itself says comes first."""
        if self.user:
            password = self.password or password
        else:
            user = user or (DEFAULT_USER if password else "")
        return replace(
            self,
            user=self.user or user,
            password=password,
            database=database,
            timeout_s=timeout_s,
        )

    @property
    def host(self) -> str:
        """The host, without its port.

        >>> Address("bolt://[::1]:7687").host, Address("bolt://db.example").host
        ('::1', 'db.example')
        """
        host = self.uri.partition("://")[2]
        if host.startswith("["):
            return host[1:].partition("]")[0]
        return host.partition(":")[0]

    @property
    def is_loopback(self) -> bool:
        """Whether the server is this machine, by its name or address.

        >>> [Address(f"bolt://{host}").is_loopback for host in ("localhost", "127.0.0.1", "db")]
        [True, True, False]
        """
        from ipaddress import ip_address

        if self.host.lower() == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def is_server(name: str) -> bool:
    """Whether a graph's name means a Neo4j server.

    >>> is_server("bolt://localhost"), is_server("NEO4J+S://x"), is_server("kgmed:open")
    (True, True, False)
    """
    return name.partition("://")[0].lower() in SCHEMES and "://" in name


def shown(name: str) -> str:
    """A graph's name without user and password.

    >>> shown("bolt://neo4j:secret@localhost:7687"), shown("my@graph")
    ('bolt://localhost:7687', 'my@graph')
    """
    scheme, sign, rest = name.partition("://")
    return f"{scheme}{sign}{rest.rpartition('@')[2]}" if sign else name


def _is_host(text: str) -> bool:
    """Whether a text is HOST, HOST:PORT or [IPv6]:PORT."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        port = rest[1:] if rest.startswith(":") else rest
        named = bool(bracket) and ":" in host and (not rest or rest.startswith(":"))
    else:
        host, colon, port = text.partition(":")
        named = bool(host) and not (colon and not port)
    bad = any(c.isspace() or c in "/?#@[]\\" for c in host)
    return named and not bad and (not port or (port.isascii() and port.isdigit() and len(port) < 6))
