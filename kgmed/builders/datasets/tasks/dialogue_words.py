"""What is said in dialogues beside the facts, English and Chinese; the keys name the turn."""

from __future__ import annotations

from kgmed.kg.model import Language

IT: dict[Language, str] = {"en": "it", "zh": "它"}

WORDS: dict[str, dict[Language, tuple[str, ...]]] = {
    "open_Drug": {
        "en": (
            "What is my medicine used for?",
            "I was given a new medicine and would like to know what it is for.",
            "Can you tell me what conditions this drug treats?",
            "What are the indications of the drug on my list?",
        ),
        "zh": (
            "我吃的这种药是治什么的？",
            "医生给我开了一种新药，我想知道它是治什么的。",
            "您能告诉我这种药用于哪些疾病吗？",
            "请问这个药的适应症是什么？",
        ),
    },
    "which_Drug": {
        "en": (
            "Which medicine is it? Please give me the name on the package.",
            "To look that up I need the name of the drug. Which one do you mean?",
            "Which drug do you mean?",
        ),
        "zh": (
            "请问是哪种药？请告诉我药名。",
            "要查这个问题，我需要知道药名。您说的是哪种药？",
            "您指的是哪种药物？",
        ),
    },
    "open_Disease": {
        "en": (
            "What symptoms go with my diagnosis?",
            "I have been given a diagnosis. Which symptoms are listed for it?",
            "How does this disease present?",
        ),
        "zh": (
            "我这个病会有哪些症状？",
            "我刚被确诊，想了解这个病有哪些症状。",
            "这种疾病有哪些临床表现？",
        ),
    },
    "which_Disease": {
        "en": (
            "What was the diagnosis?",
            "Which disease is it? Please give me its name.",
            "I need the name of the disease. Which one do you mean?",
        ),
        "zh": (
            "请问诊断是什么？",
            "是哪种疾病？请告诉我病名。",
            "我需要知道病名。您指的是哪种疾病？",
        ),
    },
    "it_is": {
        "en": ("It is {s}.", "{s}.", "I mean {s}."),
        "zh": ("是{s}。", "{s}。", "我说的是{s}。"),
    },
    "some": {
        "en": ("Among what is listed: {text}", "Some of what is listed: {text}"),
        "zh": ("已收录的内容中包括：{text}", "部分已收录内容如下：{text}"),
    },
    "open_together": {
        "en": (
            "Does {s} interact with my other medicines?",
            "I take {s} and something else. Is an interaction listed?",
            "Are there interactions between {s} and what I already take?",
        ),
        "zh": (
            "{s}和我正在吃的其他药有相互作用吗？",
            "我在用{s}，同时还吃别的药，有相互作用的记载吗？",
            "{s}会与我已经在用的药发生相互作用吗？",
        ),
    },
    "which_others": {
        "en": (
            "Which other medicines do you take besides {s}?",
            "What else do you take? Please name each medicine.",
            "To check that I need the names of the other medicines.",
        ),
        "zh": (
            "除了{s}，您还在用哪些药？",
            "您还在用什么药？请逐一说出药名。",
            "要核对这一点，我需要知道其他药物的名称。",
        ),
    },
    "i_take": {
        "en": ("{list}.", "I also take {list}.", "Besides that, {list}."),
        "zh": ("{list}。", "我还在用{list}。", "另外还有{list}。"),
    },
    "unlisted": {
        "en": (
            "For {o}, no interaction with {s} is listed in {sources}; this is not evidence that "
            "the combination is safe.",
            "An interaction between {s} and {o} is not listed in {sources}, which does not show "
            "that they can be combined safely.",
        ),
        "zh": (
            "至于{o}，{sources}未收录其与{s}的相互作用；这不能证明合用是安全的。",
            "{sources}未收录{s}与{o}之间的相互作用，但这并不说明二者可以安全合用。",
        ),
    },
    "open_in_drug_class": {
        "en": (
            "What is a drug of the class {s} used for?",
            "I take a drug of the class {s}. Which conditions is it used for?",
        ),
        "zh": ("{s}这类药是治什么的？", "我在用一种{s}，它用于哪些疾病？"),
    },
    "which_in_drug_class": {
        "en": (
            "That depends on the drug. {s} as a class includes {list}. Which one is it?",
            "Members differ. In the class {s} these are listed: {list}. Which do you take?",
        ),
        "zh": (
            "这要看具体药物。属于{s}的有{list}。您用的是哪一种？",
            "同类药物各有不同。{s}类收录有{list}。请问是哪一种？",
        ),
    },
    "which_in_drug_class_among": {
        "en": (
            "That depends on the drug. Members of the class {s} are, for example, {list}. Which "
            "one is it?",
        ),
        "zh": ("这要看具体药物。属于{s}的例如有{list}。您用的是哪一种？",),
    },
    "open_subclass_of": {
        "en": ("Which symptoms are listed for {s}?", "How does {s} present?"),
        "zh": ("{s}有哪些症状？", "{s}的临床表现是什么？"),
    },
    "which_subclass_of": {
        "en": (
            "That depends on the type: {s} includes {list}. Which one do you mean?",
            "{s} includes {list}. Which is it?",
        ),
        "zh": (
            "这要看具体类型：{s}包括{list}。您指的是哪一种？",
            "{s}包括{list}。请问是哪一种？",
        ),
    },
    "which_subclass_of_among": {
        "en": ("{s} includes many types, such as {list}. Which one do you mean?",),
        "zh": ("{s}包括多种类型，例如{list}。您指的是哪一种？",),
    },
    "open_form_of": {
        "en": (
            "What does my {s} preparation interact with?",
            "Which interactions are listed for the form of {s} that I take?",
        ),
        "zh": ("我用的{s}制剂与哪些药有相互作用？", "我所用的{s}这种形式有哪些相互作用的记载？"),
    },
    "which_form_of": {
        "en": (
            "{s} is listed in these forms: {list}. Which form is it?",
            "Interactions are listed by form. For {s} there are {list}. Which do you take?",
        ),
        "zh": (
            "{s}收录有以下形式：{list}。您用的是哪一种？",
            "相互作用按形式收录。{s}有{list}。请问是哪一种？",
        ),
    },
    "which_form_of_among": {
        "en": ("{s} is listed in several forms, for example {list}. Which form is it?",),
        "zh": ("{s}收录有多种形式，例如{list}。您用的是哪一种？",),
    },
    "open_symptom": {
        "en": (
            "Which diseases are listed with {s}?",
            "I have {s}. Which diseases have that symptom?",
        ),
        "zh": ("哪些疾病会出现{s}？", "我有{s}的症状，这可见于哪些疾病？"),
    },
    "which_symptoms": {
        "en": (
            "Several diseases are listed with {s}. Is there another symptom?",
            "{s} alone fits many entries. Which further symptom is there?",
        ),
        "zh": (
            "收录有{s}的疾病有多种。还有其他症状吗？",
            "仅凭{s}可对应多种疾病。请问还伴有什么症状？",
        ),
    },
    "i_have": {
        "en": ("There is also {s}.", "{s} as well.", "I also have {s}."),
        "zh": ("还有{s}。", "同时伴有{s}。", "另外有{s}。"),
    },
    "with_both": {
        "en": (
            "{sources} lists both {a} and {b} as symptoms of {list}. This is a look-up, not a "
            "diagnosis.",
        ),
        "zh": ("根据{sources}，同时以{a}和{b}为症状的有{list}。这只是检索结果，并非诊断。",),
    },
}
