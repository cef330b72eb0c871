"""The public names, and what importing kgmed must not do."""

from __future__ import annotations

import subprocess
import sys

import pytest

import kgmed
from kgmed import wire
from kgmed.facade import Graph


def test_the_public_names_are_these() -> None:
    assert sorted(kgmed.__all__) == [
        "Graph", "__version__", "ask", "build", "compare", "diff", "find_paths", "link",
        "open_diff", "open_graph", "retract", "reward", "verify",
    ]  # fmt: skip
    for name in kgmed.__all__:
        assert getattr(kgmed, name) is not None


def test_importing_kgmed_imports_nothing_heavy() -> None:
    heavy = "numpy,pyarrow,duckdb,pydantic,typer,rich,networkx,sqlite3"
    code = f"import sys, kgmed; print([m for m in '{heavy}'.split(',') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_a_question_imports_no_numpy_pydantic_or_typer(graph: Graph) -> None:
    code = (
        "import sys; sys.argv = ['kgmed', 'ask', 'gout', '-q']\n"
        "from kgmed.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('numpy', 'pyarrow', 'duckdb', 'pydantic', 'typer', 'networkx')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.splitlines()[-1] == b"[]"


def test_a_question_without_a_language_model_imports_nothing_of_programs(graph: Graph) -> None:
    code = (
        "import sys; sys.argv = ['kgmed', 'ask', 'gout', '-q']\n"
        "from kgmed.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "names = ('dspy', 'kgmed.reasoning.lm', 'kgmed.reasoning.evidence', 'kgmed.prompts',"
        " 'kgmed.reasoning.answering', 'kgmed.cli.tracing', 'kgmed.reasoning.claims.verify')\n"
        "print([m for m in names if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.splitlines()[-1] == b"[]"


@pytest.mark.parametrize("name", sorted(wire.SHAPES))
def test_every_wire_shape_has_a_schema(name: str) -> None:
    schema = wire.json_schema(name)
    assert schema["type"] == "object"
    assert schema["properties"]


def test_plain_json_is_what_pydantic_writes(graph: Graph) -> None:
    import json

    for question in ("warfarin interactions", "how does warfarin treat pulmonary embolism?"):
        answer = graph.ask(question)
        plain = json.loads(wire.to_json(answer))
        assert json.loads(wire.adapter("kgmed.answer/1").dump_json(answer)) == plain


def test_values_render_in_a_notebook_with_their_text_escaped(graph: Graph) -> None:
    from kgmed.kg.model import Concept

    hostile = Concept("x:1", ("Drug",), {"en": "<script>alert(1)</script>"})
    assert "<script>" not in hostile._repr_html_()
    for question in ("warfarin interactions", "what is gout?", "florbinol interactions"):
        assert "<" in graph.ask(question)._repr_html_()
