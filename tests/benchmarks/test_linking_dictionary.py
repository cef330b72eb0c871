"""The dictionary of the linking benchmark, from small files of every source's shape."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from linking_dictionary import TRAINING, Dictionary, Entry, build_graph, read_dictionary

from kgmed.facade import open_graph

PUBTATOR = """\
1|t|Fits after aspirin.
1|a|Fits, and lung or breast cancer.
1\t0\t4\tFits\tDisease\tD012640
1\t11\t18\taspirin\tChemical\tD001241
1\t20\t24\tFits\tDisease\tD000001
1\t30\t51\tlung or breast cancer\tDisease\tD008175|D001943
1\t20\t24\tFits\tDisease\tD012640
1\tCID\tD001241\tD012640
"""
RECORD = """\
directed: true
graph:
  _id: DB00945_MESH_D009203_1
  disease: Heart attack
  disease_mesh: MESH:D009203
  drug: Aspirin
  drug_mesh: MESH:D001241
  drugbank: DB:DB00945
nodes:
- id: MESH:D001241
  label: Drug
  name: Acetylsalicylic acid
- id: MESH:D016257
  label: GeneFamily
  name: Transfection
- id: GO:0006954
  label: BiologicalProcess
  name: inflammatory response
"""
OBO = """\
format-version: 1.2

[Term]
id: DOID:1
name: gout
synonym: "articular gout" EXACT []
synonym: "podagra" NARROW []
xref: MSH:D006073

[Term]
id: DOID:2
name: two things
xref: MESH:D000001
xref: MESH:D000002

[Term]
id: DOID:3
name: gone
is_obsolete: true
xref: MESH:D000003
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    files = {
        TRAINING: PUBTATOR,
        "open/doid_2016_obo/HumanDO.obo": OBO,
        **{
            f"open/doid/DO_{part}_slim.obo": "" for part in ("cancer", "infectious_disease", "rare")
        },
        "open/doid/allXREFinDO.tsv": "id\tlabel\txref\nDOID:4\tfits\tMESH:D012640\n",
        "open/mondo_sssom/mondo_exactmatch_mesh.sssom.tsv": "# curie_map:\n"
        "subject_id\tsubject_label\tpredicate_id\tobject_id\nMONDO:1\tgout\ts\tmesh:D006073\n",
        "open/biomappings/positive.sssom.tsv": "#x\n"
        "subject_id\tsubject_label\tpredicate_id\tobject_id\tobject_label\n"
        "mesh:D006073\tGout\tskos:exactMatch\tdoid:1\tgouty arthritis\n"
        "mesh:D000005\tBroad\tskos:broadMatch\tdoid:5\tbroader\n",
        "open/ndfrt_interactions/NDFRT-Drugbank-mapping.csv": "\ufeffu,ASA, buffered "
        "[Chemical/Ingredient],DB00945,u\nu,nobody [X],DB00001,u\n",
        "open/drugcentral/targets.tsv": "drugbank_id\tdrugbank_name\nDB00945\tAspirin\n",
        "open/drugcentral/drug-to-class.tsv": "drugbank_id\tdrugbank_name\nDB00945\tASS\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    archive = tmp_path / "open/drugmechdb/drugmechdb_kb_paths.tar.gz"
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo("kb/paths/one.yaml")
        member.size = len(RECORD)
        tar.addfile(member, io.BytesIO(RECORD.encode()))
    return tmp_path


def pairs(made: Dictionary, source: str) -> set[tuple[str, str]]:
    return {(entry.name, entry.id) for entry in made.entries if entry.source == source}


def test_each_source_gives_the_pairs_that_none_before_it_has(data: Path) -> None:
    made = read_dictionary(data)
    assert pairs(made, "bc5cdr") == {
        ("Fits", "D012640"), ("Fits", "D000001"), ("aspirin", "D001241"),
    }  # fmt: skip
    assert pairs(made, "drugmechdb") == {
        ("Aspirin", "D001241"), ("Heart attack", "D009203"), ("Acetylsalicylic acid", "D001241"),
    }  # fmt: skip
    assert pairs(made, "doid") == {
        ("gout", "D006073"), ("articular gout", "D006073"), ("fits", "D012640"),
    }  # fmt: skip
    assert pairs(made, "mondo") == set()
    assert pairs(made, "biomappings") == {("Gout", "D006073"), ("gouty arthritis", "D006073")}
    assert pairs(made, "ndfrt") == {("ASA, buffered", "D001241")}
    assert pairs(made, "drugcentral") == {("ASS", "D001241")}
    assert all(tally.adds_up for tally in made.tallies.values())


def test_the_id_that_is_most_frequent_in_training_comes_first(data: Path) -> None:
    assert read_dictionary(data).ids_of()["fits"] == ["D012640", "D000001"]


def test_without_training_no_name_of_the_texts_is_read(data: Path) -> None:
    (data / TRAINING).unlink()
    made = read_dictionary(data, training=False)
    assert {entry.source for entry in made.entries} == {
        "drugmechdb", "doid", "biomappings", "ndfrt", "drugcentral",
    }  # fmt: skip
    assert not made.training


def test_the_graph_links_to_mesh_ids_and_keeps_each_names_source(
    data: Path, tmp_path: Path
) -> None:
    made = read_dictionary(data)
    build_graph(made, tmp_path / "graph")
    with open_graph(tmp_path / "graph") as graph:
        assert [link.id for link in graph.link("podagra or gouty arthritis")] == ["mesh:D006073"]
        (names,) = graph.store.lexicon.names(["mesh:D006073"])
        assert {(name.text, name.source) for name in names} == {
            ("Gout", "infores:biomappings"),
            ("gouty arthritis", "infores:biomappings"),
            ("gout", "infores:doid"),
            ("articular gout", "infores:doid"),
        }
        assert graph.concept("mesh:D006073").name == "Gout"
        assert graph.info().names == len(made.entries)


def test_an_entry_of_a_published_category_keeps_it(data: Path) -> None:
    made = read_dictionary(data)
    assert set(made.categories["D001241"]) == {"ChemicalEntity", "Drug"}
    assert Entry("Gout", "D006073", "biomappings", "preferred", "Disease") in made.entries
