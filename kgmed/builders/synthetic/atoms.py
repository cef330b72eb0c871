"""The atoms of UMLS: which names each concept has, in which language, from which source, as what.

https://www.ncbi.nlm.nih.gov/books/NBK9685/ (UMLS Reference Manual, section 3.3.4, MRCONSO.RRF).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kgmed.builders.synthetic import text
from kgmed.builders.synthetic.text import Ints, Mask, digits, draw, join, only, pick
from kgmed.builders.synthetic.world import HARD, KIND, KINDS, World

if TYPE_CHECKING:
    import pyarrow as pa

LANGUAGES = {
    "ENG": ("en", 0, text.LATIN, ""), "SPA": ("es", 1200, text.LATIN, "osis"),
    "FRE": ("fr", 300, text.LATIN, "ose"), "GER": ("de", 250, text.LATIN, "osekrankheit"),
    "ITA": ("it", 250, text.LATIN, "osi"), "POR": ("pt", 300, text.LATIN, "ose, doença"),
    "DUT": ("nl", 250, text.LATIN, "ose, ziekte"), "RUS": ("ru", 250, text.CYRILLIC, "оз"),
    "JPN": ("ja", 300, text.KATAKANA, "症"), "CHI": ("zh", 300, text.HAN, "症"),
    "KOR": ("ko", 150, text.HANGUL, "증"), "SWE": ("sv", 120, text.LATIN, "os"),
    "NOR": ("no", 80, text.LATIN, "ose, sykdom"), "DAN": ("da", 40, text.LATIN, "osesygdom"),
    "FIN": ("fi", 60, text.LATIN, "oosi"), "CZE": ("cs", 150, text.LATIN, "óza"),
    "HUN": ("hu", 120, text.LATIN, "ózis"), "POL": ("pl", 100, text.LATIN, "oza"),
    "EST": ("et", 30, text.LATIN, "oos"), "LAV": ("lv", 40, text.LATIN, "oze"),
    "SCR": ("hr", 40, text.LATIN, "oza, bolest"), "GRE": ("el", 60, text.GREEK, "ωση"),
    "TUR": ("tr", 40, text.LATIN, "oz hastalığı"), "BAQ": ("eu", 15, text.LATIN, "osia"),
    "HEB": ("he", 15, text.HEBREW, "וזיס"),
}  # fmt: skip
"""LAT -> ISO 639-1 code, weight among the fillers, script, ending."""

CODES = ("NOCODE", "SCTID", "SCTID2", "RXCUI", "DRUGBANK", "MESH", "MESH NM", "MESH BEFORE",
         "NCI", "ICD10", "PLAIN", "RETIRED", "DRUGBANK TIE")  # fmt: skip
NAME, TAGGED, SECOND, SECOND_TAGGED, SYNONYM, SHORT, CHINESE, FOREIGN, TIE = range(9)
_FIRST = ("Primary ", "Chronic ", "Familial ", "Acquired ", "Idiopathic ", "Secondary ",
          "Juvenile ", "Atypical ")  # fmt: skip


class AtomType(NamedTuple):
    """A kind of atom: MRCONSO's SAB, LAT, TTY and SUPPRESS, what its code is, how it's worded."""

    sab: str
    lat: str
    tty: str
    code: str
    style: int
    suppress: str = "N"


_MAIN = {"SNOMEDCT_US": ("PT", "SCTID"), "MSH": ("NM", "MESH NM"), "NCI": ("PT", "NCI"),
         "NCBI": ("SCN", "PLAIN"), "RXNORM": ("SCD", "RXCUI"), "LNC": ("LN", "PLAIN")}  # fmt: skip

RULES = (
    *(AtomType(k.sab, "ENG", *_MAIN[k.sab], NAME) for k in KINDS),
    AtomType("SNOMEDCT_US", "ENG", "FN", "SCTID", TAGGED),
    AtomType("SNOMEDCT_US", "ENG", "PT", "SCTID2", SECOND),
    AtomType("SNOMEDCT_US", "ENG", "FN", "SCTID2", SECOND_TAGGED),
    AtomType("RXNORM", "ENG", "IN", "RXCUI", NAME),
    AtomType("DRUGBANK", "ENG", "IN", "DRUGBANK", NAME),
    AtomType("MSH", "ENG", "MH", "MESH", NAME),
    AtomType("MSH", "ENG", "NM", "MESH NM", NAME),
    AtomType("MSH", "ENG", "ET", "MESH BEFORE", SYNONYM),
    AtomType("NCI", "ENG", "PT", "NCI", NAME),
    AtomType("NCI", "ENG", "AB", "NCI", SHORT),
    AtomType("ICD10", "ENG", "PT", "ICD10", NAME),
    AtomType("MTH", "ENG", "PN", "NOCODE", NAME),
    AtomType("SNOMEDCT_US", "ENG", "OAP", "RETIRED", SYNONYM, "O"),
    AtomType("MDRCHI", "CHI", "LLT", "PLAIN", CHINESE),
    AtomType("DRUGBANK", "ENG", "IN", "DRUGBANK TIE", TIE),
)
"""Atoms that concepts of some kind have; the first per kind (:data:`KINDS`) is its main atom."""

(FN, PT2, FN2, RX_IN, DB_IN, MH, NM, ET, NCI_PT, NCI_AB, ICD, PN, OAP, CHI, DB_TIE) = range(
    len(KINDS), len(RULES)
)

FILLERS = (
    (AtomType("CHV", "ENG", "SY", "PLAIN", SYNONYM), 2500),
    (AtomType("NCI", "ENG", "SY", "NCI", SYNONYM), 1900),
    (AtomType("MTH", "ENG", "SY", "NOCODE", SYNONYM), 500),
    (AtomType("CHV", "ENG", "PT", "PLAIN", SYNONYM, "Y"), 400),
    (AtomType("NCI", "ENG", "OP", "NCI", SYNONYM, "O"), 200),
    (AtomType("NCI", "ENG", "PT", "NCI", SYNONYM, "E"), 40),
    *(
        (AtomType("SCTSPA" if lat == "SPA" else f"MDR{lat}", lat, "LLT", "PLAIN", FOREIGN), weight)
        for lat, (_, weight, _, _) in LANGUAGES.items()
        if weight
    ),
)
"""Further atoms and their weights."""

TYPES = (*RULES, *(kind for kind, _ in FILLERS))

RANKED = (("MTH", "PN"), ("RXNORM", "IN"), ("RXNORM", "SCD"), ("MSH", "MH"), ("MSH", "NM"),
          ("SNOMEDCT_US", "PT"), ("NCI", "PT"), ("DRUGBANK", "IN"), ("NCBI", "SCN"), ("LNC", "LN"),
          ("ICD10", "PT"), ("SNOMEDCT_US", "FN"), ("MSH", "ET"), ("NCI", "AB"), ("NCI", "SY"),
          ("MTH", "SY"), ("CHV", "SY"), ("SCTSPA", "LLT"),
          *((f"MDR{lat}", "LLT") for lat in LANGUAGES if lat not in {"ENG", "SPA"}),
          ("CHV", "PT"), ("NCI", "OP"), ("SNOMEDCT_US", "OAP"))  # fmt: skip
"""(SAB, TTY) in MRRANK's order, best first."""

AUI_STEP = 32
FIRST_AUI = 10_000_000


class Atoms(NamedTuple):
    """Atoms in order of concept and slot; ``type`` is a place in :data:`TYPES`, ``filler`` counts
    a concept's fillers."""

    concept: Ints
    slot: Ints
    type: Ints
    filler: Ints
    best: Mask  # the preferred one of its concept and language


def _table(world: World, concept: Ints) -> tuple[Mask, Ints]:
    """Which rule and filler each concept has: rows are concepts; and the fillers' types."""
    place = np.arange(len(concept))
    kind, drug = world.kind(concept), world.cui_drug(concept)
    has = np.zeros((len(concept), len(RULES) + 8), np.bool_)
    shared, ill = concept < world.shared, kind == KIND["disorder"]
    second = world.second_sct(concept) >= 0
    has[place, kind] = True
    has[:, FN], has[:, PT2], has[:, FN2] = shared, second, second
    has[:, RX_IN] = has[:, DB_IN] = drug >= 0
    has[:, MH] = has_main_heading(world, concept)
    has[:, NM] = (drug >= 0) & (drug % 2 == 1)
    before = np.maximum(concept - 1, 0)
    has[:, ET] = ill & has_main_heading(world, before) & (concept % 30 == 1)
    has[:, NCI_PT] = shared & (concept % 2 == 0)
    has[:, NCI_AB] = draw(world.seed, "short", concept, 25) == 0
    has[:, ICD] = world.icd_of_cui(concept) >= 0
    has[:, PN] = concept % 4 == 1
    has[:, OAP] = shared & (retired_of(world, concept) >= 0)
    has[:, CHI] = world.has_chinese(concept)
    has[:, DB_TIE] = world.tie_drug(concept) >= 0
    fillers = 1 + draw(world.seed, "fillers", concept, 1000) * np.where(shared, 41, 60) // 10_000
    has[:, len(RULES) :] = np.arange(8) < fillers[:, None]
    ladder = np.repeat(np.arange(len(FILLERS)), [weight for _, weight in FILLERS])
    index = concept[:, None] * 8 + np.arange(8)
    types = len(RULES) + ladder[draw(world.seed, "filler", index, len(ladder))]
    return has, types


def has_main_heading(world: World, concept: Ints) -> Mask:
    """Whether the concept is a MeSH main heading: every third disorder, every second drug."""
    drug = world.cui_drug(concept)
    ill = world.kind(concept) == KIND["disorder"]
    found: Mask = (ill & (concept % 3 == 0)) | ((drug >= 0) & (drug % 2 == 0))
    return found


def retired_of(world: World, concept: Ints) -> Ints:
    """The retired SNOMED CT concept that the concept's (first) SCTID replaced, or -1."""
    sct = world.sct_of_cui(concept)
    retired = sct // 24
    shared = (concept < world.shared) & (sct % 24 == 0) & (retired < world.retired)
    return np.where(shared & (retired % 3 != 2), retired, -1)


@cache
def _ranks() -> Ints:
    return np.array([RANKED.index((kind.sab, kind.tty)) for kind in TYPES])


def atom_counts(world: World, concept: Ints) -> Ints:
    """How many atoms each concept has, two at least."""
    counts: Ints = _table(world, concept)[0].sum(axis=1)
    return counts


def atoms(world: World, concept: Ints) -> Atoms:
    """The atoms of these concepts."""
    has, fillers = _table(world, concept)
    row, column = np.nonzero(has)
    slot = (np.cumsum(has, axis=1) - 1)[row, column]
    filler = np.maximum(column - len(RULES), 0)
    kinds = np.where(column < len(RULES), column, fillers[row, filler])
    lats = list(LANGUAGES)
    language = np.array([lats.index(kind.lat) for kind in TYPES])[kinds]
    usable = np.array([kind.suppress == "N" for kind in TYPES])[kinds]
    # The preferred atom of a language: not suppressed, best rank, lowest AUI.
    order = np.lexsort((slot, _ranks()[kinds], ~usable, language, row))
    key = row[order] * len(lats) + language[order]
    best = np.zeros(len(row), np.bool_)
    best[order[np.concatenate([[True], key[1:] != key[:-1]])]] = True
    return Atoms(concept[row], slot, kinds, filler, best & usable)


def strings(world: World, found: Atoms) -> pa.Array:
    """STR of each atom."""
    style = np.array([kind.style for kind in TYPES])[found.type]
    lats = list(LANGUAGES)
    language = np.array([lats.index(kind.lat) for kind in TYPES])[found.type]
    tie = world.tie_drug(found.concept)
    kind = np.where(style == TIE, KIND["substance"], world.kind(found.concept))
    second = (style == SECOND) | (style == SECOND_TAGGED)
    sct = world.second_sct(found.concept)
    word = np.where(second, world.concepts + sct, found.concept)
    word = np.where(style == TIE, world.drug_cui(tie), word)
    plain = (style == TIE) | (style == NAME) | (style == TAGGED) | second
    hard = np.where(plain, world.hard(word), 0)
    rare = (style == CHINESE) & (draw(world.seed, "rare", word, 300) == 0)
    script = np.array([entry[2] for entry in LANGUAGES.values()])[language]
    script = np.where(style == SHORT, text.CAPITALS, script)
    before = [*(case.before for case in HARD), "\U00020bb7", *_FIRST]
    first = np.where(rare, len(HARD), hard)
    first = np.where(style == SYNONYM, len(HARD) + 1 + found.filler, first)
    after = [
        *(f"{case.after}{k.noun}" for k in KINDS for case in HARD),
        *(f"{case.after}{k.noun} ({k.tag})" for k in KINDS for case in HARD),
        *(f"{k.noun}, type {n}" for k in KINDS for n in range(8)),
        *(k.noun_zh for k in KINDS),
        *(f"{e[3]}{n}" for e in LANGUAGES.values() for n in ("", *(f" {i}" for i in range(2, 9)))),
        "",
    ]
    named, synonyms = len(KINDS) * len(HARD), 2 * len(KINDS) * len(HARD)
    zh = synonyms + len(KINDS) * 8
    foreign = zh + len(KINDS)
    tagged = (style == TAGGED) | (style == SECOND_TAGGED)
    last = kind * len(HARD) + hard + tagged * named
    last = np.where(style == SYNONYM, synonyms + kind * 8 + found.filler, last)
    last = np.where(style == CHINESE, zh + kind, last)
    last = np.where(style == FOREIGN, foreign + language * 8 + found.filler, last)
    last = np.where(style == SHORT, len(after) - 1, last)
    return text.words(word, script=script, before=pick(before, first), after=pick(after, last))


def codes(world: World, found: Atoms) -> pa.Array:
    """CODE of each atom."""
    scheme = np.array([CODES.index(kind.code) for kind in TYPES])[found.type]
    concept = found.concept
    drug = world.cui_drug(concept)
    numbers = {
        "SCTID": world.concept_sctids(world.sct_of_cui(concept)),
        "SCTID2": world.concept_sctids(np.maximum(world.second_sct(concept), 0)),
        "RXCUI": 90_000_000 + np.where(drug >= 0, drug, world.drugs + concept),
        "DRUGBANK": drug + world.first_drug,
        "DRUGBANK TIE": world.tie_drug(concept) + world.first_drug,
        "MESH": 990_000_000 + concept,
        "MESH NM": 990_000_000 + concept,
        "MESH BEFORE": 990_000_000 + concept - 1,
        "NCI": 90_000_000 + concept,
        "PLAIN": 900_000_000 + concept,
        "RETIRED": world.concept_sctids(world.snomed + np.maximum(retired_of(world, concept), 0)),
    }
    value = np.zeros(len(concept), np.int64)
    for name, number in numbers.items():
        value = np.where(scheme == CODES.index(name), number, value)
    icd = world.icd_of_cui(concept)
    letters = {
        "DRUGBANK": "DB",
        "DRUGBANK TIE": "DB",
        "MESH": "D",
        "MESH NM": "C",
        "MESH BEFORE": "D",
        "NCI": "C",
    }
    prefix = [letters.get(name, "") for name in CODES] + ["NOCODE", *world.icd_table]
    at = np.where(scheme == CODES.index("NOCODE"), len(CODES), scheme)
    at = np.where(scheme == CODES.index("ICD10"), len(CODES) + 1 + icd, at)
    return join(pick(prefix, at), only(value > 0, digits(value)))
