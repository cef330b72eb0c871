"""Evidence: numbered sentences, the statements behind each, and what had to be withheld."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from kgmed.kg.linking.link import Link
from kgmed.kg.model import Language, Path, Statement
from kgmed.kg.verbalize.size import tokens_of
from kgmed.reasoning.answer import Withheld
from kgmed.reasoning.claims.model import Claim

__all__ = ["Evidence", "Kind", "Piece", "Withheld"]

Kind = Literal["asked", "between", "path", "about"]
"""Why a piece is there: the question's relation, what joins two of its concepts, a path between
them, or what else is said of one."""


MOST_NAMEABLE = 60
"""Names that an answer is chosen among."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence to be cited by its number, and the ids of the statements that it tells.

    ``about`` are the concepts it speaks of. ``path`` is set where it tells one.
    """

    number: int
    text: str
    kind: Kind
    statements: tuple[str, ...]
    about: tuple[str, ...] = ()
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a graph holds on a question.

    ``links`` are the concepts it names, ``statements`` those that the pieces tell, by id;
    ``names`` are the concepts' as the pieces write them, of those that may leave; ``asked`` is the
    predicate that the question asks about, "" where it wasn't read, ``whether`` the claim that
    "yes" would make. ``left_out`` counts the statements found that the budget had no room for.
    """

    question: str
    lang: Language
    links: tuple[Link, ...] = ()
    pieces: tuple[Piece, ...] = ()
    statements: Mapping[str, Statement] = field(default_factory=dict)
    withheld: tuple[Withheld, ...] = ()
    left_out: int = 0
    snapshot: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    asked: str = ""
    whether: Claim | None = None

    @property
    def text(self) -> str:
        """The pieces, a line each, numbered."""
        return "\n".join(f"[{piece.number}] {piece.text}" for piece in self.pieces)

    @property
    def tokens(self) -> int:
        """About how many tokens :attr:`text` has."""
        return tokens_of(self.text)

    def cited(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """The ids of the statements behind numbers, each once; numbers of no piece give none."""
        pieces = {piece.number: piece for piece in self.pieces}
        ids = (id for n in numbers if n in pieces for id in pieces[n].statements)
        return tuple(dict.fromkeys(ids))

    def spoken_names(self) -> dict[str, str]:
        """What the question calls concepts, and what the pieces call them, where that differs."""
        told = {id for piece in self.pieces for id in piece.about}
        return {
            link.text: self.names[link.id]
            for link in self.links
            if link.id in told
            and link.id in self.names
            and link.text.casefold() != self.names[link.id].casefold()
        }

    def nameable(self, *, most: int = MOST_NAMEABLE) -> dict[str, tuple[str, ...]]:
        """The names that an answer may hold, and the concepts of each: what the pieces speak of
        besides the question's own concepts, the best pieces' first."""
        own = {link.id for link in self.links}
        found: dict[str, tuple[str, ...]] = {}
        for piece in self.pieces:
            nodes = piece.path.nodes if piece.path is not None else piece.about
            for id in nodes:
                name = self.names.get(id, "")
                if id in own or not name:
                    continue
                if name not in found and len(found) >= most:
                    continue
                found[name] = tuple(dict.fromkeys((*found.get(name, ()), id)))
        return found

    def with_pieces(self, pieces: Iterable[tuple[Piece, Mapping[str, Statement]]]) -> Evidence:
        """The same with other pieces, numbered anew."""
        listed = list(pieces)
        numbered = tuple(replace(piece, number=n) for n, (piece, _) in enumerate(listed, start=1))
        told = {id: s for _piece, rows in listed for id, s in rows.items()}
        return replace(self, pieces=numbered, statements=told)
