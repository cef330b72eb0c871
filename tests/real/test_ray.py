"""Datasets made on a real Ray: the bytes of one machine's processes, whatever happens to workers.

Ray is started here on the machine's own address, without a dashboard and without statistics.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import plausible
import pytest
from dataset_runs import content, make_graph, settings, small_parts

import kgmed
from kgmed.builders.datasets import prepare, ray_engine
from kgmed.builders.datasets.instructions import Instructions
from kgmed.builders.datasets.ray_engine import RayEngine
from kgmed.builders.datasets.report import Written
from kgmed.builders.datasets.run import Run
from kgmed.facade.datasets import _open
from kgmed.kg.errors import ConfigError, OutputError, ServerError, UsageError
from kgmed.kg.store.snapshot import open_snapshot

pytestmark = [
    pytest.mark.real,
    pytest.mark.filterwarnings("ignore:.*RAY_ACCEL_ENV_VAR:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # of processes that Ray starts
]

if importlib.util.find_spec("ray") is None:
    pytest.skip("ray isn't installed: pip install 'kgmed[ray]'", allow_module_level=True)

TESTS = Path(__file__).parents[1]
TOKEN = uuid.uuid4().hex


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Ray's own folder, with a name short enough for its sockets; nothing of it runs at the end."""
    folder = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))
    monkeypatch.setenv("RAY_TMPDIR", str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS.parent), str(TESTS)]))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)  # else Ray writes one into the user's home
    monkeypatch.setattr(prepare, "SMALLEST", 60)
    monkeypatch.setattr(prepare, "LARGEST", 60)
    yield folder
    left = running(folder)
    stop(left, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)
    assert left == {}


def stop(pids: Iterable[int], how: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, how)


def running(folder: Path, seconds: float = 40) -> dict[int, str]:
    """Ray's processes that have a folder, by number, once they had time to end."""
    until = time.monotonic() + seconds
    while (found := processes(folder)) and time.monotonic() < until:
        time.sleep(0.2)
    return found


def processes(folder: Path) -> dict[int, str]:
    """Those that have a log, a socket or an argument in the folder, but for this one."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        if path.name == str(os.getpid()):
            continue
        try:
            command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            opened = {str(file.readlink()) for file in (path / "fd").iterdir()}
        except OSError:
            continue
        if any(text.startswith(str(folder)) for text in (*command.split(), *opened)):
            found[int(path.name)] = command
    return found


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_graph(tmp_path_factory.mktemp("graph") / "graph")


def run(graph: Path, out: Path, *, address: str = "", module: str = "dataset_tasks",
        version: str = "", tell: Any = lambda _text: None, local: bool = False,
        partition: Any = None, **more: Any) -> Written:  # fmt: skip
    """Make a dataset of the tests' tasks, on Ray or here."""
    import kgmed

    chosen = settings(**more)
    snapshot = open_snapshot(graph)
    opening = partial(_open, str(graph), snapshot.manifest["snapshot"])
    maker = Instructions(chosen.tasks, chosen.formats, opening, module)
    with RayEngine(
        address, processes=2, version=version or kgmed.__version__, tell=tell
    ) as engine, Run(
        snapshot, out, maker, chosen, version="1", engine=None if local else engine, tell=tell
    ) as made:  # fmt: skip
        return made.write(partition=partition)


def test_the_bytes_are_those_of_this_machines_processes(graph: Path, tmp_path: Path) -> None:
    told: list[str] = []
    here = run(graph, tmp_path / "here", local=True)
    there = run(graph, tmp_path / "there", tell=told.append)
    assert there.parts > 4
    assert content(tmp_path / "there") == content(tmp_path / "here")
    assert there.rows == here.rows
    assert "starting Ray on this machine" in told
    assert "Ray: 1 nodes, 2 CPUs" in told
    assert any(text.startswith(f"part {there.parts} of {there.parts}: ") for text in told)
    assert not [path for path in tmp_path.rglob("*") if "work-" in path.name]
    told.clear()
    assert run(graph, tmp_path / "there", tell=told.append).made == 0
    assert not any("Ray" in text for text in told)  # there is nothing to make


def test_a_share_here_and_the_rest_there(graph: Path, tmp_path: Path) -> None:
    run(graph, tmp_path / "whole", local=True)
    assert not run(graph, tmp_path / "out", local=True, partition=(0, 2)).complete
    assert run(graph, tmp_path / "out", partition=(1, 2)).complete
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def test_a_trained_model_chooses_the_same_on_ray(tmp_path: Path) -> None:
    graph = kgmed.open_graph(str(plausible.graph(tmp_path / "graph").root))
    graph.learn_train(model="paths", share=0.15)
    for engine in ("local", "ray"):
        graph.write_preferences(
            tmp_path / engine, languages=["en"], processes=2, engine=engine, learned="default"
        )
    assert content(tmp_path / "ray") == content(tmp_path / "local")


def test_a_part_whose_worker_is_killed_is_made_again(
    graph: Path, tmp_path: Path, surroundings: Path
) -> None:
    killed: list[int] = []

    def kill(text: str) -> None:
        if text.startswith("part ") and len(killed) < 2:
            for pid, command in processes(surroundings).items():
                if "ray::_made" in command and pid not in killed:
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                    return

    run(graph, tmp_path / "whole", local=True)
    run(graph, tmp_path / "out", tell=kill, module="slow_tasks")
    assert killed
    assert content(tmp_path / "out") == content(tmp_path / "whole")
    assert not [path for path in tmp_path.rglob("*") if "unfinished" in path.name]


def test_a_part_that_ends_every_worker_is_told_and_the_rest_is_kept(
    graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_engine, "RETRIES", 1)
    with pytest.raises(OutputError, match="its worker was ended from outside 2 times"):
        run(graph, tmp_path / "out", module="deadly_tasks")
    assert run(graph, tmp_path / "out", local=True).complete  # goes on, with tasks that don't kill
    run(graph, tmp_path / "whole", local=True)
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def test_an_error_of_a_task_is_told_as_it_is(graph: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the tasks can't start"):
        run(graph, tmp_path / "out", seed=13)


def test_another_kgmed_on_the_nodes_is_refused(graph: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"this run 0\.0\.0: rows would differ"):
        run(graph, tmp_path / "out", version="0.0.0")


def test_an_address_where_nothing_is_is_told(graph: Path, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"Ray at 127\.0\.0\.1:1: can't be joined"):
        run(graph, tmp_path / "out", address="127.0.0.1:1")


# A cluster that runs -----------------------------------------------------------------------------


def ray(*arguments: str) -> None:
    command = [sys.executable, "-m", "ray.scripts.scripts", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def cluster(surroundings: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A Ray that was started by ``ray start --head``."""
    with_port = ("start", "--head", "--port=6397", "--num-cpus=2", "--include-dashboard=false",
                 "--disable-usage-stats", f"--temp-dir={surroundings}")  # fmt: skip
    ray(*with_port)
    try:
        yield "127.0.0.1:6397"
    finally:
        stop(processes(surroundings), signal.SIGKILL)  # what it started waits for `ray stop`


def export(graph: Path, out: str, *more: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kgmed.cli", "export", "corpus", "--graph", str(graph),
               "--out", out, "--tasks", "sentences,passages_one_hop", *more]  # fmt: skip
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )


def test_the_command_line_joins_a_cluster_and_leaves_it_running(
    graph: Path, cluster: str, tmp_path: Path, surroundings: Path
) -> None:
    assert export(graph, "here", cwd=tmp_path).returncode == 0
    there = export(graph, "there", "--engine", "ray", "--ray-address", cluster, cwd=tmp_path)
    assert there.returncode == 0, there.stderr
    assert f"kgmed: joining Ray at {cluster}" in there.stderr
    assert content(tmp_path / "there") == content(tmp_path / "here")
    assert processes(surroundings)  # the cluster is the user's
    again = export(graph, "again", "--engine", "ray", "--ray-address", cluster, "-q", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert content(tmp_path / "again") == content(tmp_path / "here")


def broken_off(graph: Path, out: Path, address: str = "") -> None:
    """A run that Ctrl-C ends after its second part."""

    def tell(text: str) -> None:
        if text.startswith("part 2 of"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(graph, out, address=address, module="slow_tasks", tell=tell)
    assert not [path for path in out.rglob("*") if "work-" in path.name]


def making(folder: Path) -> list[int]:
    """Workers that make a part, once they had time to end."""
    until = time.monotonic() + 20
    while (
        found := [pid for pid, name in processes(folder).items() if "ray::_made" in name]
    ) and time.monotonic() < until:
        time.sleep(0.2)
    return found


def finished(graph: Path, tmp_path: Path) -> None:
    """What was broken off goes on here, to the bytes of a run that wasn't."""
    assert run(graph, tmp_path / "out", local=True).complete
    run(graph, tmp_path / "whole", local=True)
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def test_a_run_that_is_broken_off_leaves_the_cluster(
    graph: Path, cluster: str, tmp_path: Path, surroundings: Path
) -> None:
    broken_off(graph, tmp_path / "out", cluster)
    assert not making(surroundings)
    assert processes(surroundings)  # the cluster is the user's
    finished(graph, tmp_path)


def test_a_run_that_is_broken_off_leaves_a_programs_own_ray_as_it_is(
    graph: Path, tmp_path: Path, surroundings: Path
) -> None:
    import ray

    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False,
             object_store_memory=ray_engine.OBJECTS)  # fmt: skip
    try:
        broken_off(graph, tmp_path / "out")
        assert not making(surroundings)  # the run had five parts or more, of which two were made
        assert ray.get(ray.put(1)) == 1  # and Ray goes on
    finally:
        ray.shutdown()
    finished(graph, tmp_path)


def test_nodes_without_kgmed_are_told(
    graph: Path, surroundings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "kgmed.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'kgmed'\")", encoding="utf-8"
    )
    path = os.environ["PYTHONPATH"]
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "none"))
    ray("start", "--head", "--port=6398", "--num-cpus=1", "--include-dashboard=false",
        "--disable-usage-stats", f"--temp-dir={surroundings}")  # fmt: skip
    monkeypatch.setenv("PYTHONPATH", path)
    try:
        found = export(
            graph, "out", "--engine", "ray", "--ray-address", "127.0.0.1:6398", cwd=tmp_path
        )
        assert found.returncode == 2, found.stderr
        assert "can't import kgmed. Install the same version of it on every node" in found.stderr
    finally:
        stop(processes(surroundings), signal.SIGKILL)  # what it started waits for `ray stop`


def test_ctrl_c_ends_the_run_and_the_ray_that_it_started(
    graph: Path, tmp_path: Path, surroundings: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\n"
        "from real.test_ray import run\nfrom dataset_runs import small_parts\n"
        "small_parts()\n"
        "run(Path(sys.argv[1]), Path(sys.argv[2]), module='slow_tasks',"
        " tell=lambda text: print(text, flush=True))\n",
        encoding="utf-8",
    )
    begun = subprocess.Popen(
        [sys.executable, str(script), str(graph), str(tmp_path / "out")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert begun.stdout is not None
    for line in begun.stdout:
        if line.startswith("part 2 of"):
            break
    os.killpg(begun.pid, signal.SIGINT)  # what a terminal does
    _out, err = begun.communicate(timeout=60)
    assert begun.returncode != 0
    assert "KeyboardInterrupt" in err
    assert not running(surroundings)
    assert not [path for path in (tmp_path / "out").rglob("*") if "work-" in path.name]
    small_parts()
    finished(graph, tmp_path)
