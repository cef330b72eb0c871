"""Mentions in running text: what is found, which concept is meant, what the words around say."""

from __future__ import annotations

import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgmed.facade import Graph
from kgmed.kg.errors import CorruptSnapshot, DataError
from kgmed.kg.linking.link import Link
from kgmed.kg.linking.linker import Linker
from kgmed.kg.linking.normalize import key, tokens
from kgmed.kg.linking.quality import HEADER, quality
from kgmed.kg.linking.segment import read
from kgmed.kg.linking.spans import AT_ONCE
from kgmed.kg.linking.stems import name_hash
from kgmed.kg.store.name_index import NameIndex


@pytest.fixture(scope="module")
def linker(graph: Graph) -> Linker:
    return Linker(graph.store)


def named(links: list[Link]) -> dict[str, str]:
    return {link.text: link.name for link in links}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("breast cancers", {"breast cancers": "breast cancer"}),
        ("carcinoma of the breast", {"carcinoma of the breast": "breast carcinoma"}),
        ("anti-inflammatory drugs", {"anti-inflammatory drugs": "anti-inflammatory drug"}),
        ("oedema of both legs", {"oedema": "edema"}),
        ("hepatic cirrhosis", {"hepatic cirrhosis": "liver cirrhosis"}),
        ("Crohn's disease's course", {"Crohn's disease": "Crohn's disease"}),
        ("St. John's wort", {"St. John's wort": "St. John's wort"}),
        ("维生素Ｋ拮抗剂", {"维生素Ｋ拮抗剂": "Vitamin K Antagonist"}),
        ("２型糖尿病", {"２型糖尿病": "type 2 diabetes mellitus"}),
        ("癲癇", {"癲癇": "epilepsy"}),
        ("ACE抑制剂", {"ACE抑制剂": "Angiotensin-Converting Enzyme Inhibitors"}),
    ],
)
def test_a_name_is_found_in_other_forms(
    linker: Linker, text: str, expected: dict[str, str]
) -> None:
    found = linker.text(text)
    assert {link.text for link in found} == set(expected)
    exact = linker.mention(next(iter(expected.values())))
    assert exact
    assert found[0].id in {candidate.id for candidate in exact}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_offsets_hold_in_either_normal_form(linker: Linker, form: str) -> None:
    text = unicodedata.normalize(form, "𝒜 Ménière's disease, naïve 🧪, Sjögren's syndrome")
    links = linker.text(text)
    assert {unicodedata.normalize("NFC", link.text) for link in links} == {
        "Ménière's disease",
        "Sjögren's syndrome",
    }
    assert all(text[link.start : link.end] == link.text for link in links)


@pytest.mark.parametrize(
    ("mention", "readings"),
    [
        ("cold", {"cough and a runny nose": "common cold", "emphysema, a smoker": "chronic obs"}),
        ("MS", {"optic neuritis, demyelinating": "multiple scl", "mitral valve": "mitral valve"}),
        ("ASA", {"aspirin against stroke": "Acetylsal", "atrial septum": "atrial septal"}),
        ("discharge", {"vaginal itching": "vaginal", "nasal congestion": "Rhinorrhea"}),
        (
            "PE",
            {"venous thrombosis, embolus": "pulmonary emb", "pregnancy, proteinuria": "pre-ecl"},
        ),
    ],
)
def test_words_around_choose_between_the_readings_of_a_name(
    linker: Linker, mention: str, readings: dict[str, str]
) -> None:
    alone = linker.mention(mention)
    assert len(alone) >= 2
    assert all(0 < candidate.score <= 1 for candidate in alone)
    for context, expected in readings.items():
        best, *others = linker.mention(mention, context=context)
        assert best.name.startswith(expected)
        assert others[0].score < best.score
        assert "context:" in best.why
        (link,) = [x for x in linker.text(f"{mention}: {context}.") if x.text == mention]
        assert link.name.startswith(expected) or mention == "cold"  # COLD alone means the disease
    assert {c.id for c in linker.mention(mention, context="deep vein")} == {c.id for c in alone}


def test_a_score_is_the_product_of_its_parts(linker: Linker) -> None:
    for link in linker.text("PE, ASA, breast cancers and warfrin", fuzzy=True):
        value = 1.0
        for part in link.parts.values():
            value *= part
        assert link.score == pytest.approx(value, abs=1e-4)


def test_an_abbreviation_means_what_the_text_says(linker: Linker) -> None:
    links = linker.text("Mitral stenosis (MS) is seen late. MS needs surgery; in MS, no fever.")
    assert {link.name for link in links if link.text == "MS"} == {"mitral valve stenosis"}
    links = linker.text("Mental strain (MS) is common; MS wanes.")
    assert not [link for link in links if link.text == "MS"]
    links = linker.text("Morphine sulfate (MS) is given early. MS needs care; in MS, no fever.")
    short = [link for link in links if link.text == "MS"]
    assert len(short) == 3
    assert {link.id for link in short} == {links[0].id}
    assert "defined so in the text" in short[0].why


def test_parts_of_coordinated_names_are_links_of_their_own(linker: Linker) -> None:
    links = linker.text("type 1 and type 2 diabetes; lung and breast cancer; 1型和2型糖尿病")
    assert [(link.text, link.name) for link in links] == [
        ("type 1", "type 1 diabetes mellitus"),
        ("type 2 diabetes", "type 2 diabetes mellitus"),
        ("lung", "lung cancer"),
        ("breast cancer", "breast cancer"),
        ("1型", "type 1 diabetes mellitus"),
        ("2型糖尿病", "type 2 diabetes mellitus"),
    ]


def test_a_salt_belongs_to_its_drug_with_a_note(linker: Linker) -> None:
    links = linker.text("warfarin sodium and sodium valproate, not potassium chloride")
    assert [(x.text, x.note) for x in links[:2]] == [
        ("warfarin sodium", "salt: sodium"),
        ("sodium valproate", "salt: sodium"),
    ]
    assert links[2].note == ""


def test_what_is_said_of_a_mention_is_flagged(linker: Linker) -> None:
    text = "No fever. Possible gout. Her mother had asthma. 否认头痛，母亲有高血压。疑似肺炎。"
    flags = {x.text: (x.negated, x.uncertain, x.experiencer) for x in linker.text(text)}
    assert flags == {
        "fever": (True, False, "patient"),
        "gout": (False, True, "patient"),
        "asthma": (False, False, "family"),
        "头痛": (True, False, "patient"),
        "高血压": (False, False, "family"),
        "肺炎": (False, True, "patient"),
    }


def test_a_misspelt_word_is_read_only_if_asked(linker: Linker) -> None:
    text = "amphotercin B and tardive dsykinesia"
    assert "Amphotericin B" not in named(linker.text(text)).values()
    found = linker.text(text, fuzzy=True)
    assert [x.name for x in found] == ["Amphotericin B", "tardive dyskinesia"]
    assert all("1 edit" in x.why for x in found)
    english = "creatinine rose and the boys were regenerating nephrotoxicity"
    assert linker.text(english, fuzzy=True) == linker.text(english)


def test_a_longer_name_of_another_category_hides_nothing(linker: Linker) -> None:
    text = "warfarin for pulmonary embolism"
    assert [x.text for x in linker.text(text, categories=["Drug"])] == ["warfarin"]
    assert [x.text for x in linker.text(text, categories=["Disease"])] == ["pulmonary embolism"]


def test_a_long_text_is_read_in_pieces_with_its_own_offsets(linker: Linker) -> None:
    line = "Warfarin interacts with aspirin; no gout. "
    text = line * (2 * AT_ONCE // len(line) + 50)
    links = linker.text(text)
    assert len(links) == 3 * text.count("Warfarin")
    assert all(text[x.start : x.end] == x.text for x in links)
    assert all(x.negated == (x.text == "gout") for x in links)


PATTERNS = ("type 1 and ", "acute ", "(", "非", "糖尿病", "a-", "no ", "AKI (", "\u202e", "\x00")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_time_is_linear_in_repetition(linker: Linker, pattern: str) -> None:
    def spent(size: int) -> float:
        text = (pattern * size)[:size]
        begin = time.process_time()
        linker.text(text)
        return time.process_time() - begin

    spent(5_000)
    few, many = spent(10_000), spent(80_000)
    assert many < 24 * max(few, 0.02)  # 8 for a linear time; 64 for a quadratic one


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), max_size=80))
def test_any_text_is_read_and_offsets_hold(linker: Linker, text: str) -> None:
    before = f"{text} warfarin "
    for link in linker.text(before, fuzzy=True):
        assert before[link.start : link.end] == link.text
    assert read(text).words == [w for word in read(text).words for w in tokens(key(word))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It treats allergic conjunctivitis, allergic rhinitis and gout.",
         ["allergic conjunctivitis", "allergic rhinitis", "gout"]),
        ("It treats depressive disorder, major depressive disorder and gout.",
         ["depressive disorder", "major depressive disorder", "gout"]),
        ("Symptoms are fever, nausea and vomiting.", ["fever", "nausea", "vomiting"]),
        ("Nausea and vomiting are common.", ["Nausea and vomiting"]),
        ("It shows in arthralgia, arthritis and fever.", ["arthralgia", "arthritis", "fever"]),
        ("It shows in arthralgia/arthritis.", ["arthralgia/arthritis"]),
        ("They are serotonin 1b receptor agonists and serotonin 1d receptor agonists.",
         ["serotonin 1b receptor agonists", "serotonin 1d receptor agonists"]),
        ("Here peeling skin syndrome 2 is a type of peeling skin syndrome.",
         ["peeling skin syndrome 2", "peeling skin syndrome"]),
        ("It lowers the activity of adenylate cyclase.", ["adenylate cyclase"]),
    ],
)  # fmt: skip
def test_what_a_text_parts_is_no_name(linker: Linker, text: str, expected: list[str]) -> None:
    assert [link.text for link in linker.text(text)] == expected


def test_a_name_ends_behind_the_bracket_that_it_opens(linker: Linker) -> None:
    name = "DNA topoisomerase 4 subunit A (Haemophilus influenzae)"
    assert [link.text for link in linker.text(f"They are {name}, gout.")] == [name, "gout"]
    assert linker.text("It (gout) hurts.")[0].text == "gout"


def test_a_subspecies_is_no_end_of_a_sentence(linker: Linker) -> None:
    name = "Klebsiella pneumoniae subsp. rhinoscleromatis"
    assert [link.text for link in linker.text(f"{name} causes it.")] == [name]


def test_the_words_around_do_not_make_a_class_of_a_drug(linker: Linker) -> None:
    links = linker.text("Syphilis: demeclocycline, doxycycline, minocycline and tetracycline.")
    assert links[-1].name == "Tetracycline"
    links = linker.text("Syphilis: demeclocycline, doxycycline, minocycline and tetracyclines.")
    assert links[-1].name == "Tetracyclines"


def test_every_name_has_its_hash_in_the_index(graph: Graph) -> None:
    lexicon = graph.store.lexicon
    ids = ["drugbank:DB00682", "umls:C0011860", "umls:C0024117"]
    for id, names in zip(ids, lexicon.names(ids), strict=True):
        hashes = [name_hash(tokens(key(name.text))) for name in names]
        assert lexicon.held(hashes) == list(range(len(hashes)))
        for value, name in zip(hashes, names, strict=True):
            assert (id, name) in lexicon.hashed([value], limit=500)[0]
    assert lexicon.held([name_hash(["nothing", "of", "the", "kind"]), 0, (1 << 64) - 1]) == []
    assert lexicon.one_edit("warfrin") == ["warfarin"]
    assert lexicon.one_edit("warfarin") == []


def test_a_cut_index_is_no_index(tmp_path: Path, graph: Graph) -> None:
    whole = (graph.local_store().snapshot.folder / "names.index").read_bytes()
    for size in (0, 10, 1000, len(whole) - 1):
        path = tmp_path / f"{size}.index"
        path.write_bytes(whole[:size])
        with pytest.raises(CorruptSnapshot, match="Build the graph again"):
            NameIndex(path)


def test_a_table_of_names_decides_and_tells_bad_lines(graph: Graph, tmp_path: Path) -> None:
    table = tmp_path / "names.tsv"
    rows = [
        "name\tgout\t9\t0\t", "name\tMS\t9\t9\tdrugbank:DB00295",
        "modifier\tcrippling\t8\t8\t", "kind of modifier\trare\t9\t0\t",
    ]  # fmt: skip
    table.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    linker = Linker(graph.store, quality=quality().learnt(table))
    links = linker.text("gout and MS with crippling asthma")
    assert [(x.text, x.name) for x in links] == [
        ("MS", "Morphine"),
        ("crippling asthma", "asthma"),
    ]
    assert links[1].note == "more in the text: crippling"
    assert Linker(graph.store).text("gout")[0].name == "gout"
    table.write_text(f"{HEADER}\nname\tgout\tnine\t0\t\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"names\.tsv line 2: found 'name"):
        quality().learnt(table)
    table.write_text("gout\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 1: found 'gout'"):
        quality().learnt(table)
