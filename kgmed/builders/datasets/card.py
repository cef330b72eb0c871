"""The dataset card: ``README.md`` with the header that Hugging Face's ``datasets`` reads.

The header's keys are those of https://huggingface.co/docs/datasets/repository_structure and
https://huggingface.co/docs/hub/datasets-cards. What the card tells is counted from the parts'
notes, of all kinds of datasets in the folder. ``dataset_info.json`` is LLaMA-Factory's
(https://llamafactory.readthedocs.io, data preparation).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kgmed.builders.datasets.folder import RUN
from kgmed.builders.datasets.formats import FORMATS, PAIRS, TEXT, Format
from kgmed.builders.datasets.forecast import tokens
from kgmed.builders.datasets.job import NOTES
from kgmed.builders.datasets.parts import FILTERS, write_text
from kgmed.builders.datasets.splits import HELD_OUT, SPLITS, TOP
from kgmed.kg.licences import LICENCES, licence

CARD, INFO = "README.md", "dataset_info.json"
EXACT = 20_000_000
"""Statements up to which those used are counted exactly, not from a sample of them."""
EXAMPLE_CHARACTERS = 1_500
_HF_LICENCES = {"CC0-1.0": "cc0-1.0", "CC-BY-3.0": "cc-by-3.0", "CC-BY-4.0": "cc-by-4.0",
                "CC-BY-SA-4.0": "cc-by-sa-4.0", "CC-BY-NC-4.0": "cc-by-nc-4.0",
                "CC-BY-NC-SA-4.0": "cc-by-nc-sa-4.0", "CC-BY-ND-4.0": "cc-by-nd-4.0",
                "Apache-2.0": "apache-2.0"}  # fmt: skip
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"),
          (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"),
          (1_000_000_000, "100M<n<1B"))  # fmt: skip


@dataclass(slots=True)
class Kind:
    """What a kind of dataset in the folder has come to, counted from its parts' notes."""

    name: str
    settings: dict[str, Any]
    prepared: dict[str, Any]
    parts: int = 0
    rows: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    characters: Counter[tuple[str, str]] = field(default_factory=Counter)
    filters: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    files: Counter[tuple[str, str]] = field(default_factory=Counter)
    sizes: Counter[tuple[str, str]] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    examples: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    used: tuple[int, bool] = (0, True)

    @property
    def total(self) -> int:
        """Rows, each counted once however many forms it is written in."""
        return sum(self.rows.values())


def write_card(out: Path) -> None:
    """Write the card and ``dataset_info.json`` of all that is complete in a folder."""
    kinds = [_kind(path.parent) for path in sorted((out / NOTES).glob(f"*/{RUN}"))]
    kinds = [kind for kind in kinds if kind.prepared and kind.parts == kind.prepared["parts"]]
    write_text(out / CARD, card(kinds))
    if any(kind.name == "instructions" for kind in kinds):
        text = json.dumps(dataset_info(kinds), ensure_ascii=False, indent=2)
        write_text(out / INFO, text + "\n")


def _kind(notes: Path) -> Kind:
    run = json.loads((notes / RUN).read_text(encoding="utf-8"))
    kind = Kind(notes.name, run["settings"], run.get("prepared") or {})
    for path in sorted(notes.glob("part-*.json")):
        note = json.loads(path.read_text(encoding="utf-8"))
        kind.parts += 1
        for task, lang, split, n, characters in note["rows"]:
            kind.rows[task, lang, split] += n
            kind.characters[task, lang] += characters
        for task, lang, filter, n in note["filters"]:
            kind.filters[task, lang, filter] += n
        for file in note["files"]:
            kind.files[file["config"], file["split"]] += file["rows"]
            kind.sizes[file["config"], file["split"]] += file["bytes"]
        kind.sources.update(note["sources"])
        kind.licences.update(note["licences"])
        for task, lang, record in note["examples"]:
            known = kind.examples.get((task, lang))
            if known is None or record.get("id", "") < known.get("id", ""):
                kind.examples[task, lang] = record
    kind.used = unique_statements(sorted(notes.glob("part-*.npy")))
    return kind


def unique_statements(files: Sequence[Path], *, exact: int = EXACT) -> tuple[int, bool]:
    """How many statements rows rest on, each once, and whether that is exact.

    Ids are uniform hashes: beyond ``exact`` those whose last bits are 0 are counted, and scaled up.
    """
    arrays = [np.load(path, mmap_mode="r") for path in files]
    total, bits = sum(map(len, arrays)), 0
    while total >> bits > exact:
        bits += 1
    mask = np.uint64((1 << bits) - 1)
    chosen = [array[(array & mask) == 0] for array in arrays]
    unique = len(np.unique(np.concatenate(chosen))) if chosen else 0
    return unique << bits, bits == 0


# The header ---------------------------------------------------------------------------------------


def card(kinds: Sequence[Kind]) -> str:
    """The text of the card."""
    parts = [_header(kinds), _opening(kinds)]
    parts += [_rows(kind) for kind in kinds]
    parts += [_splits(kinds), _sources(kinds), _licences(kinds), _left_out(kinds)]
    parts += [_filters(kind) for kind in kinds]
    parts += [_examples(kind) for kind in kinds]
    parts.append(_again(kinds))
    return "\n\n".join(filter(None, parts)) + "\n"


def configs(kind: Kind) -> list[str]:
    """The configs of a kind, the first one the default."""
    return list(dict.fromkeys(config for config, _split in kind.files))


def _format(config: str) -> Format:
    if not config.startswith("instructions"):
        return TEXT
    return FORMATS[config.removeprefix("instructions").lstrip("_") or "messages"]


def _header(kinds: Sequence[Kind]) -> str:
    used = {id for kind in kinds for text in kind.licences for id in text.split(" AND ") if id}
    spelled = {_HF_LICENCES.get(id, "other") for id in used}
    lines = ["---", f"license: {spelled.pop() if len(spelled) == 1 else 'other'}"]
    languages = sorted({lang for kind in kinds for _task, lang, _split in kind.rows})
    lines += ["language:", *(f"- {lang}" for lang in languages)]
    lines += ["tags:", "- medical", "- knowledge-graph", "- kgmed"]
    most = max((kind.total for kind in kinds), default=0)
    size = next((name for bound, name in _SIZES if most < bound), "n>1T")
    lines += ["size_categories:", f"- {size}"]
    infos, paths = ["dataset_info:"], ["configs:"]
    for place, (kind, config) in enumerate((k, c) for k in kinds for c in configs(k)):
        infos += _info(kind, config)
        paths += [f"- config_name: {config}"]
        paths += ["  default: true"] if not place else []
        paths += ["  data_files:"]
        for split in SPLITS:
            if kind.files[config, split]:
                paths += [f"  - split: {split}", f"    path: {config}/{split}-*"]
    return "\n".join([*lines, *infos, *paths, "---"])


def _info(kind: Kind, config: str) -> list[str]:
    lines = [f"- config_name: {config}"]
    if kind.settings["files"] == "txt":
        lines += ["  features:", "  - name: text", "    dtype: string"]
    else:
        lines += ["  features:", *_features(_format(config))]
    lines += ["  splits:"]
    for split in SPLITS:
        if kind.files[config, split]:
            lines += [f"  - name: {split}", f"    num_bytes: {kind.sizes[config, split]}",
                      f"    num_examples: {kind.files[config, split]}"]  # fmt: skip
    return lines


def _features(format: Format) -> list[str]:
    lines = []
    for name, of in format.columns.items():
        lines.append(f"  - name: {name}")
        if of == "string":
            lines.append("    dtype: string")
        elif isinstance(of, tuple):
            lines.append("    list:")
            lines += [f"    {'- ' if line == 0 else '  '}{text}" for key in of
                      for line, text in enumerate((f"name: {key}", "dtype: string"))]  # fmt: skip
        elif of == PAIRS:
            lines += ["    list:", "      list: string"]
        else:
            lines.append("    list: string")
    return lines


# The page -----------------------------------------------------------------------------------------


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; numbers have separators.

    >>> print(table(["a", "n"], [["x|y", 1234]]))
    | a | n |
    |---|---|
    | x\\|y | 1,234 |
    """
    shown = [[f"{c:,}" if isinstance(c, int) else str(c).replace("|", "\\|") for c in row]
             for row in rows]  # fmt: skip
    lines = [heads, ["---"] * len(heads), *shown]
    return "\n".join(
        "|" + "|".join(line) + "|" if place == 1 else "| " + " | ".join(line) + " |"
        for place, line in enumerate(lines)
    )


def _opening(kinds: Sequence[Kind]) -> str:
    names = " and ".join(kind.name for kind in kinds) or "nothing"
    told = sum(tokens(n, lang) for k in kinds for (_t, lang), n in k.characters.items())
    lines = [
        "# A dataset made from a medical knowledge graph", "",
        f"Made by [kgmed](https://github.com/kgmed/kgmed): {names}, "
        f"{sum(kind.total for kind in kinds):,} rows, about {told / 1e6:,.1f} million tokens. Each row names the "
        "statements of the graph that it rests on, their sources and licences. Nothing here is "
        "medical advice; what a source states may be wrong or out of date.",
    ]  # fmt: skip
    for kind in kinds:
        unique, exact = kind.used
        of = sum(kind.prepared["statements"].values())
        about = "" if exact else "about "
        lines += ["", f"{kind.name}: {about}{unique:,} statements are used of {of:,} that may "
                  f"leave ({unique / max(1, of):.0%})."]  # fmt: skip
    return "\n".join(lines)


def _rows(kind: Kind) -> str:
    keys = sorted({(task, lang) for task, lang, _split in kind.rows})
    rows = [
        [task, lang, kind.rows[task, lang, "train"], kind.rows[task, lang, "test"],
         tokens(kind.characters[task, lang], lang)]
        for task, lang in keys
    ]  # fmt: skip
    files = [[config, split, n, kind.sizes[config, split]]
             for (config, split), n in kind.files.items()]  # fmt: skip
    return "\n\n".join((
        f"## Rows: {kind.name}",
        table(["task", "language", "train", "test", "tokens, about"], rows),
        table(["config", "split", "rows", "bytes"], files),
    ))  # fmt: skip


def _splits(kinds: Sequence[Kind]) -> str:
    seed = ", ".join(sorted({str(kind.settings["seed"]) for kind in kinds}))
    return (
        f"## Splits\n\nA hash of the seed ({seed}) and a concept's id holds out {HELD_OUT:.0%} of "
        f"the concepts, but none of the {TOP:.0%} with the most statements. A row is a test if a "
        "statement of it touches a concept that is held out, or if it speaks of one; so a "
        "statement and its inverse are on the same side."
    )


def _sources(kinds: Sequence[Kind]) -> str:
    rows: Counter[str] = Counter()
    for kind in kinds:
        rows.update(kind.sources)
    words = dict.fromkeys(text for k in kinds for text in k.prepared["leaving"]["attributions"])
    listed = table(["source", "rows"], sorted(rows.items()))
    said = "\n".join(f"- {text}" for text in words)
    return f"## Sources\n\n{listed}\n\n{said}".rstrip()


def _licences(kinds: Sequence[Kind]) -> str:
    rows: Counter[str] = Counter()
    for kind in kinds:
        rows.update(kind.licences)
    used = sorted({id for text in rows for id in text.split(" AND ") if id})
    duties = [duty for duty in ("attribution", "share_alike", "noncommercial", "no_derivatives",
                                "registered") if any(getattr(licence(id), duty) for id in used)]  # fmt: skip
    named = "\n".join(
        f"- {id}: {licence(id).name}" + (f", {licence(id).url}" if licence(id).url else "")
        for id in used
    )
    unknown = [id for id in used if id not in LICENCES]
    lines = [
        "## Licences and what they ask", "",
        "A row is under the licences of all statements that it rests on.", "",
        table(["licence of rows", "rows"], sorted((t or "not stated", n) for t, n in rows.items())),
        "", named, "",
        f"Together they ask: {', '.join(duties).replace('_', '-') or 'nothing'}.",
    ]  # fmt: skip
    if unknown:
        lines += ["", f"kgmed doesn't know: {', '.join(unknown)}."]
    return "\n".join(lines)


def _left_out(kinds: Sequence[Kind]) -> str:
    rows = sorted({
        (held["source"], held["licence"] or "not stated", held["tier"], held["statements"],
         held["names"])
        for kind in kinds for held in kind.prepared["leaving"]["left_out"]
    })  # fmt: skip
    if not rows:
        return "## Left out by licence\n\nNothing: all of the graph may leave."
    heads = ["source", "licence", "tier", "statements", "names"]
    return f"## Left out by licence\n\n{table(heads, rows)}"


def _filters(kind: Kind) -> str:
    keys = sorted({(task, lang) for task, lang, _filter in kind.filters})
    rows = [[*key, *(kind.filters[(*key, filter)] for filter in FILTERS)] for key in keys]
    all_of = [sum(row[place] for row in rows) for place in range(2, 2 + len(FILTERS))]
    heads = ["task", "language", FILTERS[0], *(f"- {name}" for name in FILTERS[1:-1]), "= rows"]
    listed = table(heads, [*rows, ["all", "", *all_of]])
    return f"## Filters: {kind.name}\n\nDrafts, what each filter took away, and what is left.\n\n{listed}"


def _examples(kind: Kind) -> str:
    parts = [f"## Examples: {kind.name}"]
    for (task, lang), record in sorted(kind.examples.items()):
        text = json.dumps(record, ensure_ascii=False, indent=1)
        if len(text) > EXAMPLE_CHARACTERS:
            text = text[:EXAMPLE_CHARACTERS] + " ..."
        parts.append(f"{task}, {lang}:\n\n```json\n{text}\n```")
    return "\n\n".join(parts)


def _again(kinds: Sequence[Kind]) -> str:
    rows = []
    for kind in kinds:
        s = kind.settings
        rows.append([
            kind.name, f"`{s['snapshot']}`", s["kgmed"], s["seed"], ", ".join(s["languages"]),
            s["max_rows"] or "none", s["per_predicate"] or "none", s["per_hub"] or "none",
        ])  # fmt: skip
    heads = ["kind", "snapshot", "kgmed", "seed", "languages", "most rows", "cap per predicate",
             "cap per concept"]  # fmt: skip
    return "\n\n".join((
        "## Made from",
        table(heads, [[str(cell) for cell in row] for row in rows]),
        "The same snapshot, settings and seed give the same rows. `kgmed export --trace ROW_ID "
        "--out DIR` shows the statements behind a row.",
    ))  # fmt: skip


# LLaMA-Factory ------------------------------------------------------------------------------------


def dataset_info(kinds: Sequence[Kind]) -> dict[str, Any]:
    """The entries of LLaMA-Factory's ``dataset_info.json``, one per config and split.

    A ``script_url`` is what it hands to ``datasets.load_dataset`` with the config (``subset``) and
    split: here the folder itself, whose card says which files are whose.
    """
    found: dict[str, Any] = {}
    for kind in kinds:
        for config in configs(kind):
            if kind.name != "instructions":
                entry: dict[str, Any] = {"columns": {"prompt": "text"}}
            else:
                entry = _FACTORY.get(config.removeprefix("instructions").lstrip("_") or "messages",
                                     {"columns": {"prompt": "text"}})  # fmt: skip
            for split in SPLITS:
                if kind.files[config, split]:
                    name = f"{config}_{split}"
                    found[name] = {
                        "script_url": ".", "subset": config, "split": split, **entry
                    }  # fmt: skip
    return found


_OPENAI_TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user",
                "assistant_tag": "assistant", "system_tag": "system"}  # fmt: skip
_FACTORY: dict[str, dict[str, Any]] = {
    "messages": {"formatting": "sharegpt", "columns": {"messages": "messages"},
                 "tags": _OPENAI_TAGS},
    "openai": {"formatting": "sharegpt", "columns": {"messages": "messages"},
               "tags": _OPENAI_TAGS},
    "alpaca": {"formatting": "alpaca",
               "columns": {"prompt": "instruction", "query": "input", "response": "output",
                           "system": "system", "history": "history"}},
    "sharegpt": {"formatting": "sharegpt",
                 "columns": {"messages": "conversations", "system": "system"}},
}  # fmt: skip
