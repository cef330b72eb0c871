"""Graphs, threads and the language model of one worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import StoreError, TimeLimit
from kgmed.serve.options import Options
from kgmed.serve.pool import GRACE_S, Job, Made, Pool
from kgmed.serve.service import Event, Service
from kgmed.serve.timed import Deadline, TimedStore
from kgmed.wire import to_json

if TYPE_CHECKING:
    from kgmed.reasoning.lm.connect import LanguageModel
    from kgmed.reasoning.plausibility.scorer import Scorer

SAMPLES_WAITING = 4


class Engine:
    """What answers in one worker: a pool for the graph, one for the language model, one for samples
    of datasets, so that none waits for another kind."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.limits = options.limits
        self._stack = ExitStack()
        self._first = self._stack.enter_context(self._open())
        self.snapshot = self._first.info().snapshot
        self.withheld = self._withheld()
        if options.snapshot and options.snapshot != self.snapshot:
            raise StoreError(
                f"{options.graph}: the graph was built anew meanwhile. Start the server again."
            )
        self._scorer = self._opened()
        self._model = self._connected()
        self.graph_pool = self._pool("graph", options.threads, options.waiting)
        self.lm_pool = None
        if self._model is not None:
            self.lm_pool = self._pool("model", options.lm_threads, options.waiting)
        self.sample_pool = self._pool("samples", 1, SAMPLES_WAITING)
        self.plain = self._service(self._first, self._model)
        """For what needs no graph: which program a question means."""

    def _open(self) -> Graph:
        """The graph; where answers leave this machine, as much of it as may."""
        whole = open_graph(self.options.graph, progress=lambda _text: None)
        if not self.options.leaves:
            return whole
        from kgmed.serve.leaving import leaving_store

        store = leaving_store(whole.store, self.options.allow)
        if store is not whole.store:
            whole.close()
        return Graph(store, whole.registry, uri=self.options.graph)

    def _withheld(self) -> tuple[str, ...]:
        """The sources of which something stays behind."""
        if not self.options.leaves:
            return ()
        from kgmed.serve.leaving import held, terms_of

        return held(self._first.store, terms_of(self._first.store, self.options.allow))

    def _opened(self) -> Scorer | None:
        """The trained model, for all threads: nothing changes it."""
        if self.options.model is None:
            return None
        from kgmed.serve.leaving import scorer

        allow = self.options.allow if self.options.leaves else None
        return scorer(self._first, self.options.model, allow)

    def _connected(self) -> LanguageModel | None:
        if self.options.lm is None:
            return None
        from kgmed.reasoning.lm.connect import connect
        from kgmed.reasoning.lm.limited import Loop

        model = self._stack.enter_context(connect(self.options.lm))
        self._loop = Loop()
        self._stack.callback(model.end, self._loop)
        return model

    def _pool(self, name: str, threads: int, waiting: int) -> Pool[Service]:
        return Pool(self._made, threads=threads, waiting=waiting, name=f"kgmed-{name}")

    def _made(self) -> Made[Service]:
        """A service on a graph of its own, of the snapshot that is served."""
        graph = self._first.again()
        deadline = Deadline()
        timed: Any = TimedStore(graph.store, deadline)
        model = self._model and self._model.limited(deadline, self._loop)
        service = self._service(Graph(timed, graph.registry, uri=self.options.graph), model)

        def until(at: float) -> None:
            deadline.at = at

        return Made(service, until, graph.close)

    def _service(self, graph: Graph, model: LanguageModel | None) -> Service:
        asked = self.options
        return Service(
            graph, self.limits, lm=model, program=asked.program, changes=asked.changes,
            withheld=self.withheld, allow=asked.allow, scorer=self._scorer,
        )  # fmt: skip

    @property
    def problems(self) -> tuple[str, ...]:
        """Why this worker isn't ready; () where it is."""
        pools = [self.graph_pool, *([self.lm_pool] if self.lm_pool else [])]
        return tuple(problem for pool in pools for problem in pool.problems)

    def stop(self) -> None:
        """Take on nothing more."""
        for pool in (self.graph_pool, self.lm_pool, self.sample_pool):
            if pool is not None:
                pool.stop()

    def close(self) -> None:
        """Close the graph and the language model."""
        self.stop()
        self._stack.close()

    # Asking

    async def json(
        self, call: Callable[[Service], Any], *, lm: bool = False, sample: bool = False
    ) -> bytes:
        """What a service answers, as JSON; made in a thread, within its time."""
        pool, within_s = self._where(lm=lm, sample=sample)
        job = pool.submit(lambda service: to_json(call(service), indent=None).encode(),
                          within_s=within_s)  # fmt: skip
        return bytes(await _result(pool, job, within_s))

    def _where(self, *, lm: bool, sample: bool) -> tuple[Pool[Service], float]:
        if lm and self.lm_pool is not None:
            return self.lm_pool, self.limits.lm_timeout_s
        if sample:
            return self.sample_pool, self.limits.sample_timeout_s
        return self.graph_pool, self.limits.timeout_s

    async def events(
        self, call: Callable[[Service], Iterator[Event]], *, lm: bool
    ) -> AsyncGenerator[Event]:
        """Events as they come. Where nobody takes any more, the query is cut off."""
        pool, within_s = self._where(lm=lm, sample=False)
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Event | None] = asyncio.Queue()

        def run(service: Service) -> None:
            for event in call(service):
                loop.call_soon_threadsafe(queue.put_nowait, event)

        job = pool.submit(run, within_s=within_s)
        job.done.add_done_callback(lambda _done: _tell(loop, queue))
        at = loop.time() + within_s + GRACE_S
        try:
            while True:
                event = await asyncio.wait_for(queue.get(), max(0.0, at - loop.time()))
                if event is None:
                    break
                yield event
            job.done.result()
        except TimeoutError:
            raise TimeLimit("The answer took longer than this server lets it.") from None
        finally:
            pool.drop(job)


def _tell(loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[Event | None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(queue.put_nowait, None)


async def _result(pool: Pool[Service], job: Job[Service], within_s: float) -> Any:
    """What came of a job, within its time and the grace beyond it."""
    done = asyncio.wrap_future(job.done)
    try:
        async with asyncio.timeout(within_s + GRACE_S):
            return await done
    except TimeoutError:
        raise TimeLimit("The query took longer than this server lets it. Ask for less.") from None
    finally:
        pool.drop(job)
