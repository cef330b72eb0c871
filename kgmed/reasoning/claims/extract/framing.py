"""What of a text is one sentence: lists cut at semicolons made whole, headings taken away.

Roles of X include A; B, with a comma; and C.     one list, though its members end at semicolons
What is listed: X treats Y.                        the words before the colon claim nothing
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from kgmed.kg.linking.link import Link
from kgmed.reasoning.claims.extract.sentences import Sentence, blanked

_MEMBERS = re.compile(r"(?:and |or )?X(?:,? (?:and|or) X)*(?: ?\([^()]*\))?[;.]?")
_HEADING = re.compile(
    r"(?:(?:what is |also )?(?:listed|known|stated|recorded)"
    r"(?: instead)?(?: for (?:both|each|all|X|X only|X alone))?"
    r"|(?:the )?(?:nearest|closest|listed|stated|relevant) (?:statement|fact)s?(?: (?:is|are))?"
    r"|(?:in )?(?:conclusion|summary|short|brief)|therefore|step \d+"
    r"|(?:the )?(?:answer|explanation|evidence|proof|facts?|reason(?:ing)?)(?: is)?"
    r"): +|(?:yes|no|correct|indeed|certainly)[,:] +(?!no\b)",
    re.I,
)
"""Before a clause, words that say where it comes from or what it is for; and what answers before it
does."""


def whole(
    found: Iterable[Sentence], links: Sequence[Link]
) -> Iterator[tuple[Sentence, list[Link]]]:
    """The sentences with the mentions in each, lists joined and headings left out.

    ``links`` are the text's, left to right.
    """
    held: tuple[Sentence, list[Link]] | None = None
    place = 0
    for sentence in found:
        while place < len(links) and links[place].start < sentence.start:
            place += 1
        inside: list[Link] = []
        while place < len(links) and links[place].start < sentence.end:
            if links[place].end <= sentence.end:
                inside.append(links[place])
            place += 1
        if held is not None and _continues(held[0], sentence, inside):
            held = (_joined(held[0], sentence), held[1] + inside)
            continue
        if held is not None:
            yield _unheaded(*held)
        held = (sentence, inside)
    if held is not None:
        yield _unheaded(*held)


def _continues(before: Sentence, sentence: Sentence, inside: list[Link]) -> bool:
    """Whether a sentence is the rest of a list: nothing but mentions, behind a semicolon."""
    return (
        bool(inside)
        and sentence.lang == "en" == before.lang
        and before.text.endswith(";")
        and _MEMBERS.fullmatch(blanked(sentence, inside)) is not None
    )


def _joined(before: Sentence, sentence: Sentence) -> Sentence:
    blanks = " " * (sentence.start - before.end)
    return Sentence(
        before.start, sentence.end, f"{before.text}{blanks}{sentence.text}", before.lang
    )


def _unheaded(sentence: Sentence, inside: list[Link]) -> tuple[Sentence, list[Link]]:
    """A sentence without the heading before its colon, and the mentions behind that."""
    heading = _HEADING.match(blanked(sentence, inside))
    if heading is None or sentence.lang != "en":
        return sentence, inside
    cut = min(at for at in map(sentence.text.find, ":,") if at >= 0) + 1
    cut += len(sentence.text[cut:]) - len(sentence.text[cut:].lstrip())
    start = sentence.start + cut
    rest = Sentence(start, sentence.end, sentence.text[cut:], sentence.lang)
    return rest, [link for link in inside if link.start >= start]
