"""Threads with graphs of their own: time limits, too much to do, threads that don't come back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from kgmed.facade import Graph
from kgmed.kg.errors import Overloaded, TimeLimit
from kgmed.serve import pool as pools
from kgmed.serve.pool import Made, Pool
from kgmed.serve.service import Service
from kgmed.serve.timed import CALLS, NAME_CALLS, Deadline, TimedStore
from kgmed.wire import to_plain


class Worker:
    """What a thread works with in these tests."""

    def __init__(self) -> None:
        self.deadline = Deadline()
        self.closed = 0

    def until(self, at: float) -> None:
        self.deadline.at = at

    def close(self) -> None:
        self.closed += 1


@contextmanager
def pool(**given: Any) -> Iterator[tuple[Pool[Worker], list[Worker]]]:
    made: list[Worker] = []

    def make() -> Made[Worker]:
        made.append(Worker())
        return Made(made[-1], made[-1].until, made[-1].close)

    found = Pool(make, **{"threads": 2, "waiting": 10, **given})
    try:
        yield found, made
    finally:
        found.stop()


def test_each_thread_works_with_its_own() -> None:
    both = threading.Barrier(2, timeout=20)

    def call(worker: Worker) -> int:
        both.wait()
        return id(worker)

    with pool() as (some, made):
        jobs = [some.submit(call, within_s=30) for _ in range(2)]
        assert {job.done.result(30) for job in jobs} == {id(worker) for worker in made}


def test_what_a_query_raises_is_raised_where_it_was_asked() -> None:
    with pool() as (some, _made):
        job = some.submit(lambda _worker: 1 / 0, within_s=30)
        with pytest.raises(ZeroDivisionError):
            job.done.result(30)
        assert some.submit(lambda _worker: 5, within_s=30).done.result(30) == 5


def test_a_query_past_its_time_ends_at_its_next_look_at_the_graph() -> None:
    def call(worker: Worker) -> None:
        while True:
            worker.deadline.check()
            time.sleep(0.01)

    with pool(threads=1) as (some, made):
        started = time.monotonic()
        with pytest.raises(TimeLimit):
            some.submit(call, within_s=0.3).done.result(30)
        assert time.monotonic() - started < 10
        assert some.submit(lambda worker: worker is made[0], within_s=30).done.result(30) is False
        with pytest.raises(TimeLimit):  # what it left behind can't go on either
            made[0].deadline.check()


def test_waiting_counts_as_time() -> None:
    with pool(threads=1) as (some, _made):
        hold = threading.Event()
        some.submit(lambda _worker: hold.wait(20), within_s=30)
        late = some.submit(lambda _worker: 1, within_s=0.2)
        time.sleep(0.5)
        hold.set()
        with pytest.raises(TimeLimit, match="waited too long"):
            late.done.result(30)


def test_no_more_wait_than_may() -> None:
    with pool(threads=1, waiting=3) as (some, _made):
        hold, begun = threading.Event(), threading.Event()

        def call(_worker: Worker) -> None:
            begun.set()
            hold.wait(20)

        some.submit(call, within_s=30)
        assert begun.wait(20)
        jobs = [some.submit(lambda _worker: 1, within_s=30) for _ in range(3)]
        with pytest.raises(Overloaded, match="3 queries are waiting"):
            some.submit(lambda _worker: 1, within_s=30)
        some.drop(jobs[0])
        more = some.submit(lambda _worker: 2, within_s=30)
        hold.set()
        assert [job.done.result(30) for job in (*jobs[1:], more)] == [1, 1, 2]


def test_a_query_that_nobody_waits_for_any_more_is_cut_off() -> None:
    begun = threading.Event()

    def call(worker: Worker) -> None:
        begun.set()
        while True:
            worker.deadline.check()
            time.sleep(0.01)

    with pool(threads=1) as (some, _made):
        job = some.submit(call, within_s=60)
        assert begun.wait(20)
        some.drop(job)
        with pytest.raises(TimeLimit):
            job.done.result(20)
        some.drop(job)  # which is over: what comes next has its own time
        assert (
            some.submit(lambda worker: worker.deadline.check(), within_s=30).done.result(30) is None
        )
        assert some.problems == ()


def test_a_thread_that_doesnt_come_back_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "GRACE_S", 0.1)
    with pool(threads=2) as (some, _made):
        hold = threading.Event()
        lost = some.submit(lambda _worker: hold.wait(30), within_s=0.1)
        time.sleep(0.5)
        assert some.problems == ()
        quick = [some.submit(lambda _worker: 1, within_s=30) for _ in range(4)]
        assert [job.done.result(30) for job in quick] == [1] * 4
        again = some.submit(lambda _worker: hold.wait(30), within_s=0.1)
        time.sleep(0.5)
        assert some.problems == ("2 queries don't end",)
        with pytest.raises(Overloaded):
            some.submit(lambda _worker: 1, within_s=1)
        hold.set()
        wait([lost.done, again.done], 30)
        for _ in range(100):
            if not some.problems:
                break
            time.sleep(0.05)
        assert some.submit(lambda _worker: 3, within_s=30).done.result(30) == 3


def test_what_is_used_long_is_made_again() -> None:
    with pool(threads=1, renew_after=3) as (some, made):
        for _ in range(7):
            some.submit(lambda _worker: None, within_s=30).done.result(30)
        some.submit(lambda _worker: None, within_s=30).done.result(30)
        assert len(made) == 3
        assert [worker.closed for worker in made] == [1, 1, 0]


def test_a_pool_that_stops_refuses_what_waits() -> None:
    with pool(threads=1) as (some, _made):
        hold, begun = threading.Event(), threading.Event()

        def call(_worker: Worker) -> int:
            begun.set()
            hold.wait(20)
            return 7

        running = some.submit(call, within_s=30)
        assert begun.wait(20)
        waiting = some.submit(lambda _worker: 1, within_s=30)
        some.stop()
        hold.set()
        assert running.done.result(30) == 7
        with pytest.raises(Overloaded):
            waiting.done.result(30)
        with pytest.raises(Overloaded):
            some.submit(lambda _worker: 1, within_s=1)


def test_a_timed_store_has_all_that_a_store_has() -> None:
    from kgmed.kg.store.base import GraphStore, Lexicon

    def calls(protocol: type) -> set[str]:
        return {name for name in vars(protocol) if not name.startswith("_")}

    assert calls(GraphStore) == {*CALLS, "close", "lexicon", "expand_at_once"}
    assert calls(Lexicon) == set(NAME_CALLS)


def test_every_call_of_a_timed_store_ends_past_the_deadline(graph: Graph) -> None:
    deadline = Deadline()
    timed: Any = TimedStore(graph.store, deadline)
    assert timed.resolve(["drugbank:DB00682"]) == ["drugbank:DB00682"]
    deadline.at = 0.0
    for name in CALLS:
        with pytest.raises(TimeLimit):
            getattr(timed, name)()
    for name in NAME_CALLS:
        with pytest.raises(TimeLimit):
            getattr(timed.lexicon, name)()


@pytest.mark.parametrize("call", [
    lambda s: s.ask("drug interactions of warfarin"),
    lambda s: s.verify("Warfarin interacts with amiodarone."),
    lambda s: s.link("warfarin"),
    lambda s: s.paths("warfarin", "gout"),
    lambda s: s.search("warfarin"),
    lambda s: s.concept("DB00682"),
    lambda s: s.interactions(["warfarin", "amiodarone"]),
    lambda s: s.verify_triples(
        [{"subject": "warfarin", "predicate": "treats", "object": "gout"}]),
])  # fmt: skip
def test_whatever_is_asked_ends_past_the_deadline(graph: Graph, call: Any) -> None:
    deadline = Deadline()
    timed: Any = TimedStore(graph.store, deadline)
    service = Service(Graph(timed, graph.registry))
    deadline.at = 0.0
    with pytest.raises(TimeLimit):
        call(service)


def test_many_threads_answer_what_one_does(graph: Graph) -> None:
    from kgmed.serve.engine import Engine
    from kgmed.serve.options import Options

    asked = [
        ("ask", "drug interactions of warfarin"), ("ask", "which drugs target PTGS2"),
        ("ask", "华法林的药物相互作用"), ("ask", "what is gout?"), ("search", "gout"),
        ("verify", "Warfarin interacts with amiodarone. Imatinib inhibits ABL1."),
        ("link", "aspirin and ibuprofen for gout"), ("concept", "DB00945"),
        ("statements", "DB00682"), ("ask", "how does imatinib treat chronic myeloid leukemia"),
    ]  # fmt: skip

    def plain_of(what: str, text: str, service: Service) -> Any:
        shape = to_plain(getattr(service, what)(text))
        return {**shape, "elapsed_ms": 0}

    own = Service(graph)
    expected = [plain_of(*one, own) for one in asked]
    engine = Engine(Options("kgmed:open", threads=8))
    try:
        jobs = [
            (n % len(asked), engine.graph_pool.submit(
                partial(plain_of, *asked[n % len(asked)]), within_s=120))
            for n in range(400)
        ]  # fmt: skip
        for n, job in jobs:
            assert job.done.result(120) == expected[n]
    finally:
        engine.close()


def test_threads_that_share_a_pool_are_asked_at_once() -> None:
    with pool(threads=4) as (some, made), ThreadPoolExecutor(8) as executor:
        every = list(executor.map(
            lambda n: some.submit(lambda _worker: n, within_s=30).done.result(30), range(200)
        ))  # fmt: skip
        assert every == list(range(200))
        assert len(made) == 4
