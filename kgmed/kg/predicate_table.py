"""A table of predicates as TOML: read, and every entry checked."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from kgmed.kg.categories import PARENTS
from kgmed.kg.errors import RegistryError
from kgmed.kg.plain_toml import read_plain
from kgmed.kg.predicates import (
    LANGUAGES,
    VALUE,
    VOCABULARIES,
    Chain,
    Inheritance,
    Predicate,
    Registry,
    Wording,
    way_up,
)

FLAGS = ("symmetric", "transitive", "asymmetric")
_LISTS = ("flags", "domain", "range", "excludes", "opposes")
_TEXTS = ("biolink", "nearest", "parent", "inverse")
_KEYS = (*_TEXTS, *_LISTS, "inherit", "chains", "weight", "labels", *LANGUAGES)
_WORDING_KEYS = tuple(Wording.__dataclass_fields__)
_CLAUSES = ("sentence", "inverse_sentence", "frames")
_OWNED = (
    *("nouns", "noun", "inverse_nouns", "inverse_noun"),
    *("verbs", "passives", "frames", "questions"),
)
_INHERITANCE = {
    "none": Inheritance("none", ""),
    "up:entailed": Inheritance("up", "entailed"),
    "up:some": Inheritance("up", "some"),
    "down:entailed": Inheritance("down", "entailed"),
    "down:some": Inheritance("down", "some"),
}
_RANGES = (*PARENTS, VALUE)


def load(text: str, *, where: str) -> Registry:
    """Read and check a table of predicates; ``where`` names it in messages.

    Raises :class:`RegistryError` naming the predicate, the key, what stands there and what should.
    """
    entries = read_plain(text)
    if entries is None:
        try:
            entries = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise RegistryError(f"{where}: not TOML: {error}") from error
    return _Checker(where, entries).registry()


class _Checker:
    """Turns the parsed table into a registry, or says what is wrong with the first bad entry."""

    def __init__(self, where: str, entries: dict[str, Any]) -> None:
        self.where, self.entries = where, entries
        self.owners: dict[tuple[str, str, str], str] = {}
        self.labels: dict[tuple[str, str], tuple[str, bool]] = {}

    def registry(self) -> Registry:
        for name, entry in self.entries.items():
            self.keys(name, "", entry, _KEYS)
        predicates = {name: self.predicate(name, entry) for name, entry in self.entries.items()}
        self.tree(predicates)
        self.inverses(predicates)
        for key in ("excludes", "opposes"):
            self.partners(predicates, key)
        return Registry(predicates, self.labels)

    def fail(self, name: str, key: str, *, found: object, expected: str) -> NoReturn:
        place = f"[{name}] {key}" if key else f"[{name}]"
        raise RegistryError(f"{self.where} {place}: found {found}, expected {expected}")

    def keys(self, name: str, part: str, table: Any, expected: tuple[str, ...]) -> None:
        if isinstance(table, dict) and tuple(table) == expected:
            return
        if not isinstance(table, dict):
            self.fail(name, part, found=repr(table), expected="a table")
        if unknown := [key for key in table if key not in expected]:
            self.fail(name, part, found=f"the unknown key {unknown[0]!r}", expected=_or(expected))
        if missing := [key for key in expected if key not in table]:
            other = " (English and Chinese have the same keys)" if part in LANGUAGES else ""
            self.fail(name, part, found=f"no key {missing[0]!r}", expected=f"one{other}")

    def texts(self, name: str, key: str, found: Any) -> tuple[str, ...]:
        if not isinstance(found, list) or not all(map(_is_text, found)):
            self.fail(name, key, found=repr(found), expected="a list of texts, none empty")
        if len(found) > 1 and len(set(found)) < len(found):
            self.fail(name, key, found=repr(found), expected="each text once")
        return tuple(found)

    def among(self, name: str, key: str, found: Any, allowed: tuple[str, ...]) -> tuple[str, ...]:
        chosen = self.texts(name, key, found)
        for text in chosen:
            if text not in allowed:
                self.fail(name, key, found=repr(text), expected=_or(allowed))
        return chosen

    def predicate(self, name: str, entry: dict[str, Any]) -> Predicate:
        for key in _TEXTS:
            if not isinstance(entry[key], str):
                self.fail(name, key, found=repr(entry[key]), expected="a text")
        flags = self.among(name, "flags", entry["flags"], FLAGS)
        if "symmetric" in flags and "asymmetric" in flags:
            self.fail(name, "flags", found="symmetric and asymmetric", expected="at most one")
        weight = entry["weight"]
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
            self.fail(name, "weight", found=repr(weight), expected="a number from 0 to 1")
        domain = self.among(name, "domain", entry["domain"], tuple(PARENTS))
        target = self.among(name, "range", entry["range"], _RANGES)
        for key, chosen in (("domain", domain), ("range", target)):
            if not chosen:
                self.fail(name, key, found="no category", expected="NamedThing for anything")
        if VALUE in target and len(target) > 1:
            self.fail(name, "range", found="value beside categories", expected="one or the other")
        labels = self.label_lists(name, entry["labels"])
        self.biolink(name, entry, labels)
        inherit = entry["inherit"]
        self.keys(name, "inherit", inherit, ("subject", "object"))
        for end, kind in inherit.items():
            if kind not in _INHERITANCE:
                self.fail(name, f"inherit.{end}", found=repr(kind), expected=_or(_INHERITANCE))
        return Predicate(
            name=name,
            biolink=entry["biolink"],
            nearest=entry["nearest"],
            parent=entry["parent"],
            inverse=entry["inverse"],
            symmetric="symmetric" in flags,
            transitive="transitive" in flags,
            asymmetric="asymmetric" in flags,
            domain=domain,
            range=target,
            excludes=self.others(name, "excludes", entry["excludes"]),
            opposes=self.others(name, "opposes", entry["opposes"]),
            inherit_subject=_INHERITANCE[inherit["subject"]],
            inherit_object=_INHERITANCE[inherit["object"]],
            chains=self.chains(name, entry["chains"]),
            weight=float(weight),
            labels=labels,
            wording={language: self.wording(name, language, entry) for language in LANGUAGES},
        )

    def others(self, name: str, key: str, found: Any) -> tuple[str, ...]:
        chosen = self.texts(name, key, found)
        for other in chosen:
            if other == name or other not in self.entries:
                self.fail(name, key, found=repr(other), expected="the name of another predicate")
        return chosen

    def biolink(
        self, name: str, entry: dict[str, Any], labels: Mapping[str, tuple[str, ...]]
    ) -> None:
        own, nearest = entry["biolink"], entry["nearest"]
        if bool(own) == bool(nearest):
            found = "both biolink and nearest" if own else "biolink empty and no nearest"
            self.fail(name, "nearest", found=found, expected="one of the two")
        if not (own or nearest).startswith("biolink:"):
            key = "biolink" if own else "nearest"
            self.fail(name, key, found=repr(own or nearest), expected="a name with biolink:")
        if own and own not in labels["biolink"]:
            self.fail(name, "labels.biolink", found=f"no {own!r}", expected="its Biolink name")

    def label_lists(self, name: str, table: Any) -> dict[str, tuple[str, ...]]:
        """A vocabulary without a word for the predicate may be left out of the file."""
        if not isinstance(table, dict):
            self.fail(name, "labels", found=repr(table), expected="a table")
        labels: dict[str, tuple[str, ...]] = dict.fromkeys(VOCABULARIES, ())
        for vocabulary, words in table.items():
            if vocabulary not in labels:
                self.fail(name, "labels", found=repr(vocabulary), expected=_or(VOCABULARIES))
            labels[vocabulary] = self.texts(name, f"labels.{vocabulary}", words)
            for word in labels[vocabulary]:
                key = (vocabulary, word.removeprefix("^"))
                if key in self.labels:
                    found = f"{key[1]!r}, which [{self.labels[key][0]}] claims too"
                    expected = "each label once in the whole table"
                    self.fail(name, f"labels.{vocabulary}", found=found, expected=expected)
                self.labels[key] = (name, word[0] == "^")
        return labels

    def chains(self, name: str, found: Any) -> tuple[Chain, ...]:
        if not isinstance(found, list):
            self.fail(name, "chains", found=repr(found), expected="a list of tables")
        chains = []
        for chain in found:
            self.keys(name, "chains", chain, ("steps", "gives", "source"))
            steps = self.texts(name, "chains.steps", chain["steps"])
            for step in steps:
                if step.removeprefix("^") not in self.entries:
                    self.fail(name, "chains.steps", found=repr(step), expected="a predicate")
            if chain["gives"] not in ("entailed", "plausible"):
                expected = "entailed or plausible"
                self.fail(name, "chains.gives", found=repr(chain["gives"]), expected=expected)
            if len(steps) < 2 or not _is_text(chain["source"]):
                self.fail(name, "chains", found=repr(chain), expected="two steps and a source")
            chains.append(Chain(steps, chain["gives"], chain["source"]))
        return tuple(chains)

    def wording(self, name: str, language: str, entry: dict[str, Any]) -> Wording:
        table = entry[language]
        self.keys(name, language, table, _WORDING_KEYS)
        words = {key: self.texts(name, f"{language}.{key}", table[key]) for key in _WORDING_KEYS}
        for key in ("sentence", "inverse_sentence"):
            if not words[key]:
                self.fail(name, f"{language}.{key}", found="none", expected="at least one")
        for key, fits, expected in _SLOTS:
            for text in words[key]:
                if not fits(text):
                    self.fail(name, f"{language}.{key}", found=repr(text), expected=expected)
        owners = self.owners
        for key in _OWNED:
            for text in words[key]:
                owner = owners.setdefault((language, key, text), name)
                if owner != name:
                    found = f"{text!r}, which [{owner}] has too"
                    expected = "each wording once (a parent carries what its children share)"
                    self.fail(name, f"{language}.{key}", found=found, expected=expected)
        return Wording(**words)

    def tree(self, predicates: dict[str, Predicate]) -> None:
        roots = [name for name, predicate in predicates.items() if not predicate.parent]
        if len(roots) > 1:
            self.fail(roots[1], "parent", found="none", expected=f"one ({roots[0]} is the root)")
        for name, predicate in predicates.items():
            if predicate.parent and predicate.parent not in predicates:
                found = f"the unknown {predicate.parent!r}"
                self.fail(name, "parent", found=found, expected="the name of a predicate")
        for name in predicates:
            chain = way_up(predicates, name)
            if predicates[chain[-1]].parent:
                found = "a cycle: " + " -> ".join((*chain, predicates[chain[-1]].parent))
                self.fail(name, "parent", found=found, expected="a way up to one root")

    def inverses(self, predicates: dict[str, Predicate]) -> None:
        """An inverse is a reading of its own predicate, so it may not be another one's name."""
        readings: dict[str, str] = {}
        for name, predicate in predicates.items():
            inverse = predicate.inverse
            if predicate.symmetric != (inverse == name):
                kind = "symmetric" if predicate.symmetric else "not symmetric"
                expected = f"{name!r}" if predicate.symmetric else "another name"
                self.fail(name, "inverse", found=f"{inverse!r}, {kind}", expected=expected)
            if not inverse.isidentifier() or inverse != inverse.lower():
                self.fail(name, "inverse", found=repr(inverse), expected="lower_case words")
            if inverse != name and inverse in predicates:
                found = f"{inverse!r}, a predicate itself"
                self.fail(name, "inverse", found=found, expected="a reading of this one only")
            if inverse in readings:
                found = f"{inverse!r}, as in [{readings[inverse]}]"
                self.fail(name, "inverse", found=found, expected="a reading of this one only")
            readings[inverse] = name

    def partners(self, predicates: dict[str, Predicate], key: str) -> None:
        for name, predicate in predicates.items():
            for other in getattr(predicate, key):
                if name not in getattr(predicates[other], key):
                    found = f"no {name!r}, but [{name}] lists {other!r}"
                    self.fail(other, key, found=found, expected="both or neither")


def _is_text(found: object) -> bool:
    return isinstance(found, str) and found != "" and not found.isspace()


def _or(choices: Any) -> str:
    return "one of " + ", ".join(choices)


def _has_both_slots(text: str) -> bool:
    return text.count("{s}") == text.count("{o}") == 1 and text.count("{") == text.count("}") == 2


def _has_a_slot(text: str) -> bool:
    slots = text.count("{s}"), text.count("{o}")
    return max(slots) == 1 and text.count("{") == text.count("}") == sum(slots)


def _has_no_slot(text: str) -> bool:
    return "{" not in text and "}" not in text


_SLOTS: tuple[tuple[str, Callable[[str], bool], str], ...] = tuple(
    (key, _has_both_slots, "both slots, {s} and {o}, once each")
    if key in _CLAUSES
    else (key, _has_a_slot, "{s} or {o} or both, once each")
    if key == "questions"
    else (key, _has_no_slot, "no slot")
    for key in _WORDING_KEYS
)
