"""What a server does with its trained model, where it has one and may tell of it: plausibilities of
texts and rows, and the order of paths."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from plausible import graph as small
from plausible import lines
from serving import TOKEN, served
from support import RowSource, concept, source, tables_of

from kgmed.builders.pipeline import build
from kgmed.builders.source import SourceInfo
from kgmed.facade import open_graph
from kgmed.kg.errors import StoreError, UsageError
from kgmed.serve.engine import Engine
from kgmed.serve.mcp.arguments import Checked, read
from kgmed.serve.mcp.tools import BY_NAME
from kgmed.serve.mcp.words import Words
from kgmed.serve.options import Options
from kgmed.serve.service import Service
from kgmed.serve.triples import FIELDS
from kgmed.wire import adapter, to_plain, verified

if TYPE_CHECKING:
    import httpx

    from kgmed.kg.model import Language

TEXT = "Drug1 treats Disease2. Drug1 does not treat Disease2. Drug1 treats Disease1."
CHINESE = {"Drug3": "三号药"}
ROWS = [
    {"subject": "Drug1", "predicate": "treats", "object": "Disease2", "mine": [7]},
    {"subject": "Drug1", "predicate": "treats", "object": "Disease2", "negated": True},
    {"subject": "x:Drug1", "predicate": "treats", "object": "x:Disease1"},
    {"subject": "三号药", "predicate": "treats", "object": "Disease2"},
    {"subject": "nothing", "predicate": "treats", "object": "Disease1"},
]
"""Those that are UNSUPPORTED: all but the third and the last."""
PATHS = {"start": "Drug1", "end": "Disease2"}
NO_MODEL = (
    "Found {}, and this server was given no trained model; expected it to be started with --model "
    "NAME. 'kgmed learn train' makes one."
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graph") / "graph"
    found = small(folder, name_of=lambda name: CHINESE.get(name, name)).root
    with open_graph(found) as opened:
        opened.learn_train(model="paths", share=0.15)
    return found


@pytest.fixture(scope="module")
def client(root: Path) -> Iterator[httpx.Client]:
    with served(Options(str(root), port=0, access_log="", model="default")) as found:
        yield found


def test_it_is_told_where_it_is_asked_for_and_changes_no_verdict(
    client: httpx.Client, root: Path
) -> None:
    plain = client.post("/v1/verify", json={"text": TEXT}).json()
    asked = client.post("/v1/verify", json={"text": TEXT, "plausibility": True})
    found = adapter("kgmed.verification/1").validate_json(asked.content)
    told = [one.plausibility for one in found.claims]
    assert [one is not None for one in told] == [True, True, False]
    with open_graph(root) as graph:
        expected = verified(graph.verify(TEXT, plausibility=True))
    assert told == [one.plausibility for one in expected.claims]
    assert [one["plausibility"] for one in plain["claims"]] == [None] * 3
    for one, other in zip(plain["claims"], asked.json()["claims"], strict=True):
        assert {**other, "plausibility": None} == one


def test_info_says_which_model_there_is(client: httpx.Client, root: Path) -> None:
    assert client.get("/v1/info").json()["service"]["plausibility"] == "default"
    with open_graph(root) as graph:
        assert Service(graph).info().service.plausibility == ""  # type: ignore[union-attr]


def test_without_a_model_the_answer_says_what_to_do(root: Path) -> None:
    with served(Options(str(root), port=0, access_log="")) as found:
        told = found.post("/v1/verify", json={"text": TEXT, "plausibility": True})
        assert error_of(told) == NO_MODEL.format("plausibility=true")
        rows = found.post("/v1/verify/triples", json={"triples": ROWS, "plausibility": True})
        assert error_of(rows) == NO_MODEL.format("plausibility=true")
        paths = found.get("/v1/paths", params={**PATHS, "rank": "learned"})
        assert error_of(paths) == NO_MODEL.format("rank=learned")
        assert found.get("/v1/paths", params={**PATHS, "rank": "default"}).status_code == 200
        error_of(found.post("/v1/verify", json={"text": TEXT, "plausibility": "x"}))


def error_of(response: httpx.Response) -> str:
    """The message of a request that can't be answered so."""
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["kind"] == "bad_request"
    return str(error["message"])


def test_a_row_is_told_what_a_text_is_and_keeps_its_verdict(
    client: httpx.Client, root: Path
) -> None:
    plain = client.post("/v1/verify/triples", json={"triples": ROWS}).json()
    asked = client.post("/v1/verify/triples", json={"triples": ROWS, "plausibility": True})
    found = adapter("kgmed.triples/1").validate_json(asked.content)
    told = [one.plausibility for one in found.rows]
    unsupported = [one.verdict == "UNSUPPORTED" for one in found.rows]
    assert [one is not None for one in told] == unsupported == [True, True, False, True, False]
    assert [one and one.reason for one in told[:2]] == ["", "negated"]
    with open_graph(root) as graph:
        claims = verified(graph.verify(TEXT, plausibility=True)).claims
    assert told[:3] == [one.plausibility for one in claims]
    assert told[0] is not None
    assert told[0].paths
    assert [one["plausibility"] for one in plain["rows"]] == [None] * len(ROWS)
    for one, other in zip(plain["rows"], asked.json()["rows"], strict=True):
        assert {**other, "plausibility": None} == one
    assert asked.json()["statements"] == plain["statements"]


def test_what_is_said_of_a_row_is_in_its_language_or_in_that_asked_for(
    client: httpx.Client,
) -> None:
    def words(**more: str) -> list[str]:
        body = {"triples": ROWS, "plausibility": True, **more}
        rows = client.post("/v1/verify/triples", json=body).json()["rows"]
        return [one["plausibility"]["words"][:3] for one in rows if one["plausibility"]]

    assert words() == ["Not", "No ", "图谱中"]
    assert words(lang="en") == ["Not", "No ", "Not"]
    assert words(lang="zh") == ["图谱中", "模型“", "图谱中"]


@pytest.mark.parametrize(
    "wrong",
    [{"plausibility": "yes"}, {"plausibility": 1}, {"lang": "de"}, {"prior": 0.1}, {"model": "x"}],
)
def test_rows_that_are_asked_about_wrongly_are_refused(
    client: httpx.Client, wrong: dict[str, object]
) -> None:
    answer = client.post("/v1/verify/triples", json={"triples": ROWS, **wrong})
    assert next(iter(wrong)) in error_of(answer)


def test_paths_come_in_the_order_of_the_model(client: httpx.Client, root: Path) -> None:
    def shown(**more: str) -> list[tuple[str, ...]]:
        answer = client.get("/v1/paths", params={**PATHS, "limit": "50", **more})
        found = adapter("kgmed.paths/1").validate_json(answer.content)
        return [path.nodes for path in found.paths]

    with open_graph(root) as graph:
        ends = graph.named("Drug1"), graph.named("Disease2")
        default = graph.find_paths(*ends, limit=50)
        learned = graph.find_paths(*ends, limit=50, rank="learned")
        assert learned == graph.find_paths(*ends, limit=50, rank="learned", model=graph.scorer())
    assert shown() == shown(rank="default") == [path.nodes for path in default]
    assert shown(rank="learned") == [path.nodes for path in learned]
    assert shown() != shown(rank="learned")


@pytest.mark.parametrize("rank", ["best", "", "LEARNED", "\x00"])
def test_a_rank_that_there_is_none_of_is_refused(client: httpx.Client, rank: str) -> None:
    answer = client.get("/v1/paths", params={**PATHS, "rank": rank})
    assert error_of(answer).endswith("expected one of: default, learned.")


def test_the_document_tells_the_ranks(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    given = {one["name"]: one for one in document["paths"]["/v1/paths"]["get"]["parameters"]}
    assert given["rank"]["schema"]["enum"] == ["default", "learned"]
    assert given["rank"]["schema"]["default"] == "default"


def test_an_agent_is_told_in_words(root: Path) -> None:
    with open_graph(root) as graph:
        service = Service(graph, scorer=graph.scorer())
        tool = BY_NAME["verify_text"]
        page = tool.get(service, Checked(text=TEXT, plausibility=True), 20)
        said = Words(graph.registry, "en").of(page)
        bare = Words(graph.registry, "en").of(tool.get(service, Checked(text=TEXT), 20))
        offer = Words(graph.registry, "en").of(
            BY_NAME["info"].get(service, BY_NAME["info"].arguments(), 20)
        )
    assert "Plausibility by the model `default`: 0." in said
    assert "Not evidence." in said
    assert said.count("It changes no verdict.") == 1
    assert "lausib" not in bare
    assert "Plausibility by the model `default`." in offer


def test_an_agent_is_told_of_rows_in_words(root: Path) -> None:
    with open_graph(root) as graph:
        service = Service(graph, scorer=graph.scorer())
        tool = BY_NAME["verify_triples"]
        triples = [{k: v for k, v in row.items() if k != "mine"} for row in ROWS]

        def told(lang: Language | None, *, plausibility: bool) -> str:
            asked = read(
                tool.arguments, {"triples": triples, "lang": lang, "plausibility": plausibility}
            )
            return Words(graph.registry, lang or "en").of(tool.get(service, asked, 20))

        said, chinese = told(None, plausibility=True), told("zh", plausibility=True)
        bare = told(None, plausibility=False)
        rows = service.verify_triples(triples, plausibility=True).rows
    paths = sum(len(row.plausibility.paths) for row in rows if row.plausibility)
    assert "Plausibility by the model `default`: 0." in said
    assert said.count("Nearest path: ") == chinese.count("最近的路径") == paths > 0
    assert said.count("It changes no verdict.") == 1
    assert "不影响任何结论" in chinese
    assert "lausib" not in bare
    lines = said.splitlines()
    assert [one for one in bare.splitlines() if one not in lines] == []


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("verify_text", {"text": "Drug1 treats Disease2."}),
        ("verify_triples", {"triples": [{k: ROWS[0][k] for k in FIELDS}]}),
    ],
)
def test_an_agent_is_told_the_sources_of_the_nearest_paths(
    root: Path, name: str, given: dict[str, object]
) -> None:
    with open_graph(root) as graph:
        service, tool = Service(graph, scorer=graph.scorer()), BY_NAME[name]

        def said(**more: bool) -> str:
            page = tool.get(service, read(tool.arguments, {**given, **more}), 20)
            return Words(graph.registry, "en").of(page)

        assert "UNSUPPORTED" in said()
        assert "Sources and licences" not in said()
        assert "Sources and licences: infores:test 2026 (CC0-1.0)." in said(plausibility=True)


def test_an_agent_gets_paths_in_the_order_of_the_model(root: Path) -> None:
    with open_graph(root) as graph:
        service = Service(graph, scorer=graph.scorer())
        tool = BY_NAME["paths"]

        def nodes(**more: str) -> list[tuple[str, ...]]:
            page = tool.get(service, read(tool.arguments, {**PATHS, **more}), 20)
            return [path.nodes for path in page.shape.paths]

        learned = graph.find_paths(**PATHS, limit=20, rank="learned")
        assert nodes(rank="learned") == [path.nodes for path in learned] != nodes()
        with pytest.raises(UsageError, match=r"rank: found best; .* 'default' or 'learned'"):
            nodes(rank="best")
        with pytest.raises(UsageError, match="given no trained model"):
            tool.get(Service(graph), read(tool.arguments, {**PATHS, "rank": "learned"}), 20)


def test_a_model_that_is_not_there_keeps_a_server_from_starting(root: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model 'other'"):
        Engine(Options(str(root), model="other"))
    other = small(tmp_path / "graph", seed=2).root
    shutil.copytree(root / "learned", other / "learned")
    with pytest.raises(StoreError, match="was trained on snapshot"):
        Engine(Options(str(other), model="default"))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An open source, and a restricted one that states every third line."""
    rows = [{"subject": f"x:{s}", "predicate": p, "object": f"x:{o}"} for s, p, o in lines()]
    ends = sorted({end for s, _p, o in lines() for end in (s, o)})
    things = [concept(f"x:{name}", name, name.rstrip("0123456789")) for name in ends]
    info = SourceInfo("infores:closed", "Closed", "1", "LicenseRef-DrugBank")
    closed = RowSource(info, {"statements": rows[::3]})
    kept = [row for n, row in enumerate(rows) if n % 3]
    root = tmp_path_factory.mktemp("mixed") / "graph"
    build([source("infores:open", statements=kept, **tables_of(things)), closed], root)
    with open_graph(root) as graph:
        graph.learn_train(model="paths", name="all", share=0.15)
        graph.learn_train(model="paths", name="open", share=0.15, without=["infores:closed"])
    return root


def of(root: Path, model: str, *, allow: tuple[str, ...] = ()) -> Options:
    return Options(
        str(root), port=0, access_log="", token=TOKEN, leaves=True, allow=allow, model=model
    )


def test_a_model_of_what_may_not_leave_is_not_served_to_others(mixed: Path) -> None:
    with pytest.raises(UsageError, match=r"infores:closed.*--without infores:closed"):
        Engine(of(mixed, "all"))
    Engine(Options(str(mixed), model="all")).close()
    for model, allow in (("open", ()), ("all", ("infores:closed",))):
        with served(of(mixed, model, allow=allow)) as client:
            client.headers["authorization"] = f"Bearer {TOKEN}"
            told = client.post("/v1/verify", json={"text": TEXT, "plausibility": True}).json()
            found = [one["plausibility"] for one in told["claims"]]
            assert any(one and one["probability"] for one in found)
            sources = {
                step["statement"]["primary_knowledge_source"]
                for one in found if one for path in one["paths"] for step in path["steps"]
            }  # fmt: skip
            assert sources
            assert allow or "infores:closed" not in sources
            asked = {"triples": ROWS[:1], "plausibility": True}
            (row,) = client.post("/v1/verify/triples", json=asked).json()["rows"]
            assert row["plausibility"] == found[0]
            ranked = client.get("/v1/paths", params={**PATHS, "rank": "learned"}).json()["paths"]
            sources = {
                step["statement"]["primary_knowledge_source"]
                for path in ranked for step in path["steps"]
            }  # fmt: skip
            assert sources
            assert allow or "infores:closed" not in sources


def test_plain_values_hold_the_paths(root: Path) -> None:
    with open_graph(root) as graph:
        (one, *_) = to_plain(verified(graph.verify(TEXT, plausibility=True)))["claims"]
    steps = one["plausibility"]["paths"][0]["steps"]
    assert steps[0]["statement"]["primary_knowledge_source"] == "infores:test"
