"""The tests' tasks, slowly: there is time to kill what makes them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dataset_tasks
from dataset_tasks import context_of

from kgmed.builders.datasets.model import Block, Draft
from kgmed.kg.model import Language

__all__ = ["TASKS", "context_of"]


def slowly(block: Block, lang: Language, context: Any) -> Iterator[Draft]:
    time.sleep(0.3)
    yield from dataset_tasks.lists(block, lang, context)


TASKS = {**dataset_tasks.TASKS, "lists": replace(dataset_tasks.TASKS["lists"], make=slowly)}
