"""Values in words: numbers with their units, dates, texts in either language.

Units are UCUM codes (https://ucum.org/ucum): times of a clock or calendar are written out, the
others by their usual symbol, and what isn't in the table as it is.
"""

from __future__ import annotations

import re
from datetime import date

from kgmed.kg.linking.language import detect_language
from kgmed.kg.model import Language, Value

_TIMES = {
    "s": ("second", "秒"),
    "min": ("minute", "分钟"),
    "h": ("hour", "小时"),
    "d": ("day", "天"),
    "wk": ("week", "周"),
    "mo": ("month", "个月"),
    "a": ("year", "年"),
}
_SYMBOLS = {
    "%": "%",
    "Cel": "°C",
    "[degF]": "°F",
    "ug": "µg",
    "uL": "µL",
    "um": "µm",
    "umol": "µmol",
    "[iU]": "IU",
    "[IU]": "IU",
    "kat": "kat",
}
_CLOSE = ("%", "°C", "°F")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_BLANKS = re.compile(r"\s+")


def words(value: Value, lang: Language) -> str:
    """A value as it stands in a sentence; a text of the other language stands in quotes.

    >>> words(Value("36", "number", "h"), "en"), words(Value("1", "number", "h"), "en")
    ('36 hours', '1 hour')
    >>> words(Value("36", "number", "h"), "zh"), words(Value("98", "number", "%"), "zh")
    ('36小时', '98%')
    >>> words(Value("2014-07-07", "date"), "en"), words(Value("2014-07", "date"), "zh")
    ('7 July 2014', '2014年7月')
    """
    text = _BLANKS.sub(" ", value.text).strip()
    if value.type == "date":
        return _day(text, lang)
    if value.type == "number" or value.unit:
        return _amount(text, value.unit, lang)
    written = value.language or detect_language(text)
    return text if written == lang else f"“{text}”"


def _amount(number: str, unit: str, lang: Language) -> str:
    if not unit:
        return number
    if unit in _TIMES:
        english, chinese = _TIMES[unit]
        if lang == "zh":
            return number + chinese
        return f"{number} {english}{'' if number == '1' else 's'}"
    symbol = "/".join(_SYMBOLS.get(part, part) for part in unit.split("/"))
    return f"{number}{symbol}" if symbol in _CLOSE else f"{number} {symbol}"


def _day(text: str, lang: Language) -> str:
    """An ISO date, whole or of a month or a year; another text as it is."""
    parts = text.split("-")
    if not all(part.isdecimal() for part in parts) or len(parts) > 3:
        return text
    try:
        date(*(int(part) for part in (*parts, "1", "1")[:3]))
    except ValueError:
        return text
    year, *rest = parts
    numbers = [int(part) for part in rest]
    if lang == "zh":
        return year + "年" + "".join(f"{n}{mark}" for n, mark in zip(numbers, "月日", strict=False))
    month = [_MONTHS[n - 1] for n in numbers[:1]]
    return " ".join([*(str(n) for n in numbers[1:]), *month, year])
