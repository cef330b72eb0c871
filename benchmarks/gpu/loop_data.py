"""What the loop learns from: exported datasets, lessons in the programs' prompts, a tokenizer."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import dspy
import loop_teacher
from loop_sizes import Size

from kgmed.facade import Graph
from kgmed.reasoning.evaluation.benchmarks import read_benchmark
from kgmed.reasoning.evaluation.model import Benchmark, Item
from kgmed.reasoning.evaluation.run import Wanted, asked_items
from kgmed.reasoning.programs.base import lettered

TASKS = ("sentences", "passages_one_hop", "paths_curated")
"""Configs of the corpus that are read: the others say the same in other passages."""
ASKED = ("closed", "rag", "graph", "graph-cot", "verified")
JUDGED = ("judge", "evidence-judge", "chain-of-verification", "sample-agreement")
ERRS = 0.2
"""How often the teacher errs before objections."""
PAD, START, END = "<|pad|>", "<|im_start|>", "<|im_end|>"
CHAT = (
    "{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""ChatML."""
Tell = Callable[[str], None]


def export(
    graph: Graph, work: Path, size: Size, *, languages: Sequence[str], seed: int
) -> dict[str, int]:
    """Write corpus, instruction rows and pairs of preferences; how many of each there are."""
    most, made = size.most, {}
    tasks = TASKS if not most else TASKS[:1]
    made["texts"] = graph.write_corpus(
        work / "corpus", tasks=tasks, languages=languages, max_rows=most, seed=seed
    ).rows
    taught = (*loop_teacher.TASKS, "description", "abstention")
    made["rows"] = graph.write_instructions(
        work / "dataset", tasks=taught, languages=languages, per_predicate=most // 4, seed=seed
    ).rows
    made["pairs"] = graph.write_preferences(
        work / "dataset", languages=languages, max_rows=most, seed=seed
    ).rows
    return made


def teach(graph: Graph, work: Path, size: Size, *, seed: int, tell: Tell) -> dict[str, int]:
    """Have the teacher answer rows of the train split by each method, and write what is taught to
    ``lessons.jsonl``; how many lessons there are."""
    benchmark = read_benchmark(work / "dataset", "kgmed", split="train")
    lessons: list[dict[str, Any]] = []
    for judgements, methods, share in ((False, ASKED, 1), (True, JUDGED, 3)):
        every, _left_out = asked_items(benchmark, Wanted(), judgements=judgements)
        known = loop_teacher.read(work / "dataset", "train", (i.id for i in every), graph.store)
        own = Benchmark(**{**_fields(benchmark), "items": tuple(i for i in every if i.id in known)})
        items, _left_out = asked_items(
            own, Wanted(sample=size.lessons // share, seed=seed), judgements=judgements
        )
        shown = {_shown(item): known[item.id] for item in items}
        for method in methods:
            teacher = loop_teacher.Teacher(
                shown, errs=ERRS if method == "verified" else 0.0, seed=seed
            )
            folder = work / "teaching"
            shutil.rmtree(folder, ignore_errors=True)
            some = items if method != "sample-agreement" else items[:: max(1, len(items) // 500)]
            graph.evaluate(
                Benchmark(**{**_fields(benchmark), "items": tuple(some)}), folder,
                methods=[method], lm=dspy.LM("kgmed/teacher", engine=teacher, cache=False),
                trusted=True, budget=size.budget, seed=seed,
            )  # fmt: skip
            shutil.rmtree(folder, ignore_errors=True)
            tell(f"{method}: {len(teacher.lessons):,} lessons")
            lessons += [{"method": method, **lesson} for lesson in teacher.lessons]
    lessons = list({json.dumps(one["prompt"]): one for one in lessons}.values())
    random.Random(seed).shuffle(lessons)  # noqa: S311  an order, no secret
    _written(work / "lessons.jsonl", lessons)
    return {"lessons": len(lessons)}


def make_tokenizer(work: Path, size: Size, base: Path | None) -> dict[str, int]:
    """Train a byte-level tokenizer on what the model will read, and save it with a chat template;
    or take that of ``base``.

    Lines that every prompt of a program begins with become a token each: at these sizes a model
    would spend most of its time on instructions that never change.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    if base is not None:
        taken = AutoTokenizer.from_pretrained(base)
        taken.save_pretrained(work / "tokenizer")
        return {"vocabulary": len(taken)}
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    lessons = list(read_lines(work / "lessons.jsonl"))
    made.train_from_iterator(
        _texts(work, lessons),
        trainers.BpeTrainer(
            vocab_size=size.vocabulary, special_tokens=[PAD, START, END], show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        ),
    )  # fmt: skip
    fixed = sorted(
        {part["content"] for one in lessons for part in one["prompt"] if part["role"] == "system"}
    )
    lines = list(dict.fromkeys(line for text in fixed for line in text.split("\n") if line))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token=START, eos_token=END, pad_token=PAD,
        model_max_length=size.context,
    )  # fmt: skip
    fast.add_tokens([AddedToken(line, normalized=False) for line in lines])
    fast.chat_template = CHAT
    fast.save_pretrained(work / "tokenizer")
    return {"vocabulary": len(fast), "fixed": len(lines)}


def pack(
    graph: Graph, work: Path, size: Size, *, languages: Sequence[str], seed: int
) -> dict[str, int]:
    """Write the corpus packed to contexts of the tokenizer; how many texts there are."""
    tasks = TASKS if not size.most else TASKS[:1]
    made = graph.write_corpus(
        work / "packed", tasks=tasks, languages=languages, max_rows=size.most, seed=seed,
        pack=size.context, tokenizer=str(work / "tokenizer"),
    )  # fmt: skip
    return {"texts": made.rows}


def taught_rows(work: Path, size: Size, *, seed: int) -> list[dict[str, Any]]:
    """Lessons and exported rows as prompts and completions, in an order of chance."""
    chance = random.Random(seed)  # noqa: S311  an order, no secret
    rows = [
        {"prompt": row["messages"][:-1], "completion": row["messages"][-1:]}
        for path in sorted((work / "dataset/instructions").glob("train-*.jsonl"))
        for row in read_lines(path)
    ]
    chosen = chance.sample(rows, min(size.rows, len(rows)))
    chosen += [
        {name: one[name] for name in ("prompt", "completion")}
        for one in read_lines(work / "lessons.jsonl")
    ]
    chance.shuffle(chosen)
    return chosen


def preferred_pairs(work: Path, size: Size, *, seed: int) -> list[dict[str, Any]]:
    """Pairs of the train split, in an order of chance."""
    rows = [
        {name: row[name] for name in ("prompt", "chosen", "rejected")}
        for path in sorted((work / "dataset/preferences").glob("train-*.jsonl"))
        for row in read_lines(path)
    ]
    chance = random.Random(seed)  # noqa: S311  an order, no secret
    return chance.sample(rows, min(size.pairs, len(rows)))


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSONL file."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def _texts(work: Path, lessons: Sequence[dict[str, Any]]) -> Iterator[str]:
    for path in sorted((work / "corpus").glob("*/train-*.jsonl")):
        for row in islice(read_lines(path), 60_000):
            yield row["text"]
    for one in lessons:
        yield one["prompt"][-1]["content"]
        yield one["completion"][0]["content"]


def _shown(item: Item) -> tuple[str, str]:
    return item.question, lettered(tuple(item.options.values())) if item.options else ""


def _fields(benchmark: Benchmark) -> dict[str, Any]:
    return {name: getattr(benchmark, name) for name in benchmark.__dataclass_fields__}


def _written(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    work = path.with_name(f".{path.name}.new")
    with work.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    work.replace(path)
