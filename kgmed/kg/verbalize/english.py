"""English grammar of the wordings: agreement, lists and negation.

A wording of ``predicates.toml`` is written for singular ends ("{s} is an inhibitor of {o}"). The
rules here give its other forms; ``docs/wordings.md`` shows them all, and a test reads every one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from kgmed.kg.verbalize.number import word_set

Number = Literal["one", "many", "list"]
"""What stands in a slot: a singular name, a plural name, or several names."""

_NOUNS = {"half-life": "half-lives", "life": "lives", "status": "statuses"}


def plural(noun: str) -> str:
    """The plural of a noun of the wordings.

    >>> [plural(n) for n in ("class", "activity", "target", "morphology")]
    ['classes', 'activities', 'targets', 'morphologies']
    """
    if noun in _NOUNS:
        return _NOUNS[noun]
    if noun.endswith("y") and noun[-2:-1] not in set("aeiou"):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


_BASES = {"is": "are", "has": "have", "does": "do", "was": "were"}
_MODALS = frozenset(("can", "cannot", "may", "should", "must"))


def base(verb: str) -> str:
    """What a verb is with a plural subject.

    >>> [base(v) for v in ("is", "carries", "treats", "expresses", "causes", "can")]
    ['are', 'carry', 'treat', 'express', 'cause', 'can']
    """
    if verb in _BASES or verb in _MODALS:
        return _BASES.get(verb, verb)
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    if verb.endswith(("sses", "xes", "ches", "shes")):
        return verb[:-2]
    return verb.removesuffix("s")


_FIRST = re.compile(r"\{([so])\} ((?:\w+ly )*)([\w-]+)(.*)")
_COMPLEMENT = re.compile(
    r"^( not)?( as)? (?:an?) ((?:[\w-]+ )*?)([\w-]+(?: or [\w-]+)?)"
    r"(?= (?:of|for|to|in|by|with|between|involved|associated|that)\b)"
)
_THE = re.compile(r"^( not)? the ((?:[\w-]+ )*?)([\w-]+)(?= (?:of|for)\b)")
_ACT_AS = re.compile(r"^( not act)( as .*)$")
_ONE_OF = re.compile(r"^( not)? one of the ")
_NAMED_HEAD = re.compile(
    r"^the ([\w -]+?)(?<! of)(?<! for)(?<! to)(?<! in) \{([so])\} ([\w-]+)(.*)"
)
_EQUATION = re.compile(
    r"^the ((?:[\w-]+ )*?)([\w-]+)((?: of [\w -]+?)?) (of|for) \{([so])\} is( not)? \{([so])\}$"
)
_APPOSED = re.compile(r"\bthe ((?:[\w-]+ )*?)([\w-]+)( of| of \w+)? \{([so])\}")
_PREPOSITIONS = word_set("of for to in on as hold against with by from at")
_AS_A = re.compile(r"\{([so])\} as an? ([\w-]+)$")
_OF_LIST = frozenset(("role", "capability"))
_UNLISTED = re.compile(r"\bbetween \{[so]\} and \{[so]\}|\bof \{[so]\} and \{[so]\}")


def inflect(template: str, numbers: Mapping[str, Number]) -> str:
    """A wording for what stands in its slots; ``numbers`` maps "s" and "o".

    >>> inflect("{s} is an inhibitor of {o}", {"s": "many", "o": "one"})
    '{s} are inhibitors of {o}'
    >>> inflect("{s} positively regulates {o}", {"s": "many", "o": "one"})
    '{s} positively regulate {o}'
    >>> inflect("{s} has the symptom {o}", {"s": "one", "o": "list"})
    '{s} has the symptoms {o}'
    >>> inflect("the mechanism of action of {s} is {o}", {"s": "one", "o": "list"})
    'the mechanisms of action of {s} are {o}'
    """
    equation = _EQUATION.match(template)
    if equation is not None:
        if numbers[equation[7]] != "list":
            return template
        words, head, rest, of, first, denied, second = equation.groups()
        verb = f"are{denied or ''}"
        return f"the {words}{plural(head)}{rest} {of} {{{first}}} {verb} {{{second}}}"
    head = _NAMED_HEAD.match(template)
    if head is not None and numbers[head[2]] == "list":
        verb, rest = base(head[3]), head[4]
        template = f"the {head[1]} {{{head[2]}}} {verb}{rest}"
    opened = _FIRST.match(template)
    if opened is not None and numbers[opened[1]] != "one":
        template = f"{{{opened[1]}}} {opened[2]}{_many(opened[3], opened[4])}"
    return _listed(template, numbers)


def _many(verb: str, rest: str) -> str:
    """A verb and what follows, of several."""
    if verb == "is":
        rest = _ONE_OF.sub(lambda m: f"{m[1] or ''} among the ", rest)
        rest = _THE.sub(lambda m: f"{m[1] or ''} the {m[2]}{plural(m[3])}", rest)
    if verb in {"is", "acts"}:
        rest = _COMPLEMENT.sub(_complement, rest)
    if verb == "does":
        rest = _ACT_AS.sub(lambda m: m[1] + _COMPLEMENT.sub(_complement, m[2]), rest)
    return base(verb) + rest


def _complement(found: re.Match[str]) -> str:
    nouns = " or ".join(plural(noun) for noun in found[4].split(" or "))
    return f"{found[1] or ''}{found[2] or ''} {found[3]}{nouns}"


def _listed(template: str, numbers: Mapping[str, Number]) -> str:
    """The noun before a list in the plural: "the symptoms A and B"."""

    def named(found: re.Match[str]) -> str:
        words, noun, of, slot = found.groups()
        if numbers[slot] != "list" or noun in _PREPOSITIONS or " of " in f" {words}":
            return found[0]
        if of == " of" and noun not in _OF_LIST:
            return found[0]
        return f"the {words}{plural(noun)}{of or ''} {{{slot}}}"

    def as_a(found: re.Match[str]) -> str:
        many = numbers[found[1]] == "list"
        return f"{{{found[1]}}} as {plural(found[2])}" if many else found[0]

    return _AS_A.sub(as_a, _APPOSED.sub(named, template))


def takes_lists(template: str) -> bool:
    """Whether a wording reads well with a list in a slot: not where "and" stands between the slots.

    >>> takes_lists("there is an interaction between {s} and {o}"), takes_lists("{s} treats {o}")
    (False, True)
    """
    return _UNLISTED.search(template) is None


_INCLUDE = re.compile(r"^(the .*?) include ")
_THERE = re.compile(r"^there is an? ")
_FINITE = re.compile(r"^((?:the [\w -]+? )?(?:of |for |to )?\{[so]\}) ((?:\w+ly )*)([\w-]+)(.*)")


def negate(template: str) -> str:
    """A wording denied; where it can't be denied by itself, behind "it is not the case that".

    >>> negate("{s} treats {o}"), negate("{s} is an inhibitor of {o}"), negate("{s} has {o}")
    ('{s} does not treat {o}', '{s} is not an inhibitor of {o}', '{s} does not have {o}')
    >>> negate("there is an interaction between {s} and {o}")
    'there is no interaction between {s} and {o}'
    >>> negate("{s} should not be used in {o}")
    'it is not the case that {s} should not be used in {o}'
    """
    if _THERE.match(template):
        return _THERE.sub("there is no ", template)
    if _INCLUDE.match(template):
        return _INCLUDE.sub(lambda m: f"{m[1]} do not include ", template)
    found = _FINITE.match(template)
    if found is None or " not " in template or ":" in template or template.startswith("for "):
        return f"it is not the case that {template}"
    head, adverb, verb, rest = found.groups()
    if verb == "can":
        return f"{head} cannot{rest}"
    if verb == "is":
        return f"{head} is not{rest}"
    return f"{head} does not {adverb}{base(verb)}{rest}"
