"""A language model that is ready to be asked, by DSPy's programs and by any other caller.

    settings = LMSettings("my-model", "http://localhost:8000/v1")
    with connect(settings) as model:
        with dspy.context(lm=model.lm): ...      # programs
        text = model(Request(...))               # a kgmed.reasoning.lm.base.Completion
        print(model.usage.as_dict())

Nothing is fetched: DSPy's client needs no list of models or prices, and none is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import UsageError
from kgmed.reasoning.lm.base import Request
from kgmed.reasoning.lm.dspy_lm import DspyCompletion, answer_text, as_lm15, dspy_package
from kgmed.reasoning.lm.embedded import identity
from kgmed.reasoning.lm.settings import LMSettings
from kgmed.reasoning.lm.usage import Meter, Usage

if TYPE_CHECKING:
    import dspy

    from kgmed.reasoning.lm.limited import Limit, Loop


class LanguageModel:
    """A model of :func:`connect`; also a :class:`~kgmed.reasoning.lm.base.Completion`.

    ``lm`` is the ``dspy.LM`` that programs use. It asks for one answer at a time; samples are
    gathered from ``acall``. ``usage`` counts all that was asked; :meth:`counting` a part of it.
    ``trusted`` says whether restricted evidence may be sent, ``why_trusted`` why.
    """

    def __init__(self, settings: LMSettings, engines: tuple[Any, Any], meter: Meter) -> None:
        self.settings = settings
        self.trusted, self.why_trusted = settings.trust
        self._engines, self._meter = engines, meter
        self.lm = self._dspy_lm(*engines)
        self._complete = DspyCompletion(self.lm)

    @property
    def name(self) -> str:
        """What the model is called."""
        return self.settings.name

    @property
    def identity(self) -> str:
        """What decides its answers, of this machine nothing: a folder's name with a digest of the
        model in it, else what the model is called."""
        folder = self.settings.folder
        return self.name if folder is None else identity(folder)

    @property
    def usage(self) -> Usage:
        """Calls and tokens since the connection was made, or the counts were reset."""
        return self._meter.total

    @contextmanager
    def counting(self) -> Iterator[Usage]:
        """Count apart what is asked within the block, by this thread or task and the tasks that it
        starts: one question's usage."""
        with self._meter.counting() as usage:
            yield usage

    def structured(self, **structured_outputs: Any) -> dspy.LM:
        """A ``dspy.LM`` whose answers are of a form that vLLM enforces: ``choice=[...]``,
        ``regex="..."``, ``grammar="..."`` (EBNF) or ``json={...}``.

        https://docs.vllm.ai/en/latest/features/structured_outputs.html
        """
        return self.extended(structured_outputs=structured_outputs)

    def extended(self, **fields: Any) -> dspy.LM:
        """A ``dspy.LM`` whose every request carries further fields, as the endpoint takes them."""
        from kgmed.reasoning.lm.endpoint import AsyncExtended, Extended

        engine, awaited = self._engines
        return self._dspy_lm(Extended(engine, fields), AsyncExtended(awaited, fields))

    def heard(self, heard: Callable[[str], None]) -> dspy.LM:
        """A ``dspy.LM`` whose answers are passed on while they are written; see
        :class:`~kgmed.reasoning.lm.streamed.Heard`."""
        from kgmed.reasoning.lm.streamed import Heard

        engine, awaited = self._engines
        return self._dspy_lm(Heard(engine, heard), awaited)

    def limited(self, limit: Limit, loop: Loop) -> LanguageModel:
        """The same model, of which every wait ends where ``limit`` raises; it waits in ``loop``.
        What is asked counts here, too, and it is closed here."""
        from kgmed.reasoning.lm.limited import AsyncLimited, Limited

        engine, awaited = self._engines
        engines = Limited(engine, awaited, loop, limit), AsyncLimited(awaited, limit)
        return LanguageModel(self.settings, engines, self._meter)

    def end(self, loop: Loop) -> None:
        """End a loop that :meth:`limited` was given, with its connections."""
        loop.close(self._engines[1])

    def __call__(self, request: Request, /) -> str:
        if request.temperature is None:
            request = replace(request, temperature=self.settings.temperature)
        if request.seed is None and self.settings.seed is not None:
            request = replace(request, seed=self.settings.seed)
        if self.settings.cache is not None:
            return self._complete(request)
        answer = self._engines[0].complete(as_lm15(request, self.lm.model))
        return answer_text(answer.message.parts)

    def close(self) -> None:
        """Close the connections that threads used; those of an event loop close with it."""
        self._engines[0].close()

    def __enter__(self) -> LanguageModel:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _dspy_lm(self, engine: Any, awaited: Any) -> dspy.LM:
        dspy = dspy_package()
        asked = self.settings
        more: Mapping[str, Any] = {} if asked.seed is None else {"seed": asked.seed}
        return dspy.LM(
            f"kgmed/{asked.name}", engine=engine, async_engine=awaited, num_retries=0,
            temperature=asked.temperature, max_tokens=asked.max_tokens,
            cache=asked.cache is not None, **more,
        )  # fmt: skip


def connect(settings: LMSettings) -> LanguageModel:
    """The language model of settings; nothing is asked yet.

    With a ``cache``, DSPy's cache of this process is kept in that folder. Raises
    :class:`~kgmed.kg.errors.UsageError` for a name that means nothing,
    :class:`~kgmed.kg.errors.MissingExtra` without the packages (DSPy; for a folder torch and
    transformers).
    """
    _see_that_it_is_a_name(settings)
    dspy = dspy_package()
    if settings.cache is not None:
        dspy.configure_cache(disk_cache_dir=str(settings.cache.expanduser()), restrict_pickle=True)
    meter = Meter()
    return LanguageModel(settings, _engines(settings, meter), meter)


def _engines(settings: LMSettings, meter: Meter) -> tuple[Any, Any]:
    if settings.is_embedded or settings.folder is not None:
        from kgmed.reasoning.lm.local import AsyncLocal, Local, local_engine

        engine = Local(local_engine(settings), settings, meter)
        return engine, AsyncLocal(engine)
    from kgmed.reasoning.lm.endpoint import AsyncEngine, Endpoint, SyncEngine

    endpoint = Endpoint(settings, meter)
    return SyncEngine(endpoint), AsyncEngine(endpoint)


def _see_that_it_is_a_name(settings: LMSettings) -> None:
    if settings.is_embedded or settings.folder is not None:
        return
    name = settings.name
    if not settings.api_base and (name.startswith((".", "/", "~")) or "/" not in name):
        raise UsageError(
            f"Found --lm {name!r}: no such folder. Expected the name of a model that --api-base "
            "URL serves, the folder of a model, embedded, or a provider/model of DSPy."
        )
