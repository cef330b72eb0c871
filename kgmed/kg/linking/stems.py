"""Stems and hashes of tokens: what a name and a mention of it in other words have in common.

A stem folds what inflection and spelling change of a token: plural and singular, British and
American, traditional and simplified, Latin and plain words for organs, Roman and Arabic numerals.
It needn't be a word.

The hash of a name is the sum of its tokens' hashes modulo 2**64, function words left out. It is the
same for every order of the words ("cancer of the breast", "breast cancers"), and that of a window
in a text is the difference of two running sums. Equal hashes only say that two texts may be one
name; who looks up compares the texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b

from kgmed.kg.linking.normalize import CJK_FROM
from kgmed.kg.linking.traditional import simplified

MASK = (1 << 64) - 1

VERSION = 4
"""Rises with any change of a stem, a hash or what is hashed: an index of another version is made
anew."""

MAX_WORDS = 8
"""Tokens of the longest window of a text that is looked up without more ado, function words apart
from the first and last included. Longer names are found by their heads (:func:`head_hash`)."""
HEAD = 0x9E3779B97F4A7C15
"""What the hash of a longer name's first tokens is told apart by."""

FUNCTION_WORDS = frozenset("of the in for with due to by on an from at as".split())  # noqa: SIM905  one list, read as text
"""Tokens that tie others together; they count for nothing, unless a name has no others."""

SAME = {
    "alfa": "alpha", "i": "1", "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8",
    "ix": "9", "renal": "kidney", "nephric": "kidney", "hepatic": "liver", "cardiac": "heart",
    "pulmonary": "lung", "gastric": "stomach", "cutaneous": "skin", "dermal": "skin",
    "cerebral": "brain", "ocular": "eye", "mammary": "breast", "osseous": "bone",
    "ovarian": "ovary", "pancreatic": "pancrea", "pancreas": "pancrea", "thyroidal": "thyroid",
    "intestinal": "intestin", "oesophageal": "esophagu", "esophageal": "esophagu",
    "esophagus": "esophagu", "prostatic": "prostat", "testicular": "testi", "testis": "testi",
    "testes": "testi", "testicle": "testi", "uterine": "uteru", "uterus": "uteru", "nasal": "nose",
    "vesical": "bladder", "splenic": "spleen", "colonic": "colon", "tracheal": "trachea",
    "cervical": "cervix", "vaginal": "vagina", "retinal": "retina", "corneal": "cornea",
    "laryngeal": "larynx", "lymphatic": "lymph", "vitamins": "vitamin", "vit": "vitamin",
    "childhood": "child", "pediatric": "child", "paediatric": "child", "children": "child",
    "juvenile": "child", "congenita": "congenital", "tumour": "tumor", "tumoral": "tumor",
    "neoplastic": "neoplasm", "diabetic": "diabet", "diabetes": "diabet", "cirrhotic": "cirrhos",
    "psychotic": "psychos", "allergic": "allergy", "anemic": "anemia", "ischemic": "ischemia",
    "hypertensive": "hypertens", "hypertension": "hypertens", "hypotensive": "hypotens",
    "hypotension": "hypotens", "septic": "sepsi", "epileptic": "epilepsy", "asthmatic": "asthma",
    "leukemic": "leukemia", "uremic": "uremia", "hypoglycemic": "hypoglycemia",
    "hyperglycemic": "hyperglycemia", "hyponatremic": "hyponatremia", "hypoxic": "hypoxia",
    "neuropathic": "neuropathy", "nephropathic": "nephropathy", "bacteria": "bacterium",
    "carcinomata": "carcinoma", "metastatic": "metastas", "necrotic": "necros",
    "fibrotic": "fibros", "thrombotic": "thrombos", "embolic": "embolu", "autistic": "autism",
    "disorder": "diseas", "sulphate": "sulfat",
    "sulphur": "sulfur", "hydrochlorid": "hydrochlorid", "hcl": "hydrochlorid",
}  # fmt: skip
"""Tokens with a stem of their own: other words for one thing, and irregular forms.

An adjective shares its noun's stem ("hypertensive" and "hypertension"); what it means in a text is
for the score to say.
"""


@lru_cache(maxsize=1 << 17)
def stem(token: str) -> str:
    """The stem of a token of a key (:func:`kgmed.kg.linking.normalize.key`).

    >>> [stem(word) for word in ("diseases", "allergies", "diagnoses", "diagnosis", "oedema")]
    ['diseas', 'allergy', 'diagnos', 'diagnos', 'edema']
    >>> stem("renal") == stem("kidneys"), stem("ii") == stem("2"), stem("aids"), stem("糖")
    (True, True, 'aids', '糖')
    """
    found = SAME.get(token)
    if found is not None:
        return found
    if not token.isascii():
        return simplified(token)
    if len(token) < 4 or not token.isalpha():
        return token
    word = token
    if len(word) > 4:
        word = word.replace("ae", "e").replace("oe", "e")
        if word.endswith("s") and not word.endswith(("ss", "us", "is")):
            word = word[:-1]
        if word.endswith("ie"):
            word = word[:-2] + "y"
        elif word.endswith("our"):
            word = word[:-3] + "or"
        elif word.endswith("sis"):
            word = word[:-2]
        elif word.endswith("e"):
            word = word[:-1]
        if word.startswith("sulph"):
            word = "sulf" + word[5:]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")) and word not in _SHORT:
        word = word[:-1]
    return SAME.get(word, word)


_SHORT = frozenset(("aids", "mers", "sars", "nsts", "lens"))
"""Words of four letters whose last s is no plural's."""


@lru_cache(maxsize=1 << 17)
def token_hash(token: str) -> int:
    """64 bits of a token's stem; 0 for a function word."""
    return 0 if token in FUNCTION_WORDS else stem_hash(stem(token))


def stem_hash(text: str) -> int:
    """64 bits of a text."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def head_hash(tokens: Sequence[str]) -> int | None:
    """The hash of the first :data:`MAX_WORDS` tokens of a name with more; None of a shorter name.

    Function words before the first other one don't count. Such a hash says that a name longer than
    a window may begin here, so that few windows are ever made longer. A Chinese name has none: its
    windows are longer (:data:`kgmed.kg.linking.segment.MAX_CHARACTERS`).

    >>> name = "autosomal recessive limb girdle muscular dystrophy type 2 b".split()
    >>> head_hash(name) == head_hash(["the", *name, "variant"]), head_hash(name[:8])
    (True, None)
    """
    first = next((at for at, token in enumerate(tokens) if token_hash(token)), len(tokens))
    if len(tokens) - first <= MAX_WORDS or tokens[first] > CJK_FROM:
        return None
    return (sum(map(token_hash, tokens[first : first + MAX_WORDS])) + HEAD) & MASK


def name_hash(tokens: Iterable[str]) -> int:
    """The hash of a name's tokens, in whatever order.

    >>> name_hash(["cancer", "of", "the", "lungs"]) == name_hash(["pulmonary", "cancer"])
    True
    """
    words = list(tokens)
    return sum(map(token_hash, words)) & MASK or sum(map(stem_hash, words)) & MASK
