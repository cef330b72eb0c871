"""What every command gets besides its own: ``--verbose``, and completion of its values."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, get_args, get_origin

import typer

from kgmed.cli.completing import completion
from kgmed.cli.opening import be_verbose

WORDS = (("bool", None), ("int", "N"), ("float", "X"), ("Path", "PATH"), ("str", "TEXT"))
"""What stands for a value in help, by its type, where the option doesn't say."""


def _verbose(wanted: bool) -> None:
    if wanted:
        be_verbose()


Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        callback=_verbose,
        is_eager=True,
        help="Tell what is opened and how long it takes; print errors with where they arose.",
    ),
]


def prepared(command: str, function: Callable[..., None]) -> Callable[..., None]:
    """A command's function as Typer is given it; the function itself doesn't see ``--verbose``."""
    signature = inspect.signature(function, eval_str=True)
    parameters = [
        parameter.replace(annotation=_completed(command, name, parameter.annotation))
        for name, parameter in signature.parameters.items()
    ]
    extra = inspect.Parameter(
        "verbose", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Verbose
    )

    @wraps(function)
    def call(*given: Any, verbose: bool = False, **options: Any) -> None:
        function(*given, **options)

    call.__signature__ = signature.replace(parameters=[*parameters, extra])  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in [*parameters, extra]}
    del call.__wrapped__  # else the annotations are looked up there
    return call


def _completed(command: str, name: str, annotation: Any) -> Any:
    """An annotation whose option or argument completes its values, and says what they are."""
    if get_origin(annotation) is not Annotated:
        return annotation
    kind, *notes = get_args(annotation)
    for place, note in enumerate(notes):
        if not isinstance(note, typer.models.ParameterInfo):
            continue
        info = notes[place] = copy.copy(note)
        info.autocompletion = completion(command, name, info.metavar)
        if info.metavar is None and isinstance(info, typer.models.OptionInfo):
            info.metavar = next((word for one, word in WORDS if one in str(kind)), None)
    return Annotated[(kind, *notes)]
