"""Two steps that are worth a question: from an entity over neighbours to what is said of them.

A step is a predicate, with ``^`` in front where it is walked from object to subject. ``things`` is
a plural noun phrase for what the two steps lead to, of ``{s}``. A combination and its ingredients
don't share indications, nor do a class and its members: the phrases say whose they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from kgmed.kg.model import Language


@dataclass(frozen=True, slots=True)
class Chain:
    """Two steps and what they lead to, in either language."""

    first: str
    second: str
    en: str
    zh: str

    @property
    def joins(self) -> bool:
        """Whether one such pair is worth a question of its own: not where a drug that interacts
        with a treatment, or a disease's symptom, would be said to be connected with it."""
        return (
            "interacts_with" not in (self.first, self.second)
            and (self.first, self.second) != ("treats", "has_symptom")
            and self.second != "subclass_of"
        )

    def things(self, lang: Language) -> str:
        return self.en if lang == "en" else self.zh


def _same(predicate: str, en: str, zh: str) -> Chain:
    return Chain(predicate, "^" + predicate, en, zh)


CHAINS: tuple[Chain, ...] = (
    _same("in_drug_class", "other drugs in the drug class of {s}", "与{s}同属一个药物类别的其他药物"),
    _same("inhibits", "other inhibitors of what {s} {does} inhibit", "与{s}抑制相同靶点的其他药物"),
    _same("antagonist_of", "other antagonists of the targets of {s}", "与{s}拮抗相同靶点的其他药物"),
    _same("agonist_of", "other agonists of the targets of {s}", "与{s}激动相同靶点的其他药物"),
    _same("blocks", "other blockers of the targets of {s}", "与{s}阻断相同靶点的其他药物"),
    _same("treats", "other drugs for the conditions that {s} {is} used to treat", "与{s}有相同适应症的其他药物"),
    _same("has_mechanism_of_action", "other drugs with the mechanism of action of {s}", "与{s}作用机制相同的其他药物"),
    _same("has_chemical_structure_class", "other drugs of the chemical class of {s}", "与{s}化学结构类别相同的其他药物"),
    _same("subclass_of", "other members of the group that {s} {is} classified under", "与{s}归于同一类的其他疾病"),
    _same("has_symptom", "other diseases that share a symptom with {s}", "与{s}有共同症状的其他疾病"),
    _same("participates_in", "other participants in the processes that {s} {is} involved in", "与{s}参与相同过程的其他分子或结构"),
    Chain("treats", "subclass_of", "broader groups of the conditions that {s} {is} used to treat", "{s}所治疗疾病的上位分类"),
    Chain("treats", "has_symptom", "symptoms of the diseases that {s} {is} used to treat", "{s}所治疗疾病的症状"),
    Chain("interacts_with", "in_drug_class", "drug classes of the drugs that interact with {s}", "与{s}有相互作用的药物所属的药物类别"),
    Chain("has_active_ingredient", "interacts_with", "drugs and substances that interact with the active ingredients of {s}", "与{s}的有效成分有相互作用的药物或物质"),
    Chain("has_active_ingredient", "treats", "conditions that the active ingredients of {s} are used to treat", "{s}的有效成分可治疗的疾病"),
    Chain("has_active_ingredient", "in_drug_class", "drug classes of the active ingredients of {s}", "{s}的有效成分所属的药物类别"),
    Chain("form_of", "interacts_with", "drugs and substances that interact with the parent drug of {s}", "与{s}的原形药有相互作用的药物或物质"),
    Chain("form_of", "treats", "conditions that the parent drug of {s} is used to treat", "{s}的原形药可治疗的疾病"),
    Chain("form_of", "in_drug_class", "drug classes of the parent drug of {s}", "{s}的原形药所属的药物类别"),
    Chain("^treats", "in_drug_class", "drug classes of the drugs used to treat {s}", "治疗{s}的药物所属的药物类别"),
    Chain("^treats", "has_mechanism_of_action", "mechanisms of action of the drugs used to treat {s}", "治疗{s}的药物的作用机制"),
    Chain("^treats", "inhibits", "targets inhibited by the drugs used to treat {s}", "治疗{s}的药物所抑制的靶点"),
    Chain("^treats", "antagonist_of", "targets antagonized by the drugs used to treat {s}", "治疗{s}的药物所拮抗的靶点"),
    Chain("^treats", "agonist_of", "targets at which the drugs used to treat {s} are agonists", "治疗{s}的药物所激动的靶点"),
    Chain("^treats", "interacts_with", "drugs and substances that interact with the drugs used to treat {s}", "与治疗{s}的药物有相互作用的药物或物质"),
    Chain("subclass_of", "subclass_of", "broader groups two levels above {s}", "{s}往上两级的分类"),
    Chain("^subclass_of", "^subclass_of", "types listed two levels below {s}", "{s}往下两级的类型"),
    Chain("^subclass_of", "^treats", "drugs used to treat particular types of {s}", "用于治疗{s}某些类型的药物"),
    Chain("^subclass_of", "has_symptom", "symptoms of particular types of {s}", "{s}某些类型的症状"),
    Chain("causes", "has_symptom", "symptoms of the diseases caused by {s}", "{s}所致疾病的症状"),
    Chain("causes", "^treats", "drugs used to treat the diseases caused by {s}", "用于治疗{s}所致疾病的药物"),
    Chain("^inhibits", "treats", "conditions treated by inhibitors of {s}", "{s}抑制剂所治疗的疾病"),
    Chain("^antagonist_of", "treats", "conditions treated by antagonists of {s}", "{s}拮抗剂所治疗的疾病"),
    Chain("^agonist_of", "treats", "conditions treated by agonists of {s}", "{s}激动剂所治疗的疾病"),
    Chain("^blocks", "treats", "conditions treated by blockers of {s}", "{s}阻滞剂所治疗的疾病"),
    Chain("^decreases_activity_of", "treats", "conditions treated by drugs that decrease the activity of {s}", "减弱{s}活性的药物所治疗的疾病"),
    Chain("^in_drug_class", "treats", "conditions treated by drugs of the class {s}", "属于{s}类别的药物所治疗的疾病"),
    Chain("^in_drug_class", "interacts_with", "drugs and substances that interact with drugs of the class {s}", "与{s}类别的药物有相互作用的药物或物质"),
    Chain("^has_mechanism_of_action", "treats", "conditions treated by drugs with the mechanism of action {s}", "作用机制为{s}的药物所治疗的疾病"),
    Chain("decreases_activity_of", "participates_in", "processes that involve the targets whose activity {s} can decrease", "活性被{s}减弱的靶点所参与的过程"),
    Chain("increases_activity_of", "participates_in", "processes that involve the targets whose activity {s} can increase", "活性被{s}增强的靶点所参与的过程"),
    Chain("inhibits", "participates_in", "processes that involve the targets inhibited by {s}", "{s}所抑制靶点参与的过程"),
    Chain("positively_regulates", "positively_correlated_with", "conditions and processes that go along with what {s} {does} upregulate", "与{s}正向调控的过程呈正相关的疾病或过程"),
    Chain("negatively_regulates", "positively_correlated_with", "conditions and processes that go along with what {s} {does} downregulate", "与{s}负向调控的过程呈正相关的疾病或过程"),
)  # fmt: skip
