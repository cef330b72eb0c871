"""Brands and products: which name stands for one drug, and which is a product of its own.

DrugBank lists a product under each of its ingredients, without a list of ingredients: rows of one
name, country and code (NDC, DPD, EMA) under several drugs are one combination. ``mixtures`` do name
their ingredients. A brand that all its rows give to one drug alone, and that is no other drug's
name, is a Name of that drug; any other is a product concept, one per name and set of ingredients,
with the countries as qualifiers of ``has_active_ingredient``.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

OWN_NAME = "the drug's own name"
AGAIN = "the same product again"


class BrandName(NamedTuple):
    """A brand that stands for one drug."""

    drug: str
    text: str


class Product(NamedTuple):
    """A product concept with its ingredients, and the countries where it is sold, '' if unsaid;
    ``element`` is the element that told of it."""

    id: str
    name: str
    ingredients: tuple[str, ...]
    countries: tuple[str, ...]
    element: str


@dataclass(slots=True)
class _Combination:
    """What was said of one name with one set of ingredients: rows by element."""

    countries: set[str] = field(default_factory=set)
    rows: Counter[str] = field(default_factory=Counter)


class Products:
    """Collects the rows of all drugs; :meth:`resolve` decides once all are known.

    Memory grows with the number of products, about 200 bytes each.
    """

    def __init__(self) -> None:
        self._coded: dict[tuple[str, str, str], list[str]] = {}
        self._mixtures: list[tuple[str, str, str]] = []
        self._brands: dict[tuple[str, str], int] = {}
        self.unresolved: Counter[str] = Counter()
        self.kept: Counter[str] = Counter()
        self.skipped: dict[str, Counter[str]] = defaultdict(Counter)

    def product(self, drug: str, name: str, country: str, code: str) -> None:
        """A row of ``products``; drugs come one after another."""
        drugs = self._coded.setdefault((name, country, code), [])
        if drugs and drugs[-1] == drug:
            self.skipped["product"][AGAIN] += 1
        else:
            drugs.append(drug)

    def mixture(self, drug: str, name: str, ingredients: str) -> None:
        """A row of ``mixtures``: ingredients by name, joined with ``+``."""
        self._mixtures.append((drug, name, ingredients))

    def brand(self, drug: str, name: str) -> None:
        """A row of ``international-brands``."""
        self._brands[drug, name] = self._brands.get((drug, name), 0) + 1

    def resolve(
        self, primary: Mapping[str, str], names: Mapping[str, frozenset[str]]
    ) -> Iterator[BrandName | Product]:
        """Decide. ``primary``: name -> drug; ``names``: any name -> the drugs that have it; both by
        :func:`folded` name. Fills ``kept``, ``skipped`` and ``unresolved``."""
        texts: dict[str, str] = {}
        combinations: dict[str, dict[tuple[str, ...], _Combination]] = {}

        def said(name: str, drugs: set[str], country: str, element: str, rows: int) -> None:
            key = folded(name)
            texts[key] = min(texts.get(key, name), name)
            found = combinations.setdefault(key, {})
            combination = found.setdefault(tuple(sorted(drugs)), _Combination())
            combination.rows[element] += rows
            if country:
                combination.countries.add(country)

        for (name, country, _code), drugs in self._coded.items():
            said(name, set(drugs), country, "product", len(drugs))
        for drug, name, ingredients in self._mixtures:
            said(name, {drug, *self._ingredients(ingredients, primary, names)}, "", "mixture", 1)
        for (drug, name), rows in self._brands.items():
            said(name, {drug}, "", "international-brand", rows)
        for key in sorted(combinations):
            yield from self._decide(texts[key], names.get(key, frozenset()), combinations[key])

    def _ingredients(
        self, joined: str, primary: Mapping[str, str], names: Mapping[str, frozenset[str]]
    ) -> Iterator[str]:
        for part in re.split(r"\s+\+\s+", joined):
            if not part.strip():
                continue
            key = folded(part)
            drugs = {primary[key]} if key in primary else names.get(key, frozenset())
            if len(drugs) == 1:
                yield from drugs
            else:
                self.unresolved[part.strip()] += 1

    def _decide(
        self,
        name: str,
        holders: frozenset[str],
        combinations: dict[tuple[str, ...], _Combination],
    ) -> Iterator[BrandName | Product]:
        left = {}
        for drugs, combination in sorted(combinations.items()):
            if len(drugs) == 1 and drugs[0] in holders:
                for element, rows in combination.rows.items():
                    self.skipped[element][OWN_NAME] += rows
            else:
                left[drugs] = combination
                self.kept.update(combination.rows)
        unambiguous = len(combinations) == 1 and not holders
        for drugs, combination in left.items():
            if unambiguous and len(drugs) == 1:
                yield BrandName(drugs[0], name)
            else:
                yield Product(
                    product_id(name, drugs),
                    name,
                    drugs,
                    tuple(sorted(combination.countries)) or ("",),
                    "product" if combination.rows["product"] else min(combination.rows),
                )


def folded(name: str) -> str:
    """A name as names are compared: case and white space don't count.

    >>> folded(" Bayer  ASPIRIN ")
    'bayer aspirin'
    """
    return " ".join(name.casefold().split())


def product_id(name: str, ingredients: tuple[str, ...]) -> str:
    """A stable CURIE of a product: its name, and 32 bits of its ingredients' hash.

    >>> product_id("Co-Diovan 80/12.5", ("drugbank:DB00177", "drugbank:DB00999"))
    'kgmed.product:co-diovan-80-12-5.4ad12a37'
    """
    slug = re.sub(r"[^\w]+", "-", name.casefold()).strip("-_") or "product"
    return f"kgmed.product:{slug}.{hashlib.sha256('+'.join(ingredients).encode()).hexdigest()[:8]}"
