"""Rewrite the open graph's committed tables from the publishers' files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kgmed.builders.open_data.extract.write import build, write


def main() -> None:
    """Run the extraction."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/open"))
    parser.add_argument("--out", type=Path, default=Path("kgmed/builders/open_data/tables"))
    options = parser.parse_args()
    files = build(options.data)
    write(files, options.out)
    size = sum(map(len, files.values()))
    sys.stderr.write(f"{len(files)} files, {size / 1e6:.2f} MB in {options.out}\n")


if __name__ == "__main__":
    main()
