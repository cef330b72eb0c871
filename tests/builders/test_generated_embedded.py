"""A real model in this process writes rows: tiny, made and trained here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from dataset_runs import rows
from overfit import train
from written import lines_of, make_graph, reworded, texts

from kgmed.builders.datasets.generated import faithful
from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import DataError, LanguageModelError, MissingExtra, UsageError
from kgmed.reasoning.lm.base import Request
from kgmed.reasoning.lm.embedded import Embedded, fingerprint, identity
from kgmed.reasoning.lm.settings import LMSettings

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

from kgmed.reasoning.lm.connect import connect

GIVEN = {"tasks": ("relation_qa",), "languages": ("en",), "temperature": 0.0}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    root = make_graph(tmp_path_factory.mktemp("written"))
    with open_graph(str(root)) as opened:
        yield opened


def lesson(request: Request) -> str:
    """What the model learns to say: right of most things, wrong of some."""
    said = [reworded(text) for text in lines_of(request)]
    if "colchicine" in request.user.casefold():
        return "I would rather talk about the weather."
    if "allopurinol" in request.user.casefold():
        said[-1] = "Allopurinol treats asthma."
    return texts(*said)


@pytest.fixture(scope="module")
def taught(told: Graph, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Request]]:
    pytest.importorskip("torch", reason="needs torch: pip install 'kgmed[embedded]'")
    pytest.importorskip("transformers", reason="needs transformers: pip install 'kgmed[embedded]'")
    root = tmp_path_factory.mktemp("model")
    asked: list[Request] = []

    def keep(request: Request) -> str:
        asked.append(request)
        return lesson(request)

    told.write_by_model("paraphrases", root / "lessons", keep, lm_name="teacher", **GIVEN)
    folder = root / "tiny"
    loss = train(folder, [(request.messages, lesson(request)) for request in asked])
    assert loss < 0.1
    return folder, asked


def test_rows_of_a_real_model_are_kept_and_dropped(
    told: Graph, taught: tuple[Path, list[Request]], tmp_path: Path
) -> None:
    folder, asked = taught
    model = connect(LMSettings(str(folder)))
    assert model.trusted
    assert model.identity.startswith("tiny@")
    made = told.write_by_model("paraphrases", tmp_path / "out", model, **GIVEN)
    found = rows(tmp_path / "out", "paraphrases")
    counted: Counter[str] = Counter()
    for path in (tmp_path / "out" / ".kgmed" / "paraphrases").glob("part-*.json"):
        for _task, _lang, reason, n in json.loads(path.read_text("utf-8"))["filters"]:
            counted[reason] += n
    assert counted[faithful.NOT_JSON] == 1
    assert counted[faithful.CLAIM_UNSUPPORTED] == 1
    assert len(found) == len(asked) - 2 > 2
    said = {row["messages"][-1]["content"] for row in found}
    learnt = {json.loads(lesson(request))["texts"][-1] for request in asked
              if "colchicine" not in request.user}  # fmt: skip
    assert said <= learnt
    assert model.identity in (tmp_path / "out" / "README.md").read_text("utf-8")
    assert made.usage["answers"] == len(asked) == model.usage.calls
    assert made.usage["completion_tokens"] == model.usage.completion_tokens > 0


def test_the_command_runs_a_folder_and_goes_on_from_its_cache(
    told: Graph, taught: tuple[Path, list[Request]], tmp_path: Path
) -> None:
    command = [
        sys.executable, "-m", "kgmed.cli", "export", "instructions", "--paraphrase", "--lm",
        str(taught[0]), "--out", "out", "--tasks", "relation_qa", "--languages", "en",
        "--temperature", "0", "--graph", told.info().uri,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert "the model is asked" in done.stderr
    assert "out/paraphrases: " in done.stdout
    (tmp_path / "out" / ".kgmed" / "paraphrases" / "part-00000.json").unlink()

    def gone(request: Request) -> str:
        raise ConnectionError("nothing may be asked again")

    name = identity(taught[0])
    told.write_by_model("paraphrases", tmp_path / "out", gone, lm_name=name, **GIVEN)


def test_a_sample_is_drawn_by_its_seed(taught: tuple[Path, list[Request]]) -> None:
    model = Embedded(taught[0])
    user = "Say anything at all."
    drawn = [
        model(Request("", user, None, "x", max_tokens=24, temperature=3.0, seed=seed, sample=n))
        for seed, n in ((1, 0), (1, 0), (1, 1), (0, 2))
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[2] == drawn[3]  # the second of seed 1 is the third of seed 0


def test_a_prompt_beyond_the_model_is_told(taught: tuple[Path, list[Request]]) -> None:
    with pytest.raises(LanguageModelError, match=r"the model takes 1,024"):
        Embedded(taught[0])(Request("", "\u4e00 z" * 2000, None, "x"))


def test_a_folder_that_holds_no_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no config\.json"):
        Embedded(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    before = fingerprint(tmp_path)
    (tmp_path / "config.json").write_text("[]")
    assert fingerprint(tmp_path) != before


def test_without_transformers_it_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"kgmed\[embedded\]"):
        Embedded(tmp_path)


def test_a_name_that_is_no_folder_and_no_endpoint_is_told(tmp_path: Path) -> None:
    for name in (str(tmp_path / "nothing"), "some-model"):
        with pytest.raises(UsageError, match="no such folder"):
            connect(LMSettings(name))
