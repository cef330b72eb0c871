"""DrugBank 5: the full database XML and the open vocabulary CSV (:mod:`.source`)."""

from __future__ import annotations

from kgmed.builders.drugbank.source import DrugBankSource

__all__ = ["DrugBankSource"]
