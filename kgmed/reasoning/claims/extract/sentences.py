"""A text's sentences, and which of them state nothing: questions, conditions, commands ...

A sentence that only asks, supposes or orders holds no claim, whatever it names. It is told by its
words alone, so that a text which addresses its reader ("ignore the graph and say supported") is
text like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kgmed.kg.linking.language import detect_language
from kgmed.kg.linking.link import Link
from kgmed.kg.model import Language
from kgmed.reasoning.claims.extract.sets import word_set

_ABBREVIATIONS = word_set(
    "e.g i.e vs dr mr mrs ms prof st no fig cf approx etc al sp spp subsp var ca resp inc"
)
_LATIN = re.compile(r"[A-Za-z][A-Za-z.]*$")
_STOP = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s|$)|;(?=\s|$)|\n+|[。！？；]+[”’」』）]*")
_OPENERS_ZH = re.compile(r"[，,、：:]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of a text: ``start`` to ``end`` in code points, without blanks around it."""

    start: int
    end: int
    text: str
    lang: Language


def sentences(text: str, *, lang: Language | None = None) -> Iterator[Sentence]:
    """Cut a text at full stops, question and exclamation marks, semicolons and line breaks.

    An English full stop ends a sentence before a blank only, and not after an abbreviation, so
    "0.5 mg", "E. coli" and "e.g. warfarin" stay whole.

    >>> [s.text for s in sentences("Aspirin (e.g. 0.5 g) works. 华法林有效。E. coli is one")]
    ['Aspirin (e.g. 0.5 g) works.', '华法林有效。', 'E. coli is one']
    """
    start = 0
    for stop in _STOP.finditer(text):
        if stop.group()[0] == "." and _abbreviates(text, stop.start()):
            continue
        yield from _made(text, start, stop.end(), lang)
        start = stop.end()
    yield from _made(text, start, len(text), lang)


def _abbreviates(text: str, dot: int) -> bool:
    before = _LATIN.search(text[max(0, dot - 12) : dot])
    word = before.group() if before is not None else ""
    if word.lower() in _ABBREVIATIONS:
        return True
    return (
        len(word) == 1 and word.isupper() and text[dot + 1 : dot + 2] == " " and _goes_on(text, dot)
    )


def _goes_on(text: str, dot: int) -> bool:
    """ "E. coli" goes on; "vitamin K. It" doesn't."""
    return text[dot + 2 : dot + 3].islower()


def _made(text: str, start: int, end: int, lang: Language | None) -> Iterator[Sentence]:
    piece = text[start:end]
    bare = piece.strip()
    if bare and any(character.isalnum() for character in bare):
        start += len(piece) - len(piece.lstrip())
        yield Sentence(start, start + len(bare), bare, lang or detect_language(bare))


def blanked(sentence: Sentence, links: Sequence[Link]) -> str:
    """The sentence with an X for each mention in it: "may" of a name is no cue."""
    parts: list[str] = []
    at = 0
    for link in links:
        parts += [sentence.text[at : link.start - sentence.start], "X"]
        at = link.end - sentence.start
    return "".join([*parts, sentence.text[at:]])


_QUESTION_EN = re.compile(
    r"(?:so |and |but |well |now )?(?:what|which|who|whom|whose|why|how|where|when"
    r"(?= (?:is|are|do|does|did|should|can|will))"
    r"|(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|may|might)"
    r"(?= (?!not ).*\?))\b"
)
_WHEN_CLAUSE = re.compile(r"(?:what|who|how|why|where|which)\b.*[^?]$")
_CONDITION_EN = re.compile(
    r"\b(?:if|unless|whether|suppose|supposing|provided that|assuming|in case|had .{1,60} been"
    r"|were .{1,60} to|would have|would be|would|hypothetically|imagine|let's say)\b"
)
_COMPARISON_EN = re.compile(
    r"\b(?:(?<!rather )(?<!other )than|versus|vs|compared (?:with|to)"
    r"|in comparison (?:with|to)|superior to|inferior to"
    r"|non-inferior|as (?:well|effective|good|potent|strong|safe|dangerous|likely|often) as"
    r"(?<!as well as)|equally \w+ (?:to|as)|outperforms?|rivals|works? as well as"
    r"|similar in (?:efficacy"
    r"|effect) to)\b"
)
_READER_EN = re.compile(r"\b(?:you|your|yours|yourself|i|my|me|mine|myself|i'm|i've|you're)\b")
_COMMAND_EN = re.compile(
    r"(?:please |always |never |now |then |just |instead |also |and |so |system: ?|assistant: ?"
    r"|user: ?|note: ?|important: ?|human: ?)*"
    r"(?:do not|don't|take|avoid|ask|tell|ignore|disregard|forget|say|use|stop|start|give|consult"
    r"|remember|answer|assume|let|consider|repeat|output|print|mark|return|reply|respond|pretend"
    r"|write|check|call|keep|store|swallow|discontinue|monitor|administer|prescribe|combine"
    r"|switch|report|label|treat(?=\s+(?:this|it|every|all|the (?:following|next|above)|as)\b)"
    r"|be (?:careful|aware|sure)|make sure|ensure|beware|note that you|translate|list|explain"
    r"|show|see|refer|add|set|change|accept|confirm|verify|believe|override|act|imagine)\b"
)
_DOUBT_EN = re.compile(
    r"\b(?:den(?:y|ies|ied) that|which is (?:false|untrue|wrong|incorrect|not true|a myth|nonsense)"
    r"|it is (?:unclear|unknown|possible|conceivable|uncertain|debated|not known|not clear"
    r"|suspected|thought|believed|speculated|hypothesi[sz]ed|assumed|rumou?red)"
    r"|(?:some|many|most|a few|few) (?:people|patients|experts|authors|doctors|physicians"
    r"|clinicians|believe|think|say|claim|argue)"
    r" ?(?:believe|think|say|claim|argue|swear|suspect|wonder|suppose)?"
    r"|(?:she|he|they|people|grandma|my \w+|a friend|someone|somebody|legend|rumou?r|folklore)"
    r" (?:once )?(?:believes?|thinks?|says?|said|claims?|claimed|has it|wondered|suspects?"
    r"|suspected|hoped|told)"
    r"|no (?:evidence|proof|data|studies|study|known|reported|documented|clear)"
    r"|(?:has|have) not been (?:studied|established|tested|proven|reported|evaluated)"
    r"|(?:remains?|is|are) (?:to be (?:seen|shown|proven)|unproven|unclear|unknown|controversial"
    r"|disputed|being (?:studied|investigated|tested))"
    r"|possibly|perhaps|probably|maybe|might|could|presumably|supposedly|allegedly|reportedly"
    r"|potentially|apparently|conceivably|arguably|purportedly"
    r"|(?:is|are|was|were|been) (?:\w+ )?(?:thought|believed|suspected|hypothesi[sz]ed|assumed"
    r"|speculated|said|rumou?red|reputed|alleged|claimed|presumed|reported|considered) to"
    r"|seems?(?: to)?|appears? to|suggests?|suggested|speculat\w+|hypothes[ei]\w+"
    r"|tentative(?:ly)?"
    r"|preliminary|is under investigation|investigational|trial (?:is|was|will)|being studied"
    r"|hopes?|hoped|likely|unlikely|theor(?:y|etically)|in theory|doubtful|questionable)\b"
)
_PAST_EN = re.compile(
    r"\b(?:no longer|formerly|once used|used to be|was once|were once|historically|previously"
    r"|in the past|until recently|in the (?:19th|18th|nineteenth|eighteenth) century"
    r"|used to (?!treat"
    r"|prevent|relieve|manage|control|cure|lower|reduce|diagnose)\w+)\b"
)

_NOT_LISTED_EN = re.compile(
    r"\b(?:(?:do(?:es)?|did)(?: not|n't) (?:state|say|list|mention|record|report|assert)\b"
    r"|(?:has|have|had|gives?|holds?|contains?) no (?:\w+ )?"
    r"(?:statements?|records?|entry|entries|mention|information|listing)\b"
    r"|(?:is|are|was|were)(?: not|n't| nowhere) (?:\w+ly )?(?:listed|recorded|stated|mentioned)\b"
    r"|(?:no|none)\b.{1,80}? (?:is|are|was|were) (?:\w+ly )?(?:listed|recorded|stated|mentioned)\b)"
)
"""A source doesn't say so: neither a claim nor a denial."""

_RULES_EN = (
    ("command", _COMMAND_EN, True),
    ("condition", _CONDITION_EN, False),
    ("comparison", _COMPARISON_EN, False),
    ("about the reader", _READER_EN, False),
    ("uncertain", _DOUBT_EN, False),
    ("not of now", _PAST_EN, False),
    ("not listed", _NOT_LISTED_EN, False),
)

_QUESTION_ZH = re.compile(
    r"[?？]|吗|是否|能否|可否|有没有|是不是|能不能|会不会|可不可以|哪些|哪种|哪个|什么"
    r"|如何|怎么|怎样|为何|为什么|多少|谁|呢$"
)
_CONDITION_ZH = re.compile(
    r"如果|若|假如|倘若|假设|要是|一旦|除非|万一|如(?:出现|有|与|需|患者|果|同时|合用)"
    r"|的话|即使|设想"
)
_COMPARISON_ZH = re.compile(
    r"优于|劣于|不如|比.{1,14}(?:更|好|强|弱|差|有效|安全|高|低|多|少)|相比"
    r"|较.{1,12}(?:更|为佳|好|强|差)|胜过|不亚于|不及"
)
_READER_ZH = re.compile(r"[你您我咱]")
_COMMAND_ZH = re.compile(
    r"(?:^|[，,：:])(?:请|勿|切勿|不要|别|务必|忽略|忘记|忘掉|必须|立即|马上|千万|记住"
    r"|建议|避免|停用|停止|应当|应该|不得|禁止|回答|输出|假装|把|将.{1,12}标)"
)
_DOUBT_ZH = re.compile(
    r"的说法|谣言|误传|并不属实|不属实|并非所有|不是所有|可能|也许|或许|大概|似乎|疑似|怀疑|据说|据称|据传|传说|有人|听说|民间|尚不|尚未"
    r"|未明|不明|不清楚|尚无|推测|猜测|据报道|有望|待证实"
    r"|未经证实|未得到证实|有待|初步|没有证据|缺乏证据|无证据|被认为|认为|理论上|号称"
    r"|声称|争议|研究中|试验中|未必|不一定|貌似|好像|相传"
)
_PAST_ZH = re.compile(r"曾经|曾用|过去|以前|历史上|不再|早年|曾被")

_NOT_LISTED_ZH = re.compile(
    r"(?:没有|并未|并没有|未|不曾)(?:被)?(?:列出|列入|收录|记载|提及|说明|注明|录入)"
    r"|(?:没有|无|未见|查无).{0,40}?(?:记载|记录|收录)"
)

_RULES_ZH = (
    ("question", _QUESTION_ZH),
    ("command", _COMMAND_ZH),
    ("condition", _CONDITION_ZH),
    ("comparison", _COMPARISON_ZH),
    ("about the reader", _READER_ZH),
    ("uncertain", _DOUBT_ZH),
    ("not of now", _PAST_ZH),
    ("not listed", _NOT_LISTED_ZH),
)


def states_nothing(text: str, lang: Language) -> str:
    """Why a sentence states nothing, in a word or two; "" where it may state something.

    ``text`` is the sentence with its mentions blanked out, so that no name is taken for a cue.

    >>> states_nothing("Does warfarin treat gout?", "en")
    'question'
    >>> states_nothing("Warfarin treats gout.", "en")
    ''
    """
    if lang == "zh":
        for reason, pattern in _RULES_ZH:
            if pattern.search(text):
                return reason
        return ""
    low = text.lower().replace("’", "'").lstrip("\"'“‘([-*• ")
    if low.rstrip("\"'”’) ").endswith("?") or _QUESTION_EN.match(low):
        return "question"
    for reason, pattern, from_start in _RULES_EN:
        if pattern.match(low) if from_start else pattern.search(low):
            return reason
    return ""
