"""Quotes and names of a model are found again in the text, in whatever form, or not at all."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgmed.facade import Graph
from kgmed.kg.linking.link import Link
from kgmed.kg.linking.linker import Linker
from kgmed.reasoning.claims.decompose.align import (
    NOT_IN_SENTENCE,
    NOT_IN_TEXT,
    PRONOUN,
    Aligner,
    Span,
    find,
    words,
)
from kgmed.reasoning.claims.extract.sentences import sentences


@pytest.fixture(scope="module")
def linker(graph: Graph) -> Linker:
    return Linker(graph.store)


def aligned(linker: Linker, text: str) -> Aligner:
    return Aligner(text, linker.text(text), list(sentences(text)), linker)


def quoted(linker: Linker, text: str, quote: str) -> list[str]:
    return [text[span.start : span.end] for span in aligned(linker, text).quotes(quote)]


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("Warfarin treats gout.", "Warfarin treats gout", "Warfarin treats gout"),
        ("Warfarin\n  treats gout.", "warfarin treats GOUT.", "Warfarin\n  treats gout"),
        ("Ｗａｒｆａｒｉｎ treats gout", "Warfarin treats gout", "Ｗａｒｆａｒｉｎ treats gout"),
        ("Interferon-α treats it", "interferon alpha treats", "Interferon-α treats"),
        ("华法林，与胺碘酮 相互作用。", "华法林与胺碘酮相互作用", "华法林，与胺碘酮 相互作用"),
        ("華法林治療癲癇。", "华法林治疗癫痫", "華法林治療癲癇"),
        ("🧪𝒜 Warfarin treats gout 🧪", "warfarin treats gout", "Warfarin treats gout"),
        (
            "Warfarin interacts with amiodarone and others.",
            "Warfarin interacts with amiodorone and others",
            "Warfarin interacts with amiodarone and others",
        ),
    ],
)
def test_a_quote_is_found_in_the_form_that_the_text_has(
    linker: Linker, text: str, quote: str, found: str
) -> None:
    assert quoted(linker, text, quote) == [found]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_quote_is_found_in_a_text_with_accents_apart(linker: Linker, form: str) -> None:
    text = unicodedata.normalize("NFD", "Ménière and Sjögren café. Warfarin treats gout.")
    quote = unicodedata.normalize(form, "Sjögren café")  # type: ignore[arg-type]
    (span,) = aligned(linker, text).quotes(quote)
    assert unicodedata.normalize("NFC", text[span.start : span.end]) == "Sjögren café"


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Warfarin does not treat gout in most adults", "Warfarin does treat gout in most adults"),
        ("It is an atypical drug for gout and pain", "It is an typical drug for gout and pain"),
        ("华法林不治疗痛风且与其他药物同用", "华法林治疗痛风且与其他药物同用"),
        (
            "CYP2D6 metabolizes codeine in the human liver",
            "CYP2D5 metabolizes codeine in the human",
        ),
        ("Warfarin treats gout", "Copy words of the text"),
        ("Warfarin treats gout", ""),
        ("Warfarin treats gout", "🧪 ... !"),
        ("heart failure", "art fail"),
    ],
)
def test_a_quote_with_other_words_is_not_found(linker: Linker, text: str, quote: str) -> None:
    assert quoted(linker, text, quote) == []


def test_of_two_places_the_one_written_so_comes_first(linker: Linker) -> None:
    text = "WARFARIN TREATS GOUT. Warfarin treats gout."
    assert quoted(linker, text, "Warfarin treats gout.")[0] == "Warfarin treats gout"


def end(linker: Linker, text: str, name: str, quote: str) -> Link | str:
    aligner = aligned(linker, text)
    return aligner.end(name, aligner.quotes(quote)[0])


@pytest.mark.parametrize(
    ("text", "name", "span", "id"),
    [
        ("Warfarin treats gout.", "warfarin", "Warfarin", "drugbank:DB00682"),
        ("Coumadin and ASA treat gout.", "acetylsalicylic acid", "ASA", "drugbank:DB00945"),
        ("Type 1 and type 2 diabetes differ.", "type 1 diabetes", "Type 1", "umls:C0011854"),
        ("He has type 2 diabetes.", "diabetes", "type 2 diabetes", "umls:C0011860"),
        ("Gout patients get it.", "gout patients", "Gout", "umls:C0018099"),
        ("痛风可用别嘌醇治疗。", "allopurinol", "别嘌醇", "drugbank:DB00437"),
        ("Zorblaxin treats gout.", "Zorblaxin", "Zorblaxin", ""),
        ("Warfarin toxicity is grave.", "warfarin toxicity", "Warfarin toxicity", ""),
        ("Warfrin treats gout.", "warfarin", "Warfrin", "drugbank:DB00682"),
    ],
)
def test_a_name_is_linked_as_the_texts_own_mention(
    linker: Linker, text: str, name: str, span: str, id: str
) -> None:
    link = end(linker, text, name, text)
    assert isinstance(link, Link)
    assert (text[link.start : link.end], link.text) == (span, span)
    assert link.id == id


@pytest.mark.parametrize(
    ("text", "name", "quote", "reason"),
    [
        ("Warfarin treats gout.", "aspirin", "treats gout", NOT_IN_TEXT),
        ("Aspirin is old. Warfarin treats gout.", "aspirin", "treats gout", NOT_IN_SENTENCE),
        ("Prednisolone treats asthma.", "prednisone", "treats asthma", NOT_IN_TEXT),
        ("Warfarin treats gout.", "...", "treats gout", NOT_IN_TEXT),
        ("It treats gout.", "It", "treats gout", PRONOUN),
        ("The drug treats gout.", "the drug", "treats gout", PRONOUN),
    ],
)
def test_a_name_that_the_sentence_lacks_is_none(
    linker: Linker, text: str, name: str, quote: str, reason: str
) -> None:
    assert end(linker, text, name, quote) == reason


def test_a_pronoun_lets_a_name_stand_in_the_sentences_before(linker: Linker) -> None:
    text = "Aspirin is old. Warfarin is older. It treats gout. Heparin treats gout."
    link = end(linker, text, "warfarin", "It treats gout")
    assert isinstance(link, Link)
    assert link.text == "Warfarin"
    assert end(linker, text, "warfarin", "Heparin treats gout") == NOT_IN_SENTENCE
    chinese = "华法林是抗凝药。它与胺碘酮相互作用。"
    link = end(linker, chinese, "华法林", "与胺碘酮相互作用")
    assert isinstance(link, Link)
    assert link.start == 0


def test_a_misspelt_name_links_as_a_guess(linker: Linker) -> None:
    link = end(linker, "Warfrin treats gout.", "warfarin", "treats gout")
    assert isinstance(link, Link)
    assert link.why.startswith("fuzzy")


@given(st.text(), st.integers(0, 5))
def test_words_are_slices_in_order(text: str, offset: int) -> None:
    found = words(text, offset=offset)
    assert all(0 <= w.start - offset < w.end - offset <= len(text) for w in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@given(st.text())
def test_every_form_of_a_text_has_its_words(text: str) -> None:
    wanted = [word.text for word in words(text)]
    for form in ("NFC", "NFD"):
        assert [w.text for w in words(unicodedata.normalize(form, text))] == wanted  # type: ignore[arg-type]


@given(st.text(alphabet="ab 华", max_size=30), st.text(alphabet="ab 华", max_size=4))
def test_words_are_found_where_they_stand_and_nowhere_else(text: str, wanted: str) -> None:
    among, names = words(text), [word.text for word in words(wanted)]
    spans = set(find(among, names))
    size = len(names)
    for first in range(len(among) if names else 0):
        window = [word.text for word in among[first : first + size]]
        if window == names:
            assert Span(among[first].start, among[first + size - 1].end) in spans
            spans.discard(Span(among[first].start, among[first + size - 1].end))
    assert not spans
