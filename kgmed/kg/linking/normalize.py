"""Normalised text: the key that names are stored and looked up by. Pure functions.

``key`` folds what doesn't change which concept a name names: width and compatibility forms (NFKC),
case, diacritics, punctuation, Greek letters, the possessive, spaces between Chinese characters.
Word order, plurals and typos are the business of the candidate search, not of the key.
"""

from __future__ import annotations

import unicodedata

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu",
    "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho", "σ": "sigma", "ς": "sigma", "τ": "tau",
    "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip

_ASCII = {code: " " for code in range(128) if not chr(code).isalnum()}
_ASCII_TABLE = str.maketrans(_ASCII)


CJK_FROM = "\u3400"
"""Tokens that sort after this are Chinese characters (or Korean and other scripts' words)."""


def is_cjk(character: str) -> bool:
    """Whether a character is a Chinese one (Unified Ideographs, extensions A-G included).

    >>> is_cjk("华"), is_cjk("w")
    (True, False)
    """
    code = ord(character)
    return 0x3400 <= code <= 0x9FFF or 0x20000 <= code <= 0x323AF or 0xF900 <= code <= 0xFAFF


def key(text: str) -> str:
    """The key of a name or a span: lower case, plain letters, single spaces.

    The build computes the same key for plain ASCII in SQL (``ASCII_KEY_SQL``); a test compares.

    >>> key("Crohn's  Disease"), key("β-Blocker"), key("ＩＬ－２"), key("2 型 糖尿病")
    ('crohn disease', 'beta blocker', 'il 2', '2型糖尿病')
    """
    if text.isascii():
        folded = text.lower()
        if "'" in folded:
            folded = _drop_possessive(folded)
        return " ".join(folded.translate(_ASCII_TABLE).split())
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    if "'" in folded:
        folded = _drop_possessive(folded)
    out: list[str] = []
    for character in unicodedata.normalize("NFD", folded):
        if character in GREEK:
            out.append(GREEK[character])
        elif character.isalnum():
            out.append(character)
        elif not unicodedata.combining(character):
            out.append(" ")
    words = unicodedata.normalize("NFC", "".join(out)).split()
    return _join(words)


def _drop_possessive(folded: str) -> str:
    folded = folded.replace("'s ", " ").replace("s' ", "s ")
    return folded.removesuffix("'s")


def _join(words: list[str]) -> str:
    """Join words by spaces, except where either side of the gap is a Chinese character."""
    if not words:
        return ""
    parts = [words[0]]
    for word in words[1:]:
        if not (is_cjk(parts[-1][-1]) or is_cjk(word[0])):
            parts.append(" ")
        parts.append(word)
    return "".join(parts)


ASCII_KEY_SQL = (
    "trim(regexp_replace(regexp_replace(regexp_replace("
    "replace(replace(lower({0}), '''s ', ' '), 's'' ', 's '), '''s$', ''),"
    " '[^a-z0-9]', ' ', 'g'), ' +', ' ', 'g'))"
)
"""DuckDB expression that equals :func:`key` for ASCII text; ``{0}`` is the column."""


def tokens(normalized: str) -> list[str]:
    """The tokens of a key: words, and each Chinese character by itself.

    >>> tokens("2型糖尿病"), tokens("beta blocker")
    (['2', '型', '糖', '尿', '病'], ['beta', 'blocker'])
    """
    if normalized.isascii():
        return normalized.split()
    spaced = "".join(f" {c} " if is_cjk(c) else c for c in normalized)
    return spaced.split()


def variants(normalized: str) -> list[str]:
    """Other keys to try for a span: its last word singular, or plural.

    >>> variants("beta blockers"), variants("allergies"), variants("gout")
    (['beta blocker'], ['allergy', 'allergie'], ['gouts'])
    """
    if len(normalized) < 4 or not normalized[-1].isascii() or not normalized[-1].isalpha():
        return []
    if normalized.endswith("ies"):
        return [normalized[:-3] + "y", normalized[:-1]]
    if normalized.endswith(("ses", "xes", "ches", "shes")):
        return [normalized[:-2], normalized[:-1]]
    if normalized.endswith("s"):
        return [] if normalized.endswith(("ss", "us", "is")) else [normalized[:-1]]
    if normalized.endswith("y"):
        return [normalized[:-1] + "ies"]
    return [normalized + "s"]
