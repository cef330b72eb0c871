"""What people link with instead, on one dictionary and texts; run by the Python of their own.

    python linking_peers.py PEER DICTIONARY.tsv TEXTS.jsonl FOUND.jsonl

PEER is gilda, simstring-0.7, simstring-0.9, flashtext2 or ahocorasick. The dictionary holds a name
and an id a line, the best id of a name first; the texts an id and a text. All but gilda, which
weighs case itself, are given the names in lower case. Prints one line of JSON: names, seconds of
indexing, abstracts a second (median of some passes on one core) and peak memory; writes what was
found. Imports nothing of kgmed.

pip install gilda==1.6.1 simstring-fast==0.6.0 flashtext2==1.1.0 pyahocorasick==2.3.1
"""

from __future__ import annotations

import gc
import importlib.metadata
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Found = list[tuple[int, int, str]]
Names = dict[str, list[str]]
Annotate = Callable[[str], Found]

STOP_WORDS = frozenset(
    """i me my myself we our ours ourselves you your yours yourself yourselves he him his himself
    she her hers herself it its itself they them their theirs themselves what which who whom this
    that these those am is are was were be been being have has had having do does did doing a an
    the and but if or because as until while of at by for with about against between into through
    during before after above below to from up down in out on off over under again further then
    once here there when where why how all any both each few more most other some such no nor not
    only own same so than too very s t can will just don should now""".split()  # noqa: SIM905
)
"""English function words, as NLTK's list has them, which QuickUMLS skips at a window's ends."""

MAX_WINDOW, MIN_LENGTH = 5, 3
SECONDS = 15.0
"""Passes are repeated until they took this long together."""
PATIENCE = 120.0
"""A pass ends after so many seconds; what it didn't reach is told by the number of texts."""


def ahocorasick(names: Names) -> Annotate:
    """The longest names between word boundaries, left to right."""
    import ahocorasick as library

    automaton = library.Automaton()
    for name, ids in names.items():
        automaton.add_word(name, (len(name), ids[0]))
    automaton.make_automaton()

    def annotate(text: str) -> Found:
        low = text.lower()
        if len(low) != len(text):  # a few capitals have longer lower forms
            low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        hits = []
        for last, (length, id) in automaton.iter(low):
            start, end = last - length + 1, last + 1
            if (start and low[start - 1].isalnum()) or (end < len(low) and low[end].isalnum()):
                continue
            hits.append((start, -end, id))
        found: Found = []
        for start, end, id in sorted(hits):
            if not found or start >= found[-1][1]:
                found.append((start, -end, id))
        return found

    return annotate


def flashtext2(names: Names) -> Annotate:
    """Its own matching: the longest names between word boundaries."""
    from flashtext2 import KeywordProcessor

    processor = KeywordProcessor(case_sensitive=False)
    for name, ids in names.items():
        processor.add_keyword(name, ids[0])

    def annotate(text: str) -> Found:
        return [(a, b, id) for id, a, b in processor.extract_keywords_with_span(text)]

    return annotate


def gilda(names: Names) -> Annotate:
    """Its Grounder over the names and ``annotate``, without the models that it would download."""
    from gilda import Term
    from gilda.grounder import Grounder
    from gilda.ner import annotate
    from gilda.process import normalize

    terms = [
        Term(normal, name, "MESH", id, name, "name", "mesh")
        for name, ids in names.items()
        if (normal := normalize(name)).strip()
        for id in ids
    ]
    grounder = Grounder(terms)
    grounder.gilda_disambiguators = {}

    def link(text: str) -> Found:
        return [(a.start, a.end, a.matches[0].term.id) for a in annotate(text, grounder=grounder)]

    return link


def simstring(names: Names, threshold: float) -> Annotate:
    """QuickUMLS's way: windows of up to 5 words, trigrams by Jaccard, the best without overlap."""
    from simstring.database.dict import DictDatabase
    from simstring.feature_extractor.character_ngram import CharacterNgramFeatureExtractor
    from simstring.measure.jaccard import JaccardMeasure
    from simstring.searcher import Searcher

    database = DictDatabase(CharacterNgramFeatureExtractor(3))
    for name in names:
        database.add(name)
    searcher = Searcher(database, JaccardMeasure())
    word = re.compile(r"\w+|[^\w\s]")
    stop = re.compile(r"(?<=[.!?])\s+|\n")

    def sentence(text: str, offset: int) -> Found:
        pieces = [(m.start(), m.end()) for m in word.finditer(text)]
        outer = [not text[a].isalnum() or text[a:b].lower() in STOP_WORDS for a, b in pieces]
        hits = []
        for i, (start, _) in enumerate(pieces):
            if outer[i]:
                continue
            for j in range(i, min(i + MAX_WINDOW, len(pieces))):
                end = pieces[j][1]
                if outer[j] or end - start < MIN_LENGTH:
                    continue
                best = searcher.ranked_search(text[start:end].lower(), threshold)
                if best:
                    name, alike = next(iter(best.items()))
                    hits.append((-alike, start - end, start, end, names[name][0]))
        found: Found = []
        for *_, start, end, id in sorted(hits):
            if all(end <= a or start >= b for a, b, _ in found):
                found.append((start, end, id))
        return [(a + offset, b + offset, id) for a, b, id in sorted(found)]

    def annotate(text: str) -> Found:
        found, begin = [], 0
        for mark in stop.finditer(text):
            found += sentence(text[begin : mark.start()], begin)
            begin = mark.end()
        return found + sentence(text[begin:], begin)

    return annotate


PEERS: dict[str, tuple[str, Callable[[Names], Annotate]]] = {
    "ahocorasick": ("pyahocorasick", ahocorasick),
    "flashtext2": ("flashtext2", flashtext2),
    "gilda": ("gilda", gilda),
    "simstring-0.7": ("simstring-fast", lambda names: simstring(names, 0.7)),
    "simstring-0.9": ("simstring-fast", lambda names: simstring(names, 0.9)),
}


def memory(field: str) -> int:
    """RssAnon (now) or VmHWM (the peak, mapped files included) of this process in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return 0


def main() -> None:
    """Index, link the texts in passes, write what was found, print the figures."""
    peer, dictionary, texts_file, out = sys.argv[1], *map(Path, sys.argv[2:5])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    names: Names = {}
    with dictionary.open(encoding="utf-8") as lines:
        for line in lines:
            name, id = line.rstrip("\n").split("\t")
            ids = names.setdefault(name if peer == "gilda" else name.lower(), [])
            if id not in ids:
                ids.append(id)
    with texts_file.open(encoding="utf-8") as lines:
        texts: list[dict[str, Any]] = [json.loads(line) for line in lines]
    package, make = PEERS[peer]
    before, peak, done = memory("RssAnon"), 0, threading.Event()

    def sample() -> None:
        nonlocal peak
        while not done.wait(0.1):
            peak = max(peak, memory("RssAnon"))

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    make({"warm": ["D000000"]})  # imports
    gc.freeze()
    gc.set_threshold(70_000, 20, 20)  # as kgmed's own batch work does
    begin = time.perf_counter()
    annotate = make(names)
    index = time.perf_counter() - begin
    rates: list[float] = []
    per_cpu: list[float] = []
    found: list[Found] = []
    start = time.perf_counter()
    while not rates or (time.perf_counter() - start < SECONDS and len(rates) < 5):
        begin, cpu, found = time.perf_counter(), time.process_time(), []
        for text in texts:
            found.append(annotate(text["text"]))
            if time.perf_counter() - begin > PATIENCE:
                break
        rates.append(len(found) / (time.perf_counter() - begin))
        per_cpu.append(len(found) / (time.process_time() - cpu))
    done.set()
    thread.join()
    with out.open("w", encoding="utf-8") as lines:
        for text, links in zip(texts, found, strict=False):  # all, but for want of patience
            lines.write(json.dumps({"id": text["id"], "links": links}) + "\n")
    facts = {
        "peer": f"{package} {importlib.metadata.version(package)}",
        "names": len(names),
        "index_s": index,
        "texts_per_s": sorted(rates)[len(rates) // 2],
        "texts_per_cpu_s": sorted(per_cpu)[len(per_cpu) // 2],
        "texts": len(found),
        "passes": len(rates),
        "rss_anon": max(peak, memory("RssAnon")),
        "rss_anon_before": before,
        "rss": memory("VmHWM"),
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
