"""The made-up world that all four sources speak of: sizes, kinds, ids and names.

A thing is a number. Concepts of UMLS are 0 ... ``concepts`` - 1; the first of them are those that
SNOMED CT has as well, kind by kind. SNOMED CT's are 0 ... ``snomed`` - 1, in runs of seven: the
first six have a CUI each, the seventh shares the sixth's (SNOMED CT is finer than UMLS for about
one concept in seven) or, in every eighth run, has none. Drug ``d`` of DrugBank is the ``d``-th
CUI of the substances, but every tenth drug is DrugBank's alone.

Nothing here is drawn from a licensed row. Ids are of the published shape, outside of what the
publishers have given out; only SNOMED CT's metadata ids are real, which its format asks for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kgmed.builders.synthetic.text import HAN, Ints, Mask, digits, draw, join, pick, verhoeff, words
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

MAX_SCALE = 2.0
UMLS_RELEASE, RF2_DATE, DRUGBANK_DATE = "2099AA", 20240131, "2024-01-31"


class Kind(NamedTuple):
    """A kind of thing: semantic tag in SNOMED CT or '', its share in thousandths of its part of
    UMLS, semantic types (main, second), what its names end in, and the source of its main atom."""

    name: str
    tag: str
    share: int
    types: tuple[str, str]
    noun: str
    noun_zh: str
    sab: str = "SNOMEDCT_US"


KINDS = (
    Kind("disorder", "disorder", 270, ("T047", "T191"), " disease", "病"),
    Kind("finding", "finding", 110, ("T184", "T033"), " sign", "征"),
    Kind("situation", "situation", 15, ("T033", "T170"), " absent", "缺如"),
    Kind("procedure", "procedure", 170, ("T061", "T060"), " test", "检测"),
    Kind("body", "body structure", 110, ("T023", "T029"), " organ", "器官"),
    Kind("morphology", "morphologic abnormality", 20, ("T046", "T190"), " lesion", "病变"),
    Kind("organism", "organism", 100, ("T007", "T004"), " organism", "菌"),
    Kind("substance", "substance", 85, ("T121", "T109"), "", "素"),
    Kind("product", "product", 70, ("T200", "T121"), " tablet", "片"),
    Kind("observable", "observable entity", 30, ("T201", "T081"), " level", "水平"),
    Kind("qualifier", "qualifier value", 20, ("T169", "T080"), " mode", "方式"),
    Kind("chemical", "", 270, ("T109", "T121"), " compound", "化合物", "MSH"),
    Kind("gene", "", 80, ("T028", "T086"), " gene", "基因", "NCI"),
    Kind("protein", "", 40, ("T116", "T126"), " protein", "蛋白", "NCI"),
    Kind("taxon", "", 300, ("T007", "T204"), " species", "属", "NCBI"),
    Kind("clinical drug", "", 100, ("T200", "T121"), " oral tablet", "口服片", "RXNORM"),
    Kind("laboratory", "", 80, ("T201", "T034"), " concentration", "浓度", "LNC"),
    Kind("disease", "", 60, ("T047", "T191"), " syndrome", "综合征", "NCI"),
    Kind("activity", "", 70, ("T044", "T043"), " activity", "活性", "NCI"),
)

SNOMED_KINDS = sum(bool(kind.tag) for kind in KINDS)


class Block(NamedTuple):
    """Where a kind lies: its first SNOMED CT number and how many, its first CUI and how many."""

    sct: int
    scts: int
    cui: int
    cuis: int


class Forms(NamedTuple):
    """A hard case of names: what stands before and after the word."""

    before: str
    after: str


HARD = (
    Forms("", ""),
    Forms("\U0001d6fd-", ""),  # a non-BMP character: mathematical italic small beta
    Forms("", ' "type 2"'),
    Forms("", " <2 mm & more"),
    Forms("", ", 3'-5' form"),
)


@dataclass(frozen=True)
class World:
    """The world at one scale (1: the published sources' real size) and seed.

    >>> World(0.01, 1).concepts, World(0.01, 1).drugs
    (34000, 166)
    """

    scale: float
    seed: int
    blocks: dict[str, Block] = field(init=False)

    def __post_init__(self) -> None:
        if not 0 < self.scale <= MAX_SCALE:
            raise UsageError(
                f"Found scale {self.scale}, expected a number above 0 and up to {MAX_SCALE:g}; "
                "1 is the real size."
            )
        blocks = {}
        sct = cui = 0
        wanted = max(round(360_000 * self.scale), 700)
        for kind in KINDS[:SNOMED_KINDS]:
            scts = max(7, round(wanted * kind.share / 7000) * 7)
            blocks[kind.name] = Block(sct, scts, cui, scts // 7 * 6)
            sct, cui = sct + scts, cui + scts // 7 * 6
        rest = max(round(3_400_000 * self.scale) - cui, 600)
        end = cui + rest
        for kind in KINDS[SNOMED_KINDS:-1]:
            cuis = rest * kind.share // 1000
            blocks[kind.name] = Block(sct, 0, cui, cuis)
            cui += cuis
        blocks[KINDS[-1].name] = Block(sct, 0, cui, end - cui)
        object.__setattr__(self, "blocks", blocks)

    # Sizes ----------------------------------------------------------------------------------------

    @property
    def snomed(self) -> int:
        """Active concepts of SNOMED CT, without its metadata."""
        return self.blocks["qualifier"].sct + self.blocks["qualifier"].scts

    @property
    def retired(self) -> int:
        """Inactive concepts of SNOMED CT: 4% of all."""
        return self.snomed // 24

    @property
    def shared(self) -> int:
        """CUIs that SNOMED CT has as well."""
        return self.snomed // 7 * 6

    @property
    def concepts(self) -> int:
        return self.blocks["activity"].cui + self.blocks["activity"].cuis

    @property
    def drugs(self) -> int:
        return max(round(16_600 * self.scale), 40)

    @property
    def proteins(self) -> int:
        """Proteins that drugs act on."""
        return min(max(round(5_000 * self.scale), 20), 12_000)

    @property
    def icd_codes(self) -> int:
        return max(round(11_000 * self.scale), 20)

    # Which is which -------------------------------------------------------------------------------

    @cached_property
    def _starts(self) -> tuple[Ints, Ints]:
        blocks = self.blocks.values()
        return (
            np.array([block.cui for block in blocks]),
            np.array([block.sct for block in blocks][:SNOMED_KINDS]),
        )

    def kind(self, concept: Ints) -> Ints:
        """The place in :data:`KINDS` of each UMLS concept."""
        return np.searchsorted(self._starts[0], concept, side="right") - 1

    def sct_kind(self, sct: Ints) -> Ints:
        """The place in :data:`KINDS` of each SNOMED CT concept."""
        return np.searchsorted(self._starts[1], sct, side="right") - 1

    def cui_of_sct(self, sct: Ints) -> Ints:
        """The UMLS concept of each SNOMED CT concept, -1 where it has none."""
        run, place = sct // 7, sct % 7
        return np.where((place == 6) & (run % 8 == 7), -1, run * 6 + np.minimum(place, 5))

    def sct_of_cui(self, concept: Ints) -> Ints:
        """The (first) SNOMED CT concept of each UMLS concept below :attr:`shared`."""
        return concept // 6 * 7 + concept % 6

    def second_sct(self, concept: Ints) -> Ints:
        """The second SNOMED CT concept under one CUI, or -1."""
        has = (concept < self.shared) & (concept % 6 == 5) & (concept // 6 % 8 != 7)
        return np.where(has, concept // 6 * 7 + 6, -1)

    def drug_cui(self, drug: Ints) -> Ints:
        """The UMLS concept of each drug, -1 for those that only DrugBank has."""
        return np.where(drug % 10 == 9, -1, self.blocks["substance"].cui + drug)

    def cui_drug(self, concept: Ints) -> Ints:
        """The drug that a UMLS concept is, or -1."""
        drug = concept - self.blocks["substance"].cui
        return np.where((drug >= 0) & (drug < self.drugs) & (drug % 10 != 9), drug, -1)

    def tie_drug(self, concept: Ints) -> Ints:
        """The drug whose DrugBank id this chemical's CUI holds too, under the drug's own name, or
        -1: two CUIs hold one DrugBank id, and only the drug's own has its name as its first."""
        drug = concept - self.blocks["chemical"].cui
        tied = (drug >= 0) & (drug < self.drugs) & self.is_tied(drug)
        return np.where(tied, drug, -1)

    @staticmethod
    def is_tied(drug: Ints) -> Mask:
        """Whether two CUIs claim the drug's DrugBank id: every fiftieth."""
        tied: Mask = drug % 50 == 20
        return tied

    def icd_of_disorder(self, sct: Ints) -> Ints:
        """The ICD-10 code of each SNOMED CT disorder, which is its CUI's: the lower half of the
        codes has one CUI each, the upper half several."""
        half = self.icd_codes // 2
        concept = self.cui_of_sct(np.where(sct % 7 == 6, sct - 1, sct))
        return np.where(concept < half, concept, half + (concept - half) % (self.icd_codes - half))

    def icd_of_cui(self, concept: Ints) -> Ints:
        """The ICD-10 code whose own entry is in this UMLS concept, or -1."""
        first = (concept < self.blocks["disorder"].cuis) & (concept < self.icd_codes)
        return np.where(first, concept, -1)

    def has_chinese(self, concept: Ints) -> Mask:
        """Whether UMLS has the concept's plain Chinese name."""
        share = np.where(concept < self.shared, 60, 8)
        return draw(self.seed, "chinese", concept, 100) < share

    # Ids ------------------------------------------------------------------------------------------

    @property
    def first_cui(self) -> int:
        """Real CUIs end well below C6000000."""
        return min(6_000_000, 10_000_000 - self.concepts)

    def cuis(self, concept: Ints) -> pa.Array:
        """CUIs, ``C`` and seven digits."""
        return join("C", digits(concept + self.first_cui))

    def sctids(self, item: Ints, partition: str) -> Ints:
        """SCTIDs of namespace 1000999, which nobody holds; ``partition`` 10 concept, 11
        description, 12 relationship."""
        return verhoeff((item + 1) * 1_000_000_000 + 1_000_999_00 + int(partition))

    def concept_sctids(self, sct: Ints) -> Ints:
        """SCTIDs of concepts; the retired ones follow the active ones."""
        return self.sctids(sct, "10")

    @property
    def first_drug(self) -> int:
        return 100_000 - max(self.drugs, 18_000)

    def drugbank_ids(self, drug: Ints) -> pa.Array:
        """DrugBank ids, ``DB`` and five digits."""
        return join("DB", digits(drug + self.first_drug))

    def rxcuis(self, number: Ints) -> pa.Array:
        """RxNorm ids; drugs first, clinical drugs after them."""
        return digits(number + 90_000_000)

    def uniprot_ids(self, protein: Ints) -> pa.Array:
        """UniProt accessions of the six-character shape."""
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        table = [f"Z{n % 10}Z{a}{b}{n // 10}" for n in range(10) for a in letters for b in letters]
        return pick(table, protein)

    @cached_property
    def icd_table(self) -> list[str]:
        """ICD-10 codes, U50 to U99: codes that ICD-10 leaves for research use."""
        return [f"U{50 + n // 1000}.{n % 1000:03d}" for n in range(self.icd_codes)]

    # Names ----------------------------------------------------------------------------------------

    def hard(self, word: Ints) -> Ints:
        """Which of :data:`HARD` each name is; about one in a hundred isn't plain."""
        case = draw(self.seed, "hard", word, 400)
        return np.where(case < len(HARD), case, 0)

    def names(self, word: Ints, kind: Ints, *, tagged: bool = False) -> pa.Array:
        """English names of things of a kind, by the number of their word; ``tagged``: with their
        semantic tag, as fully specified names have it."""
        hard = self.hard(word)
        after = [
            f"{case.after}{kind.noun}{f' ({kind.tag})' if tagged else ''}"
            for kind in KINDS
            for case in HARD
        ]
        return words(
            word,
            before=pick([case.before for case in HARD], hard),
            after=pick(after, kind * len(HARD) + hard),
        )

    def chinese(self, word: Ints, kind: Ints) -> pa.Array:
        """Chinese names; some hold a character outside the basic multilingual plane."""
        rare = draw(self.seed, "rare", word, 300) == 0
        return words(
            word,
            script=HAN,
            before=pick(["", "\U00020bb7"], rare.astype(np.int64)),
            after=pick([kind.noun_zh for kind in KINDS], kind),
        )

    def sct_word(self, sct: Ints) -> Ints:
        """The number of a SNOMED CT concept's word: its CUI's, its own where it isn't the first."""
        return np.where(sct % 7 == 6, self.concepts + sct, self.cui_of_sct(sct))

    def drug_word(self, drug: Ints) -> Ints:
        """The number of a drug's word."""
        own = self.concepts + self.snomed + self.retired + drug
        cui = self.drug_cui(drug)
        return np.where(cui < 0, own, cui)

    def drug_names(self, drug: Ints) -> pa.Array:
        return self.names(self.drug_word(drug), np.full(len(drug), KIND["substance"]))


KIND = {kind.name: place for place, kind in enumerate(KINDS)}
"""Name of a kind -> its place in :data:`KINDS`."""
