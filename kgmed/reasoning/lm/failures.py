"""What went wrong at an endpoint, said so that the reader knows what to do.

The errors are kgmed's and DSPy's at once: DSPy's programs pass them on as they are, and handlers of
either see them. How vLLM words its refusals was read off vLLM 0.32.
"""

from __future__ import annotations

import re

from dspy import lm15
from dspy.utils.exceptions import ContextWindowExceededError, LMError

from kgmed.kg.errors import LanguageModelError

OVERFLOW = re.compile(
    r"maximum context length|context length is only|maximum model length|max_model_len"
    r"|longer than the (?:maximum )?model|context window",
    re.IGNORECASE,
)
NO_TEMPLATE = re.compile(r"chat template", re.IGNORECASE)
NO_MODEL = re.compile(r"model .{0,200}(?:does not exist|not found)", re.IGNORECASE | re.DOTALL)
SHOWN = 300
"""Characters of an endpoint's own words that a message shows."""


class EndpointError(LanguageModelError, LMError):  # type: ignore[misc]
    """An endpoint can't be reached, refuses, or gives nothing that can be read.

    ``status`` is that of HTTP, None where no answer came.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        LMError.__init__(self, message, status=status)


class ContextOverflow(EndpointError, ContextWindowExceededError):  # type: ignore[misc]
    """The prompt and the answer don't fit in the model's context."""

    of_the_request = True


def told(error: BaseException) -> str:
    """An error's own words on one line, not too many of them."""
    words = " ".join(str(getattr(error, "message", "") or error).split())
    return words if len(words) <= SHOWN else words[:SHOWN] + " ..."


def is_passing(error: BaseException) -> bool:
    """Whether the same request may well succeed a little later: busy, restarting, cut off."""
    passing = (lm15.RateLimitError, lm15.ServerError, lm15.TransportError, lm15.TimeoutError)
    if isinstance(error, lm15.ServerError) and getattr(error, "status", None) == 501:
        return False
    return isinstance(error, (*passing, lm15.StreamAssemblyError))


def is_timeout(error: BaseException) -> bool:
    """Whether an endpoint was waited for in vain."""
    return isinstance(error, lm15.TimeoutError) or _caused_by(error, "ReadTimeout")


def is_refused(error: BaseException) -> bool:
    """Whether nothing listened at the address, or there is no such address."""
    return _caused_by(error, "ConnectError")


def _caused_by(error: BaseException, name: str) -> bool:
    """Whether the error of the network under it is of a class; DSPy names them, but privately."""
    return name in {kind.__name__ for kind in type(error.__cause__).__mro__}


def explained(
    error: BaseException,
    *,
    url: str,
    name: str,
    timeout_s: float,
    tries: int = 1,
    served: tuple[str, ...] | None = None,
) -> EndpointError:
    """An error of DSPy's client as one that says what happened, where, and what to do.

    ``served`` are the names that the endpoint serves, None where it wasn't asked.
    """
    status = getattr(error, "status", None)
    words = told(error)
    after = f" after {tries} tries" if tries > 1 else ""
    make: type[EndpointError] = EndpointError
    if isinstance(error, lm15.ContextLengthError) or (status == 400 and OVERFLOW.search(words)):
        make = ContextOverflow
        text = (
            f"{url}: the prompt and the answer are longer than {name} takes ({words}). Lower the "
            "evidence's budget or max_tokens, or start vLLM with a larger --max-model-len."
        )
    elif isinstance(error, lm15.AuthError):
        text = (
            f"{url} refused the key ({status}: {words}). Give the right one: --api-key-env NAME "
            "names the variable that holds it, or set KGMED_API_KEY."
        )
    elif isinstance(error, lm15.BillingError):
        text = f"{url} wants to be paid first ({status}: {words})."
    elif status in {400, 422} and NO_TEMPLATE.search(words):
        text = (
            f"{url}: {name} has no chat template, so it can't be asked ({words}). Serve a model "
            "that was trained to be asked (an instruct model), or start vLLM with "
            "--chat-template FILE."
        )
    elif status == 404 or NO_MODEL.search(words):
        text = _not_found(url, name, words, served)
    elif isinstance(error, lm15.RateLimitError):
        text = (
            f"{url} is asked too often{after} (429: {words}). Lower --concurrency, or wait; "
            "what was answered isn't lost."
        )
    elif is_timeout(error):
        text = (
            f"{url} sent nothing for {timeout_s:g} s{after}. Is the model still loading, or too "
            "slow for this machine? A longer wait: timeout_s of [lm] in kgmed.toml, or "
            "KGMED_LM_TIMEOUT."
        )
    elif is_refused(error):
        text = (
            f"{url} can't be reached{after} ({words}). Is the server running, and is the URL "
            "right? `kgmed lm serve MODEL` starts one; `kgmed lm check` tests it."
        )
    elif isinstance(error, lm15.TransportError | lm15.StreamAssemblyError):
        text = f"{url} broke off in the middle of an answer{after} ({words}). Is it still running?"
    elif isinstance(error, lm15.ServerError):
        text = f"{url} failed{after} ({status}: {words}). Its log says why."
    elif isinstance(error, lm15.InvalidRequestError):
        text = f"{url} doesn't take the request ({status}: {words}). `kgmed lm check` tests it."
    else:
        text = (
            f"{url} gave nothing that can be read as an answer ({type(error).__name__}: {words}). "
            "Is it an OpenAI-compatible endpoint? Its URL mostly ends with /v1."
        )
    return make(text, status=status)


def waits_too_long(url: str, wait_s: float, most_s: float) -> EndpointError:
    """The error of an endpoint that asks to be left alone for long."""
    return EndpointError(
        f"{url} asks to be left alone for {wait_s:g} s (Retry-After), longer than the {most_s:g} s "
        "that are waited. Start again then; what was answered isn't lost.",
        status=429,
    )


def _not_found(url: str, name: str, words: str, served: tuple[str, ...] | None) -> str:
    if served:
        return f"{url} serves no model {name!r}. It serves: {', '.join(served)}. Name one by --lm."
    return (
        f"{url} has no chat completions of {name!r} (404: {words}). Is the URL right? That of an "
        "OpenAI-compatible endpoint mostly ends with /v1."
    )
