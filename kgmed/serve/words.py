"""The page's words for predicates and categories: the registry's own, as a JavaScript module.

``python -m kgmed.serve.words`` writes it again after a change to predicates.toml; a test compares.
"""

from __future__ import annotations

import json
from pathlib import Path

from kgmed.kg.categories import PARENTS, label
from kgmed.kg.predicates import registry
from kgmed.reasoning.compose import relation

UNNAMED = "concept"
"""What a category without a name of its own is called; the page says its id instead."""
WORDS = Path(__file__).parent / "static" / "js" / "words.js"


def words() -> dict[str, dict[str, list[str]]]:
    """Predicate or category -> its words in English and Chinese."""
    known = registry()
    return {
        "PREDICATES": {
            name: [relation(known, name, "en"), relation(known, name, "zh")]
            for name in sorted(known)
        },
        "CATEGORIES": {
            name: [label(name), label(name, language="zh")]
            for name in sorted(PARENTS)
            if label(name) != UNNAMED
        },
    }


def symmetric() -> list[str]:
    """The predicates that say the same from both ends."""
    return sorted(name for name, entry in registry().items() if entry.symmetric)


def javascript() -> str:
    """The module's text."""
    parts = ["// Written by `python -m kgmed.serve.words` from predicates.toml and categories.py."]
    for name, rows in words().items():
        lines = [
            f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},"
            for key, value in rows.items()
        ]
        parts.append("\n".join([f"export const {name} = {{", *lines, "};"]))
    parts.append(f"export const SYMMETRIC = new Set({json.dumps(symmetric())});")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    WORDS.write_text(javascript(), encoding="utf-8")
