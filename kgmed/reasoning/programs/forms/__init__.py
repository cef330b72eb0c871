"""One function per form of question: links in, an answer out.

Each takes the context, the bound reading and an answer to fill, and returns the filled answer:
with items and citations, or abstained with the reason. None treats absence as a "no".
"""

from __future__ import annotations

from collections.abc import Callable

from kgmed.reasoning.answer import Answer, Form
from kgmed.reasoning.programs.forms.context import Context
from kgmed.reasoning.programs.forms.describe import compare, define
from kgmed.reasoning.programs.forms.lists import listing, shared
from kgmed.reasoning.programs.forms.mechanisms import path, path_line
from kgmed.reasoning.programs.forms.pairs import pairwise
from kgmed.reasoning.programs.forms.values import id_label, value
from kgmed.reasoning.programs.forms.yes_no import yes_no
from kgmed.reasoning.programs.slots import Bound

__all__ = ["FORMS", "Context", "id_label", "path_line"]

FORMS: dict[Form | None, Callable[[Context, Bound, Answer], Answer]] = {
    "list": listing,
    "reverse": listing,
    "count": listing,
    "yes_no": yes_no,
    "value": value,
    "shared": shared,
    "pairwise": pairwise,
    "path": path,
    "define": define,
    "compare": compare,
}
