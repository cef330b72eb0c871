"""What DrugBank and CMeKG should add to the graph."""

from __future__ import annotations

import numpy as np

from kgmed.builders.synthetic import drug_facts as facts
from kgmed.builders.synthetic.cmekg import department
from kgmed.builders.synthetic.cmekg_facts import POOLS, PREDICATES, Cmekg
from kgmed.builders.synthetic.drug_facts import SENTENCES
from kgmed.builders.synthetic.drugbank import Record, cas, pathway_id, salt_id, unii
from kgmed.builders.synthetic.expected import Expected, Fact, leader, predicate
from kgmed.builders.synthetic.text import Ints
from kgmed.builders.synthetic.world import World
from kgmed.kg.model import canonical_qualifiers

HUMANS = "ncbitaxon:9606"
_LANGUAGES = {"english": "en", "spanish": "es", "latin": "la"}


class _Drugs:
    """DrugBank's part of the graph."""

    def __init__(self, graph: Expected, world: World, *, with_umls: bool) -> None:
        self.graph, self.world, self.record = graph, world, Record(world)
        drug = np.arange(world.drugs)
        cuis = world.cuis(np.maximum(world.drug_cui(drug), 0)).to_pylist()
        merged = with_umls & (world.drug_cui(drug) >= 0)
        self.own = [f"drugbank:{id}" for id in self.record.ids]
        self.ids = [
            graph.known_as(own, f"umls:{cui}" if one else own)
            for own, cui, one in zip(self.own, cuis, merged.tolist(), strict=True)
        ]
        self.proteins = [
            leader((f"uniprot:{id}", f"drugbank.target:BE{9_000_000 + number}"))
            for number, id in enumerate(self.record.uniprot)
        ]
        self.classes = [f"mesh:D{980_000_000 + number}" for number in range(facts.CLASSES)]

    def state(self, subject: str, object: str, *labels: str, qualifiers: str = "") -> None:
        name, is_reversed = predicate("drugbank", *labels)
        fact = Fact(subject, name, object, qualifiers=qualifiers, source="drugbank")
        self.graph.add(fact, is_reversed=is_reversed)

    def value(self, subject: str, label: str, text: str) -> None:
        name = predicate("drugbank", label)[0]
        self.graph.add(Fact(subject, name, value=text, value_type="text", language="en",
                            source="drugbank"))  # fmt: skip

    def drug(self, drug: int) -> None:
        graph, id, text = self.graph, self.ids[drug], self.record.names[drug]
        said = facts.facts(self.world, drug)
        graph.name(id, text, "en")
        graph.prefer(self.own[drug], "drugbank", "en", text)
        for synonym, language, _ in self.record.synonyms(drug, said):
            graph.name(id, synonym, _LANGUAGES[language])
        if said.brand:
            graph.name(id, self.record.brands[drug], "en")
        if said.rxcui not in (-1, drug):
            graph.refused.add((self.own[drug], f"rxnorm:{90_000_000 + said.rxcui}"))
        self.value(id, "description", facts.description(text))
        self.value(id, "indication", facts.indication(text))
        self.value(id, "half-life", facts.half_life(drug))
        for group in said.groups:
            self.value(id, "group", group)
        for food in facts.FOODS[: said.foods]:
            self.value(id, "food-interaction", food)
        for number in said.categories:
            graph.name(self.classes[number], self.record.classes[number], "en")
            self.state(id, self.classes[number], "category")
        if said.salt:
            number = self.world.drugs + drug
            own = f"drugbank.salt:{salt_id(drug)}"
            salt = graph.known_as(own, leader((own, f"cas:{cas(number)}", f"unii:{unii(number)}")))
            graph.name(salt, f"{text} hydrochloride", "en")
            self.state(id, salt, "salt")
        if said.pathway:
            pathway = f"smpdb:{pathway_id(drug)}"
            graph.name(pathway, f"{text} Action Pathway", "en")
            self.state(id, pathway, "pathway")
            self.state(self.protein(drug % self.world.proteins), pathway, "pathway")
        self.acts(drug)

    def protein(self, number: int) -> str:
        """The id of a protein."""
        graph, id = self.graph, self.proteins[number]
        graph.known_as(f"uniprot:{self.record.uniprot[number]}", id)
        return id

    def acts(self, drug: int) -> None:
        for item in facts.acting(self.world, drug):
            id, text = self.protein(item.protein), self.record.proteins[item.protein]
            self.graph.name(id, text, "en")
            self.graph.name(id, text[:6].upper(), "en")
            self.graph.name(HUMANS, "Humans", "en")
            self.graph.add(Fact(id, "in_taxon", HUMANS, source="drugbank"))
            for action in item.actions or ("",):
                said = {"pharmacological_action": item.known} if item.known != "unknown" else {}
                if action == "inhibitor" and item.strength == "strong":
                    said["strength"] = "strong"
                labels = [f"{item.section}/{action}"] if action else []
                if action and item.section == "targets":
                    labels.append(action)
                self.state(self.ids[drug], id, *labels, item.section,
                           qualifiers=canonical_qualifiers(said))  # fmt: skip

    def interacts(self, found: facts.Interactions) -> None:
        rows = zip(*(part.tolist() for part in found), strict=True)
        for low, high, number, x_is_low, told in rows:
            tellings = {0: (number,), 1: (number, (number + 1) % len(SENTENCES))}.get(
                told, (number,)
            )
            x, y = (low, high) if x_is_low else (high, low)
            for telling in tellings:
                sentence = SENTENCES[telling]
                said = {"aspect": sentence.aspect, "direction": sentence.direction}
                if sentence.affected:
                    said["affected"] = self.own[x if sentence.affected == "x" else y]
                said = {key: text for key, text in said.items() if text}
                self.state(self.ids[low], self.ids[high], "drug-interaction",
                           qualifiers=canonical_qualifiers(said))  # fmt: skip


def add_drugbank(graph: Expected, world: World, *, with_umls: bool) -> None:
    """Drugs, salts, classes, proteins, pathways and what DrugBank says of them."""
    drugs = _Drugs(graph, world, with_umls=with_umls)
    for drug in range(world.drugs):
        drugs.drug(drug)
    for found in facts.all_interactions(world):
        drugs.interacts(found)


def add_cmekg(graph: Expected, world: World, *, with_umls: bool) -> None:
    """CMeKG's strings and triples. A string is known by the CUI that has it among its names."""
    mine = Cmekg(world)
    ids: dict[str, list[str]] = {}
    for pool in POOLS:
        linked: Ints = mine.linked(pool)
        cuis = world.cuis(np.maximum(linked, 0)).to_pylist()
        ids[pool] = [
            f"umls:{cui}" if with_umls and known else f"cmekg:{name}"
            for name, cui, known in zip(mine.names[pool], cuis, (linked >= 0).tolist(), strict=True)
        ]

    def named(pool: str, member: int) -> str:
        id, text = ids[pool][member], mine.names[pool][member]
        graph.name(id, text, "zh")
        graph.known_as(f"cmekg:{text}", id)
        return id

    for member in range(mine.size("疾病")):
        if member % 4 and (mine.icd10(member)[0] or department(member)):
            disease = named("疾病", member)
            if place := department(member):
                graph.name(f"cmekg:{place}", place, "zh")
                name, is_reversed = predicate("cmekg", "就诊科室")
                graph.add(Fact(disease, name, f"cmekg:{place}", source="cmekg"),
                          is_reversed=is_reversed)  # fmt: skip
    for triples in mine.triples():
        pools, word = PREDICATES[triples.predicate], triples.predicate
        name, is_reversed = predicate("cmekg", word)
        for subject, object in zip(triples.subject.tolist(), triples.object.tolist(), strict=True):
            if not pools.object:
                text = mine.object_text(word, object)
                graph.add(Fact(named(pools.subject, subject), name, value=text, value_type="text",
                               language="zh", source="cmekg"))  # fmt: skip
            elif (pools.subject, subject) != (pools.object, object):
                fact = Fact(named(pools.subject, subject), name, named(pools.object, object),
                            source="cmekg")  # fmt: skip
                graph.add(fact, is_reversed=is_reversed)
            else:
                named(pools.subject, subject)
