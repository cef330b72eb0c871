"""The application: every command, registered under its name."""

from __future__ import annotations

from typing import Annotated

import typer

from kgmed.cli import ask, build, graph, link

app = typer.Typer(
    name="kgmed",
    help="A medical knowledge graph that answers, links and explains, with a source for each line.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        import kgmed

        typer.echo(f"kgmed {kgmed.__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A medical knowledge graph that answers, links and explains, with a source for each line."""


app.command("ask")(ask.ask)
app.command("link")(link.link)
app.command("show")(graph.show)
app.command("paths")(graph.paths)
app.command("why")(graph.why)
app.command("info")(graph.info)
app.command("coverage")(graph.coverage)
app.command("check")(graph.check)
app.command("build")(build.build)
