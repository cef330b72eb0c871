"""What a sentence's readers hand on: claims whose ends are links, and why others were left out."""

from __future__ import annotations

from dataclasses import dataclass, field

from kgmed.kg.categories import is_a
from kgmed.kg.linking.link import Link

MOST_PAIRS = 400
"""Claims that one cue makes at most: twenty drugs by twenty diseases."""


@dataclass(slots=True)
class Member:
    """One mention of a list, and whether the list denies it ("A but not B")."""

    link: Link
    negated: bool = False


@dataclass(slots=True)
class Found:
    """A claim; ``start`` and ``end`` count from the start of the text."""

    subject: Link
    predicate: str
    object: Link
    negated: bool
    start: int
    end: int


@dataclass(slots=True)
class Reading:
    """What was found in one sentence. ``subject`` is what a next one's "it" would mean."""

    claims: list[Found] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    subject: list[Member] = field(default_factory=list)
    pairwise: bool = False
    """Whether lists go one by one: "respectively"."""

    def add(
        self,
        subjects: list[Member],
        predicate: str,
        objects: list[Member],
        *,
        negated: bool,
        span: tuple[int, int],
    ) -> bool:
        """Claim a predicate of each subject and object. False where they are too many or none."""
        if not subjects or not objects:
            return False
        if len(subjects) * len(objects) > MOST_PAIRS:
            self.reasons.append("too long a list")
            return False
        for place, one in enumerate(subjects):
            paired = self.pairwise and len(subjects) == len(objects)
            for other in objects[place : place + 1] if paired else objects:
                if one.link.id and one.link.id == other.link.id:
                    continue
                if predicate == "causes" and other.link.category in _MOLECULES:
                    continue  # "induces CYP3A4" isn't said of a disease
                name = between(predicate, one.link, other.link)
                ends = (one.link.start, one.link.end, other.link.start, other.link.end)
                denied = (
                    negated != (one.negated or other.negated)
                    if negated
                    else (one.negated or other.negated)
                )
                if one.negated and negated:
                    denied = True
                self.claims.append(
                    Found(
                        one.link, name, other.link, denied, min(*ends, span[0]), max(*ends, span[1])
                    )
                )
        return True

    def add_mutual(
        self, members: list[Member], predicate: str, *, negated: bool, span: tuple[int, int]
    ) -> bool:
        """Claim a symmetric predicate between each two of a list."""
        if len(members) * (len(members) - 1) // 2 > MOST_PAIRS:
            self.reasons.append("too long a list")
            return False
        for place, one in enumerate(members):
            self.add([one], predicate, members[place + 1 :], negated=negated, span=span)
        return len(members) > 1


def unlinked(text: str, start: int) -> Link:
    """A name that no concept has, as a link without an id: the claim is kept, and its end shown.

    >>> unlinked("Zorblaxin", 0).id
    ''
    """
    return Link(text, start, start + len(text), "", "", "", 0.0, "no concept has this name")


_CLASSES = ("ChemicalRole", "DrugClass")
_DRUGS = ("ChemicalEntity",)
_MOLECULES = ("Gene", "Protein", "GeneFamily", "MacromolecularComplex")
_DISEASES = ("DiseaseOrPhenotypicFeature",)


def is_class(link: Link) -> bool:
    """Whether a link names what drugs are called by: a class or a role."""
    return link.category in _CLASSES


def is_kind(link: Link, *categories: str) -> bool:
    """Whether a link's category is one of these, or below it; also for those it might be."""
    return any(is_a(link.category, want) for want in categories)


def between(predicate: str, subject: Link, object: Link) -> str:
    """The predicate that a wording means between two such concepts.

    "X is a Y", "belongs to" and "is a kind of" say one thing of diseases and another of drugs; an
    "interaction" of two proteins is none of two drugs.
    """
    if predicate in {"subclass_of", "in_drug_class", "has_role"}:
        if object.category == "ChemicalRole":
            return "has_role"
        if object.category == "DrugClass":
            return "subclass_of" if subject.category == "DrugClass" else "in_drug_class"
        if predicate in {"has_role", "in_drug_class"} and is_kind(object, *_DRUGS):
            return (
                predicate  # what a source files as a chemical: "Anti-Bacterial Agents", "insulin"
            )
        return "subclass_of" if object.category else predicate
    if predicate == "interacts_with" and (
        subject.category in _MOLECULES or object.category in _MOLECULES
    ):
        return "molecularly_interacts_with"
    return predicate
