"""Linking: quality on BC5CDR and on Chinese texts, speed and memory, beside peers in one run.

    python benchmarks/linking.py --peers PYTHON [--data ../shared/data] [--work DIR]
                                 [--names 2000000 --names 15000000] [--json FILE]

``--peers`` is the Python of an environment with gilda, simstring-fast, flashtext2 and pyahocorasick
(see linking_peers.py). ``--names`` adds graphs of so many names, which stay in ``--work``: 2M takes
two minutes and 0.7 GB, 15M a quarter of an hour and 5 GB. The table goes to standard output,
progress to standard error; the exit code is 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import linking_run
import store_build
from linking_dictionary import (
    DEVELOPMENT,
    TRAINING,
    Dictionary,
    beside_the_anchor,
    build_graph,
    read_dictionary,
)
from linking_run import Run, link_texts, link_with_peer, write_texts
from linking_score import Gold, Mention, Scores, read_pubtator, score
from linking_tables import make_tables
from linking_train import MARKED, write_names
from measure import Figure, database, say, table, write_json
from store import apart

QUALITY_PEERS = ("ahocorasick", "flashtext2", "gilda", "simstring-0.7", "simstring-0.9")
SPEED_PEERS = ("ahocorasick", "flashtext2", "gilda", "simstring-0.9")
IN_MEMORY = 3_000_000
"""Peers hold their names in memory: 7 to 57 GB at 15M, so they are asked up to here."""

TARGETS = {"mention": 0.85, "link": 0.83, "document": 0.84}
FILTERS: dict[str, tuple[str, ...]] = {"": (), ", diseases and chemicals only": MARKED}
"""What is linked: all, as the peers do, or what BC5CDR marks."""
SLOW_TEXTS = 100
"""Of the large dictionaries, gilda and simstring are given so many texts."""


def dictionary_file(made: Dictionary, path: Path) -> None:
    """A name and an id a line, for the peers; the best id of a name first."""
    order = made.ids_of()
    entries = sorted(made.entries, key=lambda e: order[e.name.lower()].index(e.id))
    with path.open("w", encoding="utf-8") as lines:
        lines.writelines(f"{entry.name}\t{entry.id}\n" for entry in entries)


def large_dictionary_file(made: Dictionary, tables: Path, path: Path) -> None:
    """The same of a large graph: the dictionary's names, then the made-up ones."""
    dictionary_file(made, path)
    query = f"""SELECT DISTINCT ON (text) text, replace(id, 'umls:', '')
                FROM read_parquet('{tables / "names_raw.parquet"}')
                JOIN read_parquet('{tables / "concepts.parquet"}') USING (cid)
                WHERE id LIKE 'umls:%'"""
    with path.open("a", encoding="utf-8") as lines:
        for batch in database().sql(query).to_arrow_reader(200_000):
            rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            lines.writelines(f"{text}\t{id}\n" for text, id in rows)


def quality(
    systems: Mapping[str, tuple[Run, Scores]], beside: Sequence[tuple[Run, Scores]]
) -> list[Figure]:
    """F1 of each of kgmed's ways beside the best peer's, with precision and recall."""
    figures = []
    for name, (run, scores) in systems.items():
        for level, target in TARGETS.items():
            one = getattr(scores, level)
            best = max(((getattr(s, level).f1, r.system) for r, s in beside), default=(None, ""))
            figures.append(
                Figure(f"BC5CDR, {name}", f"{level} F1", one.f1, "", target, "at least",
                       best[1], best[0], note=f"P {one.precision:.3f} R {one.recall:.3f}")
            )  # fmt: skip
        say(f"  {name}: {scores} at {run.texts_per_s:.0f}/s")
    for run, scores in beside:
        note = f"mention {scores.mention}, link {scores.link}, document {scores.document}"
        figures.append(Figure("BC5CDR, peer", run.system, scores.link.f1, "", note=note))
    return figures


def speed(size: str, runs: Mapping[str, Run], beside: Sequence[Run]) -> list[Figure]:
    """Texts a second on one core and memory at one size, beside gilda, and all peers."""
    figures = []
    peer = next((run for run in beside if run.system.startswith("gilda")), None)
    for name, run in runs.items():
        target = 100 if "fuzzy" in name else 500
        figures += [
            Figure(f"{size} names", f"{name}: abstracts/s/core", run.texts_per_s, "/s", target,
                   "at least", peer.system if peer else "", peer.texts_per_s if peer else None,
                   note=f"{run.texts_per_cpu_s:,.0f} by processor time"),
            Figure(f"{size} names", f"{name}: RssAnon", run.rss_anon / 1e6, "MB", 500, "at most",
                   peer.system if peer else "", peer.rss_anon / 1e6 if peer else None),
        ]  # fmt: skip
    for run in beside:
        note = f"{run.texts_per_cpu_s:,.0f} by processor time, {run.index_names_per_s:,.0f} names/s"
        note += f" indexed, RssAnon {run.rss_anon / 1e6:,.0f} MB, {run.texts:,} texts"
        figures.append(Figure(f"{size} names, peer", run.system, run.texts_per_s, "/s", note=note))
    return figures


def ways(*, fuzzy: bool) -> dict[str, dict[str, Any]]:
    """kgmed's ways of reading a text."""
    return {"exact and abbreviations": {}} | ({"fuzzy": {"fuzzy": True}} if fuzzy else {})


def large_graph(work: Path, made: Dictionary, texts: Sequence[str], names: int) -> dict[str, Any]:
    """Build the graph of so many names, unless a run before has; returns what building took."""
    folder = work / f"names-{names}"
    built = folder / "built.json"
    if built.exists():
        say(f"{names:,} names: the graph in {folder}")
        return json.loads(built.read_text(encoding="utf-8"))
    shutil.rmtree(folder, ignore_errors=True)
    say(f"{names:,} names: tables and graph")
    apart(_make_tables, folder / "tables", made, list(texts), names)
    facts = asdict(apart(store_build.build, folder / "tables", folder / "graph"))
    built.write_text(json.dumps(facts, indent=1), encoding="utf-8")
    return facts


def _make_tables(folder: Path, made: Dictionary, texts: Sequence[str], names: int) -> None:
    make_tables(folder, made, texts, names=names)


def index_figure(names: int, facts: Mapping[str, Any], beside: Sequence[Run]) -> Figure:
    """Names a second through the stages of the name index."""
    spent = {stage: facts["spent"][stage] for stage in store_build.NAME_STAGES}
    best = max(beside, key=lambda run: run.index_names_per_s, default=None)
    parts = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in spent.items())
    return Figure(
        "name index", f"{names:,} names", facts["counts"]["names"] / sum(spent.values()), "names/s",
        180_000, "at least", best.system if best else "",
        best.index_names_per_s if best else None, note=parts,
    )  # fmt: skip


def chinese(path: Path) -> list[Figure]:
    """Precision, recall and F1 on the project's own Chinese sentences, with the open graph."""
    if not path.exists():
        say(f"{path} isn't there: no Chinese figures")
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    documents = [
        Gold(row["id"], row["text"], tuple(
            Mention(m["start"], m["end"], m["text"], tuple(
                id.partition(":")[2] for id in (m["id"], *m.get("also", ())) if id
            ))
            for m in row["mentions"]
        ))
        for row in rows
    ]  # fmt: skip
    run: Run = apart(link_texts, "kgmed:open", [(d.id, d.text) for d in documents], {}, {})
    scores = score(documents, run.found)
    figures = [
        Figure(f"Chinese, {len(documents)} sentences", f"{level} F1", one.f1, "",
               note=f"P {one.precision:.3f} R {one.recall:.3f}")
        for level, one in (("mention", scores.mention), ("link", scores.link))
    ]  # fmt: skip
    figures.append(
        Figure("Chinese", "sentences/s/core", run.texts_per_s, "/s",
               note=f"RssAnon {run.rss_anon / 1e6:.0f} MB")
    )  # fmt: skip
    return figures


def adverse(root: Path, length: int) -> list[Figure]:
    """How much longer a character takes in a text four times as long; 1 is linear."""
    spent: dict[str, tuple[float, float]] = apart(linking_run.adverse, str(root), length)
    worst = max(spent, key=lambda name: spent[name][1] / spent[name][0])
    slowest = max(spent, key=lambda name: spent[name][1])
    return [
        Figure("repetition", f"time a character, {4 * length:,} beside {length:,}",
               spent[worst][1] / spent[worst][0], "x", 1.5, note=f"worst: {worst}"),
        Figure("repetition", "slowest pattern", spent[slowest][1], "microseconds/character",
               note=slowest),
    ]  # fmt: skip


def run(chosen: argparse.Namespace, work: Path) -> tuple[list[Figure], dict[str, Any]]:
    """All phases; returns the figures and facts about the run."""
    documents = list(read_pubtator(chosen.data / DEVELOPMENT))
    texts = [(d.id, d.text) for d in documents]
    warm = [d.text for d in read_pubtator(chosen.data / TRAINING)]
    write_texts(documents, work / "texts.jsonl")
    write_texts(documents[:SLOW_TEXTS], work / "few.jsonl")
    training = read_dictionary(chosen.data)
    print(beside_the_anchor(training, documents) + "\n")
    graphs = {"with training names": training}
    if not chosen.quick:
        graphs["without training names"] = read_dictionary(chosen.data, training=False)
    systems, speeds, figures = {}, {}, []
    for name, made in graphs.items():
        root = work / name.replace(" ", "-")
        shutil.rmtree(root, ignore_errors=True)
        apart(build_graph, made, root)
        table_of_names = work / f"{root.name}.names.tsv"
        apart(write_names, str(root), chosen.data / TRAINING, table_of_names)
        options_of = {way: {} for way in ways(fuzzy=chosen.fuzzy)} | {
            "names learnt from texts": {"learnt": table_of_names}
        }
        for way, wanted in (ways(fuzzy=chosen.fuzzy) | {"names learnt from texts": {}}).items():
            for filtered, only in FILTERS.items():
                asked = {**wanted, "categories": only}
                found: Run = apart(link_texts, str(root), texts, asked, options_of[way], warm)
                systems[f"{name}, {way}{filtered}"] = (found, score(documents, found.found))
                if made is training and not only:
                    speeds[way] = found
    base = work / "with-training-names"
    dictionary_file(training, work / "dictionary.tsv")
    beside = _peers(chosen, work, QUALITY_PEERS, work / "dictionary.tsv", large=False)
    scored = [(peer, score(documents, peer.found)) for peer in beside]
    figures += quality(systems, scored)
    figures += speed("31k", speeds, beside)
    all_texts = [d.text for d in documents]
    for names in chosen.names:
        facts = large_graph(work, training, all_texts, names)
        root = work / f"names-{names}/graph"
        runs = {
            way: apart(link_texts, str(root), texts, wanted, {}, warm)
            for way, wanted in ways(fuzzy=chosen.fuzzy).items()
        }
        peers: list[Run] = []
        if names <= IN_MEMORY:
            file = work / f"names-{names}.tsv"
            large_dictionary_file(training, work / f"names-{names}/tables", file)
            peers = _peers(chosen, work, SPEED_PEERS, file, large=True)
        figures += speed(f"{names / 1e6:g}M", runs, peers)
        figures.append(index_figure(names, facts, peers))
    say("Chinese")
    figures += chinese(chosen.chinese)
    say("repetition")
    figures += adverse(base, chosen.repetition)
    return figures, {"dictionary": training.counts() | training.ceiling(documents)}


def _peers(
    chosen: argparse.Namespace, work: Path, peers: Sequence[str], file: Path, *, large: bool
) -> list[Run]:
    if not chosen.peers:
        return []
    runs = []
    for peer in peers:
        if chosen.peer and peer not in chosen.peer:
            continue
        slow = large and peer.startswith(("gilda", "simstring"))
        texts = work / ("few.jsonl" if slow else "texts.jsonl")
        found = link_with_peer(chosen.peers, peer, file, texts, work / f"{peer}.jsonl")
        say(f"  {found.system}: {found.texts_per_s:.0f}/s, {found.rss_anon / 1e6:.0f} MB")
        runs.append(found)
    return runs


def main() -> None:
    """Read the command line, run, print the table."""
    here = Path(__file__).parents[1]
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=here / "../shared/data")
    parser.add_argument("--work", type=Path, help="folder for graphs; large ones stay there")
    parser.add_argument("--names", type=int, action="append", default=[], help="repeatable")
    parser.add_argument("--peers", type=Path, help="Python of the peers' environment")
    parser.add_argument(
        "--peer", action="append", choices=QUALITY_PEERS, help="these only; repeatable"
    )
    parser.add_argument("--fuzzy", action="store_true", help="fuzzy candidates too")
    parser.add_argument("--quick", action="store_true", help="one dictionary only")
    parser.add_argument("--repetition", type=int, default=20_000, help="characters")
    parser.add_argument("--chinese", type=Path, default=here / "tests/data/linking_zh.jsonl")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    if not (chosen.data / TRAINING).exists():
        parser.error(f"found no {TRAINING} below {chosen.data}")
    work = chosen.work or Path(tempfile.mkdtemp(prefix="kgmed-linking-"))
    work.mkdir(parents=True, exist_ok=True)
    try:
        figures, facts = run(chosen, work)
    finally:
        if not chosen.work:
            shutil.rmtree(work, ignore_errors=True)
    print(f"One core each; page cache warm; Python {platform.python_version()}.\n")
    print(table(figures))
    if chosen.json:
        write_json(chosen.json, figures, **facts)
    sys.exit(1 if any(figure.verdict == "MISS" for figure in figures) else 0)


if __name__ == "__main__":
    main()
