"""Answers of a model kept on disk, so that nothing is asked twice: in SQLite, one row a request.

A run that was ended, or is repeated, finds what was answered already. Two processes may use one
file. What the prompt holds isn't stored, only its digest; the answers are, with their tokens.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import nullcontext
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from kgmed.kg.errors import OutputError
from kgmed.reasoning.lm.base import Completion, Request, completed
from kgmed.reasoning.lm.usage import Usage

WAIT_S = 60.0
"""Seconds that a write waits for another process."""


def request_key(model: str, request: Request) -> str:
    """The digest under which a model's answer to a request is kept: of all that is asked.

    >>> one, other = (Request("", "Hi", None, "greeting", sample=n) for n in (0, 1))
    >>> request_key("m", one) == request_key("m", one), request_key("m", one) == request_key(
    ...     "m", other)
    (True, False)
    """
    asked = {**asdict(request), "fields": None, "model": model}
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False)
    return sha256(text.encode("utf-8", "replace")).hexdigest()


class Kept(NamedTuple):
    """An answer, and the tokens that it took when it was asked for; 0 where nobody counted."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Cached:
    """A completion that asks ``complete`` for what isn't kept in a file yet. ``model`` names the
    model: another name, other answers. The tokens of a completion that has ``counting``, as a
    :class:`~kgmed.reasoning.lm.connect.LanguageModel` has, are kept with its answers.

    Any number of threads may use it. ``hits`` and ``asked`` count what was found and what wasn't.
    Raises :class:`~kgmed.kg.errors.OutputError` for a file that can't be opened or written.
    """

    def __init__(self, complete: Completion, path: Path, *, model: str) -> None:
        self._complete, self._model, self._path = complete, model, path
        self._counting = getattr(complete, "counting", None) or (lambda: nullcontext(Usage()))
        self._lock = Lock()
        self.hits = self.asked = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._rows = sqlite3.connect(path, timeout=WAIT_S, check_same_thread=False)
            self._rows.execute(
                "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, model TEXT NOT NULL,"
                " answer TEXT NOT NULL, prompt_tokens INTEGER NOT NULL,"
                " completion_tokens INTEGER NOT NULL) WITHOUT ROWID"
            )
            self._rows.commit()
        except (sqlite3.Error, OSError) as error:
            raise self._broken(error) from error

    def __call__(self, request: Request, /) -> str:
        return self.kept(request).text

    def kept(self, request: Request) -> Kept:
        """The answer to a request, and its tokens."""
        key = request_key(self._model, request)
        try:
            with self._lock:
                found = self._rows.execute(
                    "SELECT answer, prompt_tokens, completion_tokens FROM answers WHERE key = ?",
                    (key,),
                ).fetchone()
                if found is not None:
                    self.hits += 1
                    return Kept(*found)
            with self._counting() as used:
                text = completed(self._complete, request).encode("utf-8", "replace").decode()
            answer = Kept(text, used.prompt_tokens, used.completion_tokens)
            with self._lock:
                self.asked += 1
                self._rows.execute(
                    "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)",
                    (key, self._model, *answer),
                )
                self._rows.commit()
        except sqlite3.Error as error:
            raise self._broken(error) from error
        return answer

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._rows.close()

    def _broken(self, error: Exception) -> OutputError:
        return OutputError(
            f"{self._path}: the cache of a model's answers can't be used ({error}). Name another "
            "file, or remove this one to have everything asked anew."
        )
