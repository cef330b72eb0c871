"""The verifier: claims in, verdicts with their proofs out.

>>> from kgmed.kg.predicates import registry
>>> from kgmed.reasoning.claims.model import Claim
>>> with open_graph() as graph:
...     verifier = Verifier(graph.store, registry())
...     checked = verifier.claim(Claim("DB00682", "interacts_with", "DB01118"))
>>> checked.verdict, checked.proof.rule
('SUPPORTED', 'symmetric')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

from kgmed.kg.curies import candidates
from kgmed.kg.linking.link import Link
from kgmed.kg.linking.normalize import is_cjk, key
from kgmed.kg.linking.score import CLOSE
from kgmed.kg.model import Language, Mapping
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import GraphStore
from kgmed.reasoning.claims import evidence
from kgmed.reasoning.claims.evidence import Search, run
from kgmed.reasoning.claims.ground import Ground
from kgmed.reasoning.claims.judge import Judged, judge
from kgmed.reasoning.claims.model import Checked, Claim, Proof
from kgmed.reasoning.claims.rules import Assertion
from kgmed.reasoning.claims.words import Speaker

READINGS = 4
"""Concepts that one link is tried for: itself and what it may as well mean."""
CLAIMS_AT_ONCE = 256
UNCERTAIN = ("fuzzy", "tokens", "part")
"""Kinds of match (the first word of a link's ``why``) that never refute."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a claim: the claim with these links, and what it asserts."""

    claim: Claim
    assertion: Assertion


class Verifier:
    """Checks claims against one graph.

    ``alternatives`` asks for every proof that the bounds allow, the shortest and best-evidenced
    first. ``lang`` is the language of the proofs' words, each claim's own if None. The same graph
    and claim give the same verdict and proof, alone or among others.
    """

    def __init__(
        self,
        store: GraphStore,
        registry: Registry,
        *,
        alternatives: bool = False,
        lang: Language | None = None,
    ) -> None:
        self.store = store
        self.registry = registry
        self._every = alternatives
        self._lang = lang
        self._inverses = {entry.inverse: name for name, entry in registry.items()}

    @cached_property
    def _ground(self) -> Ground:
        return Ground(self.registry, frozenset(self.store.info().predicates))

    @cached_property
    def _titles(self) -> dict[str, str]:
        return {row.infores: row.name for row in self.store.info().sources}

    def claim(self, claim: Claim) -> Checked:
        """Check one claim."""
        return run(self.store, [self._check(claim)])[0]

    def claims(self, claims: Sequence[Claim]) -> list[Checked]:
        """Check many, in order; the graph is asked for many at once."""
        found: list[Checked] = []
        for start in range(0, len(claims), CLAIMS_AT_ONCE):
            part = claims[start : start + CLAIMS_AT_ONCE]
            found += run(self.store, [self._check(claim) for claim in part])
        return found

    def predicate(self, name: str) -> tuple[str, bool] | None:
        """(a predicate of the registry or the graph, whether the name is its inverse's); None for
        a name that is neither's. Biolink names are understood."""
        if name in self.registry:
            return name, False
        if name in self._inverses:
            return self._inverses[name], True
        label = self.registry.from_label("biolink", name)
        if label is not None:
            return label[0].name, label[1]
        return (name, False) if name in self._ground.present else None

    def asserted(self, claims: Sequence[Claim]) -> list[Assertion | None]:
        """What claims say of the graph's own concepts, by the links they have; None for one that
        can't be read so."""
        return run(self.store, [self._asserted(claim) for claim in claims])

    def _asserted(self, claim: Claim) -> Search[Assertion | None]:
        predicate = self.predicate(claim.predicate)
        if predicate is None:
            return None
        readings = yield from self._readings(claim, *predicate)
        return None if isinstance(readings, str) else readings[0].assertion

    def _check(self, claim: Claim) -> Search[Checked]:
        predicate = self.predicate(claim.predicate)
        if predicate is None:
            return self._unread(claim, "unknown_predicate", claim.predicate)
        if self._lacks_value(claim, *predicate):
            return self._unread(claim, "no_value", "")
        readings = yield from self._readings(claim, *predicate)
        if isinstance(readings, str):
            return self._unread(claim, "not_linked", readings)
        tried: list[tuple[Claim, Judged]] = []
        for reading in readings:
            judged = yield from judge(
                self._ground, reading.assertion, negated=claim.negated, every=self._every
            )
            tried.append((reading.claim, judged))
        chosen = choose(tried)
        if isinstance(chosen, str):
            names = [_named(c) for c, _judged in tried]
            return self._unread(claim, chosen, " / ".join(dict.fromkeys(names)))
        return (yield from self._told(*chosen))

    def _lacks_value(self, claim: Claim, predicate: str, is_inverse: bool) -> bool:
        """Whether a claim about a value has none."""
        entry = self.registry.get(predicate)
        end = claim.subject if is_inverse else claim.object
        said = end if isinstance(end, str) else end.text
        return entry is not None and entry.takes_value and not said.strip()

    def lang_of(self, claim: Claim) -> Language:
        """The language in which a claim's proof is told."""
        if self._lang is not None:
            return self._lang
        return "zh" if any(map(is_cjk, claim.sentence or claim.text)) else "en"

    def _unread(self, claim: Claim, reason: str, name: str) -> Checked:
        speaker = Speaker(self.lang_of(claim), self.registry, {}, {}, {})
        proof = Proof("not_covered", words=speaker.phrase(reason, name))
        return Checked(claim, "NOT_COVERED", reason, _least(claim), proof)

    def _readings(
        self, claim: Claim, predicate: str, is_inverse: bool
    ) -> Search[list[Reading] | str]:
        """The ways to read a claim, its own links first; or the end that is no concept."""
        subjects, objects = _meanings(claim.subject), _meanings(claim.object)
        ends = [(claim.subject, subjects), (claim.object, objects)]
        entry = self.registry.get(predicate)
        ids: dict[str, str] = {}
        if entry is not None and entry.takes_value:
            end, _meant = ends.pop(0 if is_inverse else 1)
            for spelt in _spellings(end):
                ids[spelt] = end if isinstance(end, str) else end.text  # a value stands for itself
        for end, meanings in ends:
            asked = [id for m in meanings for id in _spellings(m)]
            found = yield from evidence.resolve(asked)
            ids.update({a: b for a, b in zip(asked, found, strict=True) if b is not None})
            if not any(id in ids for id in asked):
                return end if isinstance(end, str) else end.text
        readings = []
        for subject, object in list(product(subjects, objects))[: READINGS * READINGS]:
            s, o = _own(subject, ids), _own(object, ids)
            if s is None or o is None:
                continue
            if is_inverse:
                s, o = o, s
            assertion = Assertion(s, predicate, o, claim.qualifiers, is_inverse)
            readings.append(Reading(replace(claim, subject=subject, object=object), assertion))
        return readings

    def _told(self, claim: Claim, judged: Judged) -> Search[Checked]:
        """A decision with its words and its confidence."""
        decision, assertion = judged.decision, judged.assertion
        proofs = [decision.proof] if decision.proof else []
        proofs += [*decision.against, *(decision.alternatives if self._every else ())]
        nodes = [assertion.subject, assertion.object]
        nodes += [id for p in proofs for s in p.statements for id in (s.subject, s.object) if id]
        missing = [id for id in nodes if id not in judged.concepts]
        concepts = {**judged.concepts, **(yield from evidence.concepts(missing))}
        lang = self.lang_of(claim)
        speaker = Speaker(
            lang,
            self.registry,
            self._titles,
            {id: concept.name_in(lang) for id, concept in concepts.items()},
            {id: concept.categories for id, concept in concepts.items()},
        )
        told = []
        contrary = [*decision.conflicts, *(False for _ in decision.alternatives)]
        if decision.proof:
            contrary.insert(0, False)
        for proof, is_contrary in zip(proofs, contrary, strict=False):
            confidence = min(_least(claim), (yield from _mapped(proof)))
            words = speaker.say(proof, assertion, reason=decision.reason)
            if is_contrary:
                words = speaker.phrase("conflict", words)
            told.append(replace(proof, words=words, confidence=confidence))
        first = told[0] if decision.proof else None
        rest = told[1:] if decision.proof else told
        against = len(decision.against)
        return Checked(
            claim,
            decision.verdict,
            decision.reason,
            first.confidence if first else _least(claim),
            first,
            tuple(rest[:against]),
            tuple(rest[against:]),
            any(decision.conflicts),
        )


def choose(tried: Sequence[tuple[Claim, Judged]]) -> tuple[Claim, Judged] | str:
    """The reading of a claim whose verdict counts, or why none does.

    A reading that the graph says nothing of is no rival to one that it does; among concepts of the
    same name, the one that the graph says it of is meant. What refutes must refute every reading
    and speak of concepts that the text surely names; only statements that refute a reading do so
    beside others of the same name that the graph says nothing of. Their categories don't: a gene
    and a disease may share a name.
    """
    live = [(c, j) for c, j in tried if j.decision.verdict != "NOT_COVERED"]
    if not live:
        return tried[0]
    verdicts = {judged.decision.verdict for _claim, judged in live}
    if verdicts == {"REFUTED"}:
        proof = live[0][1].decision.proof
        told = proof is not None and proof.rule != "ill_typed" and _share_a_name(tried)
        if len(live) < len(tried) and not told:
            return "ambiguous"
        return "uncertain_link" if _is_uncertain(live[0][0]) else live[0]
    if len(verdicts) == 1:
        return live[0]
    if not _share_a_name(live):
        return "ambiguous"
    for wanted in ("SUPPORTED", "UNSUPPORTED"):
        for claim, judged in live:
            if judged.decision.verdict == wanted:
                return claim, judged
    return "ambiguous"


def _share_a_name(tried: Sequence[tuple[Claim, Judged]]) -> bool:
    return len({key(_named(claim)) for claim, _judged in tried}) == 1


def _meanings(end: str | Link) -> list[str | Link]:
    """What an end may mean: itself, and the concepts that score as well."""
    if isinstance(end, str):
        return [end]
    rivals = [other for other in end.alternatives if end.score - other.score < CLOSE]
    return [
        end,
        *(
            replace(end, id=r.id, name=r.name, category=r.category, score=r.score, why=r.why)
            for r in rivals[: READINGS - 1]
        ),
    ]


def _spellings(end: str | Link) -> list[str]:
    return [end.id] if isinstance(end, Link) else [end, *candidates(end)]


def _own(end: str | Link, ids: dict[str, str]) -> str | None:
    """The graph's own id of an end."""
    return next((ids[id] for id in _spellings(end) if id in ids), None)


def _named(claim: Claim) -> str:
    ends = (claim.subject, claim.object)
    return ", ".join(end if isinstance(end, str) else end.name for end in ends)


def _is_uncertain(claim: Claim) -> bool:
    ends = (claim.subject, claim.object)
    return any(isinstance(end, Link) and end.why.startswith(UNCERTAIN) for end in ends)


def _least(claim: Claim) -> float:
    scores = [end.score for end in (claim.subject, claim.object) if isinstance(end, Link)]
    return min([1.0, *scores])


def _mapped(proof: Proof) -> Search[float]:
    """The least confidence of the mappings that a proof's statements needed: those between the ids
    that their sources used and the graph's own."""
    least = 1.0
    for stated in proof.statements:
        for own, original in (
            (stated.subject, stated.original_subject),
            (stated.object, stated.original_object),
        ):
            if own and original and own != original:
                rows = yield from evidence.mappings(own)
                least = min(least, bottleneck(rows, own, original))
    return least


def bottleneck(rows: Sequence[Mapping], own: str, original: str) -> float:
    """The confidence of the weakest mapping on the surest chain between two ids; 1.0 where no chain
    joins them (a source's own assignment needs none).

    >>> rows = [Mapping("a:1", "skos:exactMatch", "b:1", confidence=0.9, status="merged"),
    ...         Mapping("b:1", "skos:exactMatch", "c:1", confidence=0.7, status="merged")]
    >>> bottleneck(rows, "a:1", "c:1"), bottleneck(rows, "a:1", "d:1")
    (0.7, 1.0)
    """
    group: dict[str, set[str]] = {}
    merged = [row for row in rows if row.status == "merged"]
    for row in sorted(merged, key=lambda row: -row.confidence):
        joined = group.get(row.subject, {row.subject}) | group.get(row.object, {row.object})
        group.update(dict.fromkeys(joined, joined))
        if original in group.get(own, ()):
            return row.confidence
    return 1.0
