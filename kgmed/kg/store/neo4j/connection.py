"""A connection to a Neo4j server: sessions, timeouts, retries, and errors in our words.

One driver with its pool of connections per opened graph. Reads run in READ sessions, in the
driver's managed transactions, which try again where an error is transient and where a pooled
connection turns out to be dead. Every error of the driver becomes one of
:mod:`kgmed.kg.errors`; none shows a password.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from kgmed.kg.errors import MissingExtra, ServerError, StoreError
from kgmed.kg.store.neo4j.address import CONNECT_TIMEOUT_S, Address, shown

if TYPE_CHECKING:
    import neo4j
    from neo4j import exceptions

OLDEST = 5
"""The oldest major version of Neo4j whose Cypher this is."""
RETRY_S = 15.0
"""Seconds for which a read is tried again."""
POOL = 8
"""Connections at most; one store uses one at a time, a scan another."""
_FETCH = 5_000
_NO_INDEX = "Neo.ClientError.Schema.IndexNotFound"

Result = TypeVar("Result")
Row = list[Any]


class Connection:
    """An opened server; close it after use.

    Connecting raises :class:`~kgmed.kg.errors.ServerError` where the server can't be reached,
    refuses the credentials, has no such database, or is older than Neo4j 5.
    """

    def __init__(self, address: Address, *, retry_s: float = RETRY_S) -> None:
        try:
            import neo4j
        except ModuleNotFoundError as error:
            raise MissingExtra("neo4j", "neo4j") from error
        self.address = address
        self._neo4j = neo4j
        self._retry_s = retry_s
        self._driver = self._open(quiet=True)
        try:
            self.version = self._checked()
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<Connection {self.address.uri}>"

    def close(self) -> None:
        """Give the connections back."""
        self._driver.close()

    def _open(self, *, quiet: bool) -> neo4j.Driver:
        """``quiet`` asks the server for no notifications; one before 5.7 can't be asked."""
        from importlib.metadata import version

        address = self.address
        options: dict[str, Any] = {"notifications_min_severity": "OFF"} if quiet else {}
        with self.errors():
            return self._neo4j.GraphDatabase.driver(
                address.uri,
                auth=(address.user, address.password) if address.user else None,
                connection_timeout=min(CONNECT_TIMEOUT_S, address.timeout_s),
                connection_acquisition_timeout=address.timeout_s + CONNECT_TIMEOUT_S,
                max_connection_pool_size=POOL,
                max_transaction_retry_time=self._retry_s,
                user_agent=f"kgmed/{version('kgmed')}",
                **options,
            )

    def _checked(self) -> str:
        """The server's version, such as '5.26.30', once it has let us in."""
        exceptions = self._neo4j.exceptions
        with self.errors():
            try:
                info = self._driver.get_server_info()
            except exceptions.ConfigurationError:
                self._driver.close()
                self._driver = self._open(quiet=False)
                info = self._driver.get_server_info()
        version = str(info.agent).partition("/")[2]
        if numbers(version)[0] < OLDEST:
            raise ServerError(
                f"{self.address.uri}: found the server {info.agent}, expected Neo4j {OLDEST} or "
                "later. Upgrade the server."
            )
        self.read("RETURN 1")  # a server takes any database's name until it is used
        return version

    @property
    def _target(self) -> dict[str, Any]:
        return {"database": self.address.database} if self.address.database else {}

    @property
    def where(self) -> str:
        """The server and the database, for messages."""
        database = self.address.database
        return f"{self.address.uri}, database {database!r}" if database else self.address.uri

    def session(self, *, write: bool = False, fetch: int = _FETCH) -> neo4j.Session:
        """A session of the driver, for READ unless it is to write."""
        access = self._neo4j.WRITE_ACCESS if write else self._neo4j.READ_ACCESS
        return self._driver.session(default_access_mode=access, fetch_size=fetch, **self._target)

    def read(self, query: str, **parameters: Any) -> list[Row]:
        """All rows of a query, each a list of its columns."""

        def work(transaction: neo4j.ManagedTransaction) -> list[Row]:
            return transaction.run(query, parameters).values()

        return self.run(work, write=False)

    def run(
        self,
        work: Callable[[neo4j.ManagedTransaction], Result],
        *,
        write: bool,
        timeout_s: float | None = None,
    ) -> Result:
        """Do the work in one transaction; it is done again where an error is transient."""
        timed = self._neo4j.unit_of_work(timeout=timeout_s or self.address.timeout_s)(work)
        with self.errors(), self.session(write=write) as session:
            return session.execute_write(timed) if write else session.execute_read(timed)

    def command(self, query: str, **parameters: Any) -> list[Row]:
        """Run one query that must have a transaction of its own, such as one on the schema."""
        with self.errors(), self.session(write=True) as session:
            return session.run(query, parameters).values()

    def stream(self, query: str) -> Iterator[list[Row]]:
        """The rows of a query too many to hold, in batches, out of one transaction."""
        timed = self._neo4j.Query(query, timeout=self.address.timeout_s)
        with self.errors(), self.session() as session:
            result = session.run(timed)
            while rows := [record.values() for record in result.fetch(_FETCH)]:
                yield rows

    def kind_of(self, query: str, parameters: dict[str, Any]) -> str:
        """What the server would do for a query: 'r' to read, 'rw', 'w', 's' for the schema."""
        with self.errors(), self.session() as session:
            return str(session.run(f"EXPLAIN {query}", parameters).consume().query_type)

    def some(
        self, query: str, parameters: dict[str, Any], *, limit: int
    ) -> tuple[list[str], list[Row]]:
        """The columns of a query and its first rows, of which no more than asked for are sent."""
        timed = self._neo4j.Query(query, timeout=self.address.timeout_s)
        with self.errors(), self.session(fetch=min(limit, _FETCH)) as session:
            result = session.run(timed, parameters)
            rows = [list(record.values()) for record in result.fetch(limit)]
            return list(result.keys()), rows

    def is_passing(self, error: ServerError) -> bool:
        """Whether an error is one that passes: the server is away, starting, or out of memory."""
        exceptions = self._neo4j.exceptions
        return isinstance(
            error.__cause__,
            exceptions.ServiceUnavailable
            | exceptions.SessionExpired
            | exceptions.TransientError
            | exceptions.ConnectionAcquisitionTimeoutError
            | OSError,
        )

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn the driver's errors into ours."""
        exceptions = self._neo4j.exceptions
        try:
            yield
        except (exceptions.Neo4jError, exceptions.DriverError) as error:
            raise self.translated(error) from error
        except (OSError, ValueError) as error:  # of the URI, of certificates
            raise ServerError(f"{self.where}: {shown(str(error))}") from error

    def translated(self, error: exceptions.Neo4jError | exceptions.DriverError) -> StoreError:
        """One of our errors that says what happened and what to do."""
        exceptions = self._neo4j.exceptions
        code = getattr(error, "code", None) or ""
        said = getattr(error, "message", None) or str(error)
        said = " ".join(said.split())
        user = self.address.user
        if isinstance(error, exceptions.AuthError) or code.startswith("Neo.ClientError.Security"):
            who = f"the user {user!r} and the password given" if user else "no user"
            return ServerError(
                f"{self.where}: the server refuses {who} ({said}). Set KGMED_NEO4J_USER and "
                "KGMED_NEO4J_PASSWORD, or write them into the URI as USER:PASSWORD@."
            )
        if code == "Neo.ClientError.Database.DatabaseNotFound":
            return ServerError(
                f"{self.address.uri}: found no database {self.address.database!r}, expected "
                f"{self._databases()}. Set KGMED_NEO4J_DATABASE."
            )
        if "TransactionTimedOut" in code or "TransactionTimedOut" in said:
            return ServerError(
                f"{self.where}: a query took longer than {self.address.timeout_s:g} s. Ask for "
                "less, or give it more: KGMED_NEO4J_TIMEOUT, or --timeout of 'kgmed cypher'."
            )
        if "no such fulltext schema index" in said or code == _NO_INDEX:
            return ServerError(
                f"{self.where}: the database lacks an index of a kgmed graph ({said}). After an "
                "import by neo4j-admin run its schema.cypher, or 'kgmed load' of the same graph."
            )
        if isinstance(error, exceptions.UnsupportedServerProduct):
            return ServerError(
                f"{self.where}: found {said}, expected Neo4j {OLDEST} or later. Upgrade the server."
            )
        if isinstance(error, exceptions.ServiceUnavailable | exceptions.SessionExpired):
            return ServerError(
                f"{self.where}: the server can't be reached ({said}). Is it running, are host and "
                "port right, and does it speak TLS if the scheme ends in +s?"
            )
        return ServerError(f"{self.where}: {said}" + (f" ({code})" if code else ""))

    def _databases(self) -> str:
        """The names of the server's databases, where it tells them."""
        try:
            with self._driver.session(database="system") as session:
                rows = session.run("SHOW DATABASES YIELD name").values()
        except (self._neo4j.exceptions.Neo4jError, self._neo4j.exceptions.DriverError):
            return "one that the server has (SHOW DATABASES lists them)"
        names = sorted({str(row[0]) for row in rows} - {"system"})
        return f"one of: {', '.join(names)}"


def numbers(version: str) -> tuple[int, int]:
    """The major and minor version; Neo4j's calendar releases count as later ones.

    >>> numbers("5.26.30"), numbers("4.4.12"), numbers("2026.05.0"), numbers("dev")
    ((5, 26), (4, 4), (2026, 5), (0, 0))
    """
    found = re.match(r"v?(\d+)(?:\.(\d+))?", version)
    return (int(found.group(1)), int(found.group(2) or 0)) if found else (0, 0)
