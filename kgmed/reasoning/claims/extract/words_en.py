"""The small words of English that claims are read between; patterns match words and blanks."""

from __future__ import annotations

import re

from kgmed.reasoning.claims.extract.sets import phrase_set, word_set

AUXILIARY = word_set(
    "is are was were be been being has have had do does did can may will shall must should "
    "'s also still often sometimes usually always thus therefore hence so even indeed then "
    "too known shown found proven reported able capable used in fact well long now "
    "currently"
) - {"in", "used", "so", "should", "must", "shall"}  # fmt: skip

ADVERBS = word_set(
    "also still often sometimes usually always thus therefore hence even indeed too well "
    "now never just mostly chiefly do does did"
)

ADJECTIVES = (
    "acute|chronic|severe|mild|moderate|early|late|advanced|recurrent|active|symptomatic|certain"
    "|other|some|many|various|several|common|oral|topical|intravenous|systemic|persistent"
    "|uncontrolled|adult|pediatric|paediatric|essential|serious|dangerous|significant|clinically"
    "|critical|potent|strong|weak|selective|non|nonselective|specific|powerful|direct|reversible"
    "|irreversible|competitive|highly|typical|rare|frequent|important|well|known|classic|simple"
    "|concurrent|concomitant|both|either|all|most|established|refractory|resistant|metastatic"
    "|primary|secondary|human|bacterial|widely|used|first|line|second|old|older|new"
    "|newer|synthetic"
    "|natural|prescription|popular|generic|hallmark|cardinal|leading|main|major|principal|mere"
    "|favorable|recognized|documented|real|true|so|called|long|short|acting|active|effective"
    "|prescribed|standard|traditional|useful|suitable|fatal|potentially"
)
_KINDS = (
    "drug|drugs|agent|agents|medicine|medicines|medication|medications|enzyme|enzymes|protein"
    "|proteins|receptor|receptors|gene|genes|transporter|channel|channels|disease|diseases"
    "|condition|conditions|infection|infections|disorder|disorders|symptom|symptoms|antibiotic"
    "|product|products|substance|substances|compound|compounds|things|antibiotics|target|targets"
)
_DETERMINERS = "the|a|an|its|their|this|these|that|any|such"
_PATIENTS = (
    r"(?:patients|people|adults|children|individuals|women|men|those|anyone|someone|persons|adult"
    r"|infants|(?:adult|elderly|pregnant) (?:patients|people))"
    r" (?:with|who have|having|suffering from|affected by|who suffer from|living with"
    r"|diagnosed with"
    r"|who has|with a history of)"
)
GAP = re.compile(
    rf"(?: ?(?:{_PATIENTS}|cases of|episodes of|attacks of|forms of|types of|both|either"
    rf"|neither|not"
    rf"|only|mainly|primarily|\w+ly|combination with|drugs such as|drugs like|the likes of"
    rf"|symptoms such as|diseases such as|conditions such as|things like|such as|including|like"
    rf"|the following ?:?|:|among other things|among others"
    rf"|{_DETERMINERS}|{ADJECTIVES}|{_KINDS})(?!\w))*"
)
"""What may stand between a cue and what it acts on."""

JOINS = re.compile(
    r"((?:, |; )?(?:and/or|, like|and also|and|or|nor|as well as|plus|along with"
    r"|together with|& ?|/"
    r"|(?:but|though|although|yet) not|and not|but also|and even|and / or|but never|not"
    r"|rather than)|, like|,|;|/)"
    rf"(?: (?:also|not|even|with|by|of|to|from|for|in|both|either|the|a|an|on|against"
    rf"|{ADJECTIVES}"
    rf"|{_KINDS}|{_PATIENTS})(?!\w))*"
)
"""What may stand between two members of a list."""

COPULA = re.compile(
    r"(?:,? ?(?:which|that|who) )?(?:is|are|was|were|be|being|been|acts as|act as"
    r"|acting as|serves as"
    r"|functions as|works as|work as|counts as|is one of|are among|is among|belongs to|belong to"
    r"|belonging to|is classified as|are classified as|is classed as|remains|can be|is considered"
    r"|is known as|ranks among|falls under|falls into|acts|may be|can be|is used as|are used as"
    r"|counts among|can act as|constitutes|represents|has long been|have been|has been)"
    rf"(?: (?:as|among|of|one|class|group|family|type|kind|to|by|nature|{_DETERMINERS}"
    rf"|{ADJECTIVES}|{_KINDS})(?!\w))*"
)

INCLUDES = re.compile(
    r"(?:,? ?(?:include|includes|including|such as|like|for example|e\.g\.|eg|e . g ."
    r"|are|is|:|namely|i\.e\.|comprise|comprises|encompass|encompasses|consist of|may include"
    r"|can include|included|are among others|-|–|—|for instance))"
    rf"(?: ?(?:,|:|{_DETERMINERS}|{ADJECTIVES}|{_KINDS}|for example)(?!\w))*"
)

EXAMPLES = re.compile(r",? ?(?:includ|such as|compris|encompass|consist|may includ|can includ)")

APPOSED = re.compile(
    rf", (?:a|an|the|one of the|itself an?|another)(?: (?:{ADJECTIVES}|{_KINDS}))*"
)

LEAD = re.compile(
    r"(?: ?(?:,|:|>|-|–|—|and|or|but|nor|then|yet|plus|also|thereby|thus|by|to|through"
    r"|via|while|either"
    r"|both|so|for|not|hence|therefore|as well as|besides|in addition|additionally|moreover"
    r"|furthermore|however|it|they|which|that|neither|the|a|an|in fact|indeed"
    r"|it is (?:true|known|clear)"
    r"|as|well|is|are|can|be|in|addition|fact|true|known|both|of|course|clearly|classically"
    r"|generally|typically|drug|drugs|medicine|antibiotic|in adults"
    r"|in children)(?!\w))*"
)
"""Words before a cue that join it to what was said before."""

RELATIVE = re.compile(r",? ?(?:an? \w+ |drugs? |agents? |one )?(?:which|that|who)")

ADJUNCT = re.compile(
    r"(?:^| )(?:tablets?|capsules?|therapy|treatment|use|monotherapy|injections?|alone|itself"
    r"|in (?:high|low|large|small|normal|therapeutic) doses|at (?:high|low|therapeutic) doses"
    r"|in (?:adults|children|humans|man|vitro|vivo|practice|the clinic|people|patients"
    r"|most people)"
    r"|when taken (?:together|orally|daily)|taken together|given together|taken by mouth|together"
    r"|by mouth|cream|ointment|gel|eye drops|drops|syrup|infusions?|molecules?|infections?"
    r"|, for (?:example|instance) ,|, like [^,]* ,|, however ,|, on the other hand ,|, too ,"
    r"|, in turn ,"
    r"|, by contrast ,|, in contrast ,|in turn|they|both|all|each|therapeutically"
    r"|, for its part ,|gene|protein"
    r"|receptors?|disease|enzyme)(?= |$)"
)
"""Words behind a subject that leave it what it is."""

PRONOUN = re.compile(
    r"(?:and |but |however , |moreover , |in addition , |furthermore , |additionally , )?"
    r"(?:it|they|this|these|the (?:drug|medicine|agent|disease|compound|condition|substance"
    r"|antibiotic|medication|drugs|latter|disorder|infection)|both|this (?:drug|medicine"
    r"|agent|disease|compound"
    r"|condition|medication|antibiotic|disorder|infection)|these (?:drugs|medicines"
    r"|agents|diseases))"
)

NP_PREFIX = re.compile(rf"(?:{_DETERMINERS}|{ADJECTIVES}|no|known|one|of)")
UNNAMED = re.compile(rf"(?:{_DETERMINERS}|{ADJECTIVES}|{_KINDS})")

DENIAL = (
    "it is not true that", "it is false that", "it is untrue that", "it is a myth that",
    "it is incorrect that", "it is wrong that", "it is not the case that", "fails to", "failed to",
    "fail to", "it is wrong to say that", "it is simply not true that", "is unable to", "unable to",
    "contrary to belief", "it isn't true that", "it is n't true that", "it is not so that",
    "it is not correct that", "it is not right that", "it is not a fact that",
)  # fmt: skip
"""What denies the clause behind it."""

BLOCKING = re.compile(
    r"\b(?:without|unlike|lack|absence|instead|risk|level|levels|history|dose|study|trial"
    r"|effects?"
    r"|toxicity|overdose|deficiency|resistance|metabolism|expression|allergy|mutations?"
    r"|withdrawal"
    r"|except|besides|apart|despite|regardless|no)\b"
)
"""Before the first mention: the sentence isn't about what is named."""

SHIFTING = word_set(
    "levels level expression synthesis metabolism toxicity overdose allergy deficiency "
    "resistance poisoning withdrawal activity activation signaling signalling "
    "concentrations concentration production secretion release clearance exposure dose "
    "doses mutation mutations binding biosynthesis inhibition antagonism blockade uptake "
    "reuptake analogue analogues analog derivative patients risk research study trial "
    "trials antibody antibodies vaccine vaccines screening test tests induced related "
    "positive negative resistant associated dependent mediated like sensitive intolerance "
    "hypersensitivity prodrug precursor pathway gene-expression phosphorylation substrate "
    "antagonists knockout relapse complications complication survivors prevention"
)
"""Nouns behind a mention that make it something else: "warfarin toxicity"."""

EXCEPTED = re.compile(
    r"^among(?: the)?$|(?:^|(?<= ))(?:(?:, )?(?:unlike|except(?: for)?|besides"
    r"|apart from|rather than|instead of"
    r"|other than|in contrast to|excluding|in addition to|aside from)(?: \w+ing)?)$"
)
"""Before a mention that is only named to leave it out."""

ASIDES = phrase_set(
    "for example|for instance|however|in contrast|by contrast|in turn|too|"
    "on the other hand|for its part|moreover|of course|in fact|as well|in particular|"
    "among others|therefore|thus|indeed|by the way|in general|in short|as expected"
)
"""Between commas, without weight for what is claimed."""

GENERAL = re.compile(
    r"(?:the |some |common |typical |other )?(?:drugs|medicines|medications|agents"
    r"|treatments|antibiotics"
    r"|substances|compounds|options)(?: that are| which are| that| which)?"
)
"""What stands for drugs that are named later: "drugs used to treat gout include"."""

FOLLOWING = word_set(
    "in at on by for with to from during when while after before because since so but and "
    "or as than that which who whom whose where whereas though although if via through "
    "without within among too well today alone either again here now there both only of "
    "about under between over per plus including like such yet nor are is was were be have "
    "has had do does can may will also include includes worldwide everywhere daily itself "
    "against throughout despite until off better best quickly every each most all one two "
    "it they these this he she we you respectively stand stands sold instead each another "
    "used given taken found made seen share shares"
)
"""Words behind a mention that leave it what it is."""
