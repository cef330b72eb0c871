"""The state of a training in a file, so that one that was ended goes on from there."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import numpy as np

from kgmed.kg.errors import CorruptSnapshot
from kgmed.reasoning.plausibility.embedding.epochs import Progress, Trained, Training
from kgmed.reasoning.plausibility.embedding.models import torch_package


def digest(run: Training) -> str:
    """What tells this training from others."""
    made = sha256(json.dumps([asdict(run.settings), run.device]).encode())
    for array in (run.triples.keys, run.split.train, run.valid):
        made.update(np.ascontiguousarray(array).data)
    made.update("\n".join((run.triples.snapshot, *run.triples.ids)).encode())
    return made.hexdigest()[:32]


def save(run: Training, file: Path) -> None:
    """Keep the state; a file is there whole or not at all."""
    torch = torch_package()
    file.parent.mkdir(parents=True, exist_ok=True)
    best = run.best
    state = {
        "model": run.model.state_dict(), "optimizer": run.optimizer.state_dict(),
        "best": {name: torch.from_numpy(array) for name, array in best.weights.items()},
        "numbers": [run.epoch, run.since, run.seconds, best.epoch, best.mrr],
        "history": [
            [one.epoch, one.loss, one.mrr, one.seconds] for one in best.history
        ],
    }  # fmt: skip
    made = file.with_name(f".{file.name}-{os.getpid()}")
    with made.open("wb") as out:
        torch.save(state, out)
        out.flush()
        os.fsync(out.fileno())
    made.replace(file)


def load(run: Training, file: Path) -> None:
    """Go on from a state that was kept."""
    torch = torch_package()
    try:
        # what is loaded goes where the model is; Adagrad counts its steps on the CPU
        state = torch.load(file, map_location="cpu", weights_only=True)
        run.model.load_state_dict(state["model"])
        run.optimizer.load_state_dict(state["optimizer"])
        best = {name: tensor.numpy() for name, tensor in state["best"].items()}
        run.epoch, run.since, run.seconds, epoch, mrr = state["numbers"]
        history = [Progress(*one) for one in state["history"]]
    except (OSError, RuntimeError, ValueError, KeyError, EOFError) as error:
        raise CorruptSnapshot(
            f"{file}: the state of a training can't be read ({error}). Remove it; the training "
            "begins anew."
        ) from error
    run.best = Trained(run.settings, best, epoch, mrr, history)
