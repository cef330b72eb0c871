"""What a server says of its trained model's plausibility: where it has one, and may tell of it."""

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
from kgmed.serve.mcp.arguments import Checked
from kgmed.serve.mcp.tools import BY_NAME
from kgmed.serve.mcp.words import Words
from kgmed.serve.options import Options
from kgmed.serve.service import Service
from kgmed.wire import adapter, to_plain, verified

if TYPE_CHECKING:
    import httpx

TEXT = "Drug1 treats Disease2. Drug1 does not treat Disease2. Drug1 treats Disease1."


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = small(tmp_path_factory.mktemp("graph") / "graph").root
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
        assert 400 <= told.status_code < 500
        assert "started with --model NAME" in told.json()["error"]["message"]
        assert found.post("/v1/verify", json={"text": TEXT, "plausibility": "x"}).status_code == 400


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


def test_plain_values_hold_the_paths(root: Path) -> None:
    with open_graph(root) as graph:
        (one, *_) = to_plain(verified(graph.verify(TEXT, plausibility=True)))["claims"]
    steps = one["plausibility"]["paths"][0]["steps"]
    assert steps[0]["statement"]["primary_knowledge_source"] == "infores:test"
