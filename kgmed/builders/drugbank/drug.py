"""One ``<drug>`` of the full database -> domain rows. Element names are those of drugbank.xsd 5.1.

:mod:`.identifiers`, :mod:`.described` and :mod:`.targets` take parts of it, and say what they
decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kgmed.builders.columns import language_of
from kgmed.builders.drugbank.described import classes, pathways, texts
from kgmed.builders.drugbank.identifiers import ID, identifiers
from kgmed.builders.drugbank.products import BrandName, Products, folded
from kgmed.builders.drugbank.rows import CURATED, CURATION, BadElement, Rows, all_text, text_of
from kgmed.builders.drugbank.sentences import Sentences
from kgmed.builders.drugbank.stream import Place
from kgmed.builders.drugbank.targets import targets
from kgmed.builders.drugbank.vocabularies import LANGUAGES, PRODUCT_CODES, READ
from kgmed.builders.rows import Problem, shown
from kgmed.kg.model import canonical_qualifiers

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from kgmed.builders.spool import Spool
    from kgmed.kg.predicates import Registry


class Drugs:
    """Turns drugs into rows of a spool. After the last drug, :meth:`finish`."""

    def __init__(self, spool: Spool, registry: Registry) -> None:
        self.rows = Rows(spool, registry)
        self.sentences = Sentences()
        self.products = Products()
        self._primary: dict[str, str] = {}
        self._holders: dict[str, frozenset[str]] = {}
        self._interactions = spool.rows(
            "statements",
            *("subject", "object", "qualifiers", "text", "source_record"),
            predicate=self.rows.predicate("drug-interaction")[0],
            original_predicate="drug-interaction",
            **CURATED,
        )

    def read(self, number: int, drug: Element) -> Iterator[BadElement]:
        """Add one drug's rows; yields what in it can't be used, the drug itself at worst."""
        tally = self.rows.tallies["drug"]
        tally.read += 1
        ids = [(e.get("primary") == "true", (e.text or "").strip()) for e in drug
               if e.tag == "drugbank-id"]  # fmt: skip
        accession = next((text for primary, text in ids if primary), "")
        name = text_of(drug, "name")
        if problem := _problem_of_drug(accession, name):
            tally.skipped[problem.reason] += 1
            yield BadElement(Place(number, 2, "drug", 0), problem, all_text(drug))
            return
        if not self.rows.first("drug", accession):
            tally.skipped["its id again"] += 1
            problem = Problem("its id again", f"{accession} a second time", "each drug once",
                              "Was the file put together from two releases?")  # fmt: skip
            yield BadElement(Place(number, 2, "drug", 0), problem, all_text(drug))
            return
        tally.kept += 1
        id = f"drugbank:{accession}"
        parts: dict[str, Element] = {}
        for child in drug:
            if child.tag in parts:
                parts[child.tag].extend(child)
            else:
                parts[child.tag] = child
        for tag, part in parts.items():
            if tag not in READ and (len(part) or (part.text or "").strip()):
                self.rows.unread[tag] += len(part) or 1
        small = ["SmallMolecule"] if drug.get("type") == "small molecule" else []
        self.rows.concepts.add(id, ["Drug", *small])
        self._add_names(id, name, parts)
        identifiers(self.rows, id, name, ids, parts)
        texts(self.rows, id, parts)
        classes(self.rows, id, parts)
        pathways(self.rows, id, parts)
        self._sold(id, parts)
        yield from self._salts(id, number, small, parts)
        for section in ("targets", "enzymes", "carriers", "transporters"):
            yield from targets(self.rows, id, number, section, parts)
        yield from self._interact(id, name, number, parts)

    def finish(self) -> None:
        """Write what takes all drugs to decide: brands and products."""
        for found in self.products.resolve(self._primary, self._holders):
            if isinstance(found, BrandName):
                self.rows.names.add(found.drug, found.text, "en", "brand")
                continue
            self.rows.concepts.add(found.id, ["Drug"])
            self.rows.names.add(found.id, found.name, language_of(found.name), "preferred")
            for ingredient in found.ingredients:
                for country in found.countries:
                    qualifiers = canonical_qualifiers({"country": country} if country else {})
                    self.rows.state(
                        found.id, found.element, ingredient, ingredient, qualifiers=qualifiers
                    )
        for element, rows in self.products.kept.items():
            self.rows.tallies[element].kept += rows
        for element, reasons in self.products.skipped.items():
            self.rows.tallies[element].skipped.update(reasons)

    def _add_names(self, id: str, name: str, parts: dict[str, Element]) -> None:
        self._primary.setdefault(folded(name), id)
        self._hold(name, id)
        self.rows.names.add(id, name, "en", "preferred")
        tally = self.rows.tallies["synonym"]
        for synonym in self.rows.entries(parts, "synonyms", "synonym"):
            tally.read += 1
            text = (synonym.text or "").strip()
            if not text:
                tally.skipped["empty"] += 1
                continue
            tally.kept += 1
            self._hold(text, id)
            for language in self._languages(synonym.get("language", ""), text):
                self.rows.names.add(id, text, language, "synonym")

    def _hold(self, name: str, id: str) -> None:
        key = folded(name)
        self._holders[key] = self._holders.get(key, frozenset()) | {id}

    def _languages(self, written: str, text: str) -> list[str]:
        words = [word.strip() for word in written.lower().split("/") if word.strip()]
        found = [LANGUAGES[word] for word in words if word in LANGUAGES]
        self.rows.unknown["language"].update(word for word in words if word not in LANGUAGES)
        return list(dict.fromkeys(found)) or [language_of(text)]

    def _sold(self, id: str, parts: dict[str, Element]) -> None:
        for tag, within in (
            ("product", "products"),
            ("mixture", "mixtures"),
            ("international-brand", "international-brands"),
        ):
            tally = self.rows.tallies[tag]
            for entry in self.rows.entries(parts, within, tag):
                tally.read += 1
                name = " ".join(text_of(entry, "name").split())
                if not name:
                    tally.skipped["no name"] += 1
                elif tag == "product":
                    code = next(filter(None, (text_of(entry, key) for key in PRODUCT_CODES)), "")
                    self.products.product(id, name, text_of(entry, "country"), code)
                elif tag == "mixture":
                    self.products.mixture(id, name, text_of(entry, "ingredients"))
                else:
                    self.products.brand(id, name)

    def _salts(
        self, id: str, number: int, small: list[str], parts: dict[str, Element]
    ) -> Iterator[BadElement]:
        tally = self.rows.tallies["salt"]
        for index, entry in enumerate(self.rows.entries(parts, "salts", "salt")):
            tally.read += 1
            accession, name = text_of(entry, "drugbank-id"), text_of(entry, "name")
            if not name or not accession or len(accession.split()) > 1:
                problem = Problem(
                    "salt without id or name",
                    f"id {shown(accession)}, name {shown(name)}",
                    "both",
                    "Fill them in or drop the salt.",
                )
                tally.skipped[problem.reason] += 1
                yield BadElement(Place(number, 4, "salt", index), problem, all_text(entry))
                continue
            tally.kept += 1
            salt = f"drugbank.salt:{accession}"
            self._hold(name, id)
            self.rows.concepts.add(salt, ["Drug", *small])
            self.rows.names.add(salt, name, "en", "preferred")
            self.rows.state(id, "salt", salt, id)
            for tag, prefix in (("cas-number", "cas"), ("unii", "unii")):
                if code := text_of(entry, tag):
                    self.rows.mappings.add(
                        salt, "skos:exactMatch", f"{prefix}:{code}", CURATION, name
                    )

    def _interact(
        self, id: str, name: str, number: int, parts: dict[str, Element]
    ) -> Iterator[BadElement]:
        tally = self.rows.tallies["drug-interaction"]
        add, qualifiers_of, is_id = self._interactions.add, self.sentences.qualifiers, ID.fullmatch
        me = (id, name)
        entries = self.rows.entries(parts, "drug-interactions", "drug-interaction")
        for index, entry in enumerate(entries):
            tally.read += 1
            if len(entry) == 3 and entry[0].tag == "drugbank-id" and entry[2].tag == "description":
                accession, other, text = entry[0].text or "", entry[1].text or "", entry[2].text
            else:
                accession, other = text_of(entry, "drugbank-id"), text_of(entry, "name")
                text = text_of(entry, "description")
            if not is_id(accession):
                problem = Problem(
                    "partner isn't a DrugBank id",
                    f"the partner {shown(accession)}",
                    "a DrugBank id such as DB00682",
                    "Correct or drop the interaction.",
                )
                tally.skipped[problem.reason] += 1
                place = Place(number, 4, "drug-interaction", index)
                yield BadElement(place, problem, all_text(entry))
                continue
            tally.kept += 1
            partner = f"drugbank:{accession}"
            text = (text or "").strip()
            qualifiers = qualifiers_of(text, me, (partner, other))
            if id < partner:
                add(id, partner, qualifiers, text, id)
            else:
                add(partner, id, qualifiers, text, id)


def _problem_of_drug(accession: str, name: str) -> Problem | None:
    if not ID.fullmatch(accession):
        return Problem(
            "drug without a primary DrugBank id",
            f"the primary id {shown(accession)}",
            "one such as DB00682",
            "Correct or drop the drug.",
        )
    if not name:
        return Problem("drug without a name", f"{accession} without a name", "one", "Fill it in.")
    return None
