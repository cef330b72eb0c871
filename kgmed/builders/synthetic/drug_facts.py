"""What DrugBank says of the world: interactions, targets, and the small facts of each drug."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from kgmed.builders.synthetic.text import Ints, draw, words
from kgmed.builders.synthetic.world import World

PARTNERS = 84
"""Partners of a drug on either side of it in a circle: 168 in all, 2.8 million at scale 1."""


class Sentence(NamedTuple):
    """How DrugBank words an interaction, and what that says: ``affected`` is ``x``, ``y`` or ''
    for a risk that both share; no aspect where the sentence says nothing in particular."""

    text: str
    aspect: str
    direction: str
    affected: str


_MORE, _LESS = "increased", "decreased"
_RISKS = ("adverse effects", "bleeding", "QTc prolongation", "hypotension")
_FATES = ("metabolism", "excretion", "absorption", "bioavailability", "protein binding")
_ACTIVITIES = ("anticoagulant", "sedative", "hypotensive")
_RISK = "The risk or severity of {what} can be increased when {{x}} is combined with {{y}}."
_LEVEL = "The serum concentration of {{x}} can be {way} when it is combined with {{y}}."
_FATE = "The {what} of {{x}} can be {way} when combined with {{y}}."
_ACTIVITY = "{{x}} may {way} the {what} activities of {{y}}."
_EFFICACY = "The therapeutic efficacy of {x} can be decreased when used in combination with {y}."
_RATE = "{x} may decrease the excretion rate of {y} which could result in a higher serum level."
_CAUSE = (
    "{x} can cause a decrease in the absorption of {y} resulting in a reduced serum concentration "
    "and potentially a decrease in efficacy."
)

SENTENCES = (
    *(Sentence(_RISK.format(what=risk), f"risk of {risk}", _MORE, "") for risk in _RISKS),
    *(Sentence(_LEVEL.format(way=way), "serum concentration", way, "x") for way in (_MORE, _LESS)),
    *(
        Sentence(_FATE.format(what=fate, way=way), fate, way, "x")
        for fate in _FATES
        for way in (_MORE, _LESS)
    ),
    Sentence(_EFFICACY, "therapeutic efficacy", _LESS, "x"),
    *(
        Sentence(_ACTIVITY.format(what=what, way=way[:-1]), f"{what} activity", way, "y")
        for what in _ACTIVITIES
        for way in (_MORE, _LESS)
    ),
    Sentence(_RATE, "excretion rate", _LESS, "y"),
    Sentence(_CAUSE, "absorption", _LESS, "y"),
    Sentence("Ask a pharmacist before {x} is given on the same day as {y}.", "", "", ""),
)


class Interactions(NamedTuple):
    """Interactions between drugs ``low`` < ``high``: which sentence, whether ``x`` is the lower,
    and who tells it: 0 the lower's record alone, 1 both but the higher's with the next sentence,
    else both alike."""

    low: Ints
    high: Ints
    sentence: Ints
    x_is_low: Ints
    told: Ints


def interactions(world: World, first: Ints, second: Ints) -> Interactions:
    """What is told of each pair, whichever way it is asked."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    pair = low * world.drugs + high
    return Interactions(
        low,
        high,
        draw(world.seed, "inter", pair, len(SENTENCES)),
        draw(world.seed, "who", pair, 2),
        draw(world.seed, "told", pair, 200),
    )


def partner_steps(world: World) -> Ints:
    """How far the partners of a drug are from it, in one direction of the circle."""
    return np.arange(1, min(PARTNERS, (world.drugs - 1) // 2) + 1)


def all_interactions(world: World) -> Iterator[Interactions]:
    """Every pair once."""
    drug = np.arange(world.drugs)
    for step in partner_steps(world).tolist():
        yield interactions(world, drug, (drug + step) % world.drugs)


ACTIONS = {
    "targets": ("inhibitor", "antagonist", "agonist", "blocker", "activator", "modulator",
                "partial agonist", "binder", ""),
    "enzymes": ("substrate", "inhibitor", "inducer", ""),
    "carriers": ("",),
    "transporters": ("substrate", "inhibitor", "inducer"),
}  # fmt: skip
SECTIONS = tuple(ACTIONS)
KNOWN = ("yes", "no", "unknown")


class Acting(NamedTuple):
    """A protein that a drug acts on: the section it stands in, its position there, its actions
    (one or two, or none), whether the action is known, and how strong an enzyme's is."""

    section: str
    position: int
    protein: int
    actions: tuple[str, ...]
    known: str
    strength: str


def acting(world: World, drug: int) -> list[Acting]:
    """Targets, enzymes, carriers and transporters of a drug."""
    dice = draw(world.seed, "acting", drug * 64 + np.arange(64), 1 << 30).tolist()
    found = []
    for place, (section, most) in enumerate(zip(SECTIONS, (3, 2, 1, 2), strict=True)):
        count = dice[place] % (most + 1) if place else 1 + dice[0] % most
        for position in range(1, count + 1):
            turn = dice[4 + place * 8 + position * 2]
            pool = ACTIONS[section]
            action = pool[turn % len(pool)]
            second = pool[0] if turn // 64 % 12 == 0 and action else ""
            actions = tuple(dict.fromkeys(a for a in (action, second) if a))
            strong = section == "enzymes" and "inhibitor" in actions and turn // 1024 % 3 == 0
            found.append(
                Acting(
                    section,
                    position,
                    dice[5 + place * 8 + position * 2] % world.proteins,
                    actions,
                    KNOWN[turn // 4096 % 3],
                    "strong" if strong else "unknown",
                )
            )
    return found


GROUPS = (
    ("approved",),
    ("approved", "investigational"),
    ("experimental",),
    ("approved", "withdrawn"),
    ("nutraceutical",),
    ("illicit", "experimental"),
)
"""Sets of groups that drugs belong to."""

CLASSES = 60
"""Drug categories; each has a MeSH id."""


class Facts(NamedTuple):
    """The rest of what is said of a drug. ``rxcui`` is the drug whose RxCUI its record gives (its
    own, but for every fiftieth), -1 for none."""

    biotech: bool
    groups: tuple[str, ...]
    salt: bool
    categories: tuple[int, ...]
    pathway: bool
    foods: int
    rxcui: int
    synonyms: int
    products: int
    brand: bool


def facts(world: World, drug: int) -> Facts:
    """What is said of one drug."""
    dice = draw(world.seed, "drug", drug * 16 + np.arange(16), 1 << 30).tolist()
    known = drug % 10 != 9 and drug % 50 != 20
    other = drug % 50 == 30 and drug + 1 < world.drugs
    return Facts(
        biotech=drug % 12 == 11,
        groups=GROUPS[dice[0] % len(GROUPS)],
        salt=drug % 4 == 0,
        categories=tuple(sorted({dice[n] % CLASSES for n in range(1, 2 + dice[5] % 4)})),
        pathway=dice[6] % 10 == 0,
        foods=max(0, dice[7] % 5 - 2),
        rxcui=(drug + 1 if other else drug) if known else -1,
        synonyms=dice[8] % 3,
        products=dice[9] % 24,
        brand=dice[10] % 3 == 0,
    )


def brand_names(world: World) -> list[str]:
    """A brand for each drug, which stands for no other."""
    names: list[str] = words(np.arange(world.drugs) + 9_400_000, after=" Forte\u00ae").to_pylist()
    return names


def class_names() -> list[str]:
    """Names of the drug categories."""
    names: list[str] = words(np.arange(CLASSES) + 9_000_000, after=" Agents").to_pylist()
    return names


def protein_names(world: World) -> list[str]:
    """Names of the proteins that drugs act on."""
    index = np.arange(world.proteins) + 9_100_000
    names: list[str] = words(index, after=" receptor").to_pylist()
    return names


FOODS = ("Take with food.", "Avoid grapefruit products.")
SYNONYMS = (("english", "", "acid"), ("spanish", "", "o"), ("latin", "inn", "um"))
"""``language``, ``coder``, and what the drug's word ends in."""


def indication(name: str) -> str:
    """The text of a drug's indication."""
    return f"Indicated for the treatment of made-up conditions by {name}, 5 < 7."


def half_life(drug: int) -> str:
    """The text of a drug's half-life."""
    return f"{1 + drug % 30} hours (range {drug % 30}-{2 + drug % 30})"


def description(name: str) -> str:
    """The text of a drug's description."""
    return f'{name} is a made-up drug, also known as "the test" & more.[L1]'
