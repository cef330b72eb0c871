"""What holds for every command alike: help, examples, options, exit codes, pipes, Ctrl-C."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from kgmed.cli.app import make_app
from kgmed.cli.examples import EXAMPLES
from kgmed.cli.spelling import OLD

KGMED = [sys.executable, "-m", "kgmed.cli"]
NO_GRAPH = {
    "diff": "takes two graphs as arguments",
    "build": "makes the graph that --out names",
    "overlay": "takes the graph's folder as argument",
    "synth": "makes files",
    "doctor": "looks at the graph that settings name",
    "lm check": "asks a model",
    "lm serve": "starts a server",
    "evaluate compare": "reads runs",
}
"""Commands without --graph, and why."""
NO_JSON = {
    "lm serve": "prints the options to use, and stays",
    "serve": "prints where it answers, and stays",
    "mcp": "speaks a protocol of its own, and stays",
}
A_FILE_OR_FOLDER = {"FILE", "DIR"}


def _leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        if path and any(p.name != "help" for p in command.params):
            yield " ".join(path), command
        for name, below in command.commands.items():
            yield from _leaves(below, (*path, name))
    else:
        yield " ".join(path), command


COMMANDS = dict(_leaves(typer.main.get_command(make_app())))


def options(command: str) -> dict[str, Any]:
    """Every spelling of every option of a command."""
    return {
        word: parameter
        for parameter in COMMANDS[command].params
        if parameter.param_type_name == "option"
        for word in (*parameter.opts, *parameter.secondary_opts)
    }


def all_options() -> Iterator[tuple[str, Any]]:
    for name in COMMANDS:
        yield from ((name, one) for one in {id(o): o for o in options(name).values()}.values())


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*KGMED, *arguments], capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


def test_commands_are_looked_at() -> None:
    assert len(COMMANDS) > 30
    assert {"ask", "doctor", "export kgx", "lm check", "evaluate run"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_what_it_does_and_shows_an_example(command: str) -> None:
    text = COMMANDS[command].help or ""
    assert re.match(r"[A-Z][^.]*[.]", text), text
    assert "xample:" not in text, "examples stand in kgmed/cli/examples.py"
    assert EXAMPLES[command]
    assert all(line in COMMANDS[command].epilog for line in EXAMPLES[command])


def _commands_in(example: str) -> Iterator[list[str]]:
    for part in example.split(" && "):
        words = shlex.split(part.split(" > ")[0])
        if words[0] == "kgmed":
            yield words[1:]


@pytest.mark.parametrize("example", [line for lines in EXAMPLES.values() for line in lines])
def test_an_example_is_a_command_line_that_is_understood(example: str) -> None:
    for words in _commands_in(example):
        name = next(" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in COMMANDS)
        known = options(name)
        rest = words[name.count(" ") + 1 :]
        required = sum(p.required for p in COMMANDS[name].params if p.param_type_name == "argument")
        arguments = 0
        while rest and rest[0] != "--":
            word = rest.pop(0)
            if word.startswith("--"):
                assert word in known, f"{example}: {word}"
                if not known[word].is_flag:
                    rest.pop(0)
            else:
                arguments += 1
        assert arguments >= required, example
        given = {known[word].name for word in words if word in known}
        missing = [o.opts[0] for o in known.values() if o.required and o.name not in given]
        assert missing == [], example


def test_no_command_has_examples_that_isnt_there() -> None:
    assert set(EXAMPLES) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_options_that_all_commands_have(command: str) -> None:
    known = options(command)
    assert {"--quiet", "-q", "--verbose", "-v"} <= set(known)
    assert ("--json" in known) == (command not in NO_JSON)
    assert ("--graph" in known) == (command not in NO_GRAPH)


@pytest.mark.parametrize(
    ("command", "option"),
    [pytest.param(n, o, id=f"{n} {o.opts[0]}") for n, o in all_options() if o.name != "help"],
)
def test_an_option_says_what_it_means(command: str, option: Any) -> None:
    assert option.help, "no help"
    assert option.help[0].isupper() or option.help[0] == "-" or option.help[0].islower()
    assert option.help.endswith("."), option.help
    assert not re.search(r"may be repeated|several times", option.help, re.IGNORECASE)
    assert option.is_flag or option.metavar, "what stands for its value?"
    if option.multiple:
        assert "repeatable" in option.help


SAME_LETTER = {"--limit": "-n", "--quiet": "-q", "--verbose": "-v"}


def test_one_letter_means_one_thing() -> None:
    letters = defaultdict(set)
    for name, option in all_options():
        words = (*option.opts, *option.secondary_opts)
        short = [word for word in words if re.fullmatch("-[a-z]", word)]
        long = [word for word in words if word.startswith("--")]
        assert bool(short) == bool(set(long) & set(SAME_LETTER)), f"{name}: {words}"
        for word in short:
            letters[word] |= set(long)
    assert {letter: names.pop() for letter, names in letters.items() if len(names) == 1} == {
        letter: name for name, letter in SAME_LETTER.items()
    }


def test_an_option_of_one_name_takes_one_kind_of_value() -> None:
    kinds = defaultdict(lambda: defaultdict(list))  # type: ignore[var-annotated]
    for command, option in all_options():
        name = option.opts[0]
        metavar = None if option.is_flag else option.metavar
        kinds[name][metavar].append(command)
    differ = {name: dict(of) for name, of in kinds.items() if len(of) > 1}
    told = {
        "--out": A_FILE_OR_FOLDER,  # what a command writes
        "--graph": {"URI", "GRAPH"},  # load takes GRAPH@GENERATION, and no server
        "--trace": {None, "ROW_ID"},  # ask's program, a dataset's row
        "--benchmarks": {"FILE|FOLDER"},
    }
    for name in ("--format", "--files", "--tasks", "--languages"):
        told[name] = set(differ.get(name, {}))  # each lists its own words
        assert all(metavar for metavar in told[name])
    kinds_of_model = {of for of in differ.get("--model", {}) if of and of.startswith("complex|")}
    told["--model"] = {"NAME", *kinds_of_model}  # learn train's kinds; a trained one by its name
    assert {n: set(of) for n, of in differ.items() if set(of) - told.get(n, set())} == {}


def test_every_command_that_takes_an_endpoint_takes_its_key_in_one_way() -> None:
    named = {name: option for name, option in all_options() if option.opts[0] == "--api-base"}
    keys = {name: option for name, option in all_options() if option.opts[0] == "--api-key-env"}
    assert {"ask", "evaluate run", "evaluate judge", "optimize", "serve", "mcp"} <= set(named)
    assert set(keys) == set(named)
    assert len({(option.help, option.metavar) for option in keys.values()}) == 1


def test_limit_counts_what_is_printed_or_asked() -> None:
    for command, option in all_options():
        if option.opts[0] == "--limit":
            assert re.search(r"0 for all|at most|the first so many|to print", option.help), command


@pytest.mark.parametrize(("command", "names"), OLD.items(), ids=lambda value: str(value)[:30])
def test_an_old_spelling_leads_to_an_option_that_is_there(
    command: tuple[str, ...], names: dict[str, str]
) -> None:
    known = options(" ".join(command))
    assert set(names.values()) <= set(known)
    assert not set(names) & set(known), "an option that is there can't be an old spelling"


@pytest.mark.usefixtures("graph")
def test_an_old_spelling_is_taken_with_a_note() -> None:
    new = run("diff", "kgmed:open", "kgmed:open", "--show", "0")
    old = run("diff", "kgmed:open", "kgmed:open", "--limit", "0")
    assert (old.returncode, old.stdout) == (new.returncode, new.stdout)
    assert "--limit is now called --show" in old.stderr
    assert "now called" not in run("diff", "kgmed:open", "kgmed:open", "-n", "0", "-q").stderr


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize("arguments", ["info", "coverage", "show warfarin", "--help", "doctor"])
def test_a_pipe_that_is_closed_is_no_failure(arguments: str) -> None:
    process = subprocess.Popen(
        [*KGMED, *arguments.split()], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    told = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), told) == (0, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_a_command_without_a_word(tmp_path: Any) -> None:
    process = subprocess.Popen(
        [*KGMED, "synth", "umls", "--scale", "1", "--out", str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    while not any(tmp_path.iterdir()):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130
    assert out == b""
    assert b"Traceback" not in err


@pytest.mark.usefixtures("graph")
def test_colours_are_left_out_where_nobody_sees_them() -> None:
    for name in ("info", "coverage", "check", "show DB00682", "doctor", "ask gout?", "nonsense"):
        told = run(*name.split(), FORCE_COLOR="")
        assert "\x1b" not in told.stdout + told.stderr, name


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of its own")
@pytest.mark.usefixtures("graph")
def test_no_color_is_heeded_on_a_terminal() -> None:
    import pty

    def on_terminal(**environment: str) -> str:
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [*KGMED, "coverage", "--predicate", "treats"], stdout=follower, stderr=follower,
            env={**os.environ, "TERM": "xterm-256color", **environment},
        )  # fmt: skip
        os.close(follower)
        parts = []
        while True:
            try:
                part = os.read(leader, 4096)
            except OSError:
                break
            if not part:
                break
            parts.append(part)
        process.wait()
        os.close(leader)
        return b"".join(parts).decode()

    coloured = r"\x1b\[[0-9;]*3[0-7][0-9;]*m"
    assert "treats" in on_terminal()
    assert not re.search(coloured, on_terminal(NO_COLOR="1"))
    assert "\x1b" not in on_terminal(TERM="dumb")


@pytest.mark.usefixtures("graph")
def test_verbose_tells_the_graph_the_time_and_where_an_error_arose() -> None:
    told = run("show", "nosuchthing", "--verbose")
    assert told.returncode == 3
    assert "opened kgmed:open" in told.stderr
    assert "Traceback" in told.stderr
    assert re.search(r"took \d+\.\d\d s", told.stderr)
    assert "Traceback" not in run("show", "nosuchthing").stderr


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("kgmed do", "doctor"),
        ("kgmed show warf", "warfarin"),
        ("kgmed show 华法", "华法林"),
        ("kgmed paths atrial\\ fibr", None),
        ("kgmed coverage --predicate interacts", "interacts_with"),
        ("kgmed export kgx --format j", "jsonl"),
        ("kgmed info --graph kgmed:o", "kgmed:open"),
        ("kgmed ask x --lang z", "zh"),
    ],
)
def test_a_shell_completes(line: str, expected: str | None) -> None:
    words = len(shlex.split(line)) - 1
    code = "import sys; sys.argv[0] = 'kgmed'; from kgmed.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={
            **os.environ, "_KGMED_COMPLETE": "complete_bash", "COMP_WORDS": line,
            "COMP_CWORD": str(words),
        },
    )  # fmt: skip
    assert done.stderr == ""
    found = done.stdout.lower().splitlines()
    assert expected in found if expected else all("\\ " in word for word in found)
    assert found
