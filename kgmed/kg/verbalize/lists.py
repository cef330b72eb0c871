"""Lists in words: "A, B and C", "A、B和C"."""

from __future__ import annotations

from collections.abc import Sequence

from kgmed.kg.model import Language


def join(lang: Language, parts: Sequence[str], *, denied: bool = False, more: int = 0) -> str:
    """A list in words; "or" where what is said of it is ``denied``. Names that hold commas are
    parted by semicolons; ``more`` counts what a caller cut off.

    >>> join("en", ["aspirin", "ibuprofen", "naproxen"]), join("zh", ["阿司匹林", "布洛芬"])
    ('aspirin, ibuprofen and naproxen', '阿司匹林和布洛芬')
    >>> join("en", ["Diabetes Mellitus, Type 2", "gout"]), join("en", ["gout"], more=3)
    ('Diabetes Mellitus, Type 2; and gout', 'gout and 3 others')
    >>> join("zh", ["阿司匹林", "布洛芬"], more=3)
    '阿司匹林、布洛芬等5种'
    """
    items = list(parts)
    if more and lang == "zh":
        return "、".join(items) + f"等{len(items) + more}种"
    if more:
        items.append(f"{more} other{'s' * (more > 1)}")
    if len(items) < 2:
        return "".join(items)
    if lang == "zh":
        last = "或" if denied else "和"
        if any("、" in item or "，" in item for item in items):
            return "；".join(items[:-1]) + "；" + last + items[-1]
        return "、".join(items[:-1]) + last + items[-1]
    last = "or" if denied else "and"
    if any(", " in item or ";" in item for item in items):
        return "; ".join(items[:-1]) + f"; {last} {items[-1]}"
    return ", ".join(items[:-1]) + f" {last} {items[-1]}"
