"""Runs kgmed's linker and the peers on the same texts, each in a process of its own on one core."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linking_score import Found, Gold
from measure import anonymous_bytes, say

from kgmed.facade import open_graph
from kgmed.kg.linking.link import Link
from kgmed.kg.linking.linker import Linker
from kgmed.kg.linking.quality import quality
from kgmed.kg.workers import collect_rarely

ADVERSE = {
    "one word again and again": "acute ",
    "a name again and again": "type 2 diabetes mellitus ",
    "one letter": "a",
    "brackets": "(",
    "definitions that never end": "acute kidney injury (AKI ",
    "conjunctions": "type 1 and ",
    "Chinese without a boundary": "糖尿病",
    "negations": "no ",
    "hyphens": "non-",
    "points": "...",
    "Greek and accents": "β-é ",
}
"""Pieces of text whose repetition makes a careless linker quadratic."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a system found, and what it took.

    ``texts_per_s`` is by the clock, ``texts_per_cpu_s`` by the processor's time: they differ where
    the machine has other work.
    """

    system: str
    found: Mapping[str, list[Found]] = field(repr=False)
    texts_per_s: float
    texts_per_cpu_s: float
    texts: int
    rss_anon: int
    index_names_per_s: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


def pin() -> None:
    """Keep this process on one core."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


class Peak:
    """The highest RssAnon while the block runs."""

    def __enter__(self) -> Peak:
        self.bytes, self._done = anonymous_bytes(), threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self.bytes = max(self.bytes, anonymous_bytes())

    def _sample(self) -> None:
        while not self._done.wait(0.1):
            self.bytes = max(self.bytes, anonymous_bytes())


def options(call: Callable[..., Any], **wanted: Any) -> dict[str, Any]:
    """Those of the options that a function has; the others are told."""
    known = inspect.signature(call).parameters
    for name in wanted.keys() - known.keys():
        say(f"  {call.__qualname__} has no option {name!r}: left out")
    return {name: value for name, value in wanted.items() if name in known}


def link_texts(
    root: str,
    texts: Sequence[tuple[str, str]],
    wanted: Mapping[str, Any],
    linker: Mapping[str, Any],
    warm: Sequence[str] = (),
) -> Run:
    """Link texts (id, text) with a graph; run in a fresh process, for its memory.

    Each text is read once: the linker remembers names and spans, so a second reading would be of
    its memory. ``warm`` are other texts, read before and not measured, as in a long batch.

    ``wanted`` are options of ``Linker.text``, ``linker`` of ``Linker``; ``learnt`` among them is a
    table of names (linking_train.py). Ids lose their prefix.
    """
    pin()
    collect_rarely()
    with open_graph(root) as graph, Peak() as peak:
        given = dict(linker)
        if "learnt" in given:
            given["quality"] = quality().learnt(given.pop("learnt"))
        made = Linker(graph.store, **options(Linker.__init__, **given))
        chosen = options(made.text, **wanted)
        for text in warm:
            made.text(text, **chosen)
        begin, cpu = time.perf_counter(), time.process_time()
        found: dict[str, list[Link]] = {id: made.text(text, **chosen) for id, text in texts}
        rate = len(found) / (time.perf_counter() - begin)
        per_cpu = len(found) / (time.process_time() - cpu)
    plain = {
        id: [(link.start, link.end, link.id.partition(":")[2]) for link in links]
        for id, links in found.items()
    }
    return Run("kgmed", plain, rate, per_cpu, len(found), peak.bytes)


def link_with_peer(python: Path, peer: str, dictionary: Path, texts: Path, out: Path) -> Run:
    """Run ``linking_peers.py`` by the Python of the peers' environment."""
    script = Path(__file__).with_name("linking_peers.py")
    command = [str(python), str(script), peer, str(dictionary), str(texts), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{peer} failed:\n{done.stderr[-3000:]}")
    facts = json.loads(done.stdout.splitlines()[-1])
    found: dict[str, list[Found]] = {}
    with out.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            found[row["id"]] = [(start, end, id) for start, end, id in row["links"]]
    rate = facts["names"] / facts["index_s"]
    name = f"{facts['peer']} {peer.partition('-')[2]}".strip()
    speeds = facts["texts_per_s"], facts["texts_per_cpu_s"]
    return Run(name, found, *speeds, facts["texts"], facts["rss_anon"], rate, facts)


def write_texts(documents: Sequence[Gold], path: Path) -> None:
    """The texts as the peers read them."""
    with path.open("w", encoding="utf-8") as lines:
        for document in documents:
            lines.write(json.dumps({"id": document.id, "text": document.text}) + "\n")


def adverse(root: str, length: int) -> dict[str, tuple[float, float]]:
    """Pattern -> microseconds a character at ``length`` characters, and at four times as many.

    The least of three, by the processor's time.
    """
    pin()
    result = {}
    with open_graph(root) as graph:
        linker = Linker(graph.store)
        linker.text("warm")
        for name, piece in ADVERSE.items():
            spent = []
            for size in (length, 4 * length):
                text = (piece * (size // len(piece) + 1))[:size]
                took = []
                for _ in range(3):
                    begin = time.process_time()
                    linker.text(text)
                    took.append(time.process_time() - begin)
                spent.append(max(min(took) / size * 1e6, 1e-3))
            result[name] = (spent[0], spent[1])
            say(f"  {name}: {spent[0]:.2f} and {spent[1]:.2f} microseconds a character")
    return result
