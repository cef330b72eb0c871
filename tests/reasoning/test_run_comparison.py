"""Run folders read and held side by side: what is refused, what is marked, what is shown."""

from __future__ import annotations

import json
import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from evaluation_runs import judgements, open_answers, record, records, write_run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgmed.kg.errors import DataError, KgmedError, UsageError
from kgmed.reasoning.evaluation.comparison.compare import compare
from kgmed.reasoning.evaluation.comparison.item_tables import item_tables
from kgmed.reasoning.evaluation.comparison.model import GROUPS, Comparison
from kgmed.reasoning.evaluation.comparison.page import page
from kgmed.reasoning.evaluation.comparison.plots import plots
from kgmed.reasoning.evaluation.comparison.tables import headline, tables
from kgmed.reasoning.evaluation.measures.resampling import Resampling
from kgmed.reasoning.evaluation.runs import Run, completed, read_run, read_runs
from kgmed.reasoning.pages.formats import markdown
from kgmed.reasoning.pages.style import STYLE
from kgmed.reasoning.pages.svg import Axes, Drawing
from kgmed.reasoning.pages.whole import SHOWN
from kgmed.wire import adapter, to_json

FEW = Resampling(300)


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Closed book, graph, and graph with verification, over 120 items."""
    return [
        write_run(tmp_path / "closed_book", records(120, skill=0.4, seed=1), snapshot=""),
        write_run(tmp_path / "graph", records(120, skill=0.6, seed=2, grounded=True)),
        write_run(
            tmp_path / "verified", records(120, skill=0.7, abstains=0.3, seed=3, grounded=True)
        ),
    ]  # fmt: skip


def run_of(name: str, rows: list[dict[str, Any]], **more: Any) -> Run:
    return replace(Run(name, "exam", "d" * 64, name, tuple(rows)), **more)


def titles(found: Comparison) -> list[str]:
    return [table.title for table in tables(found)]


# --- reading


def test_a_run_is_what_was_written(folders: list[Path]) -> None:
    run = read_run(folders[1])
    assert (run.name, run.method, run.benchmark, run.items) == ("graph", "graph", "exam", 120)
    assert [record["id"] for record in run.records[:3]] == ["q0", "q1", "q2"]


def test_fields_that_a_record_lacks_are_empty(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "own", [{"id": "1", "kind": "choice", "correct": True}])
    found = compare([read_run(folder)], how=FEW)
    assert found.runs[0].measures.accuracy.right == 1
    assert found.runs[0].measures.cost.ms_p50 is None


def test_runs_of_one_name_are_told_apart_by_their_parents(tmp_path: Path) -> None:
    both = [write_run(tmp_path / model / "graph", records(5)) for model in ("small", "large")]
    assert [run.name for run in read_runs(both)] == ["small/graph", "large/graph"]
    with pytest.raises(UsageError, match="the same run twice"):
        read_runs([both[0], both[0]])


def broken(folder: Path, name: str, change: Callable[[str], str]) -> Path:
    file = folder / name
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def changed(**fields: Any) -> Callable[[str], str]:
    """Changes the first record's fields, or run.json's."""

    def change(text: str) -> str:
        first, _, rest = text.partition("\n")
        return json.dumps({**json.loads(first), **fields}) + "\n" + rest

    return change


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("run.json", changed(schema="kgmed.run/2", kgmed="9.9"),
         r"run\.json: found the schema 'kgmed\.run/2', made by kgmed 9\.9, expected"),
        ("run.json", lambda text: text[:40], r"run\.json: found text that is no JSON"),
        ("run.json", lambda _: "[]", r"found a list, expected an object"),
        ("run.json", changed(benchmark="exam"), r"found benchmark 'exam', expected an object"),
        ("run.json", changed(method=None), r"found method None, expected a text"),
        ("records.jsonl", lambda text: text[:-30], r"line 120: found no JSON"),
        ("records.jsonl", lambda text: text + text, r"line 121: found the item 'q0' again"),
        ("records.jsonl", lambda _: "[1]\n", r"line 1: found a list"),
        ("records.jsonl", lambda _: '{"id": "1"}\n', r"found no 'kind'"),
        ("records.jsonl", changed(kind="essay"), r"found the kind 'essay', expected one of choice"),
        ("records.jsonl", changed(correct="yes"), r"found correct 'yes', .*: bool or null"),
        ("records.jsonl", changed(score=1.5), r"found score 1\.5, .* a number from 0 to 1"),
        ("records.jsonl", changed(score=float("nan")), r"found score nan"),
        ("records.jsonl", changed(calls=True), r"found calls True"),
        ("records.jsonl", changed(ms=-1), r"found ms -1, expected 0 or more"),
        ("records.jsonl", changed(claims={"SUPPORTED": "3"}), r"found '3' claims SUPPORTED"),
        ("records.jsonl", changed(right=[1]), r"found right \[1\], expected texts"),
    ],
)  # fmt: skip
def test_a_damaged_run_is_refused_with_file_and_line(
    folders: list[Path], name: str, change: Callable[[str], str], told: str
) -> None:
    with pytest.raises(DataError, match=told):
        read_run(broken(folders[1], name, change))


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"found no run\.json"):
        read_run(tmp_path)


def test_a_run_that_was_ended_before_its_end_says_how_to_go_on(folders: list[Path]) -> None:
    (folders[0] / "records.jsonl").rename(folders[0] / "records.jsonl.part")
    with pytest.raises(UsageError, match=r"ended before its end .* Run the same command again"):
        read_run(folders[0])
    (folders[0] / "records.jsonl.part").unlink()
    with pytest.raises(DataError, match=r"found no records\.jsonl"):
        read_run(folders[0])


def test_records_broken_anywhere_are_read_or_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", records(6, grounded=True))
    whole = (folder / "records.jsonl").read_bytes()
    draws = random.Random(0)
    refused = 0
    for _ in range(150):
        place = draws.randrange(len(whole))
        cut = whole[:place] + bytes([draws.randrange(256)]) + whole[place + draws.randrange(4) :]
        (folder / "records.jsonl").write_bytes(cut)
        try:
            read_run(folder)
        except KgmedError:
            refused += 1
    assert 20 < refused < 150


# --- what may be compared


def test_runs_over_other_files_are_refused_unless_mixed() -> None:
    rows = records(10)
    runs = [run_of("a", rows), run_of("b", rows, digest="e" * 64)]
    with pytest.raises(UsageError, match=r"other files of questions.* --mixed"):
        compare(runs)
    found = compare(runs, mixed=True, how=FEW)
    assert len(found.items) == 10
    assert any("different files of questions" in note for note in found.notes)


def test_only_items_that_all_runs_have_are_compared() -> None:
    rows = records(30)
    found = compare([run_of("a", rows[:20], items=30), run_of("b", rows[10:])], how=FEW)
    assert [item.id for item in found.items] == [f"q{n}" for n in range(10, 20)]
    assert [run.measures.accuracy.items for run in found.runs] == [10, 10]
    assert "a lacks 10 of the items that it was to be asked." in found.notes
    assert "b has 10 more items, which others lack: compared are 10." in found.notes


def test_runs_without_a_common_item_are_refused() -> None:
    with pytest.raises(UsageError, match="no item that all of a, b have"):
        compare([run_of("a", [record("1")]), run_of("b", [record("2")])])
    with pytest.raises(UsageError, match="Found no run"):
        compare([])


def test_an_item_with_other_right_answers_is_refused() -> None:
    with pytest.raises(UsageError, match="item '1' with 'A' as right in a and 'B' in b"):
        compare([run_of("a", [record("1")]), run_of("b", [record("1", right=["B"])])])


def test_what_differs_between_runs_is_marked() -> None:
    rows = records(5)
    runs = [
        run_of("a", rows, snapshot="1" * 64, version="0.1.0", model="small"),
        run_of("b", rows, snapshot="2" * 64, version="0.2.0", model="large"),
        run_of("c", rows, version="0.2.0", model="large"),
    ]
    notes = "\n".join(compare(runs, how=FEW).notes)
    assert "different snapshots of the graph (a: 111111111111, b: 222222222222, c: none)" in notes
    assert "different versions of kgmed" in notes
    assert "different models (a: small, b: large, c: large)" in notes
    assert compare(runs[1:], how=FEW).notes == ()  # a run without a graph has none to differ


# --- what comes out


def test_the_same_runs_twice_give_the_same_table_and_page(folders: list[Path]) -> None:
    first, second = (compare(read_runs(folders), how=FEW) for _ in range(2))
    assert to_json(first) == to_json(second)
    assert page(first) == page(second)
    assert adapter("kgmed.comparison/1").validate_json(to_json(first)) == first


def test_each_run_is_held_against_the_first_or_against_each(folders: list[Path]) -> None:
    runs = read_runs(folders)
    names = [(pair.first, pair.second) for pair in compare(runs, how=FEW).pairs]
    assert names == [("closed_book", "graph"), ("closed_book", "verified")]
    found = compare(runs, all_pairs=True, how=FEW)
    assert [(pair.first, pair.second) for pair in found.pairs] == [*names, ("graph", "verified")]
    for pair in found.pairs:
        assert sorted(place for group in GROUPS for place in pair.items[group]) == list(range(120))
        assert len(pair.items["only_second"]) == pair.found.only_second
        assert pair.p_adjusted >= pair.found.p


def test_items_are_listed_under_who_has_them_right() -> None:
    first = [
        record("both"),
        record("first"),
        record("second", correct=False),
        record("none", correct=None),
    ]
    second = [record("both"), record("first", correct=False, error_kind="evidence_ignored"),
              record("second"), record("none", correct=False)]  # fmt: skip
    found = compare([run_of("a", first), run_of("b", second)], how=FEW)
    listed = {table.title: table.rows for table in item_tables(found)}
    assert listed["a and b: right only in a"] == (
        ("first", "Question first?", "A", "✓ A", "✗ B (evidence_ignored)"),
    )
    assert [rows[0][0] for rows in listed.values()] == ["second", "first", "none", "both"]
    assert listed["a and b: right in neither"][0][3] == "–"


def test_accuracy_is_broken_down_by_what_tells_items_apart(folders: list[Path]) -> None:
    found = compare(read_runs(folders), how=FEW)
    assert titles(found)[2:] == [
        "Accuracy by what the graph holds of the item", "Why items aren't right",
        "Accuracy by language", "Accuracy by subject", "Claims against the graph",
        "What a run's confidence is worth", "What the runs cost", "What the runs were made with",
    ]  # fmt: skip
    parts = [part for part in found.parts if part.by == "lang"]
    assert [(part.value, part.items) for part in parts] == [("en", 80), ("zh", 40)]
    whole = found.runs[0].measures.accuracy.accuracy.value
    mixed = sum(part.items * (part.accuracy[0].value or 0) for part in parts) / 120
    assert mixed == pytest.approx(whole)


def test_coverage_is_told_even_where_all_items_are_alike() -> None:
    found = compare([run_of("a", [record(str(n), coverage="none") for n in range(4)])], how=FEW)
    assert [(part.by, part.value, part.items) for part in found.parts] == [("coverage", "none", 4)]


def test_the_kinds_of_errors_add_up_to_what_isnt_right(tmp_path: Path) -> None:
    rows = [record("1"), record("2", correct=False), record("3", correct=None, error_kind="")]
    found = compare([read_run(write_run(tmp_path / "closed", rows))], how=FEW)
    (table,) = [one for one in tables(found) if one.title == "Why items aren't right"]
    assert (table.heads, table.rows) == (
        ("run", "wrong", "only unanswered"), (("closed", "1", "1"),),
    )  # fmt: skip


def test_what_the_graph_covers_is_told_first_by_a_run_that_knows_it() -> None:
    unaware = [record(str(n), coverage="") for n in range(4)]
    aware = [record(str(n), coverage=("covered", "none")[n > 0]) for n in range(4)]
    found = compare([run_of("closed", unaware), run_of("graph", aware)], how=FEW)
    told = (
        "The graph covers 1 of them (25.0%), has the concepts of 0 and nothing that joins them, and"
        " lacks concepts of 3."
    )
    assert headline(found).endswith(told)
    assert told in page(found)
    alone = compare([run_of("closed", unaware[:1])], how=FEW)
    assert headline(alone) == "1 run, 1 item of exam; no model."
    assert [part.value for part in found.parts if part.by == "coverage"] == ["covered", "none"]


def test_a_field_of_many_values_keeps_the_frequent_ones() -> None:
    rows = [record(str(n), about={"topic": f"t{n % 20 if n % 2 else 0}", "page": str(n)})
            for n in range(200)]  # fmt: skip
    found = compare([run_of("a", rows)], how=FEW)
    topics = [part for part in found.parts if part.by == "topic"]
    assert len({part.by for part in found.parts}) == 2  # coverage, topic; each page has one item
    assert sum(part.items for part in topics) == 200
    topics = [record(str(n), about={"topic": f"t{min(n, 399) % 40}"}) for n in range(400)]
    values = [p.value for p in compare([run_of("a", topics)], how=FEW).parts if p.by == "topic"]
    assert (len(values), values[-1]) == (13, "(others)")


def test_detectors_stand_side_by_side_with_their_cost() -> None:
    runs = [
        run_of(f"judge{n}", judgements(skill=skill, seed=n)) for n, skill in enumerate((0.6, 0.9))
    ]
    table = next(t for t in tables(compare(runs, how=FEW)) if t.title == "Hallucinated texts found")
    assert [row[0] for row in table.rows] == ["judge0", "judge1"]
    assert table.rows[0][table.heads.index("calls each")] == "3.0"


def test_open_answers_are_compared_by_their_texts_alone() -> None:
    runs = [run_of(f"r{n}", open_answers(seed=n)) for n in range(2)]
    found = compare(runs, how=FEW)
    assert found.pairs == ()
    assert "Open answers beside their reference" in titles(found)
    assert "Answers" not in titles(found)
    assert len(next(item_tables(found)).rows) == 12


def test_open_answers_that_both_runs_judged_are_paired() -> None:
    first, second = (
        [{**row, "correct": n % (3 + run) == 0} for n, row in enumerate(open_answers())]
        for run in range(2)
    )
    second[0]["correct"] = None  # answered, and not judged
    found = compare([run_of("a", first), run_of("b", second)], how=FEW)
    assert found.pairs[0].found.items == 11
    assert [run.measures.accuracy.items for run in found.runs] == [11, 11]


def test_silence_on_open_questions_gains_nothing() -> None:
    rows = open_answers(6)
    spoken = [{**row, "correct": n < 3} for n, row in enumerate(rows)]
    silent = [{**row, "correct": None, "abstained": True} for row in spoken[3:]]
    found = compare([run_of("a", spoken), run_of("b", spoken[:3] + silent)], how=FEW)
    assert [run.measures.accuracy.items for run in found.runs] == [6, 6]
    assert [run.measures.accuracy.accuracy.value for run in found.runs] == [0.5, 0.5]
    alone = compare([run_of("b", spoken[:3] + silent)], how=FEW).runs[0].measures.accuracy
    assert (alone.items, alone.right, alone.abstained) == (6, 3, 3)
    unjudged = compare([run_of("c", rows)], how=FEW).runs[0].measures.accuracy
    assert (unjudged.items, unjudged.ungraded) == (0, 6)


def test_without_sacrebleu_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "sacrebleu.metrics.bleu", None)
    found = compare([run_of("a", open_answers())], how=FEW)
    assert found.runs[0].measures.texts[0].bleu is None
    assert found.runs[0].measures.texts[0].rouge_l.value is not None
    assert 'BLEU needs sacrebleu: pip install "kgmed[evaluate]".' in found.notes


# --- the page and Markdown

HOSTILE = '<script>alert(1)</script> "quoted" & | [x](http://a.example) \u202egnp`*'


class Balanced(HTMLParser):
    """Whether each element that is opened is closed, and what a page would load or run."""

    VOID = frozenset({"meta", "br", "rect", "line", "path", "circle", "polyline"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def checked(html: str) -> Balanced:
    parser = Balanced()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    assert not parser.seen & {"script", "img", "link", "iframe", "a", "object"}
    assert not parser.attributes & {"src", "href", "onload", "onclick", "style"}
    for picture in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        ET.fromstring(picture)  # noqa: S314  ours
    return parser


def test_a_page_shows_every_table_and_plot_and_loads_nothing(folders: list[Path]) -> None:
    found = compare(read_runs(folders), how=FEW)
    html = page(found)
    checked(html)
    assert "prefers-color-scheme:dark" in html
    assert "http" not in html.replace("http-equiv", "")
    for title in titles(found):
        assert title.replace("'", "&#x27;") in html
    names = [name for name, _ in plots(found)]
    assert names == [
        "Accuracy", "Claims against the graph", "Why items aren't right", "Tokens and accuracy",
        "Risk by coverage", "Confidence and outcome",
    ]  # fmt: skip
    assert html.count("<figure>") == len(names)


def test_runs_are_told_apart_without_colour(folders: list[Path]) -> None:
    drawn = dict(plots(compare(read_runs(folders), how=FEW)))
    marks = re.findall(r'class="mark s\d" d="([^"]*)"', drawn["Accuracy"])
    assert len({re.sub(r"[^A-Za-z]", "", mark) for mark in marks}) == len(marks) == 3
    for number, name in enumerate(("closed_book", "graph", "verified"), 1):
        assert f">{number} {name}</text>" in drawn["Accuracy"]
        assert f'class="label">{number}</text>' in drawn["Risk by coverage"]
    dashes = re.findall(r'<polyline[^>]*stroke-dasharray="([^"]*)"', drawn["Risk by coverage"])
    assert len(set(dashes)) == len(dashes) == 2  # the first run's line has none
    assert {"url(#p0)", "url(#p1)", "url(#p2)", "url(#p3)"} <= set(
        re.findall(r"url\(#p\d\)", drawn["Claims against the graph"])
    )


def luminance(colour: str) -> float:
    """The relative luminance of a colour (WCAG 2.2)."""
    digits = "".join(c * 2 for c in colour) if len(colour) == 3 else colour
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_marks_and_texts_stand_out_in_light_and_dark() -> None:
    light, dark = (dict(re.findall(r"--(\w+):#(\w+)", part)) for part in
                   STYLE.partition("body{")[0].split("@media"))  # fmt: skip
    assert light.keys() == dark.keys() >= {"back", "text", "c7", "f7", "ink"}

    for colours in (light, dark):

        def contrast(one: str, other: str, of: dict[str, str] = colours) -> float:
            low, high = sorted(luminance(of[name]) for name in (one, other))
            return (high + 0.05) / (low + 0.05)

        assert min(contrast(f"c{n}", "back") for n in range(8)) >= 3
        assert min(contrast(name, "back") for name in ("text", "soft")) >= 4.5
        assert min(contrast("ink", f"f{n}") for n in range(8)) >= 4.5


def test_a_run_without_confidence_is_one_mark_of_what_it_answered() -> None:
    sure = [record(str(n), score=0.5 + n / 20) for n in range(10)]
    plain = [record(str(n), correct=(None, False, False, True)[n % 4]) for n in range(8)]
    plain += [record(str(n), correct=None) for n in (8, 9)]
    drawn = dict(plots(compare([run_of("sure", sure), run_of("plain", plain)], how=FEW)))
    x, y = Axes(Drawing("", 300), (0, 0), (1, 1)).place(0.6, 2 / 3)
    marks = re.findall(r'class="mark s1" d="M([\d.]+) ([\d.]+)', drawn["Risk by coverage"])
    assert [pytest.approx((x - 5, y - 5), abs=0.1)] == [tuple(map(float, m)) for m in marks[:1]]


def test_labels_of_runs_that_score_alike_dont_lie_on_each_other() -> None:
    runs = [run_of(f"r{n}", records(50, seed=4)) for n in range(5)]
    drawn = dict(plots(compare(runs, how=FEW)))["Tokens and accuracy"]
    lines = sorted(float(y) for y in re.findall(r'y="([\d.]+)"[^>]*class="label"', drawn))
    assert len(lines) == 5
    assert min(b - a for a, b in pairwise(lines)) >= 12


def test_what_a_model_wrote_can_act_in_neither_page_nor_markdown() -> None:
    rows = [record("1", correct=False, said="", text=HOSTILE, question=HOSTILE, error_kind=HOSTILE,
                   about={HOSTILE: HOSTILE}, reason=HOSTILE)]  # fmt: skip
    found = compare([run_of(HOSTILE, rows, model=HOSTILE)], how=FEW)
    html = page(found)
    checked(html)
    assert "\u202e" not in html
    text = markdown([*tables(found), *item_tables(found)], found.notes)
    assert "<script>" not in text.replace("\\<", "")
    assert "](http" not in text
    for line in text.splitlines():
        if line.startswith("| 1 "):
            assert len(re.findall(r"(?<!\\)\|", line)) == 5


def test_a_long_list_of_items_is_cut_on_the_page_and_says_so() -> None:
    rows = [record(str(n)) for n in range(SHOWN + 25)]
    html = page(compare([run_of("a", rows)], how=FEW))
    assert html.count(">Question ") == SHOWN
    assert "25 more: --json has all." in html


def test_markdown_has_the_numbers_of_the_tables(folders: list[Path]) -> None:
    found = tables(compare(read_runs(folders), how=FEW))
    text = markdown(found)
    for table in found:
        assert f"## {table.title}" in text
        for row in table.rows:
            assert all(cell in text.replace("\\", "") for cell in row)


NUMBERS = st.none() | st.floats(0, 1)
COUNTS = st.integers(0, 10**6)
RECORDS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["choice", "yes_no", "open", "judgement"]),
        "correct": st.sampled_from([True, False, None]),
        "lang": st.sampled_from(["en", "zh"]),
        "said": st.text(max_size=4),
        "text": st.text(max_size=12),
        "answer": st.text(max_size=12),
        "question": st.text(max_size=12),
        "abstained": st.booleans(),
        "score": NUMBERS,
        "claims": st.dictionaries(
            st.sampled_from(["SUPPORTED", "REFUTED", "UNSUPPORTED", "NOT_COVERED"]),
            st.integers(0, 3),
        ),
        "coverage": st.sampled_from(["", "covered", "linked", "none", "else"]),
        "error_kind": st.sampled_from(["", "wrong", "refuted", "unread", "new"]),
        "calls": COUNTS,
        "prompt_tokens": COUNTS,
        "ms": st.none() | st.floats(0, 1e9),
        "about": st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
        "error": st.sampled_from(["", "timed out"]),
    }
)
RIGHT = {"choice": ["A"], "yes_no": ["yes"], "open": [], "judgement": ["supported"]}


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(RECORDS, RECORDS), min_size=1, max_size=6))
def test_whatever_records_say_they_are_compared_and_shown(
    pairs: list[tuple[Mapping[str, Any], Mapping[str, Any]]],
) -> None:
    first, second = (
        [
            completed(
                {**row, "id": str(n), "kind": pair[0]["kind"], "right": RIGHT[pair[0]["kind"]]}
            )
            for n, (row, pair) in enumerate(zip(side, pairs, strict=True))
        ]
        for side in zip(*pairs, strict=True)
    )
    found = compare([run_of("a", first), run_of("b", second)], how=Resampling(100))
    json.loads(to_json(found), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    checked(page(found))
    for table in tables(found):
        assert {len(row) for row in table.rows} == {len(table.heads)}
