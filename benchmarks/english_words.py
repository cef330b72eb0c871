"""Makes kgmed/kg/linking/english.txt from a list of words with counts.

    python benchmarks/english_words.py frequency_dictionary_en_82_765.txt

The list is SymSpell's (kgmed.kg.linking.english says where it is from): a word, a space and its
count on each line.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from pathlib import Path

from kgmed.kg.linking.english import LEAST

TARGET = Path(__file__).parents[1] / "kgmed/kg/linking/english.txt"
HEAD = (
    "# How common words are in English: log10 of occurrences in a billion, and the words.\n"
    "# From the Google Books Ngram Viewer (CC BY 3.0), as counted by SymSpell.\n"
)


def main() -> None:
    """Write the table."""
    counts = {}
    for line in Path(sys.argv[1]).read_text(encoding="utf-8-sig").splitlines():
        word, count = line.split()
        counts[word] = int(count)
    total = sum(counts.values())
    tenths: dict[float, list[str]] = defaultdict(list)
    for word, count in counts.items():
        value = math.floor(math.log10(count / total * 1e9) * 10) / 10
        if value >= LEAST and len(word) > 1:
            tenths[value].append(word)
    lines = [f"{value}\t{' '.join(sorted(tenths[value]))}\n" for value in sorted(tenths)]
    TARGET.write_text(HEAD + "".join(lines), encoding="utf-8")
    print(f"{TARGET.name}: {sum(map(len, tenths.values())):,} words")


if __name__ == "__main__":
    main()
