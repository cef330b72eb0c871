"""``kgmed serve`` under load: many clients at once on loopback, for latency, errors and memory.

    python benchmarks/serve.py --seconds 60 --clients 200 --json figures.json

Every client holds one connection and asks again as soon as it is answered; what is asked is drawn
from a list with every kind of question, each over many concepts. The same clients then ask a bare
FastAPI route, which answers the same bytes out of a dict (``serve_peer.py``), so that what is left
is what kgmed does. Clients and servers share the machine's cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression
from urllib.request import urlopen

from measure import Figure, p50_p99, say, table, write_json

from kgmed import open_graph

MIB = 1 << 20
DRUGS = 60
"""Drugs of which is asked: those with most statements."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its kind, and the bytes that are sent."""

    kind: str
    method: str
    path: str
    body: str = ""

    def bytes(self) -> bytes:
        """As it is sent."""
        head = f"{self.method} {self.path} HTTP/1.1\r\nhost: localhost\r\n"
        if self.body:
            length = len(self.body.encode())
            head += f"content-type: application/json\r\ncontent-length: {length}\r\n"
        return f"{head}\r\n{self.body}".encode()


def requests() -> list[Asked]:
    """Every kind of question, over the drugs of the open graph with most interactions."""
    with open_graph() as graph:
        ids = graph.ask("drug interactions of warfarin").items
        drugs = [(item.id, item.name) for item in ids][:DRUGS]
    found = []
    for n, (id, name) in enumerate(drugs):
        _other_id, other = drugs[(n + 7) % len(drugs)]
        found += [
            _post("ask: list", "/v1/ask", question=f"drug interactions of {name}"),
            _post("ask: yes or no", "/v1/ask", question=f"does {name} interact with {other}?"),
            Asked("search", "GET", f"/v1/search?q={name[:4].replace(' ', '+')}"),
            Asked("concept", "GET", f"/v1/concepts/{id}"),
            Asked("statements", "GET", f"/v1/concepts/{id}/statements?limit=20"),
            _post("link", "/v1/link", text=f"{name} was given with {other} for acute gout."),
            _post("verify", "/v1/verify", text=f"{name} interacts with {other}."),
            _post("interactions", "/v1/interactions", drugs=[name, other, "metformin"]),
            Asked("paths", "GET", f"/v1/paths?start={id}&end=drugbank:DB01118&hops=3"),
        ]
    return found


def _post(kind: str, path: str, **body: object) -> Asked:
    return Asked(kind, "POST", path, json.dumps(body, ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of processes together, in MiB: ``own`` is what each has to itself, its heap and stacks
    (Anonymous of /proc/PID/smaps_rollup), ``files`` what of mapped files lies in memory, the
    snapshot's among them, which the processes share and the system may drop. ``pss`` is both, a
    page that several have counted but once."""

    own: float
    files: float
    pss: float


@dataclass(slots=True)
class Run:
    """What came of a run: milliseconds by kind, errors, and memory over time."""

    times: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    processor_s: float = 0.0
    memory: list[tuple[float, Memory]] = field(default_factory=list)
    """What the server's processes held, by second."""

    @property
    def every(self) -> list[float]:
        return [one for times in self.times.values() for one in times]


async def _client(
    port: int, asked: Sequence[Asked], run: Run, *, seed: int, until: float, start_s: float
) -> None:
    chance = random.Random(seed)  # noqa: S311  a choice, no secret
    await asyncio.sleep(start_s)
    connection = None
    while time.monotonic() < until:
        one = chance.choice(asked)
        started = time.perf_counter()
        try:
            connection = connection or await asyncio.open_connection("127.0.0.1", port)
            status = await asyncio.wait_for(_answer(*connection, one.bytes()), 60)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            run.errors[type(error).__name__] += 1
            connection = None
            continue
        if status != 200:
            run.errors[f"{one.kind}: {status}"] += 1
        run.times.setdefault(one.kind, []).append((time.perf_counter() - started) * 1000)
    if connection is not None:
        connection[1].close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes) -> int:
    writer.write(sent)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    )
    await reader.readexactly(length)
    return int(head[9:12])


async def _load(
    port: int, asked: Sequence[Asked], clients: int, seconds: float, processes: Sequence[int]
) -> Run:
    run = Run()
    before = _processor_s(processes)
    started = time.monotonic()
    until = started + seconds
    tasks = [
        asyncio.create_task(_client(port, asked, run, seed=n, until=until, start_s=n / clients))
        for n in range(clients)
    ]
    while time.monotonic() < until:
        await asyncio.sleep(1)
        run.memory.append((time.monotonic() - started, memory_of(processes)))
    await asyncio.gather(*tasks)
    run.seconds = time.monotonic() - started
    run.processor_s = _processor_s(processes) - before
    return run


def _processor_s(processes: Sequence[int]) -> float:
    """Seconds of processor time that processes have had."""
    ticks = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_of(processes: Sequence[int]) -> Memory:
    """What processes hold now."""
    counts: Counter[str] = Counter()
    for process in processes:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]:
            name, _colon, rest = line.partition(":")
            counts[name] += int(rest.split()[0])
    own = counts["Anonymous"] / 1024
    return Memory(own, counts["Rss"] / 1024 - own, counts["Pss"] / 1024)


@contextmanager
def server(command: Sequence[str]) -> Iterator[tuple[int, list[int], float]]:
    """A server: its port, its processes, and the seconds until it answered."""
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        for _ in range(600):
            try:
                with urlopen(f"{url}readyz", timeout=10):  # noqa: S310  loopback
                    break
            except OSError:
                time.sleep(0.02)
        ready = time.monotonic() - started
        try:
            yield int(url.rstrip("/").rpartition(":")[2]), _workers(process.pid), ready
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _workers(process: int) -> list[int]:
    """The processes that answer: a server's children where it has workers, else itself."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    workers = [int(n) for n in children if b"spawn_main" in Path(f"/proc/{n}/cmdline").read_bytes()]
    return workers or [process]


def answers(port: int, asked: Sequence[Asked]) -> dict[str, str]:
    """What each request is answered, for the peer to answer the same."""

    async def every() -> dict[str, str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        found = {}
        for one in asked:
            writer.write(one.bytes())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            found[f"{one.path} {one.body}"] = (await reader.readexactly(length)).decode()
        writer.close()
        return found

    return asyncio.run(every())


def figures(name: str, run: Run, ready: float, bare: Run | None) -> list[Figure]:
    """What is told of a run, beside the bare route's."""
    middle, worst = p50_p99(run.every)
    rate = len(run.every) / run.seconds
    peer = "bare FastAPI route" if bare is not None else ""
    told = [Figure(name, "errors", sum(run.errors.values()), "", 0)]
    beside = (p50_p99(bare.every), len(bare.every) / bare.seconds) if bare else None
    told += [
        Figure(name, "p50", middle, "ms", peer=peer, peer_value=beside and beside[0][0]),
        Figure(name, "p99", worst, "ms", peer=peer, peer_value=beside and beside[0][1]),
        Figure(name, "answers", rate, "/s", sense="at least", peer=peer,
               peer_value=beside and beside[1]),
        Figure(name, "processor time of an answer", run.processor_s / len(run.every) * 1000, "ms",
               peer=peer, peer_value=bare and bare.processor_s / len(bare.every) * 1000),
    ]  # fmt: skip
    for kind, times in sorted(run.times.items()):
        p50, p99 = p50_p99(times)
        told.append(Figure(name, f"{kind}, p99", p99, "ms", note=f"p50 {p50:.0f} ms"))
    if run.memory and ready:
        told += _memory_figures(name, run)
        told.append(Figure(name, "start to first answer", ready * 1000, "ms"))
    return told


def _memory_figures(name: str, run: Run) -> list[Figure]:
    seconds = [at for at, _held in run.memory]
    first, last = run.memory[0][1], run.memory[-1][1]
    own, _at = linear_regression(seconds, [held.own for _at, held in run.memory])
    files, _at = linear_regression(seconds, [held.files for _at, held in run.memory])
    return [
        Figure(
            name,
            "memory of its own at the end",
            last.own,
            "MiB",
            note=f"{first.own:.0f} MiB at the beginning",
        ),
        Figure(name, "growth of that", own * 60, "MiB/min", 5),
        Figure(
            name,
            "pages of files in memory at the end",
            last.files,
            "MiB",
            note=f"{first.files:.0f} MiB at the beginning, {files * 60:+.1f} MiB/min",
        ),
        Figure(name, "PSS at the end", last.pss, "MiB"),
    ]


def main() -> None:
    """Run, and print the table; exit code 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--warm-up", type=float, default=30, help="seconds that aren't counted")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    asked = requests()
    told: list[Figure] = []
    runs: dict[int, tuple[Run, float]] = {}
    held: dict[str, str] = {}
    for workers in given.workers:
        say(f"{workers} workers, {given.clients} clients, {given.seconds:g} s")
        options = f"--port 0 --quiet --access-log none --timeout 60 --workers {workers}"
        command = [sys.executable, "-m", "kgmed.cli", "serve", *options.split()]
        with server(command) as (port, processes, ready):
            held = held or answers(port, asked)
            asyncio.run(_load(port, asked, given.clients, given.warm_up, processes))
            run = asyncio.run(_load(port, asked, given.clients, given.seconds, processes))
        say(f"{len(run.every):,} answers, errors: {dict(run.errors)}")
        runs[workers] = run, ready
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.json"
        path.write_text(json.dumps(held), encoding="utf-8")
        peer = [sys.executable, str(Path(__file__).with_name("serve_peer.py")), str(path)]
        with server(peer) as (port, processes, _ready):
            seconds = min(20.0, given.seconds)
            bare = asyncio.run(_load(port, asked, given.clients, seconds, processes))
    for workers, (run, ready) in runs.items():
        told += figures(f"{workers} worker{'s' if workers > 1 else ''}", run, ready, bare)
    print(table(told))
    if given.json:
        write_json(given.json, told, clients=given.clients, seconds=given.seconds,
                   cores=os.cpu_count())  # fmt: skip
    sys.exit(any(figure.verdict == "MISS" for figure in told))


if __name__ == "__main__":
    main()
