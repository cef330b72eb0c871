"""The application: every command, registered under its name.

Typer prepares every parameter of every command it knows. A command line that names its command
needs only that one, so only its module is imported; help and completion get them all.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Annotated

import typer

from kgmed.cli.examples import epilog
from kgmed.cli.prepared import prepared

COMMANDS = {
    "ask": "ask",
    "link": "link",
    "verify": "verify",
    "proof": "proof",
    "show": "graph",
    "paths": "graph",
    "why": "graph",
    "info": "graph",
    "coverage": "graph",
    "check": "graph",
    "diff": "diff",
    "mappings": "mappings",
    "load": "load",
    "cypher": "cypher",
    "build": "build",
    "overlay": "overlay",
    "synth": "synth",
    "serve": "serve",
    "mcp": "mcp",
    "optimize": "optimize",
    "doctor": "doctor",
}
"""Command -> the module of this package that holds its function, which has the command's name."""

EXPORT = "export"
EXPORTS = {
    "corpus": ("export_corpus", "corpus"),
    "instructions": ("export_instructions", "instructions"),
    "kgx": ("export_kgx", "kgx"),
    "neo4j": ("export_neo4j", "neo4j"),
    "preferences": ("export_preferences", "preferences"),
    "rationales": ("export_rationales", "rationales"),
    "rdf": ("export_rdf", "rdf"),
    "sssom": ("mappings", "mappings"),
}
"""What ``kgmed export`` writes -> the module of this package, and its function."""

LM = "lm"
LMS = {"check": ("lm_check", "check"), "serve": ("lm_serve", "serve")}
"""What ``kgmed lm`` does -> the module of this package, and its function."""

EVALUATE = "evaluate"
EVALUATES = {
    "run": ("evaluate_run", "run"),
    "compare": ("evaluate_compare", "compare"),
    "judge": ("evaluate_judge", "judge"),
    "items": ("evaluate_items", "items"),
}
"""What ``kgmed evaluate`` does -> the module of this package, and its function."""

LEARN = "learn"
LEARNS = {
    "train": ("learn_train", "train"),
    "evaluate": ("learn_evaluate", "evaluate"),
    "info": ("learn_info", "info"),
    "suggest": ("learn_suggest", "suggest"),
}
"""What ``kgmed learn`` does -> the module of this package, and its function."""

HELP = "A medical knowledge graph that answers, links and explains, with a source for each line."
EXITS = (
    "Exit codes: 0 done, 1 failed, 2 the command line is wrong, 3 nothing was found or answered, "
    "130 stopped by Ctrl-C. Data goes to stdout, progress and notes to stderr. NO_COLOR turns "
    "colours off."
)
"""What the help of ``kgmed`` ends with."""


def _version(wanted: bool) -> None:
    if wanted:
        import kgmed

        typer.echo(f"kgmed {kgmed.__version__}")
        raise typer.Exit


def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The command line without a command; its help is ``HELP``."""


def make_app(only: str | None = None) -> typer.Typer:
    """The application with all commands, or with ``only`` one of them."""
    app = typer.Typer(
        name="kgmed",
        help=HELP,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(help=HELP, epilog=EXITS)(root)
    for name, module in COMMANDS.items():
        if only in {None, name}:
            _add(app, name, name, (module, name))
    if only in {None, EXPORT}:
        group = typer.Typer(
            help="Write the graph in another form, or as datasets; or trace a row of a dataset.",
            invoke_without_command=True,
            callback=prepared(EXPORT, _function("export_trace", "trace")),
            epilog=epilog(EXPORT),
        )
        for name, place in EXPORTS.items():
            _add(group, name, f"{EXPORT} {name}", place)
        app.add_typer(group, name=EXPORT)
    if only in {None, LM}:
        group = typer.Typer(help="Start a language model, or check one.", no_args_is_help=True)
        for name, place in LMS.items():
            _add(group, name, f"{LM} {name}", place)
        app.add_typer(group, name=LM)
    if only in {None, EVALUATE}:
        group = typer.Typer(
            help="Measure how well a model answers, with a graph and without it.",
            no_args_is_help=True,
        )
        for name, place in EVALUATES.items():
            _add(group, name, f"{EVALUATE} {name}", place)
        app.add_typer(group, name=EVALUATE)
    if only in {None, LEARN}:
        group = typer.Typer(
            help="Train models on a graph that tell how plausible is what it doesn't say.",
            no_args_is_help=True,
        )
        for name, place in LEARNS.items():
            _add(group, name, f"{LEARN} {name}", place)
        app.add_typer(group, name=LEARN)
    return app


def _add(app: typer.Typer, name: str, whole: str, place: tuple[str, str]) -> None:
    """Register a command; ``whole`` is its name with that of its group."""
    app.command(name, epilog=epilog(whole))(prepared(whole, _function(*place)))


def _function(module: str, name: str) -> Callable[..., None]:
    found: Callable[..., None] = getattr(import_module(f"kgmed.cli.{module}"), name)
    return found
