"""Realistic changes of a name, each by a seeded choice; None where a name has no such form.

Pure functions of a name and a random generator. Whether a changed form happens to be another
concept's name is checked by whoever knows the names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Change = Callable[[str, Random], str | None]

NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok",
    "o": "ipl", "p": "ol", "a": "qsz", "s": "awdz", "d": "sefx", "f": "drgc", "g": "fthv",
    "h": "gyjb", "j": "hukn", "k": "jilm", "l": "kop", "z": "asx", "x": "zsdc", "c": "xdfv",
    "v": "cfgb", "b": "vghn", "n": "bhjm", "m": "njk",
}  # fmt: skip
"""Letter -> those beside it on a QWERTY keyboard."""

COUNTED = re.compile(
    r"(?:disease|syndrome|disorder|infection|cancer|tumou?r|neoplasm|fracture|inhibitor|agonist|"
    r"antagonist|blocker|agent|antibiotic|antidepressant|anticoagulant|diuretic|steroid|vaccine|"
    r"receptor|channel|protein|antibody|hormone|enzyme|ulcer|cyst|abscess|lesion|injury|deficiency|"
    r"allergy|defect|anomaly|malformation|pathy|dystrophy|hernia|seizure|headache|migraine|palsy|"
    r"aneurysm|hemorrhage|stroke|attack|artery|vein|kidney|pathway|virus|polyp|stone|wart|rash|"
    r"burn|spasm|dysplasia|leukemia|[a-z]{3,}oma|anemia|disability|fever|cataract|antigen|cell|"
    r"gland|nerve|bone|muscle|joint|opioid|statin|vitamin|salt|acid|oil|toxin|drug|tract|stenosis|"
    r"thrombosis|metastasis|neurosis|psychosis|cirrhosis|fibrosis|effusion|contusion|sprain)",
    re.IGNORECASE,
)
"""Last words of names that are counted; the plural of any other is seldom written."""

INVERTED = re.compile(r"([A-Za-z' -]+), ([A-Za-z-]{4,})")
OF = re.compile(r"([A-Za-z-]+(?: [A-Za-z-]+)?) of (?:the )?([a-z-]{4,}(?: [a-z-]{4,})?)")
UNTURNED = frozenset(("form", "regulation", "abnormality", "establishment", "disorder", "origin"))
"""Words before "of" that nobody puts last ("hemochromatosis form")."""

ORGANS = frozenset(
    """bladder bone brain breast bronchus cervix colon cornea duodenum ear esophagus eye gallbladder
    heart ileum jaw kidney larynx lip liver lung mouth nose ovary pancreas penis pharynx prostate
    rectum retina skin spine spleen stomach testis thymus thyroid tongue tonsil trachea ureter
    urethra uterus vagina vulva""".split()  # noqa: SIM905
)
"""Nouns that a disease's name begins with where "of the ..." says the same."""

PREFIXES = re.compile(
    r"\b(non|anti|post|pre|co|hyper|hypo|intra|inter|micro|macro|multi)-(?=[a-z])"
)
SMALL_WORDS = frozenset("a an and by due for from in of on or the to type with without".split())  # noqa: SIM905


def case(name: str, rng: Random) -> str | None:
    """Upper case, lower case or capitals at every word."""
    forms = sorted({name.upper(), name.lower(), name.title()} - {name})
    forms = [form for form in forms if "'S" not in form or form.isupper()]
    return rng.choice(forms) if forms else None


def typo(name: str, rng: Random) -> str | None:
    """A letter left out, doubled, swapped with the next or hit beside, in a word of 5 or more.

    The first letter stays, and so do symbols such as VKORC1.
    """
    words = [m for m in re.finditer(r"\b[A-Za-z]{5,}\b", name) if not m[0][1:].isupper()]
    if not words:
        return None
    word = rng.choice(words)
    at = rng.randrange(word.start() + 1, word.end())
    letter, low = name[at], name[at].lower()
    kind = rng.choice(("left out", "doubled", "swapped", "beside"))
    if kind == "left out":
        return name[:at] + name[at + 1 :]
    if kind == "doubled":
        return name[:at] + letter + name[at:]
    if kind == "swapped":
        if at + 1 >= word.end() or name[at + 1] == letter:
            at = word.start() + 1
        if name[at] == name[at + 1]:
            return None
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    other = rng.choice(NEIGHBOURS[low])
    return name[:at] + (other if letter == low else other.upper()) + name[at + 1 :]


def word_order(name: str, rng: Random) -> str | None:
    """ "X of Y" for "Y X" and the other way round, an inverted name in its usual order, or the last
    word first with a comma, as an index such as MeSH inverts.

    >>> word_order("febrile seizures, familial", Random(0))
    'familial febrile seizures'
    >>> word_order("carcinoma of the breast", Random(0)), word_order("liver abscess", Random(0))
    ('breast carcinoma', 'abscess of the liver')
    >>> word_order("acute abdomen", Random(0)), word_order("gout", Random(0))
    ('abdomen, acute', None)
    """
    inverted = INVERTED.fullmatch(name)
    if inverted and inverted[2].lower() not in SMALL_WORDS:
        return f"{inverted[2]} {inverted[1]}"
    of = OF.fullmatch(name)
    if of and not (SMALL_WORDS | UNTURNED) & set(f"{of[1]} {of[2]}".lower().split()):
        return f"{of[2]} {of[1]}"
    words = name.split(" ")
    if not 2 <= len(words) <= 4 or not all(re.fullmatch(r"[A-Za-z][A-Za-z'-]+", w) for w in words):
        return None
    if SMALL_WORDS & {word.lower() for word in words}:
        return None
    if words[0].lower() in ORGANS and words[-1].lower() != "syndrome":
        return f"{' '.join(words[1:])} of the {words[0].lower()}"
    return f"{words[-1]}, {' '.join(words[:-1])}"


def plural(name: str, rng: Random) -> str | None:
    """The plural of a counted last word, or its singular.

    >>> plural("brain tumor", Random(0)), plural("Opioid Agonists", Random(0))
    ('brain tumors', 'Opioid Agonist')
    """
    head, space, last = name.rpartition(" ")
    low = last.lower()
    single = _singular(last)
    if single and COUNTED.fullmatch(single):
        return head + space + single
    if not COUNTED.fullmatch(low) and not re.fullmatch(r"[a-z]*(pathy|dystrophy|oma)", low):
        return None
    if low.endswith("sis"):
        return name[:-2] + "es"
    if low.endswith("y") and low[-2] not in "aeiou":
        return name[:-1] + "ies"
    return name + ("es" if low.endswith(("s", "x", "ch", "sh")) else "s")


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("oses"):
        return word[:-2] + "is"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else ""


def hyphens(name: str, rng: Random) -> str | None:
    """A hyphen as a space or closed up after a prefix; in a name without one, between two words.

    >>> hyphens("non-Hodgkin lymphoma", Random(0)), hyphens("beta blocker", Random(0))
    ('non Hodgkin lymphoma', 'beta-blocker')
    """
    closed = PREFIXES.sub(r"\1", name)
    if closed != name and rng.random() < 0.5:
        return closed
    marks = [m.start() for m in re.finditer(r"(?<=[A-Za-z0-9])-(?=[A-Za-z0-9])", name)]
    if marks:
        at = rng.choice(marks)
        return name[:at] + " " + name[at + 1 :]
    words = name.split(" ")
    if not 2 <= len(words) <= 3 or not all(word.isalnum() for word in words):
        return None
    if SMALL_WORDS & {word.lower() for word in words}:
        return None
    return words[0] + "-" + " ".join(words[1:])


CHANGES: dict[str, Change] = {
    "case": case,
    "one typo": typo,
    "word order": word_order,
    "plural": plural,
    "hyphenation": hyphens,
}
