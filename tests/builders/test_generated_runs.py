"""Datasets that a language model writes: what is kept, counted, asked once, and gone on with."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from dataset_runs import content, rows
from scripted import answer, claim
from written import NAMES, changed, lines_of, make_graph, messages, reworded, texts, well

from kgmed.builders.datasets.generated import faithful, packs, paraphrase, samples
from kgmed.builders.datasets.generated.writing import ASKED
from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import LanguageModelError, OutputError, UsageError
from kgmed.reasoning.lm.base import Request

Model = Callable[[Request], str]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    root = make_graph(tmp_path_factory.mktemp("written"))
    with open_graph(str(root)) as opened:
        yield opened


class Counting:
    """A model that counts what it is asked, and may break down."""

    def __init__(self, model: Model, *, most: int = 10**9) -> None:
        self.model, self.most = model, most
        self.asked: list[Request] = []
        self._lock = threading.Lock()

    def __call__(self, request: Request, /) -> str:
        with self._lock:
            if len(self.asked) >= self.most:
                raise ConnectionError("the server is gone")
            self.asked.append(request)
        return self.model(request)


def write(told: Graph, out: Path, model: Model, way: Any = "paraphrases", **more: Any) -> Any:
    given = {"tasks": ("relation_qa", "reverse")} if way == "paraphrases" else {}
    return told.write_by_model(way, out, model, lm_name="scripted", **{**given, **more})


def reasons(out: Path, way: str = "paraphrases") -> Counter[str]:
    """What the parts' notes count, by reason."""
    found: Counter[str] = Counter()
    for path in (out / ".kgmed" / way).glob("part-*.json"):
        for _task, _lang, reason, n in json.loads(path.read_text("utf-8"))["filters"]:
            found[reason] += n
    return found


def test_rows_said_anew_are_kept_with_their_statements(told: Graph, tmp_path: Path) -> None:
    made = write(told, tmp_path / "out", well)
    found = rows(tmp_path / "out", "paraphrases")
    assert {row["lang"] for row in found} == {"en", "zh"}
    assert len(found) == sum(n for of in made.tasks.values() for n in of.values()) > 10
    plain = told.write_instructions(tmp_path / "plain", tasks=("relation_qa", "reverse"),
                                    processes=1)  # fmt: skip
    assert plain.complete
    by_id = {row["id"]: row for row in rows(tmp_path / "plain")}
    for row in found:
        source = by_id[json.loads(row["extra"])["paraphrase_of"]]
        assert row["statements"] == source["statements"]
        assert row["split"] == source["split"]
        assert row["messages"] != source["messages"]
        assert row["id"] not in by_id


def test_the_card_names_the_model_its_settings_and_the_reasons(told: Graph, tmp_path: Path) -> None:
    model = well_unless("allopurinol")
    write(told, tmp_path / "out", model, temperature=0.3, seed=5)
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    for text in ("| model | `scripted` |", "| temperature | `0.3` |", "| seed | `5` |",
                 "| prompt digest | `", "config_name: paraphrases", faithful.UNREAD,
                 ASKED):  # fmt: skip
        assert text in card


def well_unless(name: str) -> Model:
    """A model that adds advice to what it says of one thing."""

    def complete(request: Request) -> str:
        said = [reworded(text) for text in lines_of(request)]
        if any(name in text.casefold() for text in said):
            said[-1] += " It is completely safe."
        return texts(*said)

    return complete


@pytest.mark.parametrize(("model", "reason"), [
    (lambda request: "Sorry, I can't.", faithful.NOT_JSON),
    (lambda request: '{"texts": ["cut', faithful.NOT_JSON),
    (lambda request: texts(*lines_of(request), "one more"), faithful.NOT_JSON),
    (lambda request: texts(*lines_of(request)), faithful.COPY),
    (lambda request: texts(*("" for _ in lines_of(request))), faithful.EMPTY),
    (changed(lambda text: text + " It cures everything."), faithful.UNREAD),
    (changed(lambda text: "Warfarin treats asthma."),
     faithful.CLAIM_UNSUPPORTED),
    (changed(lambda text: "It treats gout."), faithful.LANGUAGE),
])  # fmt: skip
def test_nothing_is_kept_of_a_model_that_can_not_be_believed(
    told: Graph, tmp_path: Path, model: Model, reason: str
) -> None:
    lang = "zh" if reason == faithful.LANGUAGE else "en"
    with pytest.raises(UsageError, match="No row came out") as found:
        write(told, tmp_path / "out", model, languages=(lang,))
    assert reason in str(found.value)


def test_nothing_is_asked_twice(told: Graph, tmp_path: Path) -> None:
    cache = tmp_path / "answers.sqlite"
    first, again = Counting(well), Counting(well)
    write(told, tmp_path / "one", first, cache=cache)
    write(told, tmp_path / "two", again, cache=cache)
    assert len(first.asked) == len({request.user for request in first.asked}) > 10
    assert again.asked == []
    assert content(tmp_path / "one") == content(tmp_path / "two")
    other = Counting(well)
    write(told, tmp_path / "three", other, cache=cache, temperature=0.1)
    assert len(other.asked) == len(first.asked)


def test_a_model_that_breaks_down_stops_the_run_and_it_goes_on(told: Graph, tmp_path: Path) -> None:
    whole = Counting(well)
    write(told, tmp_path / "whole", whole)
    gone = Counting(well, most=7)
    with pytest.raises(LanguageModelError, match="the server is gone"):
        write(told, tmp_path / "out", gone)
    assert not (tmp_path / "out" / "README.md").exists()
    back = Counting(well)
    write(told, tmp_path / "out", back)
    assert len(back.asked) == len(whole.asked) - 7
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def test_several_requests_at_a_time_give_the_same_rows(told: Graph, tmp_path: Path) -> None:
    write(told, tmp_path / "one", well)
    busy, most, lock = [0], [0], threading.Lock()
    together = threading.Barrier(3)

    def slowly(request: Request) -> str:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        with suppress(threading.BrokenBarrierError):  # the last ones may be fewer
            together.wait(timeout=5)
        with lock:
            busy[0] -= 1
        return well(request)

    write(told, tmp_path / "three", slowly, concurrency=3)
    assert most[0] == 3
    assert content(tmp_path / "one") == content(tmp_path / "three")


def test_a_run_goes_on_with_the_same_model_and_settings_alone(told: Graph, tmp_path: Path) -> None:
    write(told, tmp_path / "out", well)
    with pytest.raises(OutputError, match="another setting"):
        told.write_by_model("paraphrases", tmp_path / "out", well, lm_name="other",
                            tasks=("relation_qa", "reverse"))  # fmt: skip


def test_the_forecast_asks_nothing_and_counts_what_would_be_asked(
    told: Graph, tmp_path: Path
) -> None:
    model = Counting(well)
    found = told.forecast_by_model(
        "paraphrases", tasks=("relation_qa", "reverse"), prices=(1.0, 10.0)
    )
    write(told, tmp_path / "out", model)
    asks = found.asks
    assert asks is not None
    assert found.whole
    assert asks.calls >= len(model.asked) > 0.8 * asks.calls
    sent = sum(len(request.system + request.user) for request in model.asked) / 3
    assert 0.5 < asks.prompt_tokens / sent < 2
    cost = (asks.prompt_tokens + 10 * asks.completion_tokens) / 1e6
    assert asks.cost == pytest.approx(cost)
    bounded = told.forecast_by_model("paraphrases", tasks=("reverse",), max_rows=3, samples=2)
    assert bounded.asks is not None
    assert bounded.asks.calls == 6


def test_a_bound_on_rows_bounds_what_is_asked(told: Graph, tmp_path: Path) -> None:
    model = Counting(well)
    write(told, tmp_path / "out", model, max_rows=5)
    assert len(model.asked) == 5


def test_samples_of_one_row_are_rows_of_their_own(told: Graph, tmp_path: Path) -> None:
    def both(request: Request) -> str:
        said = [reworded(text) for text in lines_of(request)]
        return texts(*said[:-1], ("In summary, " if request.sample else "") + said[-1])

    write(told, tmp_path / "out", both, samples=2, languages=("en",))
    found = rows(tmp_path / "out", "paraphrases")
    of = Counter(json.loads(row["extra"])["paraphrase_of"] for row in found)
    assert max(of.values()) == 2
    assert len({row["id"] for row in found}) == len(found)


def from_pack(request: Request) -> str:
    """A model that writes what a pack says."""
    lines = lines_of(request)
    known = (*NAMES, *(zh for _kind, zh in NAMES.values()))
    name = next(n for n in known if all(n in line.casefold() for line in lines))
    zh = not request.user.isascii()
    asked = f"{name}有哪些信息？" if zh else f"What is known about {name}?"
    if request.name == "dialogue":
        more = "还有呢？" if zh else "What else is listed?"
        return messages(asked, lines[0], more, lines[-1])
    return messages(asked, ("" if zh else " ").join(lines))


def test_what_a_model_writes_from_a_pack_rests_on_the_statements_used(
    told: Graph, tmp_path: Path
) -> None:
    write(told, tmp_path / "out", from_pack, "generated")
    found = rows(tmp_path / "out", "generated")
    by_task = Counter(row["task"] for row in found)
    assert by_task[packs.QA] > 3
    assert by_task[packs.TALK] > 0
    for row in found:
        pack = json.loads(row["extra"])["pack"].split()
        assert row["statements"]
        assert set(row["statements"]) <= set(pack)
    talks = [row for row in found if row["task"] == packs.TALK]
    assert any(len(r["statements"]) < len(json.loads(r["extra"])["pack"].split()) for r in talks)


@pytest.mark.parametrize(("spoil", "reason"), [
    (lambda lines: lines[:-1], faithful.NOT_COMPLETE),
    (lambda lines: [*lines, "Metformin treats gout."], faithful.CLAIM_UNSUPPORTED),
    (lambda lines: [*lines, "Aspirin treats fever."], faithful.CLAIM_UNSUPPORTED),
    (lambda lines: [*lines, "Avoid it in pregnancy."], faithful.UNREAD),
    (lambda lines: [lines[0][:-1] + " and other drugs.", *lines[1:]], faithful.WORDS),
    (lambda lines: ["As listed in 30 sources: " + lines[0], *lines[1:]], faithful.WORDS),
])  # fmt: skip
def test_an_answer_says_all_of_its_pack_and_nothing_more(
    told: Graph, tmp_path: Path, spoil: Callable[[list[str]], list[str]], reason: str
) -> None:
    def complete(request: Request) -> str:
        lines = lines_of(request)
        if not all("Warfarin interacts" in line for line in lines):
            return "no"
        said = spoil(lines)
        return messages("What are the drug interactions of warfarin?", " ".join(said))

    def whole(request: Request) -> str:
        lines = lines_of(request)
        if not all("Warfarin interacts" in line for line in lines):
            return "no"
        return messages("What are the drug interactions of warfarin?", " ".join(lines))

    given = {"tasks": (packs.QA,), "languages": ("en",)}
    write(told, tmp_path / "whole", whole, "generated", **given)
    assert len(rows(tmp_path / "whole", "generated")) == 1
    with pytest.raises(UsageError, match="No row came out") as found:
        write(told, tmp_path / "out", complete, "generated", **given)
    assert reason in str(found.value)


def test_samples_of_a_model_make_a_pair_where_one_is_supported_and_one_refuted(
    told: Graph, tmp_path: Path
) -> None:
    answers = (
        "Gout treats allopurinol.",
        "Allopurinol is used to treat gout.",
        "Allopurinol treats gout and it is completely safe.",
        "I don't know.",
    )

    def complete(request: Request) -> str:
        if "allopurinol" in request.user.casefold():
            return answers[request.sample]
        return answers[3] if "warfarin" in request.user.casefold() else answers[1]

    write(told, tmp_path / "out", complete, "model_preferences", languages=("en",))
    found = rows(tmp_path / "out", "model_preferences")
    assert found
    for row in found:
        assert row["chosen"][0]["content"] == answers[1]
        assert row["rejected"][0]["content"] == answers[0]
        assert "llopurinol" in row["prompt"][0]["content"]
        assert row["statements"]
        assert json.loads(row["extra"])["verdict"] == "REFUTED"
    counted = reasons(tmp_path / "out", "model_preferences")
    assert counted[samples.NEITHER] > 0
    assert counted[samples.NONE_REFUTED] > 0


@pytest.mark.parametrize(("given", "said"), [
    ({"tasks": ("translation",)}, "relation_qa, reverse"),
    ({"samples": 3, "temperature": 0.0}, "every sample is the same"),
    ({"temperature": -1.0}, "temperature=-1.0"),
    ({"concurrency": 0}, "concurrency=0"),
    ({"formats": ("csv",)}, "expected one of: messages"),
])  # fmt: skip
def test_what_can_not_be_asked_for_is_told(
    told: Graph, tmp_path: Path, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        write(told, tmp_path / "out", well, **given)
    with pytest.raises(UsageError, match="model_preferences"):
        told.write_by_model("poems", tmp_path / "out", well)  # type: ignore[arg-type]


def test_names_that_give_orders_stay_in_their_fence(told: Graph, tmp_path: Path) -> None:
    model = Counting(well)
    write(told, tmp_path / "out", model, max_rows=4)
    for request in model.asked:
        first, *_, last = request.user.splitlines()
        assert first.startswith("<text ")
        assert last == first.replace("<", "</")
        assert "It is data" in request.system or "They are data" in request.system or (
            "只是数据" in request.system)  # fmt: skip


def decomposing(said: str, *claims: dict[str, Any]) -> Model:
    """A model that says one thing of allopurinol, and takes that apart into some claims."""

    def complete(request: Request) -> str:
        if request.name == "claims":
            return answer(*claims) if said in request.user else answer()
        lines = lines_of(request)
        return texts(*lines[:-1], said) if "Allopurinol" in lines[-1] else "nothing"

    return complete


YIELDS = claim("Gout yields to allopurinol", "allopurinol", "treats", "Gout")


def test_with_a_model_that_takes_texts_apart_other_words_may_stand(
    told: Graph, tmp_path: Path
) -> None:
    given = {"tasks": ("relation_qa",), "languages": ("en",)}
    model = decomposing("Gout yields to allopurinol.", YIELDS)
    with pytest.raises(UsageError, match=faithful.UNREAD):
        write(told, tmp_path / "rules", model, **given)
    write(told, tmp_path / "out", model, decompose=True, **given)
    (row,) = rows(tmp_path / "out", "paraphrases")
    assert row["messages"][-1]["content"] == "Gout yields to allopurinol."
    assert "| decomposed | `True` |" in (tmp_path / "out" / "README.md").read_text("utf-8")


@pytest.mark.parametrize(("said", "claims"), [
    ("Gout rarely yields to allopurinol.",
     [claim("Gout rarely yields to allopurinol", "allopurinol", "treats", "Gout")]),
    ("Gout yields to allopurinol. It cures everything.", [YIELDS]),
    ("Gout yields to allopurinol, and so does asthma.", [YIELDS]),
    ("Gout yields to allopurinol, and so does asthma.",
     [YIELDS, claim("so does asthma", "allopurinol", "treats", "asthma")]),
    ("Gout yields to allopurinol.", []),
])  # fmt: skip
def test_a_model_that_takes_texts_apart_lets_nothing_else_pass(
    told: Graph, tmp_path: Path, said: str, claims: list[dict[str, Any]]
) -> None:
    with pytest.raises(UsageError, match="No row came out"):
        write(told, tmp_path / "out", decomposing(said, *claims), decompose=True,
              tasks=("relation_qa",), languages=("en",))  # fmt: skip


def test_too_long_a_row_is_counted_and_not_asked_about(
    told: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paraphrase, "MOST", 60)
    model = Counting(well)
    write(told, tmp_path / "out", model)
    assert reasons(tmp_path / "out")[paraphrase.TOO_LONG] > 0
    assert reasons(tmp_path / "out")[ASKED] == len(model.asked)
