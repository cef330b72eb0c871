"""What is said of a plausibility, in English and Chinese. Both have the same phrases; a test
compares the keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kgmed.kg.display.values import path_line
from kgmed.kg.model import Language, Path
from kgmed.reasoning.claims.model import Plausibility
from kgmed.reasoning.compose import cite

PHRASES: dict[Language, dict[str, str]] = {
    "en": {
        "probability": "Not in the graph. Plausibility by the model `{model}`: {probability}. Not "
        "evidence.",
        "by_name": " It was trained on no statement about {concepts}: it goes by names that are "
        "alike.",
        "none": "No plausibility by the model `{model}`: {why}.",
        "value": "the claim is about a value, and it knows concepts alone",
        "negated": "the claim is a denial, and it knows what holds alone",
        "stated_otherwise": "the graph states it otherwise, and it was trained on that",
        "not_read": "the claim can't be read as two concepts and a predicate",
        "one_concept": "both ends are one concept",
        "unseen_predicate": "it has seen no statement of this predicate",
        "unseen_subject": "it has seen no statement about the subject",
        "unseen_object": "it has seen no statement about the object",
        "unseen_category": "it has seen no concept of that category there",
        "prior": "A plausibility is a probability in a mixture of {true} true statements and "
        "{false} that are as common and probably false. It changes no verdict.",
        "path": "Nearest path: {path}",
    },
    "zh": {
        "probability": "图谱中无此记载。模型“{model}”给出的可能性：{probability}。这不是证据。",
        "by_name": "模型未由关于{concepts}的陈述训练，仅依据相近的名称推断。",
        "none": "模型“{model}”未给出可能性：{why}。",
        "value": "此陈述涉及数值或内容，而模型只了解概念",
        "negated": "此陈述是否定句，而模型只了解成立的陈述",
        "stated_otherwise": "图谱对此另有记载，模型已由其训练",
        "not_read": "此陈述不能读作两个概念及其关系",
        "one_concept": "两端为同一概念",
        "unseen_predicate": "模型未见过此关系的陈述",
        "unseen_subject": "模型未见过关于主语的陈述",
        "unseen_object": "模型未见过关于宾语的陈述",
        "unseen_category": "模型未在该位置见过此类概念",
        "prior": "可能性是在真陈述占{true}、同样常见而很可能为假的陈述占{false}的混合中的概率，"
        "不影响任何结论。",
        "path": "最近的路径：{path}",
    },
}
REASONS = (
    "value", "negated", "stated_otherwise", "not_read", "one_concept", "unseen_predicate",
    "unseen_subject", "unseen_object", "unseen_category",
)  # fmt: skip
"""Why an UNSUPPORTED claim may have no probability."""


def shown(probability: float) -> str:
    """A probability with two digits; never 0 or 1.

    >>> shown(0.834), shown(0.9999), shown(0.0001)
    ('0.83', '>0.99', '<0.01')
    """
    if probability > 0.99:
        return ">0.99"
    return "<0.01" if probability < 0.01 else f"{probability:.2f}"


def sentence(
    probability: float | None,
    model: str,
    reason: str,
    lang: Language,
    by_name: Sequence[str] = (),
) -> str:
    """A plausibility in one sentence, or why there is none; ``by_name`` are the names of concepts
    that the model knows by these alone."""
    words = PHRASES[lang]
    if probability is None:
        return words["none"].format(model=model, why=words[reason])
    told = words["probability"].format(model=model, probability=shown(probability))
    concepts = ("、" if lang == "zh" else " and ").join(by_name)
    return told + (words["by_name"].format(concepts=concepts) if by_name else "")


def meaning(prior: float, lang: Language) -> str:
    """What a probability means, in a line.

    >>> meaning(0.5, "en").split(" that")[0]
    'A plausibility is a probability in a mixture of 50% true statements and 50%'
    """
    return PHRASES[lang]["prior"].format(true=_percent(prior), false=_percent(1 - prior))


def meanings(told: Iterable[Plausibility | None], lang: Language) -> list[str]:
    """What the probabilities of claims mean, a line for each prior; [] where there are none."""
    priors = {one.prior for one in told if one is not None and one.probability is not None}
    return [meaning(prior, lang) for prior in sorted(priors)]


def nearest(path: Path, lang: Language) -> str:
    """A path between the ends of a claim in one line, its statements cited."""
    shown = f"{path_line(path, lang=lang)} {cite([one.id for one in path.statements])}"
    return PHRASES[lang]["path"].format(path=shown)


def _percent(share: float) -> str:
    return f"{100 * share:.4g}%"
