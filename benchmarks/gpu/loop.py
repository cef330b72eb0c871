"""The whole loop: a graph exported, a small model trained on it, from scratch or further, and
measured on entities that it never saw, with the graph and without.

    python benchmarks/gpu/loop.py --work loop --size tiny

Stages, each kept in the work folder, so that a run that was ended goes on:

    export      corpus, instruction rows and preference pairs; the test split holds other entities
    teach       the programs' own prompts over the train split, answered rightly
    tokenizer   made of all that is read; the corpus packed by it
    pretrain    a model on the packed corpus: from scratch, or that of --base
    instruct    the same on rows and lessons (SFT)
    prefer      the same on pairs (DPO)
    measure     closed book, passages, graph, graph and verification; detectors; slow methods

It needs ``pip install torch==2.13.0`` and ``pip install -e '.[evaluate,train,embedded]'``. Answers
are asked of the model in this process, of ``transformers serve`` or of vLLM (``--engine``).
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import loop_data
import loop_measures
from loop_engines import ENGINES, engine
from loop_sizes import FURTHER, SIZES

import kgmed
from kgmed.kg.version import VERSION

STAGES = ("export", "teach", "tokenizer", "pretrain", "instruct", "prefer", "measure")
MODELS = ("pretrained", "instructed", "preferred")


def main() -> int:
    """Run the stages that aren't done, and print the report."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="the folder that all goes to")
    parser.add_argument("--size", choices=SIZES, default="tiny")
    parser.add_argument("--graph", default="kgmed:open")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=ENGINES, default="in-process")
    parser.add_argument(
        "--base",
        type=Path,
        help="folder of a model that is trained further, instead of from scratch",
    )
    parser.add_argument(
        "--models", default="instructed,preferred", help=f"which to measure: {','.join(MODELS)}"
    )
    parser.add_argument("--languages", default="en,zh", help="what is taught and asked")
    parser.add_argument("--until", choices=STAGES, default="measure", help="the last stage to run")
    asked = parser.parse_args()
    if (asked.base is not None) != (SIZES[asked.size].layers == 0):
        parser.error(f"--base goes with --size {', '.join(FURTHER)}, which go with no other")
    asked.work.mkdir(parents=True, exist_ok=True)
    loop = Loop(asked)
    for stage in STAGES[: STAGES.index(asked.until) + 1]:
        loop.run(stage)
    print(loop.report())
    return 0


class Loop:
    """A run of the loop in a folder; ``done.json`` there holds what each stage came to."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.work, self.name, self.size = asked.work.resolve(), asked.size, SIZES[asked.size]
        self.seed, self.engine, self.base = asked.seed, asked.engine, asked.base
        self.languages = tuple(asked.languages.split(","))
        self.models = tuple(asked.models.split(","))
        self.graph = kgmed.open_graph(asked.graph)
        head = {
            "size": asked.size, "seed": asked.seed, "snapshot": self.graph.info().snapshot,
            "base": self.base.name if self.base else "", "languages": asked.languages,
        }  # fmt: skip
        self.file = self.work / "done.json"
        self.done: dict[str, Any] = (
            json.loads(self.file.read_text()) if self.file.exists() else {"head": head}
        )
        if self.done["head"] != head:
            sys.exit(
                f"{self.work}: found a loop of {self.done['head']}, expected {head}. Name another."
            )

    def run(self, stage: str) -> None:
        """Run a stage, unless it is done."""
        if stage in self.done and (stage != "measure" or self.measured.keys() >= set(self.models)):
            return
        print(f"{stage} ...", file=sys.stderr, flush=True)
        begun = time.monotonic()
        found = getattr(self, f"_{stage}")()
        found = {**found, "stage_seconds": round(time.monotonic() - begun, 1)}
        if stage == "measure":
            self.done.setdefault(stage, {})[self.engine] = {**self.measured, **found}
        else:
            self.done[stage] = found
        self.file.write_text(json.dumps(self.done, indent=1) + "\n")
        print(f"{stage}: {json.dumps(found)}", file=sys.stderr, flush=True)

    def _export(self) -> dict[str, Any]:
        return dict(loop_data.export(
            self.graph, self.work, self.size, languages=self.languages, seed=self.seed
        ))  # fmt: skip

    def _teach(self) -> dict[str, Any]:
        return dict(loop_data.teach(
            self.graph, self.work, self.size, seed=self.seed, tell=_told
        ))  # fmt: skip

    def _tokenizer(self) -> dict[str, Any]:
        made = loop_data.make_tokenizer(self.work, self.size, self.base)
        return {**made, **loop_data.pack(
            self.graph, self.work, self.size, languages=self.languages, seed=self.seed
        )}  # fmt: skip

    def _pretrain(self) -> dict[str, Any]:
        import loop_training

        return loop_training.pretrain(self.work, self.size, self.base, seed=self.seed)

    def _instruct(self) -> dict[str, Any]:
        return self._trained("instruct")

    def _prefer(self) -> dict[str, Any]:
        return self._trained("prefer")

    def _trained(self, stage: str) -> dict[str, Any]:
        import loop_training

        train: Callable[..., dict[str, Any]] = getattr(loop_training, stage)
        return train(self.work, self.size, seed=self.seed)

    @property
    def measured(self) -> dict[str, Any]:
        """What each model that was measured with this engine came to."""
        return dict(self.done.get("measure", {}).get(self.engine, {}))

    def _measure(self) -> dict[str, Any]:
        size, found = self.size, {}
        asked = loop_measures.Asked(
            self.work / "dataset", size.questions, size.claims, size.timed, size.budget, self.seed
        )
        for model in self.models:
            if model in self.measured:
                continue
            with engine(self.engine, self.work / model, answer=size.answer) as connected:
                found[model] = loop_measures.measure(
                    self.graph, connected, self._runs(model), asked,
                    concurrency=ENGINES[self.engine],
                )  # fmt: skip
        return found

    def _runs(self, model: str) -> Path:
        return self.work / "runs" / self.engine / model

    def report(self) -> str:
        """What every stage came to, and the tables of the measured models, in Markdown; written to
        ``report.md`` as well."""
        lines = [f"# The loop at size {self.name}", "", f"kgmed {VERSION}, {_machine()}", ""]
        lines += ["| stage | what it came to |", "|---|---|"]
        lines += [
            f"| {stage} | {_plain(self.done[stage])} |"
            for stage in STAGES[:-1]
            if stage in self.done
        ]
        for model in (one for one in MODELS if one in self.measured):
            told = dict(self.measured[model])
            lines += ["", f"# {model}, answering by {self.engine}", ""]
            lines += [*loop_measures.answer_table(told.pop("answers")), "", _plain(told), ""]
            lines.append(loop_measures.compared(self._runs(model)))
        text = "\n".join(lines) + "\n"
        (self.work / "report.md").write_text(text, encoding="utf-8")
        return text


def _told(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def _plain(found: Any) -> str:
    return json.dumps(found).strip("{}").replace('"', "")


def _machine() -> str:
    """The processor, and the GPU where there is one."""
    try:
        import torch
    except ImportError:
        return platform.machine()
    if torch.cuda.is_available():
        return f"torch {torch.__version__}, {torch.cuda.get_device_name()}"
    return f"torch {torch.__version__}, {torch.get_num_threads()} threads of {platform.machine()}"


if __name__ == "__main__":
    raise SystemExit(main())
