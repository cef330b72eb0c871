"""English names in a sentence: whether one is a plural, and how it opens a sentence."""

from __future__ import annotations

import re
from functools import lru_cache

from kgmed.kg.linking.english import zipf


def word_set(text: str) -> frozenset[str]:
    """The words of a text.

    >>> sorted(word_set("gas lens"))
    ['gas', 'lens']
    """
    return frozenset(text.split())


_SINGULAR = word_set(
    "diabetes herpes rabies scabies caries ascites tabes mumps measles shingles pons lens mons "
    "biceps triceps quadriceps forceps series species pancreas gas atlas bias rickets pes facies "
    "yaws bends graves glanders acnes types genetics kinetics dynamics "
    "pharmacokinetics pharmacodynamics hemodynamics mechanics physics statistics orthopedics "
    "pediatrics paediatrics obstetrics geriatrics"
)
"""Singular words that end as plurals do."""
_PLURAL = word_set(
    "bacteria fungi mitochondria metastases people children men women phenomena nuclei "
    "diverticula bronchi bacilli cocci viruses lice mice criteria stigmata condylomata data "
    "vertebrae larvae villi alveoli ganglia septa ova emboli thrombi they"
)
"""Plurals without an s, or with one that isn't told by the rules."""
_TAIL = re.compile(
    r",| (?:of|in|with|due|for|to|by|from|associated|caused|induced|secondary|without|at|on|that"
    r"|involving|acting|during|after|under|between|via|type|like)\b"
)
_LATIN = ("as", "os", "ans", "ens", "ales", "yces", "oides", "ites")
"""Ends of Latin and Greek singulars; "metabolites" and "males" are English by their stems."""
_WORD = re.compile("[a-z]+")
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")


def _may_be_plural(name: str) -> bool:
    """Whether any word of a name could make it a plural: of most names none could."""
    return any(word[-1] == "s" or word in _PLURAL for word in _WORD.findall(name.lower()))


@lru_cache(maxsize=1 << 17)
def is_plural(name: str) -> bool:
    """Whether an English name takes a plural verb, told by its head noun.

    >>> [is_plural(n) for n in ("proton pump inhibitors", "Gonadotropins, Pituitary")]
    [True, True]
    >>> [is_plural(n) for n in ("diabetes", "gastritis", "lupus", "HRAS", "Candida albicans")]
    [False, False, False, False, False]
    >>> is_plural("cataract 4 multiple types"), is_plural("purpura fulminans")
    (False, False)
    """
    if ", and " in name:
        return False  # a syndrome named for its signs
    if "(" not in name and "[" not in name and not _may_be_plural(name):
        return False
    head = _TAIL.split(_BRACKETS.sub("", name), maxsplit=1)[0].strip()
    words = head.split()
    if not words:
        return False
    last = words[-1].rpartition("-")[2] or words[-1]
    low = last.lower()
    if low in _PLURAL:
        return True
    if not low.endswith("s") or len(low) < 4 or last[1:] != low[1:] or not last.isalpha():
        return False
    if low in _SINGULAR or low.endswith(("ss", "us", "is")):
        return False
    stem = low[:-1]
    if low.endswith(_LATIN) and not zipf(stem):
        return False
    binomial = len(words) == 2 and words[0].istitle() and last.islower()
    return not (binomial and not zipf(stem) and not zipf(words[0].lower()))


_LOWER = re.compile(
    r"(?:[a-z\u00df-\u00f6\u00f8-\u00ff]{2,}(?![a-z\u00df-\u00ff]*[A-Z0-9])(?![.+^])|an? )"
)


@lru_cache(maxsize=1 << 12)
def opening(name: str) -> str:
    """A name as it opens a sentence: with a capital, where its first word is a plain one.

    >>> [opening(n) for n in ("beta blockers", "pH", "mTOR", "5-FU", "α-synuclein", "p53", "tRNA")]
    ['Beta blockers', 'pH', 'mTOR', '5-FU', 'α-synuclein', 'p53', 'tRNA']
    >>> opening("von Willebrand disease"), opening("t(8;21)"), opening("l-thyroxine")
    ('Von Willebrand disease', 't(8;21)', 'l-thyroxine')
    """
    return name[0].upper() + name[1:] if _LOWER.match(name) else name
