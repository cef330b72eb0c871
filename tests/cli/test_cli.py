"""The command line as a process: what it prints, its exit codes, and its words for bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kgmed.wire import adapter

KGMED = [sys.executable, "-m", "kgmed.cli"]


@pytest.fixture(autouse=True)
def _built(graph: object) -> None:
    """The open graph is there before a command asks for it."""


def kgmed(*arguments: str, stdin: bytes = b"", cwd: Path | None = None) -> tuple[int, str, str]:
    command = [*KGMED, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, cwd=cwd, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_ask_prints_each_partner_with_statement_source_release_and_licence() -> None:
    code, out, err = kgmed("ask", "drug interactions of warfarin", "--limit", "0")
    lines = [line for line in out.splitlines() if "US-PD" in line]
    assert code == 0
    assert err == ""
    assert len(lines) in range(130, 141)
    assert all("ndfrt 2014-07-07" in line for line in lines)
    assert out.index("Critical (26)") < out.index("Significant (")


def test_a_pipe_gets_no_colours_and_no_boxes() -> None:
    _, out, _ = kgmed("info")
    assert "\x1b" not in out
    assert "│" not in out


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("does warfarin interact with amiodarone?", 0),
        ("does warfarin interact with lisinopril?", 3),
        ("drug interactions of florbinol", 3),
        ("what's the weather?", 3),
        ("", 2),
        ("x" * 100_000, 2),
    ],
)
def test_exit_codes(question: str, code: int) -> None:
    assert kgmed("ask", question)[0] == code


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        (["ask", "drug interactions of warfarin"], "kgmed.answer/1"),
        (["ask", "how does warfarin treat pulmonary embolism?"], "kgmed.answer/1"),
        (["ask", "drug interactions of florbinol"], "kgmed.answer/1"),
        (["link", "warfarin and 阿司匹林"], "kgmed.links/1"),
        (["paths", "imatinib", "ABL1"], "kgmed.paths/1"),
        (["why", "DB00682", "RXCUI:11289"], "kgmed.why/1"),
        (["show", "DB00682"], "kgmed.show/1"),
        (["info"], "kgmed.info/1"),
        (["coverage", "--predicate", "interacts_with"], "kgmed.coverage/1"),
        (["check"], "kgmed.check/1"),
    ],
)
def test_json_is_the_published_shape(arguments: list[str], shape: str) -> None:
    _, out, _ = kgmed(*arguments, "--json")
    adapter(shape).validate_json(out)
    assert json.loads(out).get("schema", shape) == shape


def test_every_command_has_help_with_its_options() -> None:
    for name in ("ask", "link", "show", "paths", "why", "info", "coverage", "check", "build"):
        code, out, _ = kgmed(name, "--help")
        assert code == 0
        assert "--json" in out


def test_the_short_way_knows_the_options_that_typer_knows() -> None:
    import typer.main

    from kgmed.cli.app import make_app
    from kgmed.cli.asking import FLAGS, VALUES

    group = typer.main.get_command(make_app("ask"))
    command = group.commands["ask"]  # type: ignore[attr-defined]
    options = {
        text: parameter.name
        for parameter in command.params
        if parameter.param_type_name == "option"
        for text in parameter.opts
    }
    besides = {"--verbose": "verbose", "-v": "verbose"}  # these need Typer's way
    assert options == {**FLAGS, **VALUES, **besides}


def test_a_question_may_come_from_standard_input() -> None:
    code, out, _ = kgmed("ask", "-", stdin="华法林的DrugBank编号".encode())
    assert code == 0
    assert "DB00682" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", ""], "The question is empty"),
        (["ask", "x" * 100_000], "at most 2,000"),
        (["ask", "what\x01is"], "control character U+0001"),
        (["ask", "gout", "--lang", "fr"], "expected one of: en, zh"),
        (["ask", "gout", "--program", "magic"], "expected one of: direct"),
        (["ask", "gout", "--budget", "300"], "Found budget with the program direct"),
        (["ask", "gout", "--budget", "3"], "--budget"),
        (["ask", "gout", "--graph", "bolt://127.0.0.1:1"], "the server can't be reached"),
        (["ask", "gout", "--graph", "ftp://x"], "expected a folder, kgmed:open"),
        (["ask", "gout", "--graph", "http://u:secret@x"], "'http://x', expected a folder"),
        (["ask", "gout", "--graph", "bolt://u:pa/secret@"], "URI that can't be read"),
        (["diff", "bolt://u:secret@x", "kgmed:open"], "bolt://x, expected a folder"),
        (["overlay", "bolt://u:secret@x", "--list"], "Found a graph on a server"),
        (["cypher", "RETURN 1"], "expected one on a Neo4j server"),
        (["cypher", "RETURN 1", "--graph", "bolt://x", "--parameters", "[1]"], "a JSON object"),
        (["cypher", "CREATE (n)", "--graph", "bolt://x"], "only reads the graph"),
        (["load", "my-graph"], "expected a Neo4j server"),
        (["load", "bolt://x", "--prune", "--diff", "y"], "expected one of them"),
        (["show", "DB99999"], "holds no id drugbank:DB99999"),
        (["show", "FOO:1"], "holds no id FOO:1"),
        (["show", "zzzzqqqq"], "No concept of the graph is named"),
        (["why", "warfarin", "DB00682"], "expected an id such as"),
        (["paths", "warfarin", "nosuchthing"], "No concept of the graph is named"),
        (["paths", "warfarin", "gout", "--predicate", "loves"], "expected one of"),
        (["coverage", "--predicate", "loves"], "expected one of"),
        (["info", "--graph", "/nowhere/at/all"], "there is nothing here"),
        (["build", "--no-open", "--out", "x"], "nothing to build"),
        (["build", "--nodes", "missing.tsv", "--out", "x"], "missing.tsv: there is no such file"),
    ],
)
def test_bad_input_is_refused_in_words(arguments: list[str], message: str, tmp_path: Path) -> None:
    code, out, err = kgmed(*arguments, cwd=tmp_path)
    assert code in {1, 2, 3}
    assert message in err
    assert "Traceback" not in err
    assert out == ""


def test_binary_bytes_on_standard_input_are_refused_in_words() -> None:
    code, _, err = kgmed("ask", "-", stdin=b"\xff\xfe\x00warfarin")
    assert code == 2
    assert "isn't UTF-8" in err
    assert "Traceback" not in err


def test_a_foreign_folder_is_no_graph(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    code, _, err = kgmed("ask", "gout", "--graph", str(tmp_path))
    assert code == 1
    assert "not a kgmed graph" in err


def test_why_explains_a_class_and_a_refusal() -> None:
    code, out, _ = kgmed("why", "DOID:9477", "UMLS:C0034065")
    assert code == 0
    assert "are one concept" in out
    code, out, _ = kgmed("why", "DB00257", "MESH:D000068816")
    assert "refused: the id contradicts the name beside it" in out


def test_show_takes_the_short_id_that_ask_prints() -> None:
    _, out, _ = kgmed("ask", "does warfarin interact with amiodarone?")
    short = out.split("[")[1].split("]")[0]
    code, out, _ = kgmed("show", short)
    assert code == 0
    assert "primary_knowledge_source  infores:ndfrt" in out


def test_build_from_kgx_files_and_ask_the_result(tmp_path: Path) -> None:
    (tmp_path / "nodes.tsv").write_text(
        "id\tcategory\tname\nDRUGBANK:DB00001\tbiolink:Drug\tFancidone\n"
        "MONDO:0000001\tbiolink:Disease\todd disease\n"
    )
    (tmp_path / "edges.tsv").write_text(
        "subject\tpredicate\tobject\tprimary_knowledge_source\n"
        "DRUGBANK:DB00001\tbiolink:treats\tMONDO:0000001\tinfores:mine\n"
    )
    code, out, err = kgmed(
        "build", "--nodes", "nodes.tsv", "--edges", "edges.tsv", "--no-open", "--out", "mine",
        cwd=tmp_path,
    )  # fmt: skip
    assert code == 0, err
    assert "1 statements" in out
    code, out, _ = kgmed("ask", "what treats odd disease?", "--graph", "mine", cwd=tmp_path)
    assert code == 0
    assert "Fancidone" in out
    assert "mine" in out


def test_a_malformed_row_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "edges.tsv").write_text(
        "subject\tpredicate\tobject\nDRUGBANK:DB00001\tbiolink:treats\tMONDO:0000001\nonly one\n"
    )
    code, _, err = kgmed("build", "--edges", "edges.tsv", "--no-open", "--out", "g", cwd=tmp_path)
    assert code == 1
    assert "edges.tsv line 3" in err
    assert not (tmp_path / "g" / "CURRENT").exists()
    code, out, err = kgmed(
        "build", "--edges", "edges.tsv", "--no-open", "--out", "g", "--on-error", "skip",
        cwd=tmp_path,
    )  # fmt: skip
    assert code == 0, err
    assert "set aside" in out
    assert "only one" in (tmp_path / "g.quarantine.tsv").read_text()


def test_an_sssom_file_without_its_columns_says_which(tmp_path: Path) -> None:
    (tmp_path / "m.sssom.tsv").write_text("subject_id\tobject_id\nmesh:D1\tumls:C1\n")
    code, _, err = kgmed("build", "--sssom", "m.sssom.tsv", "--out", "g", cwd=tmp_path)
    assert code == 1
    assert "predicate_id" in err
    assert "mapping_justification" in err


def test_a_config_with_an_unknown_key_names_it(tmp_path: Path) -> None:
    (tmp_path / "kgmed.toml").write_text('out = "g"\nopne = false\n')
    code, _, err = kgmed("build", cwd=tmp_path)
    assert code == 2
    assert "opne" in err


def test_output_cut_short_by_head_is_no_error() -> None:
    shell = f"{sys.executable} -m kgmed.cli ask 'drug interactions of warfarin' --limit 0 | head -1"
    done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, check=True)
    assert done.stderr == b""
    assert done.stdout.startswith(b"Warfarin")


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file is in the way")
    environment = {**os.environ, "KGMED_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [*KGMED, "ask", "gout"], capture_output=True, env=environment, check=False
    )
    assert done.returncode == 1
    assert str(tmp_path / "home") in done.stderr.decode()
    assert b"Traceback" not in done.stderr
