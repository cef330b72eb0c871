"""What UMLS and SNOMED CT should add to the graph."""

from __future__ import annotations

import re

import numpy as np

from kgmed.builders.synthetic import snomed_names as said
from kgmed.builders.synthetic import umls_small
from kgmed.builders.synthetic.atoms import LANGUAGES, TYPES, atoms, codes, strings
from kgmed.builders.synthetic.expected import Expected, Fact, predicate
from kgmed.builders.synthetic.relations import RELATIONS, Relation, stated
from kgmed.builders.synthetic.rf2 import numbers
from kgmed.builders.synthetic.snomed_facts import (
    ATTRIBUTES,
    CONCRETE,
    ROOT,
    concrete_values,
    relationships,
)
from kgmed.builders.synthetic.text import Ints
from kgmed.builders.synthetic.world import World
from kgmed.kg.model import canonical_qualifiers
from kgmed.kg.predicates import registry

UNSPECIFIC = ("RO", "RQ")
"""RELs that, without a RELA, say no more than that two concepts are related."""
IMPLIED = ("SIB",)
"""RELs without a RELA that state nothing: siblings follow from their parents."""

_PREFIXES = {"SCTID": "snomedct", "SCTID2": "snomedct", "RXCUI": "rxnorm", "DRUGBANK": "drugbank",
             "MESH": "mesh", "MESH NM": "mesh", "NCI": "ncit"}  # fmt: skip
"""Kind of code -> prefix, for the codes that are the concept itself."""


def add_umls(
    graph: Expected, world: World, *, with_umls: bool = True, with_drugbank: bool = True
) -> None:
    """Concepts, names, definitions and relationships of UMLS."""
    concept = np.arange(world.concepts)
    ids = [f"umls:{cui}" for cui in world.cuis(concept).to_pylist()]
    graph.concepts.update(ids)
    found = atoms(world, concept)
    rows = zip(found.concept.tolist(), found.type.tolist(), found.best.tolist(),
               strings(world, found).to_pylist(), codes(world, found).to_pylist(),
               strict=True)  # fmt: skip
    drug = np.arange(world.drugs)
    drug = drug[world.is_tied(drug)]
    own = np.where(with_drugbank, world.drug_cui(drug), -1).tolist()
    tied = dict(zip(world.drugbank_ids(drug).to_pylist(), own, strict=True))
    for at, number, best, text, code in rows:
        kind = TYPES[number]
        if kind.suppress != "N":
            continue
        language = LANGUAGES[kind.lat][0]
        graph.name(ids[at], text, language)
        if best:
            graph.prefer(ids[at], "umls", language, text)
        if tied.get(code, at) != at:
            graph.refused.add((ids[at], f"drugbank:{code}"))
        elif kind.code in _PREFIXES:
            graph.same[f"{_PREFIXES[kind.code]}:{code}"] = ids[at]
    _umls_statements(graph, world, concept, ids)
    history = umls_small.histories(world, np.arange(umls_small.retired(world)))
    for old, rel, to in zip(*(part.tolist() for part in history), strict=True):
        if umls_small.RETIRED[rel] == "SY":
            graph.same[f"umls:C{old}"] = ids[to]
    defined = umls_small.definitions(world, concept)
    texts = umls_small.definition_texts(world, defined).to_pylist()
    definitions = zip(*(part.tolist() for part in defined), texts, strict=True)
    for at, spanish, suppressed, text in definitions:
        if not suppressed:
            graph.add(Fact(ids[at], "has_definition", value=text, value_type="text",
                           language="es" if spanish else "en", source="umls",
                           vocabulary="MSHSPA" if spanish else "NCI"))  # fmt: skip


def _umls_statements(graph: Expected, world: World, concept: Ints, ids: list[str]) -> None:
    found = stated(world, concept)
    words = [_umls_predicate(relation) for relation in RELATIONS]
    rows = zip(*(part.tolist() for part in found), strict=True)
    for subject, number, object in rows:
        relation = RELATIONS[number]
        if relation.suppress != "N" or (not relation.rela and relation.rel in IMPLIED):
            continue
        name, is_reversed = words[number]
        fact = Fact(ids[subject], name, ids[object], source="umls", vocabulary=relation.sab)
        graph.add(fact, is_reversed=is_reversed)


def _umls_predicate(relation: Relation) -> tuple[str, bool]:
    """The predicate of a relation. Where the registry knows neither it nor its inverse, the one
    that comes first in the alphabet is kept, and states what it states."""
    label, inverse = relation.rela or relation.rel, relation.inverse_rela or relation.inverse_rel
    if not relation.rela and relation.rel in UNSPECIFIC:
        return "related_to", False
    if registry().from_label("umls", label):
        return predicate("umls", label)
    if registry().from_label("umls", inverse):
        name, is_reversed = predicate("umls", inverse)
        return name, not is_reversed
    return min((label, False), (inverse, True))


def snomed_ids(world: World, sct: Ints, *, with_umls: bool) -> list[str]:
    """The ids after identity of active SNOMED CT concepts; -1 is the root."""
    own = world.concept_sctids(np.maximum(sct, 0)).tolist()
    cuis = world.cuis(np.maximum(world.cui_of_sct(np.maximum(sct, 0)), 0)).to_pylist()
    has = (world.cui_of_sct(np.maximum(sct, 0)) >= 0).tolist()
    return [
        f"snomedct:{ROOT}" if number < 0
        else f"umls:{cui}" if with_umls and known else f"snomedct:{id}"
        for number, id, cui, known in zip(sct.tolist(), own, cuis, has, strict=True)
    ]  # fmt: skip


def add_snomed(graph: Expected, world: World, *, with_umls: bool) -> None:
    """Active concepts, names, definitions, relationships and concrete values of SNOMED CT."""
    sct = np.arange(world.snomed)
    ids = snomed_ids(world, sct, with_umls=with_umls)
    own = [f"snomedct:{id}" for id in world.concept_sctids(sct).tolist()]
    for mine, id in zip(own, ids, strict=True):
        graph.concepts.add(graph.known_as(mine, id))
    names = said.descriptions(world, sct)
    rows = zip(names.sct.tolist(), names.slot.tolist(), said.terms(world, names).to_pylist(),
               strict=True)  # fmt: skip
    for at, slot, text in rows:
        if slot != said.INACTIVE_SLOT:
            graph.name(ids[at], text, "en")
            if slot == 1:
                graph.prefer(own[at], "snomed", "en", text)
    _snomed_statements(graph, world, ids, with_umls=with_umls)
    retired = np.arange(world.retired)
    association, to = said.successors(world, retired)
    gone = world.concept_sctids(world.snomed + retired).tolist()
    for id, kind, successor in zip(gone, association.tolist(), to.tolist(), strict=True):
        if kind != said.POSSIBLY:
            graph.same[f"snomedct:{id}"] = ids[successor]
    isa = predicate("snomed", str(ATTRIBUTES[0].sctid))[0]
    for number, term, tag, parent in said.METADATA:
        id = f"snomedct:{number}"
        graph.metadata.add(id)
        graph.name(id, term, "en")
        graph.name(id, f"{term} ({tag})", "en")
        graph.prefer(id, "snomed", "en", term)
        if parent:
            graph.add(Fact(id, isa, f"snomedct:{parent}", source="snomed"))


def _snomed_statements(graph: Expected, world: World, ids: list[str], *, with_umls: bool) -> None:
    sct = np.arange(world.snomed)
    found = relationships(world, sct)
    ends = snomed_ids(world, found.destination, with_umls=with_umls)
    words = [_attribute(a.sctid, a.term) for a in ATTRIBUTES]
    rows = zip(found.source.tolist(), found.attribute.tolist(), ends, found.group.tolist(),
               strict=True)  # fmt: skip
    for at, number, object, group in rows:
        name, is_reversed = words[number]
        fact = Fact(ids[at], name, object, qualifiers=_group(group), source="snomed")
        graph.add(fact, is_reversed=is_reversed)
    values = concrete_values(world, sct)
    amounts = zip(values.source.tolist(), values.attribute.tolist(), values.group.tolist(),
                  numbers(values.tenths).to_pylist(), strict=True)  # fmt: skip
    for at, number, group, value in amounts:
        name = _attribute(*CONCRETE[number])[0]
        graph.add(Fact(ids[at], name, value=value, value_type="number", qualifiers=_group(group),
                       source="snomed"))  # fmt: skip
    defined = sct[said.defined(world, sct)]
    for at, text in zip(
        defined.tolist(), said.definition_texts(world, defined).to_pylist(), strict=True
    ):
        graph.add(Fact(ids[at], "has_definition", value=text, value_type="text", language="en",
                       source="snomed"))  # fmt: skip


def _attribute(sctid: int, term: str) -> tuple[str, bool]:
    """An attribute that the registry lacks is called by its term's words."""
    own = "_".join(re.findall(r"\w+", term.lower()))
    known = registry().from_label("snomed", str(sctid))
    return (known[0].name, known[1]) if known else (own, False)


def _group(group: int) -> str:
    return canonical_qualifiers({"role_group": str(group)}) if group else ""
