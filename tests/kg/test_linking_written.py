"""Links written to files and pages, and what is left when that breaks off."""

from __future__ import annotations

import gzip
import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgmed.kg.errors import UsageError
from kgmed.kg.linking.html import described, document_html, links_html, marked
from kgmed.kg.linking.link import Candidate, Link
from kgmed.kg.linking.links import LinkedDocument, Links
from kgmed.kg.linking.sinks import open_sink
from kgmed.kg.linking.written import RENDER, file_name, json_row, plain_link, pubtator, standoff
from kgmed.wire import adapter, to_plain

TEXT = "🧪 No gout.\nMother had\n华法林?"
LINKS = (
    Link(
        "gout", 5, 9, "doid:13189", "gout", "Disease", 0.98, "exact: Gout (synonym)", negated=True,
        alternatives=(Candidate("hp:0001997", "Gout", "PhenotypicFeature", 0.9, "exact"),),
    ),
    Link(
        "had\n华法林", 18, 25, "drugbank:DB00682", "Warfarin", "Drug", 1.0, "exact",
        uncertain=True, experiencer="family", note="salt: sodium",
    ),
)  # fmt: skip
LINKED = LinkedDocument("a/b", TEXT, "en", LINKS)


class Marks(HTMLParser):
    """What a browser would make of a page: its text, tags, and marks with their titles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.marks: list[dict[str, str | None]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "mark":
            self.marks.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_row_of_json_is_the_published_shape() -> None:
    row = json_row(LINKED)
    assert row.count("\n") == 1
    assert adapter("kgmed.linked/1").validate_json(row) == LINKED
    assert [plain_link(link) for link in LINKS] == to_plain(LINKS)
    assert json.loads(row)["links"] == to_plain(LINKS)


def test_the_links_of_a_text_are_a_sequence_of_them() -> None:
    links = Links(TEXT, "en", LINKS)
    assert list(links) == list(LINKS)
    assert links[-1] is LINKS[1]
    assert links[:1] == LINKS[:1]
    assert not Links("x", "en", ())


def test_pubtator_takes_a_first_line_for_the_title_so_that_offsets_hold() -> None:
    lines = pubtator(LinkedDocument("1", TEXT, "en", LINKS)).splitlines()
    assert lines[:2] == ["1|t|🧪 No gout.", "1|a|Mother had 华法林?"]
    assert lines[2] == "1\t5\t9\tgout\tDisease\tdoid:13189"
    assert lines[3] == "1\t18\t25\thad 华法林\tDrug\tdrugbank:DB00682"
    assert lines[4:] == [""]


@pytest.mark.parametrize("id", ["a|b", "a\tb", "a\nb", ""])
def test_pubtator_refuses_an_id_that_it_cant_hold(id: str) -> None:
    with pytest.raises(UsageError, match="PubTator can't hold it"):
        pubtator(LinkedDocument(id, "gout", "en", ()))


def test_standoff_says_what_holds_of_a_mention_and_cuts_it_at_line_ends() -> None:
    assert standoff(LINKED).splitlines() == [
        "T1\tDisease 5 9\tgout",
        "N1\tReference T1 doid:13189\tgout",
        "A1\tNegated T1",
        "#1\tAnnotatorNotes T1\tscore 0.98, exact: Gout (synonym)",
        "T2\tDrug 18 21;22 25\thad 华法林",
        "N2\tReference T2 drugbank:DB00682\tWarfarin",
        "A2\tUncertain T2",
        "A3\tExperiencer T2 family",
        "#2\tAnnotatorNotes T2\tscore 1.00, exact; salt: sodium",
    ]
    for start, end, shown in ((5, 9, "gout"), (18, 21, "had"), (22, 25, "华法林")):
        assert TEXT[start:end] == shown


@pytest.mark.parametrize("id", ["a/b", "..", ".hidden", "华 1", "a\\b:c*?", "%41", "x" * 150])
def test_every_id_is_a_file_name_of_its_own(id: str, tmp_path: Path) -> None:
    name = file_name(id)
    assert (tmp_path / f"{name}.txt").parent == tmp_path
    assert not re.search(r'[/\\:*?"<>|]', name)
    assert not name.startswith(".")
    assert file_name("A" + id) != name


@pytest.mark.parametrize("id", ["", "华" * 100])
def test_an_id_that_names_no_file_is_refused(id: str) -> None:
    with pytest.raises(UsageError, match="expected one that a file can be named by"):
        file_name(id)


# Pages


def test_a_mention_is_marked_with_what_it_links_to_and_why() -> None:
    page = Marks(links_html(TEXT, LINKS))
    assert page.text.startswith(TEXT)
    gout, warfarin = page.marks
    assert gout["title"] == described(LINKS[0])
    assert "doid:13189 gout (Disease), score 0.98" in str(gout["title"])
    assert "or: Gout (hp:0001997, 0.90)" in str(gout["title"])
    assert "line-through" in str(gout["style"])
    assert "dashed" in str(warfarin["style"])
    assert "line-through" not in str(warfarin["style"])
    assert "uncertain; of family; salt: sodium" in str(warfarin["title"])
    assert gout["style"] != warfarin["style"]


HOSTILE = '"><script>alert(1)</script><img src=x onerror="y">&amp;\'--></mark>'


def test_nothing_of_a_text_a_name_or_an_id_becomes_markup() -> None:
    link = Link(HOSTILE, 0, len(HOSTILE), HOSTILE, HOSTILE, HOSTILE, 1.0, HOSTILE, note=HOSTILE)
    page = Marks(document_html(HOSTILE, HOSTILE, (link,)))
    assert set(page.tags) == {"section", "h2", "div", "mark", "p", "small", "span"}
    assert len(page.marks) == 1
    assert list(page.marks[0]) == ["style", "title"]
    assert page.text.count(HOSTILE) == 3
    assert HOSTILE in str(page.marks[0]["title"])


def test_what_would_turn_the_direction_of_text_is_named_and_doesnt_act() -> None:
    text = "a\u202egout\u2069 \u200fשלום\ud800\x00 gout"
    start = text.rindex("gout")
    link = Link("gout", start, start + 4, "x:1", "\u202egout", "Disease", 1.0, "exact")
    page = links_html(text, (link,))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\ud800-\udfff\x00]", page)
    assert "a⟨RLO⟩gout⟨PDI⟩ \u200fשלום⟨U+D800⟩⟨U+0000⟩ <mark" in page
    assert "x:1 ⟨RLO⟩gout" in page
    page.encode()


def test_links_that_overlap_or_lie_outside_are_left_out() -> None:
    spans = [(0, 4), (2, 6), (6, 8), (7, 99), (8, 8), (-3, 2)]
    links = [Link("", *span, "x:1", "x", "Drug", 1.0, "") for span in spans]
    page = Marks(marked("0123456789", links))
    assert len(page.marks) == 2
    assert page.text == "0123456789"


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))))
def test_a_marked_text_is_the_text(text: str, spans: list[tuple[int, int]]) -> None:
    links = [Link("", *span, "x:1", "x", "Drug", 1.0, "") for span in spans]
    page = marked(text, links)
    bare = unescape(re.sub(r"<[^>]*>", "", page)).replace("\r", "\n")
    shown = unescape(marked(text, ())).replace("\r", "\n")
    assert bare == shown
    if text.isprintable():
        assert bare == text


def test_a_notebook_gets_the_beginning_of_a_long_text() -> None:
    text = "gout " * 50_000
    links = [Link("gout", n, n + 4, "x:1", "x", "Drug", 1.0, "") for n in range(0, 250_000, 25_000)]
    page = Marks(Links(text, "en", tuple(links))._repr_html_())
    assert len(page.marks) == 4
    assert "... 150,000 more characters, 6 links" in page.text


def test_a_text_and_a_document_show_in_a_notebook() -> None:
    assert "<mark" in Links(TEXT, "en", LINKS)._repr_html_()
    assert "<mark" in LINKED._repr_html_()
    assert "no mentions found" in Links("x", "en", ())._repr_html_()


# Files


def write(out: Path, format: str, *documents: LinkedDocument) -> None:
    with open_sink(out, format) as sink:
        for linked in documents:
            sink.write(linked.id, linked.text, RENDER[format](linked))


def test_a_folder_of_standoff_holds_texts_as_they_were(tmp_path: Path) -> None:
    text = "gout\r\n\u2028fever"
    write(tmp_path / "out", "standoff", LINKED, LinkedDocument("c", text, "en", ()))
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["a%2Fb.ann", "a%2Fb.txt", "c.ann", "c.txt"]
    assert (tmp_path / "out" / "c.txt").read_bytes() == text.encode()
    assert (tmp_path / "out" / "c.ann").read_bytes() == b""
    assert (tmp_path / "out" / "a%2Fb.ann").read_text(encoding="utf-8") == standoff(LINKED)


def test_a_folder_that_holds_files_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="expected a new or empty folder"):
        write(tmp_path, "standoff", LINKED)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_ann_file_is_of_one_document_with_its_text_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "a.ann"
    write(out, "standoff", LINKED)
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == TEXT
    write(out, "standoff", LINKED)
    with pytest.raises(UsageError, match=r"an \.ann file is of one document"):
        write(out, "standoff", LINKED, LINKED)
    other = LinkedDocument("a", "another", "en", ())
    with pytest.raises(UsageError, match="found another text beside"):
        write(out, "standoff", other)
    assert out.read_text(encoding="utf-8") == standoff(LINKED)
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == TEXT


def write_and_break_off(out: Path, format: str) -> None:
    with open_sink(out, format) as sink:
        sink.write(LINKED.id, TEXT, RENDER[format](LINKED))
        raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "folder", "a.ann", "a.html"])
def test_what_breaks_off_leaves_what_was_there(tmp_path: Path, name: str) -> None:
    format = {"a.ann": "standoff", "folder": "standoff", "a.html": "html"}.get(name, "jsonl")
    out = tmp_path / name
    if name != "folder":
        out.write_text("before")
    with pytest.raises(KeyboardInterrupt):
        write_and_break_off(out, format)
    left = [path.name for path in tmp_path.iterdir()]
    assert left == ([] if name == "folder" else [name])
    assert name == "folder" or out.read_text() == "before"


def test_a_compressed_file_is_the_same_every_time(tmp_path: Path) -> None:
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        write(tmp_path / name, "jsonl", LINKED)
    first, second = ((tmp_path / name).read_bytes() for name in ("a.jsonl.gz", "b.jsonl.gz"))
    assert first == second
    assert gzip.decompress(first).decode() == json_row(LINKED)


def test_a_page_is_whole_and_loads_nothing(tmp_path: Path) -> None:
    write(tmp_path / "a.html", "html", LINKED, LINKED)
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert page.endswith("</html>\n")
    assert not re.search(r"<script|src=|href=|url\(", page)
    assert len(Marks(page).marks) == 4


def test_a_place_that_cant_be_written_is_said_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").mkdir()
    for out, message in (("no/x.jsonl", "there is no folder"), ("x.jsonl", "found a folder")):
        with pytest.raises(UsageError, match=message), open_sink(tmp_path / out, "jsonl"):
            pass
