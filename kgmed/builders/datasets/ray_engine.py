"""The parts of a dataset made on a Ray cluster (https://docs.ray.io, Ray Core).

A part is one task, made by the same code as by a process of this machine, so that the same bytes
come out. The dataset's folder and the graph's lie on storage that all nodes share at the same
paths: workers read what the run laid out there, write their part's files, and give back its note.
Ray makes a part again whose worker or node was lost; half-written files have names of their own,
and the next one to finish the part removes them.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.job import Job, Making, Tell
from kgmed.builders.datasets.parts import make_part
from kgmed.kg.errors import ConfigError, KgmedError, MissingExtra, OutputError, ServerError
from kgmed.kg.version import VERSION

RETRIES = 3
"""How often a part is made again whose worker was lost."""
OBJECTS = 100 * 1024 * 1024
"""Bytes of shared memory of a Ray that is started here: notes of parts are all that passes."""
REACHED_S = 10
"""Seconds in which a cluster's address must answer."""


class RayEngine:
    """Makes parts on Ray; use it in ``with``, so that what it started or joined is left again.

    ``address`` is that of a cluster: ``auto`` for the one that this machine is part of,
    ``HOST:PORT``, or ``ray://HOST:PORT`` for a client's server. Without one a Ray of ``processes``
    CPUs is started on this machine. Where the program has called ``ray.init`` itself, that cluster
    is used, and left running. Nothing is started or joined before it is needed.

    A run that is broken off ends its parts by leaving. On the program's own cluster, those that are
    being made are made to their end, and those that wait come to nothing.

    Raises :class:`~kgmed.kg.errors.MissingExtra` without ray, and
    :class:`~kgmed.kg.errors.ServerError` for a cluster that can't be reached.
    """

    def __init__(
        self, address: str, *, processes: int, version: str, tell: Tell = lambda _text: None
    ) -> None:
        self._address, self._processes, self._version = address, processes, version
        self._tell = tell
        self._ray: Any = None
        self._joined = False
        self._ended_by: Any = None

    def __enter__(self) -> RayEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        """End what was started here, or leave the cluster: either ends what this run began."""
        if self._joined:
            self._ray.shutdown()
            self._joined = False
            if threading.current_thread() is threading.main_thread():  # Ray puts its own there
                signal.signal(signal.SIGTERM, self._ended_by or signal.SIG_DFL)

    @property
    def processes(self) -> int:
        """The CPUs of the cluster, each of which makes a part at a time."""
        return max(1, int(self._connected().cluster_resources().get("CPU", 1)))

    def made(self, job: Job, parts: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Make parts; their notes, in any order.

        Raises :class:`~kgmed.kg.errors.OutputError` where a part's worker is lost again and again,
        or where a node doesn't see the dataset's folder, and what making a part raises.
        """
        ray = self._connected()
        remote = ray.remote(num_cpus=1, max_retries=RETRIES, retry_exceptions=False)(_made)
        given = ray.put(replace(job, out=job.out.resolve(), feed=job.feed.resolve()))
        running = {remote.remote(given, self._version, number): number for number in parts}
        try:
            while running:
                (done, *_rest), _waiting = ray.wait(list(running), num_returns=1)
                number = running.pop(done)
                with _told(ray, number):
                    found = ray.get(done)
                if isinstance(found, KgmedError):
                    raise found
                yield found
        finally:
            if running:  # broken off; cancelling tasks may bring this process down (Ray 2.60)
                self._leave()

    def _connected(self) -> Any:
        if self._ray is None:
            self._ray = _imported()
        if not self._ray.is_initialized():
            self._join()
        return self._ray

    def _join(self) -> None:
        ray = self._ray
        where = self._address or "this machine"
        self._tell(f"joining Ray at {where}" if self._address else "starting Ray on this machine")
        given: dict[str, Any] = {"address": self._address}
        if not self._address:
            given = {"address": "local", "num_cpus": self._processes, "include_dashboard": False,
                     "object_store_memory": OBJECTS}  # fmt: skip
        self._ended_by = signal.getsignal(signal.SIGTERM)
        try:
            _reach(self._address)
            with _no_statistics():
                ray.init(log_to_driver=False, logging_level="ERROR", **given)
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            why = str(error).strip().splitlines()
            raise ServerError(
                f"Ray at {where}: can't be joined ({why[0] if why else type(error).__name__}). "
                "Is it running, of the same version of Ray and Python, and its address that of "
                "`ray start --head`? `--ray-address auto` means the one of this machine. Where it "
                "asks for a token, set RAY_AUTH_MODE=token."
            ) from error
        self._joined = True
        nodes = [node for node in ray.nodes() if node["Alive"]]
        self._tell(f"Ray: {len(nodes)} nodes, {self.processes} CPUs")


def _reach(address: str) -> None:
    """See that something listens at HOST:PORT: Ray would go on trying for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        with socket.create_connection((host.strip("[]"), int(port)), timeout=REACHED_S):
            pass


def _imported() -> Any:
    try:
        import ray
    except ImportError as error:
        raise MissingExtra("ray", "ray") from error
    return ray


@contextmanager
def _no_statistics() -> Iterator[None]:
    """What is started in the block sends Ray's makers no statistics, unless the user has said."""
    name = "RAY_USAGE_STATS_ENABLED"
    said = os.environ.get(name)
    os.environ.setdefault(name, "0")
    try:
        yield
    finally:
        if said is None:
            os.environ.pop(name, None)


@contextmanager
def _told(ray: Any, number: int) -> Iterator[None]:
    """Ray's own errors, told as ours."""
    errors = ray.exceptions
    kept = "Parts that are finished are kept: run the same command again."
    try:
        yield
    except errors.RayTaskError as error:
        if "No module named 'kgmed" in str(error):
            raise ConfigError(
                "The workers of the Ray cluster can't import kgmed. Install the same version of "
                f"it on every node. {kept}"
            ) from error
        raise
    except (errors.WorkerCrashedError, errors.OutOfMemoryError, errors.NodeDiedError) as error:
        raise OutputError(
            f"Part {number} came to nothing: its worker was ended from outside {RETRIES + 1} times "
            "(is there memory enough on the nodes? one CPU makes one part at a time, and a node "
            f"with fewer --num-cpus fewer parts). {kept}"
        ) from error
    except errors.RayError as error:
        why = str(error).strip().splitlines()[0]
        raise ServerError(f"Ray gave up part {number}: {why} {kept}") from error


# On a worker --------------------------------------------------------------------------------------

_STARTED: dict[Path, tuple[Job, Feed, Making]] = {}
"""What a worker has opened, by the folder of the run; of one run at a time."""


def _made(job: Job, version: str, number: int) -> dict[str, Any] | KgmedError:
    """Make a part on a worker; an error of ours is given back as it is."""
    try:
        return make_part(*_started(job, version), number)
    except KgmedError as error:
        return error


def _started(job: Job, version: str) -> tuple[Job, Feed, Making]:
    if version != VERSION:
        raise ConfigError(
            f"The Ray node {socket.gethostname()} has kgmed {VERSION}, this run {version}: rows "
            "would differ. Install the same version on every node."
        )
    if not job.feed.is_dir():  # nor does it where the run was broken off: what waits ends at once
        raise OutputError(
            f"{job.feed}: the Ray node {socket.gethostname()} doesn't see it. Name a folder, by "
            "--out, on storage that all nodes share at the same path."
        )
    if job.feed not in _STARTED:
        feed = Feed(job.feed)
        _STARTED.clear()
        _STARTED[job.feed] = (job, feed, job.maker.start(feed, job.settings))
    return _STARTED[job.feed]
