"""The dataset card: ``README.md`` with the header that Hugging Face's ``datasets`` reads.

The header's keys are those of https://huggingface.co/docs/datasets/repository_structure and
https://huggingface.co/docs/hub/datasets-cards. What the card tells is counted from the parts'
notes, of all kinds of datasets in the folder.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from kgmed.builders.datasets.balance import caps
from kgmed.builders.datasets.counted import USAGE, Kind, counted
from kgmed.builders.datasets.factory import INFO, dataset_info
from kgmed.builders.datasets.folder import RUN
from kgmed.builders.datasets.formats import IDS, PAIRS, Format, format_of
from kgmed.builders.datasets.generated.writing import ASKED
from kgmed.builders.datasets.job import NOTES
from kgmed.builders.datasets.parts import FILTERS, write_text
from kgmed.builders.datasets.quality.overlaps import hits_name
from kgmed.builders.datasets.quality.sample import SIZE
from kgmed.builders.datasets.splits import HELD_OUT, SPLITS, TOP
from kgmed.kg.licences import LICENCES, licence
from kgmed.kg.verbalize.size import tokens
from kgmed.kg.views.licensing import DUTIES

CARD = "README.md"
EXAMPLE_CHARACTERS = 1_500
SHARED_CHARACTERS = 100
TOP_PREDICATES = 15
_HF_LICENCES = {"CC0-1.0": "cc0-1.0", "CC-BY-3.0": "cc-by-3.0", "CC-BY-4.0": "cc-by-4.0",
                "CC-BY-SA-4.0": "cc-by-sa-4.0", "CC-BY-NC-4.0": "cc-by-nc-4.0",
                "CC-BY-NC-SA-4.0": "cc-by-nc-sa-4.0", "CC-BY-ND-4.0": "cc-by-nd-4.0",
                "Apache-2.0": "apache-2.0"}  # fmt: skip
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"),
          (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"),
          (1_000_000_000, "100M<n<1B"))  # fmt: skip


def write_card(out: Path) -> list[Kind]:
    """Write the card and ``dataset_info.json`` of what is complete in a folder, and return it."""
    kinds = [counted(path.parent) for path in sorted((out / NOTES).glob(f"*/{RUN}"))]
    kinds = [kind for kind in kinds if kind.prepared and kind.parts == kind.prepared["parts"]]
    write_text(out / CARD, card(kinds))
    info = dataset_info(kinds)
    if info:
        write_text(out / INFO, json.dumps(info, ensure_ascii=False, indent=2) + "\n")
    return kinds


# The header ---------------------------------------------------------------------------------------


def card(kinds: Sequence[Kind]) -> str:
    """The text of the card."""
    parts = [_header(kinds), _opening(kinds)]
    parts += [_rows(kind) for kind in kinds]
    parts += [_model(kind) for kind in kinds if "lm" in kind.settings["more"]]
    parts += [_chosen(kind) for kind in kinds if kind.chosen]
    parts += [_splits(kinds), _sources(kinds), _licences(kinds), _left_out(kinds)]
    parts += [_filters(kind) for kind in kinds]
    parts += [_overlaps(kind) for kind in kinds if kind.settings.get("benchmarks")]
    parts += [_diversity(kind) for kind in kinds]
    parts += [_examples(kind) for kind in kinds]
    parts.append(_again(kinds))
    return "\n\n".join(filter(None, parts)) + "\n"


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
    for place, (kind, config) in enumerate((k, c) for k in kinds for c in k.configs):
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
        lines += ["  features:", *_features(format_of(config))]
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
            lines.append(f"    list: {'int32' if of == IDS else 'string'}")
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
        f"{sum(kind.total for kind in kinds):,} rows, about {told / 1e6:,.1f} million tokens. "
        "Each row names the statements of the graph that it rests on, their sources and licences. "
        "Nothing here is medical advice; what a source states may be wrong or out of date.",
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


def _model(kind: Kind) -> str:
    """Which model wrote rows, and how it was asked."""
    lm = kind.settings["more"]["lm"]
    rows = [[name.replace("_", " "), f"`{value}`"] for name, value in lm.items()]
    return (
        f"## Written by a language model: {kind.name}\n\n{table(['setting', 'value'], rows)}\n\n"
        f"{_usage(kind.usage)}\n\n"
        "What it wrote is kept only where every claim of it is borne out by statements, as the "
        "reasons below tell. The model's own terms of use hold beside the licences of the "
        "statements."
    )


def _chosen(kind: Kind) -> str:
    """Which trained model chose among false statements, and what is known of its choices."""
    found = kind.chosen
    measured = found["turned_out_true"]
    rows = [
        ["model", f"`{found['model']}` ({found['method']})"],
        ["snapshot", f"`{found['snapshot'][:16]}`"],
        ["left out as likely true", f"probability {found['cut']:g} and more"],
        ["false statements that it chose", found["statements"]],
        ["their mean probability", f"{found['mean_probability']:.3f}"],
        *([f"turned out true, {way}", _share(one)] for way, one in measured.items()),
    ]
    note = (
        "What turned out true was measured when the model was trained: of wrong options that were "
        "made without some of the graph's statements, that share is among those. It counts what "
        f"was hidden ({found['hidden']:.0%}) and not what no source states."
        if measured else "What share of such turns out true wasn't measured for this model."
    )  # fmt: skip
    return (
        f"## Chosen by a trained model: {kind.name}\n\n"
        "Of the false statements that were proposed, those that the model finds plausible were "
        "tried first. Verdicts decide what is false, as ever: the model only chooses among it.\n\n"
        f"{table(['setting', 'value'], rows)}\n\n{note}"
    )


def _share(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.2%} ({figure['low']:.2%}-{figure['high']:.2%})"


def _usage(used: Mapping[str, int]) -> str:
    """What the model's answers took."""
    claims = used["claim_requests"]
    told = f"It gave {used['answers']:,} answers" + (
        f", and took claims from them in {claims:,} requests" if claims else ""
    )
    prompts, answers = used["prompt_tokens"], used["completion_tokens"]
    if not prompts + answers:
        return f"{told}. Their tokens weren't counted."
    return f"{told}: {prompts:,} tokens of prompts and {answers:,} of answers."


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
    duties = [duty for duty in DUTIES if any(bool(getattr(licence(id), duty)) for id in used)]
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
    heads = ["task", "language", FILTERS[0], *(f"- {name}" for name in FILTERS[1:-1]), "= rows"]
    listed = table(heads, [*rows, ["all", "", *kind.passed.values()]])
    told = "Drafts, what each filter took away, and what is left."
    others = [[task, lang, why, n] for (task, lang, why), n in sorted(kind.filters.items())
              if why not in FILTERS and (why == ASKED or why not in USAGE)]  # fmt: skip
    if others:
        by_model = "lm" in kind.settings["more"]
        listed += "\n\n" + (
            "What was asked of the model, and why answers were dropped (a row is an answer that "
            "was kept):" if by_model else "What no draft was made of, and why:"
        ) + "\n\n"  # fmt: skip
        listed += table(["task", "language", "reason", "items"], others)
    return f"## Filters: {kind.name}\n\n{told}\n\n{listed}"


def _overlaps(kind: Kind) -> str:
    files = kind.settings["benchmarks"]
    named = "\n".join(f"- {file}" for file in files)
    held = sum(kind.overlaps.values())
    parts = [
        f"## Overlap with benchmarks: {kind.name}",
        f"Rows were compared with these files, and {held:,} that share text with one are held "
        "back: 13 words or 64 characters in a row, or a whole short question. "
        f"`{hits_name(kind.name)}` lists each with what it shares.",
        named,
    ]
    if held:
        rows = [[file, rule, n] for (file, rule), n in sorted(kind.overlaps.items())]
        parts.append(table(["benchmark", "rule", "rows"], rows))
        shown = [[hit["id"], hit["task"], hit["rule"], hit["benchmark"], _cut(hit["shared"])]
                 for hit in kind.hits]  # fmt: skip
        parts += ["The first of them:", table(["row", "task", "rule", "in", "shared text"], shown)]
    return "\n\n".join(parts)


def _cut(text: str) -> str:
    return text if len(text) <= SHARED_CHARACTERS else text[:SHARED_CHARACTERS] + " ..."


def _diversity(kind: Kind) -> str:
    rows = [
        [task, lang, of.texts, *(f"{of.distinct[n]:.3f}" for n in sorted(of.distinct)),
         of.shortest, of.median, of.longest]
        for (task, lang), of in kind.diversity.items()
    ]  # fmt: skip
    heads = ["task", "language", "texts", "distinct-1", "distinct-2", "distinct-3", "fewest words",
             "median", "most"]  # fmt: skip
    top = kind.predicates.most_common(TOP_PREDICATES)
    listed = [[name, n, f"{n / max(1, kind.total):.1%}"] for name, n in top]
    half, number = 0, 0
    for number, (_name, n) in enumerate(kind.predicates.most_common(), 1):  # noqa: B007
        half += n
        if 2 * half >= sum(kind.predicates.values()):
            break
    return "\n\n".join((
        f"## Diversity: {kind.name}",
        f"Of a sample of up to {SIZE:,} rows of each task and language, those with the lowest ids: "
        "the share of runs of one, two and three words that differ, and how long texts are. A "
        "Chinese character counts as a word.",
        table(heads, rows),
        f"Rows rest on {len(kind.predicates):,} predicates; half of them on {number:,}. A row with "
        "several counts under each.",
        table(["predicate", "rows", "of all rows"], listed),
    ))  # fmt: skip


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
        predicate, hub = s["per_predicate"], s["per_hub"]
        if s.get("balanced"):
            found = caps(kind.prepared["statements"])
            predicate, hub = predicate or found[0], hub or found[1]
        rows.append([
            kind.name, f"`{s['snapshot']}`", s["kgmed"], s["seed"], ", ".join(s["languages"]),
            s["max_rows"] or "none", predicate or "none", hub or "none",
        ])  # fmt: skip
    heads = ["kind", "snapshot", "kgmed", "seed", "languages", "most rows", "cap per predicate",
             "cap per concept"]  # fmt: skip
    return "\n\n".join((
        "## Made from",
        table(heads, [[str(cell) for cell in row] for row in rows]),
        "The same snapshot, settings and seed give the same rows. `kgmed export --trace ROW_ID "
        "--out DIR` shows the statements behind a row.",
    ))  # fmt: skip
