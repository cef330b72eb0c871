"""The contract that every source keeps to, run on this one."""

# ruff: noqa: D103, S101

from __future__ import annotations

from pathlib import Path

from ward_cards import make_source

from kgmed.builders.contract import violations

CARDS = """# release: 2026-11

drug: DB00682
name: Warfarin
name-zh: 华法林
half-life: 40 h
avoid-with: DB01118 DB00945

drug: DB01118
name: Amiodarone
half-life: 58 d
"""


def test_the_cards_keep_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "cards.txt"
    path.write_text(CARDS, encoding="utf-8")

    def change() -> None:
        path.write_text(CARDS.replace("58 d", "55 d"), encoding="utf-8")

    assert violations(lambda: make_source({"path": path}), change=change) == []
