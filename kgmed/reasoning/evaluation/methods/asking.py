"""How an item of a benchmark is put to a program, and what the program's answer says."""

from __future__ import annotations

from typing import Any

from kgmed.kg.qa import YES_NO
from kgmed.reasoning.evaluation.model import Item
from kgmed.reasoning.programs.base import asks_yes_no
from kgmed.reasoning.programs.signatures import MOST_OPTIONS, Kind


def form_of(item: Item) -> Kind | None:
    """The form in which programs are asked an item; None for one that they can't be: with several
    right options, or more than they take, or a judgement."""
    options = options_of(item)
    if options:
        fits = 2 <= len(options) <= MOST_OPTIONS and len(item.right) == 1
        return "choice" if fits else None
    if item.kind in {"judgement", "choice"}:
        return None
    return "yes_no" if asks_yes_no(item.question) else "open"


def options_of(item: Item) -> tuple[str, ...]:
    """The options that are shown. A question for yes or no that isn't worded as one has these three
    for options.

    >>> options_of(Item("1", "b", "yes_no", "en", "Visual acuity: does it differ?"))
    ('yes', 'no', 'maybe')
    >>> options_of(Item("1", "b", "yes_no", "en", "Does aspirin treat gout?"))
    ()
    """
    if item.kind == "yes_no" and not asks_yes_no(item.question):
        return YES_NO
    return tuple(item.options.values())


def inputs_of(item: Item) -> dict[str, Any]:
    """What a module is given of an item: its question and options, or what is to be judged."""
    own = {"question": item.question, "language": item.lang}
    if item.kind == "judgement":
        return {**own, "candidate": item.candidate}
    return {**own, "options": options_of(item)}


def right_label(item: Item) -> str:
    """The label of a right answer as programs give it: an option's letter from A, or yes, no,
    maybe; "" for an open item."""
    if item.kind == "open" or not item.right:
        return ""
    if item.options:
        return chr(65 + list(item.options).index(item.right[0]))
    if options_of(item):
        return chr(65 + YES_NO.index(item.right[0]))
    return item.right[0]


def said_by(item: Item, prediction: Any) -> str:
    """What a prediction says, in the item's own letters; "" where it says nothing."""
    label = str(prediction.label or "")
    if not label or not prediction.answerable:
        return ""
    options = options_of(item)
    if not options:
        return label
    place = ord(label) - 65
    if not 0 <= place < len(options):
        return ""
    return list(item.options)[place] if item.options else options[place]
