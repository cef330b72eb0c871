"""One contract for every source: built-in, by a mapping, or of an installed package.

To add a source, give :data:`SOURCES` a function that writes its files into a folder and says how
the source is made of them and which file may change.
"""

from __future__ import annotations

import importlib
import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from support import RowSource, concept, empty_row, source, tables_of

from kgmed.builders.config import make_sources, read_config
from kgmed.builders.contract import MAX_BATCH_ROWS, violations
from kgmed.builders.kgx import KgxSource
from kgmed.builders.ontology import OboSource, RdfSource
from kgmed.builders.open_data.sources import open_sources
from kgmed.builders.pipeline import build
from kgmed.builders.registry import discovered, source_types
from kgmed.builders.source import Source, SourceInfo, TableName, Tally, schema
from kgmed.builders.sssom import SssomSource
from kgmed.builders.tables import TablesSource
from kgmed.builders.tables.mapping import parse_recipe
from kgmed.kg.errors import ConfigError, RowError

INFO = SourceInfo("infores:ward", "Ward", "2026", "CC0-1.0")
EXAMPLE = Path(__file__).parents[2] / "docs" / "example-source"


class Made(NamedTuple):
    """How a source is made, and a change of what it reads."""

    make: Callable[[], Source]
    change: Callable[[], None]


def edit(path: Path, old: str, new: str) -> Callable[[], None]:
    def change() -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


def kgx(folder: Path) -> Made:
    nodes, edges = folder / "nodes.tsv", folder / "edges.tsv"
    nodes.write_text(
        "id\tcategory\tname\tsynonym\txref\nHP:1\tbiolink:PhenotypicFeature\tFever\t发热\tUMLS:C1\n"
    )
    edges.write_text("subject\tpredicate\tobject\tdose\nDRUGBANK:1\tbiolink:treats\tHP:1\t5 mg\n")
    return Made(lambda: KgxSource(nodes, edges, info=INFO), edit(edges, "5 mg", "6 mg"))


def sssom(folder: Path) -> Made:
    path = folder / "m.sssom.tsv"
    path.write_text(
        "#license: CC0-1.0\n#mapping_set_version: 2026\n"
        "subject_id\tsubject_label\tpredicate_id\tobject_id\tmapping_justification\tconfidence\n"
        "HP:1\tFever\tskos:exactMatch\tUMLS:C1\tsemapv:ManualMappingCuration\t0.9\n"
    )
    return Made(lambda: SssomSource(path), edit(path, "0.9", "0.8"))


def tables(folder: Path) -> Made:
    (folder / "drugs.csv").write_text("id,name,also,hours\nDB1,Warfarin,华法林,40\n")
    (folder / "ddi.csv").write_text("a,b,level\nDB1,DB2,H\nDB2,DB1,\n")
    mapping = parse_recipe(
        """
        [[nodes]]
        path = "drugs.csv"
        id = { column = "id", prefix = "drugbank" }
        name = "name"
        synonyms = { column = "also" }
        category = { constant = "Drug" }
        mappings = [{ id = { column = "id", prefix = "ward" } }]
        [[edges]]
        path = "ddi.csv"
        subject = { column = "a", prefix = "drugbank" }
        predicate = { constant = "interacts_with" }
        object = { column = "b", prefix = "drugbank" }
        qualifiers = { severity = { column = "level" } }
        [[edges]]
        path = "drugs.csv"
        subject = { column = "id", prefix = "drugbank" }
        predicate = { constant = "has_half_life" }
        value = "hours"
        value_type = { constant = "number" }
        """,
        where="test",
    )
    change = edit(folder / "ddi.csv", ",H", ",L")
    return Made(lambda: TablesSource(mapping, folder, info=INFO), change)


def recipe(folder: Path) -> Made:
    path = folder / "ddinter_downloads_code_A.csv"
    path.write_text(
        "DDInterID_A,Drug_A,DDInterID_B,Drug_B,Level\nDDInter1,Abacavir,DDInter2,Iron,Major\n"
    )
    release = SourceInfo("", "", "2.0", "")
    return Made(lambda: TablesSource("ddinter", folder, info=release), edit(path, "Major", "Minor"))


OBO = """format-version: 1.2
data-version: 2026-01-01
ontology: doid

[Term]
id: DOID:4
name: disease
def: "Not well." [url:http\\://x.org]
synonym: "illness" EXACT []
xref: UMLS_CUI:C0012634
alt_id: DOID:5

[Term]
id: DOID:162
name: cancer
is_a: DOID:4 ! disease
relationship: has_symptom SYMP:0000613

[Term]
id: DOID:9
name: obsolete thing
is_obsolete: true
replaced_by: DOID:162
"""


def obo(folder: Path) -> Made:
    pytest.importorskip("pyobo", reason="needs the extra 'ontology'")
    path = folder / "d.obo"
    path.write_text(OBO)
    info = SourceInfo("", "", "", "CC0-1.0")
    return Made(lambda: OboSource(path, info=info), edit(path, "illness", "sickness"))


def obo_graph(folder: Path) -> Made:
    pytest.importorskip("pyobo", reason="needs the extra 'ontology'")
    path = folder / "d.json"
    base = "http://purl.obolibrary.org/obo/"
    nodes: list[dict[str, Any]] = [
        {"id": f"{base}DOID_4", "lbl": "disease", "type": "CLASS"},
        {"id": f"{base}DOID_162", "lbl": "cancer", "type": "CLASS"},
    ]
    edges = [{"sub": f"{base}DOID_162", "pred": "is_a", "obj": f"{base}DOID_4"}]
    path.write_text(json.dumps({"graphs": [{"nodes": nodes, "edges": edges}]}))
    info = SourceInfo("infores:d", "D", "2026", "CC0-1.0")
    return Made(lambda: OboSource(path, info=info), edit(path, "cancer", "tumour"))


TURTLE = """
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ward: <http://ward.org/id/> .
<http://ward.org/o> a owl:Ontology ; owl:versionInfo "2026-02" ;
    dcterms:license <https://creativecommons.org/publicdomain/zero/1.0/> .
ward:part_of a owl:ObjectProperty ; rdfs:label "part of" .
ward:a a owl:Class ; rdfs:label "fever"@en, "发热"@zh-Hans ; rdfs:subClassOf ward:b ,
    [ a owl:Restriction ; owl:onProperty ward:part_of ; owl:someValuesFrom ward:b ] .
ward:b a owl:Class ; rdfs:label "sign" .
"""


def rdf(folder: Path) -> Made:
    pytest.importorskip("rdflib", reason="needs the extra 'ontology'")
    path = folder / "o.ttl"
    path.write_text(TURTLE)
    return Made(lambda: RdfSource(path), edit(path, '"sign"', '"signs"'))


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The example package as an installer leaves it: its module, and metadata with entry points."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    site = tmp_path / "site-packages"
    info = site / "ward_cards-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(EXAMPLE))
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    yield site
    sys.modules.pop("ward_cards", None)


CARDS = "# release: 2026-11\n\ndrug: DB00682\nname: Warfarin\nname-zh: 华法林\nhalf-life: 40 h\n"


def package(folder: Path) -> Made:
    [entry] = entry_points(group="kgmed.sources", name="ward-cards")
    path = folder / "cards.txt"
    path.write_text(CARDS, encoding="utf-8")
    make = entry.load()
    return Made(lambda: make({"path": path}), edit(path, "40 h", "36 h"))


def rows(folder: Path) -> Made:
    fever = concept("hp:1", "Fever", "PhenotypicFeature")
    made = source(**tables_of([fever]))

    def change() -> None:
        fever["name"]["text"] = "Pyrexia"

    return Made(lambda: RowSource(made.info, made.rows), change)


SOURCES = [kgx, sssom, tables, recipe, obo, obo_graph, rdf, package, rows]


@pytest.mark.parametrize("files", SOURCES, ids=lambda made: made.__name__)
@pytest.mark.usefixtures("example")
def test_a_source_keeps_the_contract(files: Callable[[Path], Made], tmp_path: Path) -> None:
    made = files(tmp_path)
    assert violations(made.make, change=made.change) == []


@pytest.mark.parametrize("key", [s.key for s in open_sources() if hasattr(s, "key")])
def test_a_source_of_the_open_graph_keeps_the_contract(key: str) -> None:
    def make() -> Source:
        return next(s for s in open_sources() if getattr(s, "key", "") == key)

    assert violations(make) == []


class Bad:
    """A source that breaks one rule."""

    def __init__(self, rule: str, count: list[int]) -> None:
        self.rule, self.count = rule, count
        licence = "" if rule == "info.licence is empty" else "CC0-1.0"
        self.info = SourceInfo("infores:bad", "Bad", "1", licence)
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = {}

    def fingerprint(self) -> str:
        self.count[0] += 1
        return str(self.count[0]) if "fingerprint" in self.rule else "1"

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        self.count[0] += 1
        kept = 0 if "isn't kept" in self.rule else 1
        if "tallies: none" not in self.rule:
            self.tallies["f"] = Tally(read=1, kept=kept)
        id = "MONDO:1" if "isn't a CURIE" in self.rule else "mondo:1"
        id = f"mondo:{self.count[0]}" if "another order" in self.rule else id
        record: dict[TableName, dict[str, Any]] = {
            "concepts": {"id": id, "categories": []},
            "names": {"id": "mondo:1", "text": "x", "language": "en", "kind": "preferred"},
        }
        if "a kind other" in self.rule:
            record["names"]["kind"] = "nickname"
        if "nulls" in self.rule:
            record["names"]["text"] = None
        if table not in record:
            return
        row = empty_row(table) | record[table]
        whole = pa.RecordBatch.from_pylist([row], schema=schema(table))
        if "batch of" in self.rule:
            whole = pa.Table.from_batches([whole] * (MAX_BATCH_ROWS + 1)).combine_chunks()
            whole = whole.to_batches()[0]
        if "schema" in self.rule:
            whole = whole.rename_columns([f"_{name}" for name in whole.schema.names])
        yield whole


@pytest.mark.parametrize(
    "rule",
    [
        "info.licence is empty",
        "fingerprint: two sources of the same files differ",
        "another schema",
        "a batch of 65,537 rows",
        "concepts.id isn't a CURIE as kgmed writes it: MONDO:1",
        "names: a kind other than",
        "names.text: nulls",
        "gives other rows, or another order",
        "tallies: f: read 1 isn't kept 0 + skipped 0",
        "tallies: none",
    ],
)
def test_the_contract_sees_a_source_that_breaks_it(rule: str) -> None:
    count = [0]
    assert any(rule in line for line in violations(lambda: Bad(rule, count)))


def test_a_source_that_is_none_is_said_so() -> None:
    assert "lacks info" in violations(object)[0]  # type: ignore[arg-type]


def test_a_fingerprint_that_stays_is_seen() -> None:
    assert violations(lambda: Bad("", [0]), change=lambda: None)[-1].startswith("fingerprint: it s")


# Sources of installed packages


def config(folder: Path, text: str) -> Path:
    path = folder / "kgmed.toml"
    path.write_text(f"open = false\n{text}", encoding="utf-8")
    return path


@pytest.mark.usefixtures("example")
def test_an_installed_packages_source_builds_by_its_name(tmp_path: Path) -> None:
    assert discovered()["ward-cards"].value == source_types()["ward-cards"]
    (tmp_path / "cards.txt").write_text(CARDS, encoding="utf-8")
    path = config(tmp_path, '[[source]]\ntype = "ward-cards"\npath = "cards.txt"\nrelease = "7"\n')
    [made] = make_sources(read_config(path), None)
    assert (made.info.release, made.info.licence) == ("7", "CC0-1.0")
    graph = build([made], tmp_path / "graph")
    assert graph.snapshot.manifest["counts"]["values"] == 1


@pytest.mark.usefixtures("example")
def test_options_that_the_package_refuses_are_a_config_error(tmp_path: Path) -> None:
    path = config(tmp_path, '[[source]]\ntype = "ward-cards"\npaht = "cards.txt"\n')
    with pytest.raises(ConfigError, match=r"ward-cards: found the options .*paht"):
        make_sources(read_config(path), None)


@pytest.mark.usefixtures("example")
def test_a_file_that_the_package_cannot_find_is_a_config_error(tmp_path: Path) -> None:
    path = config(tmp_path, '[[source]]\ntype = "ward-cards"\npath = "nowhere.txt"\n')
    with pytest.raises(ConfigError, match=r"ward_cards:make_source refused its options \(.*path"):
        make_sources(read_config(path), None)


@pytest.mark.usefixtures("example")
def test_the_packages_own_errors_keep_their_line(tmp_path: Path) -> None:
    (tmp_path / "cards.txt").write_text("drug: warfarin\n")
    path = config(tmp_path, '[[source]]\ntype = "ward-cards"\npath = "cards.txt"\n')
    [made] = make_sources(read_config(path), None)
    with pytest.raises(RowError, match="line 1: found drug 'warfarin'"):
        list(made.batches("concepts"))


@pytest.mark.usefixtures("example")
def test_a_type_that_nobody_offers_lists_those_that_are(tmp_path: Path) -> None:
    path = config(tmp_path, '[[source]]\ntype = "ward-card"\n')
    with pytest.raises(ConfigError, match=r"'ward-card', expected one of .*obo.*ward-cards"):
        read_config(path)


def test_two_packages_of_one_name_are_refused(example: Path) -> None:
    info = example / "other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[kgmed.sources]\nward-cards = other:make\n")
    importlib.invalidate_caches()
    with pytest.raises(ConfigError, match="Two packages offer a source of type 'ward-cards'"):
        discovered()


def test_something_else_than_a_source_is_refused(example: Path, tmp_path: Path) -> None:
    (example / "ward_cards-0.1.0.dist-info" / "entry_points.txt").write_text(
        "[kgmed.sources]\nodd = builtins:dict\n"
    )
    importlib.invalidate_caches()
    path = config(tmp_path, '[[source]]\ntype = "odd"\n')
    with pytest.raises(ConfigError, match=r"builtins:dict made a dict, expected a"):
        make_sources(read_config(path), None)


# Sources of kgmed.toml


def test_tables_and_ontologies_are_sources_of_kgmed_toml(tmp_path: Path) -> None:
    tables(tmp_path)
    (tmp_path / "d.obo").write_text(OBO)
    (tmp_path / "o.ttl").write_text(TURTLE)
    text = """
        [[source]]
        type = "tables"
        release = "3"
        [[source.nodes]]
        path = "drugs.csv"
        id = { column = "id", prefix = "drugbank" }

        [[source]]
        type = "obo"
        path = "d.obo"
        licence = "CC0-1.0"

        [[source]]
        type = "rdf"
        path = "o.ttl"
        prefixes = { ward = "http://ward.org/id/" }
        """
    first, second, third = make_sources(read_config(config(tmp_path, text)), None)
    assert first.info == SourceInfo("infores:drugs", "drugs", "3", "")
    assert second.info.infores == "infores:disease-ontology"
    assert (second.info.release, second.info.licence) == ("2026-01-01", "CC0-1.0")
    assert (third.info.release, third.info.licence) == ("2026-02", "CC0-1.0")


def test_a_recipe_is_extended_by_ones_own_mapping(tmp_path: Path) -> None:
    recipe(tmp_path)
    (tmp_path / "zh.csv").write_text("id,zh\nDDInter1,阿巴卡韦\n")
    text = """
        [[source]]
        type = "tables"
        recipe = "ddinter"
        [[source.nodes]]
        path = "zh.csv"
        names_only = true
        id = { column = "id", prefix = "ddinter" }
        name = "zh"
        """
    [made] = make_sources(read_config(config(tmp_path, text)), None)
    names = [row["text"] for batch in made.batches("names") for row in batch.to_pylist()]
    assert names == ["Abacavir", "Iron", "阿巴卡韦"]


def test_a_mistake_in_a_mapping_is_named_by_its_place(tmp_path: Path) -> None:
    text = '[[source]]\ntype = "tables"\n[[source.nodes]]\npath = "x.csv"\nidd = "a"\n'
    with pytest.raises(ConfigError, match=r"source.0.tables.nodes.0.idd: Extra inputs"):
        read_config(config(tmp_path, text))


def test_a_file_of_an_ontology_that_is_not_there_is_said_before_any_work(tmp_path: Path) -> None:
    text = '[[source]]\ntype = "obo"\npath = "d.obo"\n'
    with pytest.raises(ConfigError, match=r"d.obo: there is no such file"):
        make_sources(read_config(config(tmp_path, text)), None)
