"""``kgmed doctor``: what it looks at, what it calls broken, and what it says to do."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import kgmed.settings
from kgmed.facade.doctor import Line, examine
from kgmed.facade.doctor.machine import environment, hardware, tools
from kgmed.facade.doctor.packages import packages, requirements
from kgmed.facade.doctor.variables import KNOWN
from kgmed.wire import adapter

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("graph")


def doctor(*arguments: str, **variables: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "kgmed.cli", "doctor", *arguments], capture_output=True, text=True,
        env={**os.environ, **variables}, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, done.stdout


def line(part: str, name: str, **variables: str) -> dict[str, str]:
    _, out = doctor("--json", **variables)
    found = [one for one in json.loads(out)["lines"] if (one["part"], one["name"]) == (part, name)]
    assert len(found) == 1
    return dict(found[0])


def test_a_machine_on_which_all_is_well() -> None:
    code, out = doctor("--json")
    found = adapter("kgmed.doctor/1").validate_json(out)
    assert code == 0
    assert found.ok
    assert {one.part for one in found.lines} >= {
        "environment", "packages", "extras", "graphs", "endpoints", "hardware", "tools",
    }  # fmt: skip
    graph = next(one for one in found.lines if one.name == "kgmed:open")
    assert graph.state == "ok"
    assert "every checksum is right" in graph.found


def test_it_is_quick() -> None:
    begun = time.process_time()
    examine()
    assert time.process_time() - begun < 1.0


def test_heavy_packages_are_not_imported() -> None:
    code = (
        "import sys; from kgmed.facade.doctor import examine; examine();"
        "print(*{'torch', 'duckdb', 'pyarrow', 'dspy', 'pandas', 'numba'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_quiet_prints_only_what_is_not_ok() -> None:
    _, out = doctor("--quiet")
    assert not re.search(r"^  ok ", out, re.MULTILINE)
    assert "can be used" not in out


def test_a_graph_with_a_byte_changed_is_broken(kgmed_home: Path, tmp_path: Path) -> None:
    whole = next(p for p in (kgmed_home / "graphs").glob("open-*") if (p / "CURRENT").is_file())
    mine = tmp_path / "mine"
    shutil.copytree(whole, mine)
    assert line("graphs", str(mine), KGMED_GRAPH=str(mine))["state"] == "ok"
    file = next(mine.glob("generations/*/names.sqlite"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    found = line("graphs", str(mine), KGMED_GRAPH=str(mine))
    assert found["state"] == "broken"
    assert "names.sqlite" in found["found"]
    assert found["fix"] == f"kgmed build --out {mine}"
    assert doctor(KGMED_GRAPH=str(mine))[0] == 1


def test_a_graph_that_is_not_there_is_missing(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    assert line("graphs", gone, KGMED_GRAPH=gone)["state"] == "missing"
    assert doctor(KGMED_GRAPH=gone)[0] == 1


def test_an_open_graph_that_is_yet_to_be_built_is_no_failure(tmp_path: Path) -> None:
    code, out = doctor(KGMED_HOME=str(tmp_path / "new"))
    assert code == 0
    assert "isn't built yet" in out
    assert not (tmp_path / "new").exists(), "nothing is built"


def test_a_home_that_is_a_file_is_broken(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = environment(tmp_path / "file" / "home")[-1]
    assert (found.name, found.state, found.needed) == ("KGMED_HOME", "broken", True)


class _Models(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"data": [{"id": "my-model"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Models)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_endpoint_is_asked_whether_it_serves_the_model(endpoint: str) -> None:
    at = {"KGMED_API_BASE": endpoint}
    assert line("endpoints", "language model", KGMED_LM="my-model", **at)["state"] == "ok"
    found = line("endpoints", "language model", KGMED_LM="another", **at)
    assert found["state"] == "broken"
    assert "these are: my-model" in found["found"]


def test_an_endpoint_that_says_nothing_costs_no_more_than_its_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        begun = time.monotonic()
        found = line(
            "endpoints",
            "language model",
            KGMED_LM="m",
            KGMED_API_BASE=f"http://127.0.0.1:{port}/v1",
        )
        assert found["state"] == "broken"
        assert time.monotonic() - begun < 20  # the default would be 120 s
    assert found["fix"]


def test_a_server_that_is_the_graph_is_asked() -> None:
    found = line("endpoints", "neo4j", KGMED_GRAPH="bolt://neo4j:secret@127.0.0.1:9")
    assert found["state"] in {"broken", "missing"}  # the driver is an extra
    assert found["needed"]
    assert "secret" not in json.dumps(found)


def test_a_wrong_kgmed_toml_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kgmed.toml").write_text("[lm]\nnmae = 'x'\n")
    monkeypatch.chdir(tmp_path)
    found = next(one for one in examine().lines if one.name == "language model")
    assert found.state == "broken"
    assert "lm.nmae" in found.found


def test_a_misspelt_variable_is_told() -> None:
    found = line("environment", "KGMED_APIBASE", KGMED_APIBASE="http://x")
    assert found["fix"] == "unset KGMED_APIBASE; export KGMED_API_BASE=..."


def test_every_variable_of_the_settings_is_known() -> None:
    assert set(re.findall(r"KGMED_\w+", kgmed.settings.__doc__ or "")) == set(KNOWN)


@pytest.fixture
def stated(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """pyproject's requirements, as the metadata of an installed kgmed holds them."""
    from importlib import metadata

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"]]
    lines += [f"{one}; extra == '{name}'" for name, of in extras.items() for one in of]
    monkeypatch.setattr(metadata, "requires", lambda _name: lines)
    return {
        name: dict(one.partition(",")[0].split(">=") for one in of if not one.startswith("kgmed"))
        for name, of in {"": project["dependencies"], **extras}.items()
    }


def test_the_bounds_are_those_of_pyproject(stated: dict[str, dict[str, str]]) -> None:
    assert requirements() == {name: of for name, of in stated.items() if of}
    shown = {one.name for one in packages()}
    assert shown == (set(stated) - {"", "all", "dev", "docs"}) | {"core"}


@pytest.mark.usefixtures("stated")
def test_a_package_that_is_too_old_or_absent_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    real = metadata.version

    def version(name: str) -> str:
        if name == "duckdb":
            return "1.9.9"
        if name == "pyoxigraph":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(metadata, "version", version)
    found = {one.name: one for one in packages()}
    assert found["core"].state == "broken"
    assert "duckdb 1.9.9, at least 2.0 is needed" in found["core"].found
    assert found["core"].fix.endswith("--upgrade")
    assert found["rdf"].state == "missing"
    assert "[rdf]" in found["rdf"].fix


def _program(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")
def test_a_gpu_that_nvidia_smi_names_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hardware()[0].state == "missing"
    _program(tmp_path, "nvidia-smi", "echo 'NVIDIA H200, 143771 MiB'")
    assert hardware()[0] == Line("hardware", "gpu", "ok", "NVIDIA H200, 143771 MiB")
    _program(tmp_path, "nvidia-smi", "exit 9")
    assert hardware()[0].state == "missing"


@pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")
def test_java_is_looked_at_where_neo4j_admin_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [one.name for one in tools("")] == ["neo4j-admin"]
    _program(tmp_path, "neo4j-admin", "exit 0")
    assert tools("")[1].state == "missing"
    _program(tmp_path, "java", "echo 'openjdk version \"11.0.2\"' >&2")
    assert tools("")[1].state == "broken"
    _program(tmp_path, "java", "echo 'openjdk version \"21.0.2\" 2024-01-16' >&2")
    assert tools("")[1].state == "ok"
