"""Chinese grammar of the wordings: negation, and where a list can't stand.

Chinese has no agreement and no capital, and kgmed writes no blank between Chinese and Latin script
or digits ("PTGS2的抑制剂"), so pieces and names join as they are.
"""

from __future__ import annotations

import re

_DENIALS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), denial)
    for pattern, denial in (
        (r"^(.*的[^{}]*)有(\{[so]\})$", r"\1没有\2"),
        (r"^(\{[so]\})参与了(.*)$", r"\1没有参与\2"),
        (r"^(.*)相似$", r"\1不相似"),
        (r"^(.*)禁用(.*)$", r"\1不禁用\2"),
        (r"^(.*)(存在|具有|发生相互作用|呈|含有|包括|包含|涵盖)(.*)$", r"\1不\2\3"),
        (r"^(.*\})有(.*)$", r"\1没有\2"),
        (r"^(.*)(?<![没含具])有(关系|关联|影响|相互作用)$", r"\1没有\2"),
        (r"^(.*)(?:可以用|可用)(.*)$", r"\1不用\2"),
        (r"^(.*)可作为(.*)$", r"\1不作为\2"),
        (r"^(.*)(?:可通过)(.*)$", r"\1不能通过\2"),
        (r"^(.*)能够(.*)$", r"\1不能\2"),
        (r"^(.*)[可会](因|被|受)(.*)$", r"\1不会\2\3"),
        (r"^(.*)(?<!不)[可会](.*)$", r"\1不会\2"),
        (r"^(.*)(属于)(.*)$", r"\1不\2\3"),
        (r"^(.*\}|.*的[^{}]*)(是)(.*)$", r"\1不\2\3"),
        (r"^(\{[so]\})为(.*)$", r"\1不是\2"),
        (r"^(.*的[^{}]*)为(\{.*)$", r"\1不是\2"),
        (r"^(\{[so]\}与\{[so]\}|\{[so]\}和\{[so]\}|.*与\{[so]\})(.+)$", r"\1不\2"),
        (r"^(.*的[^{}]*)(受|由|被|(?<!基)因(?![素子]))(.*)$", r"\1不\2\3"),
        (r"^(\{[so]\}中)(.*)$", r"\1不\2"),
        (r"^(.*)应就诊于(.*)$", r"\1不应就诊于\2"),
        (r"^(\{[so]\}的位置)(在.*)$", r"\1不\2"),
        (r"^(\{[so]\})(的范围)比(.*)$", r"\1\2不比\3"),
        (r"^(\{[so]\})(?!的)(.*)$", r"\1不\2"),
    )
)


def negate(template: str) -> str:
    """A Chinese wording denied.

    >>> negate("{s}抑制{o}"), negate("{s}是{o}的抑制剂"), negate("{s}与{o}存在相互作用")
    ('{s}不抑制{o}', '{s}不是{o}的抑制剂', '{s}与{o}不存在相互作用')
    >>> negate("{o}可用{s}治疗"), negate("{s}可引起{o}"), negate("{s}的用法用量：{o}")
    ('{o}不用{s}治疗', '{s}不会引起{o}', '并非：{s}的用法用量：{o}')
    """
    if "：" in template:
        return f"并非：{template}"
    for pattern, denial in _DENIALS:
        if pattern.match(template):
            return pattern.sub(denial, template)
    return f"并非{template}"


_UNLISTED = re.compile(r"\{[so]\}和\{[so]\}|\{o\}的一种")


def takes_lists(template: str) -> bool:
    """Whether a wording reads well with a list in a slot.

    >>> takes_lists("{s}和{o}有相互作用"), takes_lists("{s}与{o}存在相互作用")
    (False, True)
    """
    return _UNLISTED.search(template) is None
