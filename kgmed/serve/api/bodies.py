"""What requests carry: these fields alone. Sizes are checked by the service, which says them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Lang = Literal["en", "zh"]


class Body(BaseModel):
    """A request's JSON object; a field that isn't known is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Ask(Body):
    """A question in English or Chinese. ``program`` is one that the server offers; ``limit`` bounds
    the items in the answer's text."""

    question: str = Field(examples=["drug interactions of warfarin"])
    lang: Lang | None = None
    program: str | None = Field(None, examples=["direct"])
    limit: int = Field(20, ge=1, examples=[20])


class Text(Body):
    """A text to be linked."""

    text: str = Field(examples=["Warfarin interacts with amiodarone."])
    lang: Lang | None = None


class Checked(Text):
    """A text to be verified. ``plausibility`` asks the server's trained model about what is
    unsupported; it changes no verdict."""

    plausibility: bool = False


class Claims(Body):
    """Claims to be verified: ``subject``, ``predicate`` and ``object`` (ids or names), maybe
    ``negated`` and ``qualifiers``; further fields come back as they are. ``plausibility`` asks the
    server's trained model about what is unsupported, as for a text; ``lang`` is the language of
    what it says, that of each row unless given."""

    triples: list[dict[str, Any]] = Field(
        examples=[[{"subject": "warfarin", "predicate": "interacts_with", "object": "amiodarone"}]]
    )
    lang: Lang | None = None
    plausibility: bool = False


class Drugs(Body):
    """Drugs by name or id."""

    drugs: list[str] = Field(examples=[["warfarin", "amiodarone", "metformin"]])
    lang: Lang | None = None
