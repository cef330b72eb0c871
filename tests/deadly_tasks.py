"""The tests' tasks, one of which ends the process that makes a certain part."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dataset_tasks
from dataset_tasks import context_of

from kgmed.builders.datasets.model import Block, Draft
from kgmed.kg.model import Language

__all__ = ["TASKS", "context_of"]
VICTIM = "mesh:D031"


def deadly(block: Block, lang: Language, context: Any) -> Iterator[Draft]:
    if any(entity.id == VICTIM for entity in block.entities):
        time.sleep(2)  # other parts are finished meanwhile
        os.kill(os.getpid(), signal.SIGKILL)
    yield from dataset_tasks.lists(block, lang, context)


TASKS = {**dataset_tasks.TASKS, "lists": replace(dataset_tasks.TASKS["lists"], make=deadly)}
