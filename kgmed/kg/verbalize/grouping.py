"""Statements that share a predicate and an end as one sentence with a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language, Statement
from kgmed.kg.verbalize import english, lists, number, values
from kgmed.kg.verbalize import qualifiers as words_of
from kgmed.kg.verbalize.template import STOPS, denied, ended, pieces

if TYPE_CHECKING:
    from kgmed.kg.verbalize.verbalizer import Verbalizer


def grouped(
    say: Verbalizer,
    statements: Sequence[Statement],
    name: Callable[[str], str],
    lang: Language,
    *,
    wording: int,
    limit: int | None,
    about: str = "",
    opened: bool = False,
) -> str:
    """One sentence; :meth:`~kgmed.kg.verbalize.verbalizer.Verbalizer.grouped` says of what.

    ``opened`` keeps to wordings that open with the shared end.
    """
    first, shared, inverse = _shared(say, statements, about)
    items: dict[str, tuple[str, list[str]]] = {}
    for statement in statements:
        item = _other(statement, shared, name, lang, inverse=inverse)
        tail = words_of.tail(statement.qualifiers, name, lang=lang)
        _, tails = items.setdefault(item.casefold(), (item, []))
        if tail not in tails:
            tails.append(tail)
    common = {tail for _, tails in items.values() for tail in tails}
    behind = next(iter(common)) if len(common) == 1 else ""
    shown = [item + ("" if behind else "".join(tails)) for item, tails in items.values()]
    more = max(0, len(shown) - limit) if limit is not None else 0
    kept = shown[: len(shown) - more]
    listed = lists.join(lang, kept, denied=first.negated, more=more)
    options = say.choices(
        first.predicate, lang, inverse=inverse, listed=len(shown) > 1, opened=opened
    )
    text = options[wording % len(options)]
    if first.negated:
        text = denied(text, lang)
    many: english.Number = "list" if len(shown) > 1 else "one"
    valued = first.value is not None
    if many == "one" and lang == "en" and not valued and number.is_plural(shown[0]):
        many = "many"
    return _sentence(text, name(shared), (listed, many), lang, tail=behind, inverse=inverse)


class Shape(NamedTuple):
    """A wording as the texts around the shared end and the list; the text ends before its stop.

    ``listed_first`` says that the list comes first, ``opens`` and ``closes`` whether a name opens
    the sentence and whether one closes it.
    """

    prefix: str
    between: str
    end: str
    listed_first: bool
    opens: bool
    closes: bool


def shape(
    text: str, lang: Language, own: english.Number, others: english.Number, *, inverse: bool
) -> Shape:
    """A wording for the number of the shared end, the subject or (``inverse``) the object, and that
    of what is listed."""
    if lang == "en":
        text = english.inflect(
            text, {"s": others, "o": own} if inverse else {"s": own, "o": others}
        )
    (prefix, between, suffix), first, opens, closes = pieces(text, lang)
    end = "" if closes else suffix.removesuffix(STOPS[lang])
    return Shape(prefix, between, end, (first == "s") == inverse, opens, closes)


def _sentence(
    text: str, shared: str, others: tuple[str, english.Number], lang: Language, *, tail: str,
    inverse: bool,
) -> str:  # fmt: skip
    listed, count = others
    own: english.Number = "many" if lang == "en" and number.is_plural(shared) else "one"
    told = shape(text, lang, own, count, inverse=inverse)
    head, last = (listed, shared) if told.listed_first else (shared, listed)
    if told.opens and lang == "en":
        head = number.opening(head)
    start = f"{told.prefix}{head}{told.between}"
    if not tail and told.closes:
        return start + ended(last, lang)
    return f"{start}{last}{told.end}{tail}{STOPS[lang]}"


def _shared(
    say: Verbalizer, statements: Sequence[Statement], about: str
) -> tuple[Statement, str, bool]:
    """(the first, the end that all share, whether it is the object)."""
    if not statements:
        raise UsageError("no statements to group: expected at least one")
    first = statements[0]
    kinds = sorted({("not " if s.negated else "") + s.predicate for s in statements})
    if len(kinds) > 1:
        raise UsageError(
            f"a group says one thing of one end, these say {', '.join(kinds)}: group by predicate "
            "and negation first"
        )
    entry = say.registry.get(first.predicate)
    symmetric = entry is not None and entry.symmetric
    for end in (about,) if about else (first.subject, first.object):
        if all(s.subject == end for s in statements):
            return first, end, False
        if end and all(s.object == end for s in statements):
            return first, end, not symmetric
        if symmetric and all(end in {s.subject, s.object} for s in statements):
            return first, end, False
    raise UsageError(
        f"{len(statements)} statements of {first.predicate} share neither subject nor object: "
        "group them by one end first"
    )


def _other(
    statement: Statement, shared: str, name: Callable[[str], str], lang: Language, *, inverse: bool
) -> str:
    if statement.value is not None:
        return values.words(statement.value, lang)
    if inverse:
        return name(statement.subject)
    return name(statement.subject if statement.subject != shared else statement.object)
