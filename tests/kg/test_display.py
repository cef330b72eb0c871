"""What values look like in a notebook: escaped, bounded, no script, readable without colour."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import pytest

from kgmed.facade import Graph
from kgmed.kg.display.drawn import DRAWN, statements_picture
from kgmed.kg.display.measure import width, wrapped
from kgmed.kg.display.picture import Line, Node, picture
from kgmed.kg.errors import OutputError, UnknownConcept, UsageError
from kgmed.kg.model import Concept, Path, Retraction, Statement, Step, Value
from kgmed.kg.paths.found import Paths
from kgmed.kg.store.base import GraphInfo, SourceRow
from kgmed.kg.views.subgraph import Subgraph
from kgmed.kg.why import Why

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'
SVG = "{http://www.w3.org/2000/svg}"
LONG = "long name of a concept"


def statement(subject: str, predicate: str, object: str, n: int = 0, **more: Any) -> Statement:
    return Statement(
        f"{n:08x}" * 4, subject, predicate, object,
        primary_knowledge_source="infores:test", release="1", licence="CC0-1.0", **more,
    )  # fmt: skip


def svg_of(html: str) -> ElementTree.Element:
    found = re.search(r"<svg.*?</svg>", html, re.DOTALL)
    assert found is not None
    return ElementTree.fromstring(found.group())  # noqa: S314  our own


def boxes(svg: ElementTree.Element) -> list[tuple[float, float, float, float]]:
    """(left, top, right, bottom) of the boxes and labels."""
    found = []
    for rect in svg.iter(f"{SVG}rect"):
        x, y, wide, high = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        found.append((x, y, x + wide, y + high))
    return found


def apart(svg: ElementTree.Element) -> bool:
    return not any(
        a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
        for a, b in combinations(boxes(svg), 2)
    )


class Elements(HTMLParser):
    """The elements of a page, and the names of their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}


def harmless(html: str) -> bool:
    """No element that runs or loads anything, and no attribute that does."""
    found = Elements(html)
    runs = {name for name in found.attributes if name.startswith("on")}
    loads = {"script", "img", "image", "link", "style", "object", "embed", "iframe"} & found.tags
    return not loads and not runs and not {"src", "href", "xlink:href"} & found.attributes


def values() -> list[Any]:
    concept = Concept("x:1", (HOSTILE,), {"en": HOSTILE, "zh": HOSTILE}, (HOSTILE,), (HOSTILE,))
    said = statement(
        "x:1", "interacts_with", "x:2", qualifiers={HOSTILE: HOSTILE}, text=HOSTILE,
        source_record=(HOSTILE,), publications=(HOSTILE,),
        retracted=Retraction(HOSTILE, HOSTILE, HOSTILE),
    )  # fmt: skip
    valued = Statement("1" * 32, "x:1", "has_half_life", value=Value(HOSTILE, unit=HOSTILE))
    path = Path((Step(said, "out"),), curated=HOSTILE, names={"x:1": HOSTILE, "x:2": HOSTILE})
    part = Subgraph({"x:1": concept}, [said], [valued], HOSTILE, ("x:1",))
    info = GraphInfo(
        HOSTILE, HOSTILE, 1, HOSTILE, 1, 1, 1, 1, 1, 1,
        (SourceRow(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1, 1),), {HOSTILE: 1}, {HOSTILE: 1}, {},
    )  # fmt: skip
    why = Why(HOSTILE, HOSTILE, ("x:1", "x:2"), False)
    return [concept, said, valued, path, Paths([path, path]), part, part.picture(), info, why]


@pytest.mark.parametrize("value", values(), ids=lambda value: type(value).__name__)
def test_no_text_of_a_value_becomes_an_element(value: Any) -> None:
    html = value._repr_html_()
    assert harmless(html)
    assert "&lt;script&gt;" in html


def test_a_picture_is_well_formed_and_tells_what_it_shows() -> None:
    nodes = [Node("x:1", "A & <B>", "Drug", main=True), Node("x:2", "痛风", "Disease")]
    svg = svg_of(picture(nodes, [Line("x:1", "x:2", "treats")], title="T", described="A treats B"))
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-label"] == "T"
    assert [child.tag for child in svg][:2] == [f"{SVG}title", f"{SVG}desc"]
    words = [text.text for text in svg.iter(f"{SVG}text")]
    assert {"A & <B>", "Drug", "痛风", "Disease", "treats"} <= set(words)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("about", "hops"),
    [("imatinib", 1), ("warfarin", 1), ("tamoxifen", 2), ("gout", 1), ("ABL1", 2)],
)
def test_boxes_and_labels_of_a_neighbourhood_dont_lie_on_each_other(
    graph: Graph, about: str, hops: int, lang: Any
) -> None:
    svg = svg_of(graph.neighbourhood(about, hops=hops, limit=300).picture(lang=lang).html)
    assert len(boxes(svg)) > 10
    assert apart(svg)


@pytest.mark.parametrize("size", [2, 7, 25])
def test_boxes_and_labels_of_any_shape_dont_lie_on_each_other(size: int) -> None:
    names = {f"x:{n}": f"{LONG} {n}" * (1 + n % 3) for n in range(size)}
    ids = list(names)
    ring = [(ids[n], ids[(n + 1) % size]) for n in range(size)]
    tree = [(ids[(n - 1) // 2], ids[n]) for n in range(1, size)]
    pairs = [(ids[n], ids[n + 1]) for n in range(0, size - 1, 2)]
    for shape in (ring, tree, pairs):
        rows = [statement(a, ("treats", "inhibits")[n % 2], b, n) for n, (a, b) in enumerate(shape)]
        html = statements_picture(rows, names)
        assert apart(svg_of(html))
        assert "without their words" not in html


def test_texts_stay_inside_their_boxes() -> None:
    for name in ("mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm", "WARFARIN SODIUM 100 MG TABLETS", "维" * 40):
        assert all(width(line) <= 151 for line in wrapped(name))


def test_a_picture_is_the_same_every_time(graph: Graph) -> None:
    part = graph.neighbourhood("warfarin")
    assert part.picture().html == graph.neighbourhood("warfarin").picture().html


def test_a_picture_is_bounded_and_counts_what_it_leaves_out() -> None:
    rows = [statement("x:0", "treats", f"x:{n}", n) for n in range(1, 200)]
    html = statements_picture(rows, {}, starts=["x:0"])
    assert len(re.findall(r"<title>x:\d+ \(x:\d+\)</title>", html)) == DRAWN
    assert "… 175 more concepts; … 175 more statements" in html


def test_lines_of_one_predicate_say_it_once() -> None:
    rows = [statement("x:0", "treats", f"x:{n}", n) for n in range(1, 9)]
    html = statements_picture(rows, {}, starts=["x:0"])
    assert "each line: treats" in html
    assert ">treats</text>" not in html


def test_direction_and_denial_are_drawn_without_colour() -> None:
    rows = [
        statement("x:1", "treats", "x:2", 1),
        statement("x:2", "interacts_with", "x:3", 2),
        statement("x:3", "treats", "x:4", 3, negated=True),
    ]
    svg = svg_of(statements_picture(rows, {}))
    assert len(list(svg.iter(f"{SVG}polygon"))) == 2  # a symmetric predicate has no arrow
    dashed = [path for path in svg.iter(f"{SVG}path") if "stroke-dasharray" in path.attrib]
    assert len(dashed) == 1
    assert "not treats" in {text.text for text in svg.iter(f"{SVG}text")}


def test_a_long_path_goes_downwards() -> None:
    steps = [Step(statement(f"x:{n}", "treats", f"x:{n + 1}", n), "out") for n in range(8)]
    names = {f"x:{n}": f"{LONG} {n}" for n in range(9)}
    svg = svg_of(Path(tuple(steps), names=names)._repr_html_())
    assert float(svg.attrib["height"]) > float(svg.attrib["width"])
    assert apart(svg)


def test_a_path_knows_the_names_of_its_concepts(graph: Graph) -> None:
    paths = graph.find_paths("warfarin", "gout")
    assert paths[0].names[paths[0].nodes[0]] == "Warfarin"
    assert "Warfarin" in paths[0]._repr_html_()
    assert paths == list(paths)
    assert paths._repr_html_().count("<svg") == 1
    answer = graph.ask("how does warfarin treat pulmonary embolism?")
    assert answer.paths[0].names[answer.paths[0].nodes[-1]] == "pulmonary embolism"


def test_names_are_no_part_of_what_a_path_is() -> None:
    step = Step(statement("x:1", "treats", "x:2"), "out")
    assert Path((step,), names={"x:1": "A"}) == Path((step,))
    assert "A" not in repr(Path((step,), names={"x:1": "A"}))


def test_a_neighbourhood_is_what_is_stated_around_concepts(graph: Graph) -> None:
    part = graph.neighbourhood("imatinib", predicates=["inhibits"])
    assert part.starts == ("drugbank:DB00619",)
    assert {s.predicate for s in part.statements} == {"inhibits"}
    assert part.names()["drugbank:DB00619"] == "Imatinib"
    network = part.to_networkx()
    assert set(network.nodes) == set(part.concepts)
    among = graph.neighbourhood(["warfarin", "amiodarone", "simvastatin"], hops=0)
    assert set(among.concepts) == set(among.starts)
    assert graph.neighbourhood("warfarin", limit=5).cut
    with pytest.raises(UnknownConcept):
        graph.neighbourhood("florbinol")


def test_showing_takes_ids_names_and_values(graph: Graph) -> None:
    concept = graph.show("华法林", lang="zh").html
    assert "drugbank:DB00682" in concept
    assert "<svg" in concept
    one = graph.show("4db0062d").html
    assert "Amiodarone interacts with Warfarin" in one
    assert "Amiodarone (drugbank:DB01118)" in one
    assert graph.show(graph.statement("4db0062d")).html == one
    answer = graph.ask("which drugs treat gout?")
    assert "Allopurinol" in graph.show(answer.statements.values()).html
    assert "Allopurinol" in graph.show(graph.find_paths("warfarin", "gout")).html
    assert "Imatinib" in graph.show(graph.concept("DB00619")).html
    assert harmless(concept)
    with pytest.raises(UsageError, match="expected a concept, statements, or paths"):
        graph.show([1])  # type: ignore[list-item]
    with pytest.raises(UnknownConcept):
        graph.show("florbinol")


def test_a_retracted_statement_says_so_first() -> None:
    gone = statement("x:1", "treats", "x:2", retracted=Retraction("wrong", "Dr. Li", "2026-11-20"))
    shown = gone._repr_html_()
    assert shown.index("✗ RETRACTED by Dr. Li") < shown.index("x:1")


def test_a_picture_is_kept_as_a_file(graph: Graph, tmp_path: Any) -> None:
    drawn = graph.neighbourhood("imatinib").picture()
    drawn.save(tmp_path / "part.svg")
    root = ElementTree.parse(tmp_path / "part.svg").getroot()  # noqa: S314  our own
    assert root.tag == f"{SVG}svg"
    assert "currentColor" in drawn.svg
    with pytest.raises(OutputError, match="can't be written"):
        drawn.save(tmp_path / "none" / "part.svg")


def test_tables_have_heads_with_scope_and_are_bounded(graph: Graph) -> None:
    html = graph.neighbourhood("warfarin")._repr_html_()
    assert 'scope="col"' in html
    assert re.search(r"… \d+ more in .statements", html)
    assert len(html) < 200_000
    assert 'scope="row"' in graph.concept("DB00682")._repr_html_()
    assert "✓ one concept" in graph.why("DB00682", "RXNORM:11289")._repr_html_()
    assert "US-PD" in graph._repr_html_()
