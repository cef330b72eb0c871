"""Names that share a word: "lung and breast cancer", "hepatitis B and C", "1型和2型糖尿病".

A name list holds "lung cancer", the text doesn't. For each conjunction this module writes out what
the conjuncts may stand for. It knows no names: whoever does looks the full texts up and drops the
rest. The number of candidates is bounded for each conjunction, so the whole is linear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_AROUND = 80
"""Characters before and behind a conjunction that are read."""
_LIST = 4
"""Conjuncts before the conjunction."""
_HEAD_CHINESE = 7
"""Characters of a shared Chinese head, behind or before the conjuncts."""

_CONJUNCTION = re.compile(r" (?:and(?:/or)?|or|nor|&) |/|[和或及与與跟、]|以及")
_EDGE = re.compile(r"[\s.,;:!?()\[\]{}\"“”（）。，；：！？]")
_ITEM = re.compile(r"-?(?:[A-Z]{1,2}\d{0,2}|\d{1,2}[A-Za-z]?|[IVX]{1,4}[ab]?|[α-ωΑ-Ω]\d?)")
_GREEK_ITEM = frozenset(["alpha", "beta", "gamma", "delta", "epsilon", "kappa", "lambda", "mu"])
_RUN = re.compile(r"[\w\-'’\u0300-\u036f]+(?: [\w\-'’\u0300-\u036f]+){0,3}")
_WORD = re.compile(r"[^\W_](?:[\w\-'’\u0300-\u036f]*[\w\u0300-\u036f])?")
_CUT = frozenset(
    """a about after all also although an and are as at be been before between both but by can could
    did do does during each either for from had has have if in into is it its may might more most
    neither no nor not of on or over per than that the their then there these they this those to
    under until was we were when where whether which while who will with without
    mg kg ml g l dl day h hr min week weeks month months year years patients subjects rats mice
    his her our other others""".split()  # noqa: SIM905  one list, read as text
)
"""Words that are no part of a shared name and end the search for one."""

_PREFIX = re.compile(
    r"(?:anti|brady|de|endo|exo|extra|hyper|hypo|inter|intra|macro|micro|mono|multi|neo|non|normo|"
    r"over|peri|poly|post|pre|pro|re|sub|supra|tachy|under|uni|bi)-?(?=[a-z]{3})",
    re.IGNORECASE,
)

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_HAN_RUN = re.compile(r"[\w\-αβγδ]+")
_HAN_JOIN = re.compile(r"[和或及与與跟]")
_HAN_ITEM = re.compile(r"[A-Za-zα-ω]?\d{0,2}|\d{1,2}[A-Za-z]?\d{0,2}|[IVXⅠ-Ⅻ]{1,4}")
_SINGLE = "甲乙丙丁戊上下左右前后後内內外高低急慢心肝脾肺肾腎胃肠腸脑腦骨眼耳鼻男女"
"""Characters that stand for a longer modifier when a head follows them ("肝、肾功能不全")."""
_ORGANS = (
    "肺|胃|肝|脾|肾|腎|脑|腦|骨|乳腺|结肠|結腸|直肠|直腸|结直肠|食管|食道|胰腺|胆囊|膽囊|膀胱|卵巢|"
    "宫颈|宮頸|子宫内膜|子宮內膜|子宫|子宮|前列腺|甲状腺|甲狀腺|鼻咽|皮肤|皮膚|睾丸|睪丸|肝脏|肾脏|"
    "心脏|心臟|腰椎|颈椎|膝|髋"
)
_ORGAN_BEFORE = re.compile(rf"(?:{_ORGANS})$")
_ORGAN_AFTER = re.compile(rf"(?:{_ORGANS})")


@dataclass(frozen=True, slots=True)
class Coordinated:
    """A span of a text and what its conjuncts may stand for.

    ``texts`` holds (start, end, full text) for each conjunct, in order: "type 1 and type 2
    diabetes" gives "type 1" as "type 1 diabetes" and "type 2 diabetes" as itself. Conjuncts stand
    for themselves: in "in women, lung and breast cancer" the text written out for "women" names
    nothing, those of the others do.
    """

    start: int
    end: int
    texts: tuple[tuple[int, int, str], ...]


def coordinated(text: str) -> list[Coordinated]:
    """What the conjunctions of a text may join, left to right, the longest shared name first.

    >>> for found in coordinated("lung and breast cancer; hepatitis B and C; 肺和乳腺癌"):
    ...     print([full for _, _, full in found.texts])
    ['lung cancer', 'breast cancer']
    ['hepatitis B', 'hepatitis C']
    ['肺癌', '乳腺癌']
    """
    found: list[Coordinated] = []
    for mark in _CONJUNCTION.finditer(text):
        start, end = mark.span()
        if text[start] == " " or text[start] in "/&":
            if text[start] == "/" and text[start - 3 : start] == "and":
                continue
            found += _english(text, start, end)
            if text[start] == " ":
                continue
        if _HAN.search(text, max(0, start - 12), min(len(text), end + 12)):
            found += _chinese(text, start, end)
    return found


# English: words


def _english(text: str, start: int, end: int) -> list[Coordinated]:
    right = _words_after(text, end)
    if not right:
        return []
    left = _items_before(text, start)
    if not left:
        return []
    first = text[slice(*right[0])]
    last = text[slice(*left[0][-1])]
    if _is_item(first) and (_is_item(last) or _ends_in_item(last)):
        return _shared_before(text, left, right)
    if last.endswith("-") or text[left[0][-1][1] : left[0][-1][1] + 1] == "-":
        return _suspended(text, left[0][-1], right)
    return _shared_behind(text, left, right)


def _shared_behind(
    text: str, left: list[list[tuple[int, int]]], right: list[tuple[int, int]]
) -> list[Coordinated]:
    """ "lung and breast cancer", "type 1 and type 2 diabetes", "acute or chronic renal failure"."""
    found = []
    size = len(right)
    shapes = [(1, 3, 2), (1, 2, 1), (1, 3, 1)]  # words of a conjunct, of the right, of the head
    if len(left[0]) > 1:
        same = {text[slice(*word)].lower() for word in left[0][-2:]}
        if same & {text[slice(*word)].lower() for word in right[:2]}:
            shapes = [(2, 4, 2), (2, 3, 1)]
        else:
            shapes.append((2, 2, 1))
    for words, whole, head in shapes:
        if whole > size:
            continue
        tail = text[right[whole - head][0] : right[whole - 1][1]]
        texts = []
        for item in left:
            a, b = item[-min(words, len(item))][0], item[-1][1]
            if len(item) >= words and not text[a:b].isdigit():
                texts.append((a, b, f"{text[a:b]} {tail}"))
        if texts:
            a, b = right[0][0], right[whole - 1][1]
            texts = [*reversed(texts), (a, b, text[a:b])]
            found.append(Coordinated(texts[0][0], b, tuple(texts)))
    return found


def _shared_before(
    text: str, left: list[list[tuple[int, int]]], right: list[tuple[int, int]]
) -> list[Coordinated]:
    """ "hepatitis B and C", "vitamins A, D and E", "type 1 or 2 diabetes", "COX-1 and -2"."""
    second = right[0]
    item = text[slice(*second)]
    last = left[0][-1]
    before = text[slice(*last)]
    tails = [text[right[1][0] : right[n][1]] for n in (2, 1) if n < len(right)] + [""]
    if not _is_item(before):  # the item hangs on the head: "COX-1 and -2"
        cut = before.rindex("-") + 1
        full = before[:cut] + item.removeprefix("-")
        return [Coordinated(last[0], second[1], ((*last, before), (*second, full)))]
    items = [last]
    for other in left[1:]:
        items.append(other[-1])
        if len(other) > 1 or not _is_item(text[slice(*other[-1])]):
            break
    if not _is_item(text[slice(*items[-1])]):
        items.pop()
    heads = left[len(items) - 1][:-1]
    if not heads:
        return []
    found = []
    for tail in tails:
        for count in (2, 1):
            if count > len(heads):
                continue
            a = heads[-count][0]
            head = _singular(text[a : heads[-1][1]])
            end = second[1] + (1 + len(tail) if tail else 0)
            spans = [(a, items[-1][1]), *reversed(items[:-1]), (second[0], end)]
            names = [text[slice(*span)].removeprefix("-") for span in [*reversed(items), second]]
            texts = tuple(
                (*span, f"{head} {name} {tail}".rstrip())
                for span, name in zip(spans, names, strict=True)
            )
            found.append(Coordinated(a, end, texts))
    return found


def _suspended(text: str, last: tuple[int, int], right: list[tuple[int, int]]) -> list[Coordinated]:
    """ "hypo- and hyperthyroidism", "left- and right-sided heart failure"."""
    start, end = last[0], text.index("-", last[0], last[1] + 1) + 1
    first, close = right[0]
    word = text[first:close]
    if "-" in word:
        full = text[start:end] + word[word.index("-") + 1 :]
    else:
        prefix = _PREFIX.match(word)
        if prefix is None:
            return []
        full = text[start : end - 1] + word[prefix.end() :]
    return [
        Coordinated(start, b, ((start, end, full + text[close:b]), (first, b, text[first:b])))
        for _, b in right[2::-1]
    ]


def _items_before(text: str, start: int) -> list[list[tuple[int, int]]]:
    """The conjuncts before a conjunction, the nearest first, each the spans of up to four words."""
    low = max(0, start - _AROUND)
    items: list[list[tuple[int, int]]] = []
    place = start
    while len(items) < _LIST:
        close = place
        if close > low and text[close - 1] == ",":
            close -= 1  # "breast, lung, and colon cancer"
        words = _words_before(text, low, close, 4)
        if not words:
            break
        items.append(words)
        word = words[-1][0]
        if text[word - 2 : word] != ", ":
            if len(words) < 2 or text[words[-2][0] - 2 : words[-2][0]] != ", ":
                break
            word = words[-2][0]
        place = word - 1
    return items


def _words_before(text: str, low: int, end: int, count: int) -> list[tuple[int, int]]:
    """The spans of the words that end at ``end``, one blank apart, in order."""
    words: list[tuple[int, int]] = []
    while len(words) < count and end > low:
        start = text.rfind(" ", low, end) + 1 or low
        word = text[start:end]
        if _EDGE.search(word) or _HAN.search(word):
            cut = max(
                [mark.end() for mark in _EDGE.finditer(word)]
                + [mark.end() for mark in _HAN.finditer(word)]
            )
            start, word = start + cut, word[cut:]
            count = 0  # a mark before the word ends the search
        if "/" in word:
            start += word.rindex("/") + 1
            word = text[start:end]
            count = 0
        if not _WORD.fullmatch(word.rstrip("-")) or _in_no_name(word):
            break
        words.append((start, end))
        end = start - 1
    words.reverse()
    return words


def _words_after(text: str, start: int) -> list[tuple[int, int]]:
    """The spans of up to four words from ``start``, up to a mark or a function word."""
    run = _RUN.match(text, start, start + _AROUND)
    if run is None:
        return []
    found = run.group()
    if not found.isascii() and (han := _HAN.search(found)):
        found = found[: han.start()]
    words: list[tuple[int, int]] = []
    for word in found.split(" "):
        if _in_no_name(word) or not word.strip("-'’"):
            break
        words.append((start, start + len(word.rstrip("-'’"))))
        start += len(word) + 1
    return words


def _in_no_name(word: str) -> bool:
    """Whether a word ends the search; the A of "vitamins A and D" doesn't."""
    return word in _CUT or (word != "A" and word.lower() in _CUT)


def _is_item(word: str) -> bool:
    return _ITEM.fullmatch(word) is not None or word.lower() in _GREEK_ITEM


def _ends_in_item(word: str) -> bool:
    cut = word.rfind("-")
    return cut > 0 and _is_item(word[cut + 1 :])


def _singular(head: str) -> str:
    """ "vitamins" as "vitamin": the head of a list is plural, each of its names isn't."""
    if head.endswith("s") and not head.endswith(("ss", "us", "is")):
        return head[:-1]
    return head


# Chinese: characters


def _chinese(text: str, start: int, end: int) -> list[Coordinated]:
    run = _HAN_RUN.match(text, end, min(len(text), end + 20))
    if run is None:
        return []
    close = run.end()
    if more := _HAN_JOIN.search(text, end, close):
        close = more.start()
    return (
        _chinese_item(text, start, end, close)
        or _chinese_shared(text, start, end, close)
        or _chinese_organ(text, start, end, close)
    )


def _chinese_shared(text: str, start: int, end: int, close: int) -> list[Coordinated]:
    """Conjuncts of one length and one ending: "1型和2型糖尿病", "肝、肾功能不全"."""
    for size in (3, 2, 1):
        a, b = start - size, end + size
        if a < 0 or b >= close or not _HAN_RUN.fullmatch(text, a, start):
            continue
        one, two = text[a:start], text[end:b]
        if one == two or (size > 1 and one[-1] != two[-1]):
            continue
        if size == 1 and not (one in _SINGLE and two in _SINGLE):
            continue
        items = [(a, start)]
        while len(items) < _LIST and text[a - 1 : a] == "、":
            a -= size + 1
            other = text[a : a + size] if a >= 0 else ""
            if not _HAN_RUN.fullmatch(other) or (other[-1] not in _SINGLE + one[-1]):
                break
            items.append((a, a + size))
        items.reverse()
        return [
            Coordinated(
                items[0][0],
                b + head,
                (
                    *((*span, text[slice(*span)] + text[b : b + head]) for span in items),
                    (end, b + head, text[end : b + head]),
                ),
            )
            for head in range(min(_HEAD_CHINESE, close - b), 0, -1)
        ]
    return []


def _chinese_organ(text: str, start: int, end: int, close: int) -> list[Coordinated]:
    """Organs that share a disease: "肺和乳腺癌", "肝脏及肾脏功能不全"."""
    one = _ORGAN_BEFORE.search(text, max(0, start - 4), start)
    two = _ORGAN_AFTER.match(text, end, close)
    if one is None or two is None or two.end() >= close:
        return []
    b = two.end()
    return [
        Coordinated(
            one.start(),
            b + head,
            (
                (one.start(), start, one.group() + text[b : b + head]),
                (end, b + head, text[end : b + head]),
            ),
        )
        for head in range(min(_HEAD_CHINESE, close - b), 0, -1)
    ]


def _chinese_item(text: str, start: int, end: int, close: int) -> list[Coordinated]:
    """A head before Latin items: "维生素B6和B12", "凝血因子VIII、IX", "维生素A、D和E"."""
    stop = end
    while stop < close and _latin(text[stop]):
        stop += 1
    spans = [(end, stop)]
    cut = start + 1
    while True:
        begin = cut - 1
        cut = begin
        while cut > max(0, begin - 6) and _latin(text[cut - 1]):
            cut -= 1
        spans.append((cut, begin))
        if text[cut - 1 : cut] != "、" or len(spans) > _LIST:
            break
    if not all(b > a and _HAN_ITEM.fullmatch(text[a:b].lstrip("- ")) for a, b in spans):
        return []
    spans.reverse()
    sign = "-" if text[cut] == "-" else ""
    left = _run_before(text, cut)
    return [
        Coordinated(
            cut - head,
            stop,
            (
                (cut - head, spans[0][1], text[cut - head : spans[0][1]]),
                *(
                    (a, b, text[cut - head : cut] + sign + text[a:b].lstrip("- "))
                    for a, b in spans[1:]
                ),
            ),
        )
        for head in range(min(_HEAD_CHINESE, cut - left), 1, -1)
    ]


def _latin(character: str) -> bool:
    return character.isascii() or "Ⅰ" <= character <= "Ⅻ"


def _run_before(text: str, start: int) -> int:
    """Where the characters before ``start`` start: no mark or conjunction is among them."""
    low = max(0, start - 20)
    place = start
    while place > low and (text[place - 1].isalnum() or text[place - 1] == "-"):
        if text[place - 1] in "和或及与與跟":
            break
        place -= 1
    return place
