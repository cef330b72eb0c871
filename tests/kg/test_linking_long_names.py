"""Names longer than a window: found by their heads, in a text of any length and language."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from kgmed.facade import Graph
from kgmed.kg.linking.normalize import key, tokens
from kgmed.kg.linking.segment import LONGEST, MANY, read
from kgmed.kg.linking.stems import MAX_WORDS, head_hash, name_hash
from kgmed.kg.store.name_index import NameIndex, write_index

NAMES = (
    "autosomal recessive limb-girdle muscular dystrophy type 2A due to calpain-3 deficiency",
    "X-linked intellectual disability with or without seizures, ARX-related",
    "of the heart in the first two years of a life spent at sea",
    "2型糖尿病性周围神经病变伴疼痛",
    "lung cancer",
)


def spaced(name: str) -> str:
    return " ".join(tokens(key(name)))


@pytest.fixture
def index(tmp_path: Path) -> NameIndex:
    path = tmp_path / "names.index"
    numbers = pa.array(range(len(NAMES)), pa.int64())
    keys = pa.array([spaced(name) for name in NAMES])
    write_index([pa.record_batch([numbers, keys], ["nid", "spaced"])], path)
    return NameIndex(path)


def test_the_index_holds_the_head_of_each_longer_name_as_head_hash_gives_it(
    index: NameIndex,
) -> None:
    heads = [head_hash(tokens(key(name))) for name in NAMES]
    assert heads[-1] is None
    assert index.held([head for head in heads if head is not None]) == [0, 1, 2, 3]
    assert [index.numbers(head) for head in heads if head] == [[0], [1], [2], [3]]
    assert len(index) == len(NAMES) + 4


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("filling", ["", "and some words more " * MANY])
def test_windows_lead_to_every_name(index: NameIndex, name: str, filling: str) -> None:
    read_ = read(f"Seen: {name}. {filling}")
    windows = read_.windows()
    assert (len(read_) >= MANY) == isinstance(windows[0], np.ndarray)
    held = [tuple(int(column[at]) for column in windows) for at in index.held(windows[2])]
    longer = read_.longer([first for first, past, _ in held if not past])
    held += [tuple(column[at] for column in longer) for at in index.held(list(longer[2]))]
    wanted = name_hash(tokens(key(name)))
    spans = [read_.span(first, past) for first, past, hash in held if past and hash == wanted]
    assert [key(span) for span in spans] == [key(name).removeprefix("of the ")]


def test_the_standard_library_and_numpy_make_the_same_windows() -> None:
    for text in (*NAMES, "one; two " * 9, "a b c d e f g h i j, k l m " * 9, "糖尿病，2型 " * 30):
        read_ = read(text)
        few, many = (sorted(zip(*map(list, some()), strict=True)) for some in
                     (read_._few, read_._many))  # fmt: skip
        assert few == [tuple(map(int, row)) for row in many]


def test_no_name_reaches_over_the_end_of_a_sentence_or_beyond_the_longest() -> None:
    words = [f"w{number}" for number in range(2 * LONGEST)]
    pasts = read(" ".join(words)).longer([0])[1]
    assert (min(pasts), max(pasts)) == (MAX_WORDS + 1, LONGEST)
    assert max(read(" ".join(words[:12]) + ". " + " ".join(words)).longer([0])[1]) == 12


@pytest.mark.parametrize(
    "name",
    [
        "neurodevelopmental disorder with poor or absent speech, dysmorphic facies, and behavioral"
        " abnormalities",
        "glycogen storage disease due to glycogen branching enzyme deficiency, fatal perinatal"
        " neuromuscular form",
        "cognitive impairment - coarse facies - heart defects - obesity - pulmonary involvement -"
        " short stature - skeletal dysplasia syndrome",
    ],
)
def test_a_long_name_is_one_mention_of_its_concept(graph: Graph, name: str) -> None:
    (mention,) = graph.link(name)
    assert mention.name == name
    for text in (f"The {name} is rare.", f"Is it gout, {name.capitalize()}? " + "No. " * MANY):
        found = [link for link in graph.link(text) if link.id == mention.id]
        assert [link.text.lower() for link in found] == [name.lower()]


def test_an_index_of_version_3_is_read(tmp_path: Path, index: NameIndex) -> None:
    path = tmp_path / "names.index"
    content = path.read_bytes()
    old = tmp_path / "old.index"
    old.write_bytes(content[:4] + struct.pack("<I", 3) + content[8:])
    assert NameIndex(old).held([name_hash(["lung", "cancer"])]) == [0]
