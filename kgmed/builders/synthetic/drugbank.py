"""Writes the world as DrugBank: the full database XML and the open vocabulary CSV.

Element names and their order are those of https://docs.drugbank.com/xml/ and drugbank.xsd 5.1.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from kgmed.builders.synthetic import drug_facts as facts
from kgmed.builders.synthetic.drug_facts import SECTIONS, SENTENCES, Acting, Facts
from kgmed.builders.synthetic.text import Ints, chunks, draw
from kgmed.builders.synthetic.world import DRUGBANK_DATE, World

XML_NAME, CSV_NAME = "full database.xml", "drugbank vocabulary.csv"
CHUNK = 200

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<drugbank xmlns="http://www.drugbank.ca" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.drugbank.ca http://www.drugbank.ca/docs/drugbank.xsd" '
    f'version="5.1" exported-on="{DRUGBANK_DATE}">\n'
)


def write_drugbank(world: World, folder: Path) -> dict[str, int]:
    """Write both files into ``folder``; returns how many drugs each holds."""
    record = Record(world)
    with (folder / XML_NAME).open("w", encoding="utf-8", newline="") as file:
        file.write(_HEAD)
        for part in chunks(world.drugs, CHUNK):
            for drug, lines in zip(part.tolist(), _interactions(world, record, part), strict=True):
                file.write("\n".join(record.lines(drug, lines)))
                file.write("\n")
        file.write("</drugbank>\n")
    with (folder / CSV_NAME).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("DrugBank ID", "Accession Numbers", "Common name", "CAS", "UNII",
                         "Synonyms", "Standard InChI Key"))  # fmt: skip
        for drug in range(world.drugs):
            said = facts.facts(world, drug)
            names = [name for name, _, _ in record.synonyms(drug, said)]
            writer.writerow((record.ids[drug], f"APRD{drug:05d}", record.names[drug], cas(drug),
                             unii(drug), " | ".join(names), ""))  # fmt: skip
    return {XML_NAME: world.drugs, CSV_NAME: world.drugs}


def cas(number: int) -> str:
    """A CAS number with its check digit; real ones end below 3,200,000-00."""
    body = f"{9_000_000 + number // 100}{number % 100:02d}"
    check = sum(int(d) * n for n, d in enumerate(reversed(body), 1)) % 10
    return f"{body[:-2]}-{body[-2:]}-{check}"


def unii(number: int) -> str:
    """A UNII: ten letters and digits."""
    return f"ZZ{number:07d}Z"


def _interactions(world: World, record: Record, drug: Ints) -> Iterator[list[str]]:
    steps = facts.partner_steps(world)
    around = np.concatenate([steps, -steps])
    me = np.repeat(drug, len(around))
    other = (me + np.tile(around, len(drug))) % world.drugs
    found = facts.interactions(world, me, other)
    is_low = me == found.low
    silent = (found.told == 0) & ~is_low
    number = (found.sentence + ((found.told == 1) & ~is_low)) % len(SENTENCES)
    x = np.where(found.x_is_low == 1, found.low, found.high).tolist()
    y = np.where(found.x_is_low == 1, found.high, found.low).tolist()
    texts = [sentence.text for sentence in SENTENCES]
    names, ids = record.escaped, record.ids
    rows = list(zip(other.tolist(), silent.tolist(), number.tolist(), x, y, strict=True))
    size = len(around)
    for start in range(0, len(rows), size):
        yield [
            f"    <drug-interaction>\n      <drugbank-id>{ids[o]}</drugbank-id>\n"
            f"      <name>{names[o]}</name>\n"
            f"      <description>{texts[n].format(x=names[a], y=names[b])}</description>\n"
            "    </drug-interaction>"
            for o, quiet, n, a, b in sorted(rows[start : start + size])
            if not quiet
        ]


class Record:
    """Writes records of drugs; holds the names and ids of all."""

    def __init__(self, world: World) -> None:
        self.world = world
        drugs, proteins = np.arange(world.drugs), np.arange(world.proteins)
        self.names: list[str] = world.drug_names(drugs).to_pylist()
        self.escaped = [escape(name) for name in self.names]
        self.ids: list[str] = world.drugbank_ids(drugs).to_pylist()
        self.uniprot: list[str] = world.uniprot_ids(proteins).to_pylist()
        self.proteins = facts.protein_names(world)
        self.classes = facts.class_names()
        self.brands = facts.brand_names(world)

    def synonyms(self, drug: int, said: Facts) -> list[tuple[str, str, str]]:
        """A drug's synonyms: text, language, coder."""
        return [
            (f"{self.names[drug]} {end}", language, coder)
            for language, coder, end in facts.SYNONYMS[: said.synonyms]
        ]

    def lines(self, drug: int, interactions: list[str]) -> Iterator[str]:
        """The lines of one record."""
        said, name, id = facts.facts(self.world, drug), self.escaped[drug], self.ids[drug]
        own = self.names[drug]
        kind = "biotech" if said.biotech else "small molecule"
        yield f'<drug type="{kind}" created="2005-06-13" updated="{DRUGBANK_DATE}">'
        yield f'  <drugbank-id primary="true">{id}</drugbank-id>'
        yield f"  <drugbank-id>APRD{drug:05d}</drugbank-id>"
        yield f"  <name>{name}</name>"
        yield f"  <description>{escape(facts.description(own))}</description>"
        yield f"  <cas-number>{cas(drug)}</cas-number>"
        yield f"  <unii>{unii(drug)}</unii>"
        if not said.biotech:
            yield f"  <average-mass>{150 + drug % 700}.25</average-mass>"
            yield f"  <monoisotopic-mass>{150 + drug % 700}.125</monoisotopic-mass>"
        yield f"  <state>{'liquid' if said.biotech else 'solid'}</state>"
        yield from _list("groups", "group", said.groups)
        yield _REFERENCES
        yield "  <synthesis-reference/>"
        yield f"  <indication>{escape(facts.indication(own))}</indication>"
        for empty in ("pharmacodynamics", "mechanism-of-action", "toxicity", "metabolism",
                      "absorption"):  # fmt: skip
            yield f"  <{empty}/>"
        yield f"  <half-life>{facts.half_life(drug)}</half-life>"
        for empty in ("protein-binding", "route-of-elimination", "volume-of-distribution",
                      "clearance"):  # fmt: skip
            yield f"  <{empty}/>"
        yield _CLASSIFICATION
        yield from self._salts(drug, said)
        yield from self._synonyms(drug, said)
        yield from self._products(drug, said)
        yield from self._brands(drug, said)
        yield from self._mixtures(drug, said)
        for empty in ("packagers", "manufacturers", "prices"):
            yield f"  <{empty}/>"
        yield "  <categories>"
        for number in said.categories:
            yield (
                f"    <category>\n      <category>{self.classes[number]}</category>\n"
                f"      <mesh-id>D{980_000_000 + number}</mesh-id>\n    </category>"
            )
        yield "  </categories>"
        yield from _list("affected-organisms", "affected-organism",
                         ("Humans and other mammals",))  # fmt: skip
        yield (
            "  <dosages>\n    <dosage>\n      <form>Tablet, film coated</form>\n"
            f"      <route>Oral</route>\n      <strength>{5 * (1 + drug % 40)} mg</strength>\n"
            "    </dosage>\n  </dosages>"
        )
        for empty in ("atc-codes", "ahfs-codes", "pdb-entries", "patents"):
            yield f"  <{empty}/>"
        yield from _list("food-interactions", "food-interaction", facts.FOODS[: said.foods])
        yield "  <drug-interactions>"
        yield from interactions
        yield "  </drug-interactions>"
        if said.biotech:
            yield (
                f'  <sequences>\n    <sequence format="FASTA">&gt;{name} sequence\n'
                f"{'MKV' * 40}</sequence>\n  </sequences>"
            )
            yield "  <experimental-properties/>"
        else:
            yield (
                "  <calculated-properties>\n    <property>\n      <kind>logP</kind>\n"
                f"      <value>{drug % 7}.{drug % 10}</value>\n      <source>ALOGPS</source>\n"
                "    </property>\n  </calculated-properties>"
            )
            yield "  <experimental-properties/>"
        yield from self._identifiers(drug, said)
        yield "  <external-links/>"
        yield from self._pathways(drug, said)
        for empty in ("reactions", "snp-effects", "snp-adverse-drug-reactions"):
            yield f"  <{empty}/>"
        found = facts.acting(self.world, drug)
        for section in SECTIONS:
            entries = [item for item in found if item.section == section]
            if not entries:
                yield f"  <{section}/>"
                continue
            yield f"  <{section}>"
            for item in entries:
                yield from self._acting(item)
            yield f"  </{section}>"
        yield "</drug>"

    def _salts(self, drug: int, said: Facts) -> Iterator[str]:
        if not said.salt:
            yield "  <salts/>"
            return
        number = self.world.drugs + drug
        yield (
            f"  <salts>\n    <salt>\n      <drugbank-id>{salt_id(drug)}</drugbank-id>\n"
            f"      <name>{self.escaped[drug]} hydrochloride</name>\n"
            f"      <unii>{unii(number)}</unii>\n      <cas-number>{cas(number)}</cas-number>\n"
            "      <inchikey/>\n      <average-mass>250.5</average-mass>\n"
            "      <monoisotopic-mass>250.1</monoisotopic-mass>\n    </salt>\n  </salts>"
        )

    def _synonyms(self, drug: int, said: Facts) -> Iterator[str]:
        found = self.synonyms(drug, said)
        if not found:
            yield "  <synonyms/>"
            return
        yield "  <synonyms>"
        for text, language, coder in found:
            yield f'    <synonym language="{language}" coder="{coder}">{escape(text)}</synonym>'
        yield "  </synonyms>"

    def _products(self, drug: int, said: Facts) -> Iterator[str]:
        """Generic products under the drug's own name, from several makers and countries."""
        if not said.products:
            yield "  <products/>"
            return
        yield "  <products>"
        for number in range(said.products):
            country, source = (("US", "FDA NDC"), ("Canada", "DPD"), ("EU", "EMA"))[number % 3]
            codes = (f"{90000 + drug}-{number:03d}", f"9{drug:05d}{number:02d}",
                     f"EU/9/{drug}/{number}")  # fmt: skip
            given = [code if number % 3 == n else "" for n, code in enumerate(codes)]
            yield (
                f"    <product>\n      <name>{self.escaped[drug]}</name>\n"
                f"      <labeller>Maker {number} &amp; Sons</labeller>\n      <ndc-id/>\n"
                f"{_leaf('ndc-product-code', given[0])}{_leaf('dpd-id', given[1])}"
                f"      <ema-product-code/>\n{_leaf('ema-ma-number', given[2])}"
                "      <started-marketing-on>2001-05-08</started-marketing-on>\n"
                "      <ended-marketing-on/>\n      <dosage-form>Tablet</dosage-form>\n"
                "      <strength>250 mg/1</strength>\n      <route>Oral</route>\n"
                "      <fda-application-number/>\n      <generic>true</generic>\n"
                "      <over-the-counter>false</over-the-counter>\n"
                "      <approved>true</approved>\n"
                f"      <country>{country}</country>\n      <source>{source}</source>\n"
                "    </product>"
            )
        yield "  </products>"

    def _brands(self, drug: int, said: Facts) -> Iterator[str]:
        if not said.brand:
            yield "  <international-brands/>"
            return
        yield (
            "  <international-brands>\n    <international-brand>\n"
            f"      <name>{self.brands[drug]}</name>\n      <company/>\n"
            "    </international-brand>\n  </international-brands>"
        )

    def _mixtures(self, drug: int, said: Facts) -> Iterator[str]:
        if said.products % 5 != 4:
            yield "  <mixtures/>"
            return
        other = self.escaped[(drug + 1) % self.world.drugs]
        yield (
            f"  <mixtures>\n    <mixture>\n      <name>Combi {self.ids[drug]}</name>\n"
            f"      <ingredients>{self.escaped[drug]} + {other}</ingredients>\n"
            "    </mixture>\n  </mixtures>"
        )

    def _identifiers(self, drug: int, said: Facts) -> Iterator[str]:
        found = [("ChEBI", str(9_000_000 + drug)), ("PubChem Compound", str(990_000_000 + drug))]
        if said.rxcui >= 0:
            found.append(("RxCUI", str(90_000_000 + said.rxcui)))
        yield "  <external-identifiers>"
        for resource, identifier in found:
            yield (
                f"    <external-identifier>\n      <resource>{resource}</resource>\n"
                f"      <identifier>{identifier}</identifier>\n    </external-identifier>"
            )
        yield "  </external-identifiers>"

    def _pathways(self, drug: int, said: Facts) -> Iterator[str]:
        if not said.pathway:
            yield "  <pathways/>"
            return
        other = (drug + 3) % self.world.drugs
        yield (
            f"  <pathways>\n    <pathway>\n      <smpdb-id>{pathway_id(drug)}</smpdb-id>\n"
            f"      <name>{self.escaped[drug]} Action Pathway</name>\n"
            "      <category>drug_action</category>\n      <drugs>"
        )
        for member in (drug, other):
            yield (
                f"        <drug>\n          <drugbank-id>{self.ids[member]}</drugbank-id>\n"
                f"          <name>{self.escaped[member]}</name>\n        </drug>"
            )
        protein = self.uniprot[drug % self.world.proteins]
        yield (
            f"      </drugs>\n      <enzymes>\n        <uniprot-id>{protein}</uniprot-id>\n"
            "      </enzymes>\n    </pathway>\n  </pathways>"
        )

    def _acting(self, item: Acting) -> Iterator[str]:
        tag, protein = item.section[:-1], item.protein
        name, accession = self.proteins[protein], self.uniprot[protein]
        yield (
            f'    <{tag} position="{item.position}">\n      <id>BE{9_000_000 + protein}</id>\n'
            f"      <name>{name}</name>\n      <organism>Humans</organism>"
        )
        yield from _list("actions", "action", item.actions, indent="      ")
        yield _REFERENCES_OF_TARGET
        yield f"      <known-action>{item.known}</known-action>"
        yield _polypeptide(name, accession, protein, self.world)
        if item.section == "enzymes":
            yield f"      <inhibition-strength>{item.strength}</inhibition-strength>"
            yield "      <induction-strength>unknown</induction-strength>"
        yield f"    </{tag}>"


def salt_id(drug: int) -> str:
    """DrugBank's id of a drug's salt."""
    return f"DBSALT{900_000 + drug:06d}"


def pathway_id(drug: int) -> str:
    """SMPDB's id of the pathway of a drug's action."""
    return f"SMP{9_000_000 + drug:07d}"


def _leaf(tag: str, text: str) -> str:
    return f"      <{tag}>{text}</{tag}>\n" if text else f"      <{tag}/>\n"


def _list(outer: str, inner: str, texts: tuple[str, ...], *, indent: str = "  ") -> Iterator[str]:
    if not texts:
        yield f"{indent}<{outer}/>"
        return
    yield f"{indent}<{outer}>"
    for text in texts:
        yield f"{indent}  <{inner}>{escape(text)}</{inner}>"
    yield f"{indent}</{outer}>"


def _polypeptide(name: str, accession: str, protein: int, world: World) -> str:
    letters = draw(world.seed, "residue", protein * 4096 + np.arange(300 + protein % 900), 20)
    residues = bytes(np.frombuffer(b"ACDEFGHIKLMNPQRSTVWY", np.uint8)[letters]).decode()
    bases = residues.translate(_BASES) * 3
    return (
        f'      <polypeptide id="{accession}" source="Swiss-Prot">\n        <name>{name}</name>\n'
        "        <general-function>Signaling</general-function>\n        <specific-function/>\n"
        f"        <gene-name>{name[:6].upper()}</gene-name>\n        <locus>9q34</locus>\n"
        "        <cellular-location>Membrane</cellular-location>\n"
        "        <transmembrane-regions/>\n        <signal-regions/>\n"
        "        <theoretical-pi>6.1</theoretical-pi>\n"
        "        <molecular-weight>51000.5</molecular-weight>\n"
        "        <chromosome-location>9</chromosome-location>\n"
        '        <organism ncbi-taxonomy-id="9606">Humans</organism>\n'
        "        <external-identifiers>\n          <external-identifier>\n"
        "            <resource>UniProtKB</resource>\n"
        f"            <identifier>{accession}</identifier>\n          </external-identifier>\n"
        "        </external-identifiers>\n        <synonyms/>\n"
        f'        <amino-acid-sequence format="FASTA">&gt;lcl|BSEQ{protein:07d}|{name}\n{residues}'
        "</amino-acid-sequence>\n"
        f'        <gene-sequence format="FASTA">&gt;lcl|BSEQ{protein:07d}|{name}\n{bases}'
        "</gene-sequence>\n        <pfams/>\n        <go-classifiers/>\n      </polypeptide>"
    )


_BASES = str.maketrans("ACDEFGHIKLMNPQRSTVWY", "ACGTACGTACGTACGTACGT")
_REFERENCES = """  <general-references>
    <articles>
      <article>
        <ref-id>A1</ref-id>
        <pubmed-id/>
        <citation>Nobody A: A made-up citation. J Test. 2099;1(1):1-2.</citation>
      </article>
    </articles>
    <textbooks/>
    <links/>
    <attachments/>
  </general-references>"""
_REFERENCES_OF_TARGET = """      <references>
        <articles/>
        <textbooks/>
        <links/>
        <attachments/>
      </references>"""
_CLASSIFICATION = """  <classification>
    <description/>
    <direct-parent>Made-up compounds</direct-parent>
    <kingdom>Organic compounds</kingdom>
    <superclass/>
    <class/>
    <subclass/>
  </classification>"""
