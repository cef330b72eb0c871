"""Timers, percentiles, anonymous memory and the table of figures; shared by the benchmarks."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number, with its target and a peer's where there are any.

    ``sense`` says which way is good; ``ratio`` is how many times better than the peer this is.
    A figure without a target is information.
    """

    area: str
    what: str
    value: float
    unit: str
    target: float | None = None
    sense: Literal["at most", "at least"] = "at most"
    peer: str = ""
    peer_value: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """PASS, MISS, or nothing where there is no target."""
        if self.target is None:
            return ""
        good = self.value <= self.target if self.sense == "at most" else self.value >= self.target
        return "PASS" if good else "MISS"

    @property
    def ratio(self) -> float | None:
        """Times better than the peer."""
        if not self.peer_value or not self.value:
            return None
        if self.sense == "at most":
            return self.peer_value / self.value
        return self.value / self.peer_value


def say(text: str) -> None:
    """Progress, to standard error."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def database() -> Any:
    """A DuckDB connection without the progress bar, which goes to standard output."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    return connection


def latencies(call: Callable[[Any], object], items: Sequence[Any]) -> list[float]:
    """Milliseconds of each call."""
    clock, spent = time.perf_counter_ns, []
    for item in items:
        begin = clock()
        call(item)
        spent.append((clock() - begin) / 1e6)
    return spent


def p50_p99(milliseconds: Sequence[float]) -> tuple[float, float]:
    """Median and 99th percentile.

    >>> p50_p99([float(n) for n in range(1, 102)])
    (51.0, 100.0)
    """
    cuts = quantiles(milliseconds, n=100, method="inclusive")
    return cuts[49], cuts[98]


def seconds(call: Callable[[], object], *, repeat: int = 1) -> float:
    """Median wall time of a call."""
    spent = []
    for _ in range(repeat):
        begin = time.perf_counter()
        call()
        spent.append(time.perf_counter() - begin)
    return sorted(spent)[len(spent) // 2]


def anonymous_bytes() -> int:
    """RssAnon of this process and its children: memory without mapped files. 0 where unknown."""
    children: list[str] = []
    for tasks in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            children += tasks.read_text(encoding="ascii").split()
    return sum(map(_anonymous_bytes, ["self", *children]))


def _anonymous_bytes(process: str) -> int:
    with suppress(OSError):
        text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
        for line in text.splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0


class Stages:
    """Wall time and peak anonymous memory of consecutive stages; a thread samples the memory."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self.peaks: dict[str, int] = {}
        self._name, self._begin = "", time.perf_counter()
        self._stop = threading.Event()

    @contextmanager
    def sampling(self) -> Iterator[Stages]:
        """Sample while the block runs; its end closes the last stage."""
        thread = threading.Thread(target=self._sample, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.start("")
            self._stop.set()
            thread.join()

    def start(self, name: str) -> None:
        """The stage before ends here, and ``name`` begins."""
        now = time.perf_counter()
        if self._name:
            self.spent[self._name] = self.spent.get(self._name, 0.0) + now - self._begin
            peak = self.peaks[self._name] / 1e6
            say(f"  {self._name}: {now - self._begin:.1f} s, RssAnon {peak:,.0f} MB")
        if name:
            self.peaks.setdefault(name, anonymous_bytes())  # before the sampler sees the name
        self._name, self._begin = name, now

    def _sample(self) -> None:
        while not self._stop.wait(0.05):
            name = self._name
            if name:
                self.peaks[name] = max(self.peaks[name], anonymous_bytes())


def bytes_under(path: Path) -> int:
    """Size of a file, or of the files below a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def number(value: float) -> str:
    """Three significant digits, thousands separated.

    >>> number(0.01234), number(12.34), number(123456.0)
    ('0.0123', '12.3', '123,456')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    rows = [("what", "target", "measured", "", "peer in the same run", "ratio")]
    for f in figures:
        sign = "<=" if f.sense == "at most" else ">="
        target = "" if f.target is None else f"{sign} {number(f.target)} {f.unit}"
        measured = f"{number(f.value)} {f.unit}" + (f" ({f.note})" if f.note else "")
        peer = f"{f.peer}: {number(f.peer_value)} {f.unit}" if f.peer_value else f.peer
        ratio = f"{number(f.ratio)}x" if f.ratio else ""
        rows.append((f"{f.area}: {f.what}", target, measured, f.verdict, peer, ratio))
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def write_json(path: Path, figures: Sequence[Figure], **facts: object) -> None:
    """The figures and facts about the run, for comparing runs."""
    rows = [{**asdict(f), "verdict": f.verdict, "ratio": f.ratio} for f in figures]
    text = json.dumps({**facts, "figures": rows}, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
