"""How the columns of a table become concepts, names, mappings and statements.

A mapping is TOML, in ``kgmed.toml`` or in a recipe that ships with kgmed (``recipes/*.toml``):

    [[nodes]]
    path = "drugs.csv"
    id = { column = "drugbank_id", prefix = "drugbank" }
    name = "name"                                   # short for { column = "name" }
    category = { constant = "Drug" }

    [[edges]]
    path = "ddi.tsv"
    subject = { column = "a", prefix = "drugbank" }
    predicate = { constant = "interacts_with" }
    object = { column = "b", prefix = "drugbank" }
    qualifiers = { severity = { column = "level", values = { H = "Major" } } }

Nothing here reads data: :mod:`kgmed.builders.tables.files` does.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from kgmed.kg.errors import ConfigError

LEFT_OUT = "!"
"""A value of ``values`` that begins so leaves its rows out; the rest is the reason counted."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cell(_Strict):
    """Where a text comes from: one column, several joined, or a constant.

    ``pattern`` is a regular expression whose first group is what is taken; a cell that it doesn't
    match is empty. ``values`` replaces what it lists; a value that begins with ``!`` leaves the row
    out, counted under the rest of it. What ``values`` doesn't list becomes ``default``, or stays.
    """

    column: str = ""
    columns: tuple[str, ...] = ()
    joined_by: str = "|"
    constant: str = ""
    pattern: str = ""
    values: dict[str, str] = Field(default_factory=dict)
    default: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        return {"column": given} if isinstance(given, str) else given

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, given: str) -> str:
        try:
            groups = re.compile(given).groups
        except re.error as error:
            raise ValueError(f"{given!r} isn't a regular expression: {error}") from error
        if given and groups != 1:
            raise ValueError(f"{given!r} has {groups} groups, expected one: what is taken")
        return given

    @model_validator(mode="after")
    def _one_origin(self) -> Cell:
        origins = [bool(self.column), bool(self.columns), bool(self.constant)]
        if sum(origins) != 1:
            raise ValueError("expected exactly one of column, columns and constant")
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns read."""
        return (self.column,) if self.column else self.columns


class Predicate(Cell):
    """A predicate: kgmed's name of it, or a label of ``vocabulary`` in ``predicates.toml``.

    ``^`` before a name turns the row round: the object states it of the subject. A label that is
    known nowhere keeps its own name and is reported.
    """

    vocabulary: str = "biolink"


class Ids(Cell):
    """Where an id comes from, and what makes it a CURIE.

    Without any prefix the cell is a CURIE itself. ``split`` cuts ``Gene::9021`` into a key and the
    local id, ``prefix_column`` has the key in a column of its own; ``prefixes`` says what each key
    stands for ('' = the local id is a CURIE itself). ``pad`` fills numbers up with zeros, per
    prefix. ``separator`` cuts a cell of several ids.
    """

    prefix: str = ""
    prefix_column: str = ""
    split: str = ""
    prefixes: dict[str, str] = Field(default_factory=dict)
    pad: dict[str, int] = Field(default_factory=dict)
    separator: str = ""

    @model_validator(mode="after")
    def _one_prefix(self) -> Ids:
        ways = [name for name in ("prefix", "prefix_column", "split") if getattr(self, name)]
        if len(ways) > 1:
            raise ValueError(
                f"expected at most one of prefix, prefix_column and split, found {ways}"
            )
        if bool(self.prefixes) != bool(self.prefix_column or self.split):
            raise ValueError("prefixes goes with prefix_column or split, and they with it")
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns read."""
        return (*super().needs, *((self.prefix_column,) if self.prefix_column else ()))


class Texts(Cell):
    """Where several texts come from: a column whose cells are cut at ``separator``."""

    separator: str = "|"


class Mapped(_Strict):
    """Ids that a row states of its concept: ``predicate`` is SKOS, OWL or oboInOwl."""

    id: Ids
    predicate: str = "oboInOwl:hasDbXref"


class Table(_Strict):
    """A file, or several of one shape (``*`` in the path), and how its text is cut.

    ``columns`` names the columns of a file without a header line. ``quote`` is ``"`` for .csv,
    none otherwise, where a quote is data. ``missing`` are texts that mean an empty cell.
    ``where`` keeps the rows whose column has one of the values. ``optional`` files may be absent.
    """

    path: str
    delimiter: str = ""
    quote: str | None = None
    columns: tuple[str, ...] = ()
    encoding: Literal["utf-8", "latin-1", "utf-16"] = "utf-8"
    missing: tuple[str, ...] = ()
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    optional: bool = False

    def cells(self) -> Iterator[tuple[str, Cell]]:
        """The parts of the mapping, each with the key it stands under."""
        for name in type(self).model_fields:
            yield from _cells(name, getattr(self, name))

    def needs(self) -> dict[str, str]:
        """Column -> the first key that reads it."""
        found = {column: f"where.{column}" for column in self.where}
        for key, cell in self.cells():
            for column in cell.needs:
                found.setdefault(column, key)
        return found


class Nodes(Table):
    """Rows that speak of a concept. ``id`` alone asserts that it exists.

    ``names_only`` rows give names and mappings of concepts that other rows assert. ``distinct``
    takes equal rows once: for concepts that stand in every row of an edge file.
    """

    id: Ids
    category: Texts | None = None
    name: Cell | None = None
    language: Cell | None = None
    kind: Cell | None = None
    synonyms: Texts | None = None
    mappings: tuple[Mapped, ...] = ()
    names_only: bool = False
    distinct: bool = False


class Edges(Table):
    """Rows that make a statement: of an ``object``, or of a ``value``."""

    subject: Ids
    predicate: Predicate
    object: Ids | None = None
    value: Cell | None = None
    value_type: Cell = Cell(constant="text")
    unit: Cell | None = None
    value_language: Cell | None = None
    qualifiers: dict[str, Cell] = Field(default_factory=dict)
    negated: Cell | None = None
    source_record: Cell | None = None
    publications: Ids | None = None
    text: Cell | None = None
    knowledge_level: Cell = Cell(constant="not_provided")
    agent_type: Cell = Cell(constant="not_provided")
    primary_knowledge_source: Cell | None = None
    release: Cell | None = None
    licence: Cell | None = None
    distinct: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Edges:
        if (self.object is None) == (self.value is None):
            raise ValueError("expected either object or value")
        return self


class Recipe(_Strict):
    """A mapping of a publisher's files, with what is known of them."""

    infores: str = ""
    name: str = ""
    release: str = ""
    licence: str = ""
    url: str = ""
    attribution: str = ""
    nodes: tuple[Nodes, ...] = ()
    edges: tuple[Edges, ...] = ()


def _cells(key: str, found: Any) -> Iterator[tuple[str, Cell]]:
    if isinstance(found, Cell):
        yield key, found
    elif isinstance(found, Mapped):
        yield f"{key}.id", found.id
    elif isinstance(found, dict):
        for name, item in found.items():
            yield from _cells(f"{key}.{name}", item)
    elif isinstance(found, tuple):
        for item in found:
            yield from _cells(key, item)


def recipe_names() -> list[str]:
    """The recipes that ship with kgmed.

    >>> recipe_names()
    ['bios', 'ddinter', 'hetionet', 'primekg', 'sider']
    """
    folder = resources.files("kgmed.builders.tables") / "recipes"
    return sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if ".toml" in entry.name
    )


def read_recipe(name: str) -> Recipe:
    """Load a recipe; raises :class:`~kgmed.kg.errors.ConfigError` for a name that isn't one.

    >>> read_recipe("ddinter").licence
    'CC-BY-NC-SA-4.0'
    """
    if name not in recipe_names():
        known = recipe_names()
        raise ConfigError(
            f"Found the recipe {name!r}, expected one of {', '.join(known)}.{meant(name, known)}"
        )
    text = (resources.files("kgmed.builders.tables") / "recipes" / f"{name}.toml").read_text(
        "utf-8"
    )
    return parse_recipe(text, where=f"{name}.toml")


def parse_recipe(text: str, *, where: str) -> Recipe:
    """A recipe of TOML text; every mistake in it is named by its key."""
    try:
        return Recipe.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: isn't valid TOML: {error}.") from error
    except ValidationError as error:
        lines = [
            f"{where}: {'.'.join(map(str, problem['loc']))}: {problem['msg']}."
            for problem in error.errors()
        ]
        raise ConfigError("\n".join(lines)) from error


def check_columns(path: object, table: Table, columns: Sequence[str]) -> None:
    """Raise :class:`~kgmed.kg.errors.ConfigError` where a mapping reads what a file lacks."""
    missing = [
        f"{key} reads the column {column!r}, which isn't there.{meant(column, columns)}"
        for column, key in table.needs().items()
        if column not in columns
    ]
    if missing:
        lines = "\n".join(f"{path}: {line}" for line in missing)
        shown = ", ".join(name[:40] for name in columns[:40])
        raise ConfigError(f"{lines}\nIts columns are: {shown}{' ...' * (len(columns) > 40)}.")


def meant(name: str, known: Iterable[str]) -> str:
    """A hint at what a misspelt name may have meant.

    >>> meant("drug_Id", ["drug_id", "name"]), meant("x", ["name"])
    (' Did you mean drug_id?', '')
    """
    lower = {entry.lower(): entry for entry in known}
    close = difflib.get_close_matches(name.lower(), list(lower), n=1, cutoff=0.6)
    return f" Did you mean {lower[close[0]]}?" if close else ""
