"""Every error that kgmed raises on purpose.

KgmedError
├── InputError          what a person or a program handed in can't be used
│   ├── UsageError      an argument or option is missing, unknown or contradictory
│   ├── CurieError      not a CURIE, or a prefix that nobody registered
│   └── UnknownConcept  a well-formed id or name that this graph doesn't hold
├── DataError           a file or table breaks its published format
│   ├── RowError        one row does: file, line, found, expected
│   └── RegistryError   an entry of a table that ships with kgmed is wrong
├── StoreError          a graph can't be opened or read
│   ├── NotAGraph       nothing there, or something that isn't a kgmed graph
│   ├── FormatVersion   a snapshot of a format that this kgmed can't read
│   ├── CorruptSnapshot bytes differ from the checksum written when it was built
│   └── ServerError     a server that holds a graph can't be reached, or refuses
├── OutputError         what was asked for can't be written, or its folder holds something else
├── LanguageModelError  a language model gives no answer
├── TimeLimit           a served graph was asked something that takes too long
├── Overloaded          a served graph is asked more than it can answer
├── ConfigError         kgmed.toml or an environment variable is wrong
└── MissingExtra        an optional package isn't installed

A message says what was found, where, what was expected and what to do. The command line prints it
without a traceback and exits with ``exit_code``.
"""

from __future__ import annotations

from pathlib import Path


class KgmedError(Exception):
    """Base of every error that kgmed raises on purpose."""

    exit_code = 1

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross between processes as they are, whatever their ``__init__`` takes."""
        return _again, (type(self), self.args, self.__dict__)


def _again(
    kind: type[KgmedError], args: tuple[object, ...], state: dict[str, object]
) -> KgmedError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class InputError(KgmedError):
    """What a person or a program handed in can't be used."""


class UsageError(InputError):
    """An argument or option is missing, unknown or contradicts another."""

    exit_code = 2


class CurieError(InputError):
    """Not a CURIE, or a prefix that isn't in the registry."""


class UnknownConcept(InputError):
    """A well-formed id or name that the opened graph doesn't hold.

    ``found`` says so; ``hint`` is the command that helps, for who has a command line.

    >>> print(error := UnknownConcept("The graph holds no id X:1.", hint="'kgmed link' finds ids."))
    The graph holds no id X:1. 'kgmed link' finds ids.
    >>> error.found
    'The graph holds no id X:1.'
    """

    exit_code = 3

    def __init__(self, found: str, *, hint: str = "") -> None:
        self.found = found
        super().__init__(f"{found} {hint}".rstrip())


class DataError(KgmedError):
    """A file or table breaks its published format."""


class RowError(DataError):
    """One row of a source file breaks the file's format.

    >>> print(RowError("edges.tsv", 7, found="4 fields", expected="5", hint="Is a tab missing?"))
    edges.tsv line 7: found 4 fields, expected 5. Is a tab missing?
    """

    def __init__(
        self, file: str | Path, line: int, *, found: str, expected: str, hint: str = ""
    ) -> None:
        self.file, self.line, self.found, self.expected = str(file), line, found, expected
        text = f"{file} line {line}: found {found}, expected {expected}."
        super().__init__(f"{text} {hint}".rstrip())


class RegistryError(DataError):
    """An entry of a table that ships with kgmed (predicates.toml ...) is wrong."""


class StoreError(KgmedError):
    """A graph can't be opened or read."""


class NotAGraph(StoreError):
    """Nothing there, or something that isn't a kgmed graph."""


class FormatVersion(StoreError):
    """A snapshot of a format that this kgmed can't read."""


class CorruptSnapshot(StoreError):
    """Bytes of a snapshot differ from the checksum written when it was built."""


class ServerError(StoreError):
    """A server that holds a graph can't be reached, or refuses what was asked."""


class OutputError(KgmedError):
    """What was asked for can't be written, or its folder holds what another run wrote."""


class LanguageModelError(KgmedError):
    """A language model can't be reached, refuses, or gives nothing that can be read.

    ``of_the_request``: what was asked is at fault (it is too long), so that others are answered.
    """

    of_the_request = False


class TimeLimit(KgmedError):
    """A query took longer than a server lets it."""


class Overloaded(KgmedError):
    """A server has more to do than it can; asking again later may do."""


class ConfigError(KgmedError):
    """kgmed.toml or an environment variable is wrong."""

    exit_code = 2


class ProgramWarning(UserWarning):
    """A compiled program runs with another model, snapshot or kgmed than it was made with."""


class MissingExtra(KgmedError):
    """An optional package isn't installed.

    >>> print(MissingExtra("numba", "fast"))
    This needs the package 'numba'. Install it with: pip install "kgmed[fast]"
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"This needs the package '{package}'. Install it with: pip install \"kgmed[{extra}]\""
        )
