"""One ``<drug>`` of the full database -> domain rows. Element names are those of drugbank.xsd 5.1.

Decisions:

- Groups (approved, withdrawn, experimental ...) are value statements ``has_regulatory_status``, one
  for each group, so that answers can show them and a diff between releases lists them.
- A target of one polypeptide is that protein (``uniprot:``), with DrugBank's own id mapped to it; a
  group of several, or a target that isn't a protein, keeps DrugBank's id (``drugbank.target:``).
- A category with a MeSH id is that MeSH concept; one without is ``kgmed.drugclass:`` and its name.
- A drug's ATC code is a ``skos:broadMatch``; the group above it is its class, and the groups are
  ``broader`` than one another: ATC isn't a hierarchy of kinds.
- A DrugBank id that another one replaced is mapped by ``IAO:0100001`` (term replaced by).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import tostring  # parses nothing

from kgmed.builders.drugbank.products import BrandName, Products, folded
from kgmed.builders.drugbank.sentences import Sentences
from kgmed.builders.drugbank.stream import Place
from kgmed.builders.drugbank.vocabularies import (
    LANGUAGES,
    PRODUCT_CODES,
    READ,
    RESOURCES,
    STRENGTHS,
    TEXTS,
)
from kgmed.builders.rows import Problem, language_of, shown
from kgmed.builders.source import Tally
from kgmed.kg.curies import is_well_formed
from kgmed.kg.model import canonical_qualifiers

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from kgmed.builders.spool import Spool
    from kgmed.kg.predicates import Registry

_ID = re.compile(r"DB\d{5}")
_EC_NUMBER = re.compile(r"\d+(\.[\dn-]+){3}")
_SMPDB = re.compile(r"SMP0*(\d+)")
CURATION = "semapv:ManualMappingCuration"
UNSTATED = "semapv:UnspecifiedMatching"


class BadElement(NamedTuple):
    """An element that can't be used: where it is, why, and its text."""

    place: Place
    problem: Problem
    text: str


class Drugs:
    """Turns drugs into rows of a spool. After the last drug, :meth:`finish`."""

    def __init__(self, spool: Spool, registry: Registry) -> None:
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self.unread: Counter[str] = Counter()
        self.unknown: dict[str, Counter[str]] = {
            "action": Counter(),
            "resource": Counter(),
            "language": Counter(),
        }
        self.sentences = Sentences()
        self.products = Products()
        self._registry = registry
        self._seen: dict[str, set[str]] = defaultdict(set)
        self._primary: dict[str, str] = {}
        self._holders: dict[str, frozenset[str]] = {}
        curated = {"knowledge_level": "knowledge_assertion", "agent_type": "manual_agent"}
        self._concepts = spool.rows("concepts", "id", "categories")
        self._names = spool.rows("names", "id", "text", "language", "kind")
        self._mappings = spool.rows(
            "mappings", "subject", "predicate", "object", "justification", "subject_label"
        )
        self._facts = spool.rows(
            "statements",
            *("subject", "predicate", "object", "qualifiers", "source_record", "publications"),
            "original_predicate",
            **curated,
        )
        self._values = spool.rows(
            "statements",
            *("subject", "predicate", "value", "source_record", "original_predicate"),
            value_type="text",
            value_language="en",
            **curated,
        )
        self._interactions = spool.rows(
            "statements",
            *("subject", "object", "qualifiers", "text", "source_record"),
            predicate=self._predicate("drug-interaction")[0],
            original_predicate="drug-interaction",
            **curated,
        )

    def read(self, number: int, drug: Element) -> Iterator[BadElement]:
        """Add one drug's rows; yields what in it can't be used, the drug itself at worst."""
        tally = self.tallies["drug"]
        tally.read += 1
        ids = [(e.get("primary") == "true", (e.text or "").strip()) for e in drug
               if e.tag == "drugbank-id"]  # fmt: skip
        accession = next((text for primary, text in ids if primary), "")
        name = _text(drug, "name")
        if problem := _problem_of_drug(accession, name):
            tally.skipped[problem.reason] += 1
            yield BadElement(Place(number, 2, "drug", 0), problem, _all_text(drug))
            return
        if accession in self._seen["drug"]:
            tally.skipped["its id again"] += 1
            problem = Problem("its id again", f"{accession} a second time", "each drug once",
                              "Was the file put together from two releases?")  # fmt: skip
            yield BadElement(Place(number, 2, "drug", 0), problem, _all_text(drug))
            return
        self._seen["drug"].add(accession)
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
                self.unread[tag] += len(part) or 1
        small = ["SmallMolecule"] if drug.get("type") == "small molecule" else []
        self._concepts.add(id, ["Drug", *small])
        self._add_names(id, name, parts)
        self._identifiers(id, name, ids, parts)
        self._texts(id, parts)
        self._classes(id, parts)
        self._pathways(id, parts)
        self._sold(id, parts)
        yield from self._salts(id, number, small, parts)
        for section in ("targets", "enzymes", "carriers", "transporters"):
            yield from self._targets(id, number, section, parts)
        yield from self._interact(id, name, number, parts)

    def finish(self) -> None:
        """Write what takes all drugs to decide: brands and products."""
        for found in self.products.resolve(self._primary, self._holders):
            if isinstance(found, BrandName):
                self._names.add(found.drug, found.text, "en", "brand")
                continue
            self._concepts.add(found.id, ["Drug"])
            self._names.add(found.id, found.name, language_of(found.name), "preferred")
            for ingredient in found.ingredients:
                for country in found.countries:
                    qualifiers = canonical_qualifiers({"country": country} if country else {})
                    self._state(
                        found.id, found.element, ingredient, ingredient, qualifiers=qualifiers
                    )
        for element, rows in self.products.kept.items():
            self.tallies[element].kept += rows
        for element, reasons in self.products.skipped.items():
            self.tallies[element].skipped.update(reasons)

    def _entries(self, parts: dict[str, Element], within: str, tag: str) -> list[Element]:
        """The entries of a list; entries of another name are counted as unread."""
        part = parts.get(within)
        if part is None:
            return []
        found = part.findall(tag)
        if len(found) < len(part):
            self.unread.update(f"{within}/{entry.tag}" for entry in part if entry.tag != tag)
        return found

    # Statements -----------------------------------------------------------------------------------

    def _predicate(self, label: str) -> tuple[str, bool]:
        found = self._registry.from_label("drugbank", label)
        return (found[0].name, found[1]) if found else (label, False)

    def _state(
        self,
        subject: str,
        label: str,
        object: str,
        record: str,
        *,
        qualifiers: str = "",
        publications: list[str] | None = None,
        said: str = "",
    ) -> None:
        """A statement under an element's predicate; ``said`` is how the source put it."""
        predicate, is_reversed = self._predicate(label)
        if is_reversed:
            subject, object = object, subject
        self._facts.add(
            subject, predicate, object, qualifiers, record, publications or [], said or label
        )

    def _value(self, id: str, label: str, text: str) -> None:
        self._values.add(id, self._predicate(label)[0], text, id, label)

    def _first(self, kind: str, id: str) -> bool:
        """Whether it is the first time that something of this kind is met."""
        if id in self._seen[kind]:
            return False
        self._seen[kind].add(id)
        return True

    def _name(self, id: str, text: str) -> None:
        """Name what several drugs speak of; the first name is the preferred one."""
        if text and self._first("name", f"{id} {text}"):
            kind = "preferred" if self._first("named", id) else "synonym"
            self._names.add(id, text, "en", kind)

    # Parts of a drug ------------------------------------------------------------------------------

    def _add_names(self, id: str, name: str, parts: dict[str, Element]) -> None:
        self._primary.setdefault(folded(name), id)
        self._hold(name, id)
        self._names.add(id, name, "en", "preferred")
        tally = self.tallies["synonym"]
        for synonym in self._entries(parts, "synonyms", "synonym"):
            tally.read += 1
            text = (synonym.text or "").strip()
            if not text:
                tally.skipped["empty"] += 1
                continue
            tally.kept += 1
            self._hold(text, id)
            for language in self._languages(synonym.get("language", ""), text):
                self._names.add(id, text, language, "synonym")

    def _hold(self, name: str, id: str) -> None:
        key = folded(name)
        self._holders[key] = self._holders.get(key, frozenset()) | {id}

    def _languages(self, written: str, text: str) -> list[str]:
        words = [word.strip() for word in written.lower().split("/") if word.strip()]
        found = [LANGUAGES[word] for word in words if word in LANGUAGES]
        self.unknown["language"].update(word for word in words if word not in LANGUAGES)
        return list(dict.fromkeys(found)) or [language_of(text)]

    def _identifiers(
        self, id: str, name: str, ids: list[tuple[bool, str]], parts: dict[str, Element]
    ) -> None:
        tally = self.tallies["drugbank-id"]
        for primary, old in ids:
            tally.read += 1
            if primary:
                tally.kept += 1
            elif _ID.fullmatch(old):
                tally.kept += 1
                self._mappings.add(f"drugbank:{old}", "IAO:0100001", id, CURATION, "")
            else:
                tally.skipped["an accession number of older releases"] += 1
        for tag, prefix in (("cas-number", "cas"), ("unii", "unii")):
            if tag in parts and (number := (parts[tag].text or "").strip()):
                self._mappings.add(id, "skos:exactMatch", f"{prefix}:{number}", CURATION, name)
        tally = self.tallies["external-identifier"]
        for entry in self._entries(parts, "external-identifiers", "external-identifier"):
            tally.read += 1
            resource, local = _text(entry, "resource"), _text(entry, "identifier")
            if resource not in RESOURCES:
                tally.skipped["resource without a prefix"] += 1
                self.unknown["resource"][resource] += 1
                continue
            prefix, predicate = RESOURCES[resource]
            local = "_".join(local.split()).removeprefix(f"{prefix.upper()}:")
            if not local or not is_well_formed(f"{prefix}:{local}"):
                tally.skipped["not an identifier of its resource"] += 1
                continue
            tally.kept += 1
            self._mappings.add(id, predicate, f"{prefix}:{local}", UNSTATED, name)
        tally = self.tallies["atc-code"]
        for code in self._entries(parts, "atc-codes", "atc-code"):
            tally.read += 1
            atc = f"atc:{code.get('code', '').strip()}"
            if not is_well_formed(atc):
                tally.skipped["not an ATC code"] += 1
                continue
            tally.kept += 1
            self._mappings.add(id, "skos:broadMatch", atc, CURATION, name)
            self._atc_groups(id, code)

    def _atc_groups(self, id: str, code: Element) -> None:
        below = ""
        for level in code:
            group = f"atc:{level.get('code', '').strip()}"
            if not is_well_formed(group):
                continue
            if self._first("concept", group):
                self._concepts.add(group, ["DrugClass"])
            self._name(group, _atc_name(level.text or group))
            if not below:
                self._state(id, "atc-code", group, id)
            elif self._first("broader", f"{below} {group}"):
                self._facts.add(below, "broader", group, "", "", [], "atc-code/level")
            below = group

    def _texts(self, id: str, parts: dict[str, Element]) -> None:
        tally = self.tallies["text"]
        for tag in TEXTS:
            if tag in parts and (text := _prose(parts[tag].text)):
                tally.read += 1
                tally.kept += 1
                self._value(id, tag, text)
        for tag, within in (("group", "groups"), ("food-interaction", "food-interactions")):
            tally = self.tallies[tag]
            for entry in self._entries(parts, within, tag):
                tally.read += 1
                if text := _prose(entry.text):
                    tally.kept += 1
                    self._value(id, tag, text)
                else:
                    tally.skipped["empty"] += 1

    def _classes(self, id: str, parts: dict[str, Element]) -> None:
        tally = self.tallies["category"]
        for entry in self._entries(parts, "categories", "category"):
            tally.read += 1
            text, mesh = _text(entry, "category"), _text(entry, "mesh-id")
            group = f"mesh:{mesh}" if mesh else f"kgmed.drugclass:{_slug(text)}"
            if not (text and is_well_formed(group)):
                tally.skipped["no name, or not a MeSH id"] += 1
                continue
            tally.kept += 1
            if self._first("concept", group):
                self._concepts.add(group, ["DrugClass"])
            if self._first("name", f"{group} {text}"):
                self._names.add(group, text, "en", "preferred")
            self._state(id, "category", group, id)

    def _pathways(self, id: str, parts: dict[str, Element]) -> None:
        tally = self.tallies["pathway"]
        for entry in self._entries(parts, "pathways", "pathway"):
            tally.read += 1
            number = _SMPDB.fullmatch(_text(entry, "smpdb-id"))
            if not number:
                tally.skipped["not an SMPDB id"] += 1
                continue
            tally.kept += 1
            pathway = f"smpdb:SMP{number[1]:0>7}"
            self._state(id, "pathway", pathway, id)
            if self._first("concept", pathway):
                self._concepts.add(pathway, ["Pathway"])
            self._name(pathway, _text(entry, "name"))
            for enzyme in entry.findall("enzymes/uniprot-id"):
                protein = f"uniprot:{(enzyme.text or '').strip()}"
                if is_well_formed(protein) and self._first("member", f"{protein} {pathway}"):
                    self._state(protein, "pathway", pathway, pathway)

    def _sold(self, id: str, parts: dict[str, Element]) -> None:
        for tag, within in (
            ("product", "products"),
            ("mixture", "mixtures"),
            ("international-brand", "international-brands"),
        ):
            tally = self.tallies[tag]
            for entry in self._entries(parts, within, tag):
                tally.read += 1
                name = " ".join(_text(entry, "name").split())
                if not name:
                    tally.skipped["no name"] += 1
                elif tag == "product":
                    code = next(filter(None, (_text(entry, key) for key in PRODUCT_CODES)), "")
                    self.products.product(id, name, _text(entry, "country"), code)
                elif tag == "mixture":
                    self.products.mixture(id, name, _text(entry, "ingredients"))
                else:
                    self.products.brand(id, name)

    def _salts(
        self, id: str, number: int, small: list[str], parts: dict[str, Element]
    ) -> Iterator[BadElement]:
        tally = self.tallies["salt"]
        for index, entry in enumerate(self._entries(parts, "salts", "salt")):
            tally.read += 1
            accession, name = _text(entry, "drugbank-id"), _text(entry, "name")
            if not name or not accession or len(accession.split()) > 1:
                problem = Problem(
                    "salt without id or name",
                    f"id {shown(accession)}, name {shown(name)}",
                    "both",
                    "Fill them in or drop the salt.",
                )
                tally.skipped[problem.reason] += 1
                yield BadElement(Place(number, 4, "salt", index), problem, _all_text(entry))
                continue
            tally.kept += 1
            salt = f"drugbank.salt:{accession}"
            self._hold(name, id)
            self._concepts.add(salt, ["Drug", *small])
            self._names.add(salt, name, "en", "preferred")
            self._state(id, "salt", salt, id)
            for tag, prefix in (("cas-number", "cas"), ("unii", "unii")):
                if code := _text(entry, tag):
                    self._mappings.add(salt, "skos:exactMatch", f"{prefix}:{code}", CURATION, name)

    def _interact(
        self, id: str, name: str, number: int, parts: dict[str, Element]
    ) -> Iterator[BadElement]:
        tally = self.tallies["drug-interaction"]
        add, qualifiers_of, is_id = self._interactions.add, self.sentences.qualifiers, _ID.fullmatch
        me = (id, name)
        entries = self._entries(parts, "drug-interactions", "drug-interaction")
        for index, entry in enumerate(entries):
            tally.read += 1
            if len(entry) == 3 and entry[0].tag == "drugbank-id" and entry[2].tag == "description":
                accession, other, text = entry[0].text or "", entry[1].text or "", entry[2].text
            else:
                accession, other = _text(entry, "drugbank-id"), _text(entry, "name")
                text = _text(entry, "description")
            if not is_id(accession):
                problem = Problem(
                    "partner isn't a DrugBank id",
                    f"the partner {shown(accession)}",
                    "a DrugBank id such as DB00682",
                    "Correct or drop the interaction.",
                )
                tally.skipped[problem.reason] += 1
                place = Place(number, 4, "drug-interaction", index)
                yield BadElement(place, problem, _all_text(entry))
                continue
            tally.kept += 1
            partner = f"drugbank:{accession}"
            text = (text or "").strip()
            qualifiers = qualifiers_of(text, me, (partner, other))
            if id < partner:
                add(id, partner, qualifiers, text, id)
            else:
                add(partner, id, qualifiers, text, id)

    # Targets, enzymes, carriers, transporters -----------------------------------------------------

    def _targets(
        self, id: str, number: int, section: str, parts: dict[str, Element]
    ) -> Iterator[BadElement]:
        tag = section.removesuffix("s")
        tally = self.tallies[tag]
        for index, entry in enumerate(self._entries(parts, section, tag)):
            tally.read += 1
            accession = _text(entry, "id")
            if not accession or len(accession.split()) > 1:
                problem = Problem(
                    f"{tag} without an id",
                    f"the id {shown(accession)}",
                    "DrugBank's id such as BE0000048",
                    f"Fill it in or drop the {tag}.",
                )
                tally.skipped[problem.reason] += 1
                yield BadElement(Place(number, 4, tag, index), problem, _all_text(entry))
                continue
            tally.kept += 1
            target = self._target(accession, entry)
            publications = [
                f"pubmed:{text}"
                for article in entry.iterfind("references/articles/article")
                if (text := _text(article, "pubmed-id")).isdigit()
            ]
            known = _text(entry, "known-action").lower()
            shared = {"pharmacological_action": known} if known in ("yes", "no") else {}
            actions = [(e.text or "").strip().lower() for e in entry.iterfind("actions/action")]
            for action in list(filter(None, actions)) or [""]:
                label, qualifiers = self._action(section, action, entry)
                self._state(
                    id,
                    label,
                    target,
                    id,
                    qualifiers=canonical_qualifiers(shared | qualifiers),
                    publications=publications,
                    said=f"{section}/{action}" if action else section,
                )

    def _action(self, section: str, action: str, entry: Element) -> tuple[str, dict[str, str]]:
        """The label of an action's predicate, and what that label leaves unsaid."""
        qualifiers: dict[str, str] = {}
        if section == "enzymes" and (tag := STRENGTHS.get(action)):
            strength = _text(entry, tag).lower()
            if strength and strength != "unknown":
                qualifiers["strength"] = strength
        known = self._registry.from_label
        if not action:
            return section, qualifiers
        if known("drugbank", f"{section}/{action}"):
            return f"{section}/{action}", qualifiers
        if section == "targets" and known("drugbank", action):
            return action, qualifiers
        if action not in ("unknown", "other", "other/unknown"):
            self.unknown["action"][f"{section}/{action}"] += 1
            qualifiers["action"] = action
        return section, qualifiers

    def _target(self, accession: str, entry: Element) -> str:
        """The CURIE of a target; its own rows are added the first time."""
        polypeptides = [
            (f"uniprot:{protein.get('id', '').strip()}", protein)
            for protein in entry.findall("polypeptide")
        ]
        polypeptides = [(id, protein) for id, protein in polypeptides if is_well_formed(id)]
        own = f"drugbank.target:{accession}"
        single = len(polypeptides) == 1
        target = polypeptides[0][0] if single else own
        name = _text(entry, "name")
        said = (f"{id} {hash(tostring(protein))}" for id, protein in polypeptides)
        if not self._first("target", " ".join((own, name, *said))):
            return target  # as another drug has said
        for id, protein in polypeptides:
            self._polypeptide(id, protein)
            if not single:
                self._facts.add(id, "part_of", own, "", own, [], "polypeptide")
        if single:
            self._mappings.add(own, "skos:exactMatch", target, CURATION, name)
            if name and name != _text(polypeptides[0][1], "name"):
                self._names.add(target, name, "en", "synonym")
        else:
            if self._first("concept", own):
                self._concepts.add(own, ["Protein"] if polypeptides else ["NamedThing"])
            self._name(own, name)
        return target

    def _polypeptide(self, id: str, protein: Element) -> None:
        if self._first("concept", id):
            self._concepts.add(id, ["Protein"])
        name = _text(protein, "name")
        if not self._first("polypeptide", f"{id} {hash(tostring(protein))}"):
            return
        self._name(id, name)
        gene = _text(protein, "gene-name")
        if gene and self._first("gene", f"{id} {gene}"):
            self._names.add(id, gene, "en", "abbreviation")
        tally = self.tallies["polypeptide/synonym"]
        for synonym in protein.iterfind("synonyms/synonym"):
            tally.read += 1
            text = (synonym.text or "").strip()
            if not text or _EC_NUMBER.fullmatch(text):
                tally.skipped["an EC number" if text else "empty"] += 1
            else:
                tally.kept += 1
                self._names.add(id, text, "en", "synonym")
        for identifier in protein.iterfind("external-identifiers/external-identifier"):
            hgnc = _text(identifier, "identifier").upper().removeprefix("HGNC:")
            if "HGNC" in _text(identifier, "resource") and is_well_formed(f"hgnc:{hgnc}"):
                self._mappings.add(id, "skos:relatedMatch", f"hgnc:{hgnc}", CURATION, name)
        organism = protein.find("organism")
        taxon = "" if organism is None else organism.get("ncbi-taxonomy-id", "").strip()
        if organism is not None and taxon.isdigit():
            species = f"ncbitaxon:{taxon}"
            if self._first("concept", species):
                self._concepts.add(species, ["OrganismTaxon"])
            self._name(species, (organism.text or "").strip())
            if self._first("in_taxon", f"{id} {species}"):
                self._facts.add(id, "in_taxon", species, "", "", [], "polypeptide/organism")


def _problem_of_drug(accession: str, name: str) -> Problem | None:
    if not _ID.fullmatch(accession):
        return Problem(
            "drug without a primary DrugBank id",
            f"the primary id {shown(accession)}",
            "one such as DB00682",
            "Correct or drop the drug.",
        )
    if not name:
        return Problem("drug without a name", f"{accession} without a name", "one", "Fill it in.")
    return None


def _text(element: Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _all_text(element: Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def _prose(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").replace("\r", "\n").strip()


def _slug(text: str) -> str:
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-_")


def _atc_name(text: str) -> str:
    """A group's name; the upper levels stand in capitals.

    >>> _atc_name("ANTITHROMBOTIC AGENTS"), _atc_name("Vitamin K antagonists")
    ('Antithrombotic agents', 'Vitamin K antagonists')
    """
    text = text.strip()
    return text.capitalize() if text.isupper() else text
