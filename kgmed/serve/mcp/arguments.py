"""What each tool takes: checked here as to kind, by the service as to size."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kgmed.kg.errors import UsageError

Lang = Literal["en", "zh"]
LANG = Field(None, description="Language of the answer; the text's own unless given.")
ID = "Any id or spelling of one: drugbank:DB00682, DB00682, C0043031."
PLAUSIBILITY = Field(
    False,
    description="Tell how plausible the server's trained model finds what is UNSUPPORTED; "
    "no evidence. Only where info tells of a model.",
)
CURSOR = Field(None, description="Where to go on: `more.cursor` of the result before.")


class Arguments(BaseModel):
    """A tool's arguments; one that isn't known is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Nothing(Arguments):
    """No arguments."""


class Search(Arguments):
    """For ``search``."""

    text: str = Field(description="An id, a name, or the beginning of one, English or Chinese.")
    category: str | None = Field(None, description="Only this Biolink category, such as Drug.")
    lang: Lang | None = Field(None, description="Language of the names shown; en unless given.")
    limit: int = Field(10, ge=1, le=50)


class Concept(Arguments):
    """For ``concept``."""

    id: str = Field(description=ID)
    lang: Lang | None = Field(None, description="Language of the text; en unless given.")
    limit: int = Field(20, ge=1, le=100, description="Names and mappings at most.")
    cursor: str | None = CURSOR


class Statements(Arguments):
    """For ``statements``."""

    id: str = Field(description=ID)
    predicate: str | None = Field(None, description="Only this predicate, such as treats.")
    direction: Literal["out", "in", "both"] = Field(
        "both", description="out: the concept is the subject; in: it is the object."
    )
    source: str | None = Field(None, description="Only this source, such as infores:ndfrt.")
    lang: Lang | None = Field(None, description="Language of the sentences; en unless given.")
    limit: int = Field(20, ge=1, le=50)
    cursor: str | None = CURSOR


class Statement(Arguments):
    """For ``statement``."""

    id: str = Field(description="A statement's id, or the 8 digits that a text cites in [ ].")
    lang: Lang | None = Field(None, description="Language of the sentence; en unless given.")


class Paths(Arguments):
    """For ``paths``."""

    start: str = Field(description="A concept, by id or name.")
    end: str = Field(description="Another, by id or name.")
    hops: int = Field(4, ge=1, le=4, description="Statements in a path at most.")
    lang: Lang | None = Field(None, description="Language of the text; en unless given.")
    limit: int = Field(5, ge=1, le=20, description="Paths at most, the best first.")
    rank: Literal["default", "learned"] = Field(
        "default",
        description="learned: by the server's trained model. Only where info tells of a model.",
    )


class Ask(Arguments):
    """For ``ask``."""

    question: str = Field(description="One question, in English or Chinese.")
    lang: Lang | None = LANG
    program: str | None = Field(
        None, description="How it is answered: direct, by the graph alone; others ask a model."
    )
    limit: int = Field(20, ge=1, le=100, description="Items of a list at most.")
    cursor: str | None = CURSOR


class Drugs(Arguments):
    """For ``interactions``."""

    drugs: list[str] = Field(description="Two or more drugs, by name or id.", min_length=2)
    lang: Lang | None = Field(None, description="Language of the text; en unless given.")
    limit: int = Field(50, ge=1, le=200, description="Pairs at most, those listed first.")
    cursor: str | None = CURSOR


class Text(Arguments):
    """For ``link``."""

    text: str = Field(description="Prose, in English or Chinese.")
    lang: Lang | None = LANG
    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = CURSOR


class Checked(Text):
    """For ``verify_text``."""

    plausibility: bool = PLAUSIBILITY


class Triple(Arguments):
    """One claim."""

    subject: str = Field(description="A concept, by id or name.")
    predicate: str = Field(description="A predicate, such as treats.")
    object: str = Field(description="A concept, by id or name.")
    negated: bool = Field(False, description="The claim denies it.")
    qualifiers: dict[str, str] = Field(default_factory=dict)


class Triples(Arguments):
    """For ``verify_triples``."""

    triples: list[Triple] = Field(description="The claims.", min_length=1)
    lang: Lang | None = LANG
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = CURSOR
    plausibility: bool = PLAUSIBILITY


class Mapping(Arguments):
    """For ``explain_mapping``."""

    left: str = Field(description="An id, such as DOID:9477.")
    right: str = Field(description="Another, such as UMLS:C0034065.")


class Coverage(Arguments):
    """For ``coverage``."""

    predicate: str | None = Field(None, description="Only this predicate.")
    category: str | None = Field(None, description="Only with this category at either end.")
    source: str | None = Field(None, description="Only this source, such as infores:ndfrt.")
    limit: int = Field(30, ge=1, le=200)
    cursor: str | None = CURSOR


class Sample(Arguments):
    """For ``export_sample``."""

    task: str = Field(description="A task of `kgmed export instructions`, such as yes_no.")
    lang: Lang = "en"
    count: int = Field(3, ge=1, le=10, description="Rows.")


def read(kind: type[Arguments], given: Any) -> Any:
    """The arguments of a call.

    Raises :class:`~kgmed.kg.errors.UsageError` that says which was found wrong, and what is
    expected.

    >>> read(Paths, {"start": "a", "end": "b", "hops": 9})
    Traceback (most recent call last):
        ...
    kgmed.kg.errors.UsageError: hops: found 9; input should be less than or equal to 4.
    """
    try:
        return kind.model_validate({} if given is None else given)
    except ValidationError as error:
        told = "; ".join(_told(one, kind) for one in error.errors()[:3])
    raise UsageError(told + ".")


def _told(error: Any, kind: type[Arguments]) -> str:
    where = ".".join(map(str, error["loc"])) or "the arguments"
    if error["type"] == "missing":
        return f"{where}: found nothing; it is needed"
    if error["type"] == "extra_forbidden":
        known = ", ".join(kind.model_fields) or "none"
        return f"{where}: not an argument of this tool; expected {known}"
    found = str(error["input"]).encode("utf-8", "backslashreplace").decode()[:80]
    message = error["msg"][:1].lower() + error["msg"][1:]
    return f"{where}: found {found}; {message}"
