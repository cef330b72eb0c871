"""Word lists of the linker, English and Chinese; small, closed and reviewed by hand."""

from __future__ import annotations

STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be because been before being between both but
    by can could did do does doing down due during each few for from further give had has have
    having he her here high him his how i if in into is it its just like list low many may me
    more most much my no nor not now of off on once only or other our out over patient
    patients per same she should show so some such take taken takes taking tell than that the
    their them then there these they this those through to together too treat treated treats
    under until up use used uses using very was we were what when where which while who whom
    why will with within without would you your day days dose drug drugs disease diseases
    effect effects gene genes level normal page part present result results set side sign
    state study symptom symptoms target targets test time type cause causes""".split()  # noqa: SIM905  one list, read as text
)
"""Single words that are never a mention by themselves, though some are names of something."""

FILLERS = frozenset(
    """a an and the of in for with on to or by at my your his her their this that some any
    drug drugs medication medications medicine medicines medicament agent agents tablet tablets
    pill pills capsule capsules injection therapy treatment treatments use dose patient patients
    people person persons disease diseases disorder disorders illness
    condition conditions symptom symptoms gene genes protein proteins
    substance compound chemical class ingredient generic brand called named oral iv topical
    human 药 药物 药品 片 胶囊 注射液 患者 病人 病 疾病 症 基因 蛋白 的 和 与""".split()  # noqa: SIM905
)
"""Words around a name that change nothing about which concept is meant."""

TIE_WORDS = frozenset(
    "a an and the of in for with on to or by at due 的 和 与".split()  # noqa: SIM905
)
"""Words that only tie the others of a name together ("cancer of the breast")."""
