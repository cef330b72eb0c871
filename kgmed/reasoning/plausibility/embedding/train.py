"""Training: epoch by epoch, until validation says stop; kept in a file on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kgmed.kg.errors import UsageError
from kgmed.reasoning.plausibility.embedding.checkpoints import digest, load, save
from kgmed.reasoning.plausibility.embedding.epochs import Progress, Trained, Training
from kgmed.reasoning.plausibility.embedding.models import torch_package
from kgmed.reasoning.plausibility.embedding.settings import Settings, check
from kgmed.reasoning.plausibility.triples.data import Triples
from kgmed.reasoning.plausibility.triples.splits import Split


def train(
    triples: Triples,
    split: Split,
    settings: Settings,
    *,
    device: str = "cpu",
    checkpoints: Path | None = None,
    checkpoint_s: float = 60.0,
    keep: bool = False,
    progress: Callable[[Progress], None] = lambda _one: None,
) -> Trained:
    """Train a model on ``split.train``, stopped by ``split.valid``; ``split.test`` isn't looked at.

    ``device`` is torch's name of one: cpu, cuda. In the folder ``checkpoints`` the state is kept
    every ``checkpoint_s`` seconds, at the end of an epoch; the same training goes on from there,
    and removes it when done; with ``keep`` it stays, named in what is returned. On one device the
    same seed gives the same weights, whether it was ended in between or not. A CPU works on one
    thread: batches are so small that more wait for each other.

    Raises :class:`~kgmed.kg.errors.MissingExtra` without torch or torch_geometric, and
    :class:`~kgmed.kg.errors.UsageError` for an unknown model, device or setting.
    """
    check(settings)
    with _one_thread(_device(device)):
        run = Training(triples, split, settings, device)
        return _trained(run, checkpoints, checkpoint_s, progress, keep=keep)


@contextmanager
def _one_thread(device: str) -> Iterator[None]:
    """Within, torch has one thread where it computes on a CPU."""
    torch = torch_package()
    before = torch.get_num_threads()
    torch.set_num_threads(1 if device.startswith("cpu") else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _trained(
    run: Training,
    checkpoints: Path | None,
    checkpoint_s: float,
    progress: Callable[[Progress], None],
    *,
    keep: bool,
) -> Trained:
    """Train to the end, from a kept state where there is one."""
    file = None if checkpoints is None else checkpoints / f"{digest(run)}.pt"
    if file is not None and file.exists():
        load(run, file)
    begun = time.monotonic() - run.seconds
    kept = time.monotonic()
    while run.wants_more():
        loss = run.epoch_done()
        run.seconds = time.monotonic() - begun
        mrr = run.validated()
        told = Progress(run.epoch, loss, mrr, run.seconds)
        run.best.history.append(told)
        progress(told)
        if file is not None and time.monotonic() - kept >= checkpoint_s and run.wants_more():
            save(run, file)
            kept = time.monotonic()
    if file is not None and keep:
        save(run, file)
        run.best.kept = file
    elif file is not None:
        file.unlink(missing_ok=True)
    return run.best


def _device(name: str) -> str:
    torch = torch_package()
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(
            f"Found device {name!r}, which torch can't use here ({str(error).splitlines()[0]}). "
            "Expected cpu, or cuda on a machine with a GPU and a torch made for it."
        ) from error
    return name
