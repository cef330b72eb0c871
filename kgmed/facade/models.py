"""The language model that a question is put to: named, connected, or the embedded engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    import dspy

    from kgmed.reasoning.lm.connect import LanguageModel

COUNTED = ("prompt_tokens", "completion_tokens")
"""What usage counts besides calls, whatever the model tells."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A language model for programs, whether it may see restricted evidence, and how its tokens are
    counted: within ``counting()``, which gives a function of the counts so far."""

    lm: Any
    name: str
    trusted: bool
    counting: Callable[[], Any]
    heard: Callable[[Callable[[str], None]], Any] | None = None
    """The model, listened to while it writes; None where it can't be."""


def connected(
    given: str | LanguageModel | dspy.LM | None,
    api_base: str | None,
    trusted: bool | None,
    stack: ExitStack,
    *,
    concurrency: int | None = None,
    timeout_s: float | None = None,
    cache: Path | None = None,
) -> Connected:
    """The model that is meant: ``given``, else the configured one, else the embedded engine.

    What is connected here is closed by ``stack``, asked at most ``concurrency`` times at once, and
    given ``timeout_s`` to send something; its answers are kept in the folder ``cache`` where the
    settings name no other.
    A ``dspy.LM`` is trusted only where ``trusted`` says so or its ``api_base`` is on this machine.
    """
    from kgmed.reasoning.lm.dspy_lm import dspy_package

    dspy = dspy_package()
    from kgmed.reasoning.lm.connect import LanguageModel, connect
    from kgmed.reasoning.lm.settings import EMBEDDED, LMSettings, is_loopback
    from kgmed.settings import lm_settings

    ready = isinstance(given, dspy.BaseLM | LanguageModel)
    if ready and (api_base is not None or timeout_s is not None):
        named = "api_base" if api_base is not None else "timeout_s"
        raise UsageError(f"Found {named} with a model that is made already, and has its own.")
    if isinstance(given, dspy.BaseLM):
        own = str(given.kwargs.get("api_base") or "")
        may = trusted if trusted is not None else bool(own) and is_loopback(own)
        return Connected(given, given.model, may, _tracked)
    if isinstance(given, LanguageModel):
        model = given
    elif given is None or isinstance(given, str):
        found = lm_settings(
            name=given, api_base=api_base, trusted=trusted, concurrency=concurrency,
            timeout_s=timeout_s,
        )  # fmt: skip
        if cache is not None and found is not None and found.cache is None:
            found = replace(found, cache=cache)
        model = stack.enter_context(connect(found or LMSettings(EMBEDDED)))
    else:
        raise UsageError(
            f"Found lm={type(given).__name__}, expected a name, a model that is connected or a "
            "dspy.LM."
        )
    return Connected(model.lm, model.name, trusted or model.trusted, _metered(model), model.heard)


def may_see(
    given: str | LanguageModel | dspy.LM | None, api_base: str | None, trusted: bool | None
) -> bool:
    """Whether the model that is meant may see restricted evidence; it isn't connected."""
    from kgmed.reasoning.lm.connect import LanguageModel
    from kgmed.reasoning.lm.settings import is_loopback
    from kgmed.settings import lm_settings

    if trusted is not None:
        return trusted
    if isinstance(given, LanguageModel):
        return given.trusted
    if given is None or isinstance(given, str):
        found = lm_settings(name=given, api_base=api_base)
        return found is None or found.trust[0]
    own = str(given.kwargs.get("api_base") or "")
    return bool(own) and is_loopback(own)


def _metered(model: LanguageModel) -> Callable[[], Any]:
    @contextmanager
    def counting() -> Iterator[Callable[[], Mapping[str, int]]]:
        with model.counting() as usage:
            yield usage.as_dict

    return counting


@contextmanager
def _tracked() -> Iterator[Callable[[], Mapping[str, int]]]:
    """The tokens of a ``dspy.LM`` as DSPy counts them."""
    from dspy.utils.usage_tracker import track_usage

    with track_usage() as tracker:

        def counts() -> Mapping[str, int]:
            rows = list(tracker.get_total_tokens().values())
            return {name: sum(int(row.get(name) or 0) for row in rows) for name in COUNTED}

        yield counts
