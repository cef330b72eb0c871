"""What to call the sources of facts, and of what they don't list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kgmed.builders.datasets.model import Fact
from kgmed.builders.datasets.tasks.context import Context
from kgmed.kg.model import Language
from kgmed.kg.verbalize import lists

_RELEASE: dict[Language, str] = {
    "en": "{source} (release {release})",
    "zh": "{source}（{release}版）",
}
_GRAPH: dict[Language, str] = {"en": "The knowledge graph", "zh": "知识图谱"}


def stating(facts: Iterable[Fact], context: Context, lang: Language) -> str:
    """The sources that state facts, as a list in words."""
    found = sorted({context.titles.get(s, s) for fact in facts for s in fact.sources})
    return lists.join(lang, found)


def silent(sources: Sequence[tuple[str, str]], lang: Language) -> str:
    """Sources that don't state something, with their releases; the graph, where none is named."""
    if not sources:
        return _GRAPH[lang]
    words = [
        _RELEASE[lang].replace("{source}", name).replace("{release}", release) if release else name
        for name, release in sources
    ]
    return lists.join(lang, words)
