"""Which names of drugs are names of a salt or ester, and of what.

A salt is another substance than its base, yet interactions and targets hold for both: kgmed states
``form_of`` between them. It does so by name, from the lists below. A word is on the list where a
drug's name with it as the last word is usually a form of the drug named by the words before it;
``salicylate`` or ``nitrate`` aren't: there the acid is the drug, or the ester is.
"""

from __future__ import annotations

import re

_ACIDS_AND_BASES = """
    hydrochloride dihydrochloride hcl hydrobromide bromide chloride iodide triethiodide
    sulfate so4 bisulfate hydrogensulfate phosphate diphosphate nitrate
    acetate diacetate maleate fumarate hemifumarate tartrate bitartrate succinate citrate lactate
    lactobionate malate mucate oxalate pamoate gluconate gluceptate tannate
    mesylate besylate tosylate edisylate esylate isethionate napsylate xinafoate
    sodium na disodium potassium dipotassium calcium magnesium zinc
    meglumine tromethamine epolamine olamine diolamine benzathine procaine lysine arginine
    hyclate monohydrate dihydrate trihydrate anhydrous"""
_ESTERS = """
    proxetil axetil pivoxil mofetil medoxomil cilexetil disoproxil alafenamide etexilate
    estolate ethylsuccinate stearate palmitate
    valerate dipropionate propionate furoate butyrate benzoate pivalate acetonide hexacetonide
    enanthate cypionate decanoate undecanoate caproate hexanoate"""
SALTS = frozenset(_ACIDS_AND_BASES.split() + _ESTERS.split())
"""Last words of a salt's or ester's name, lower case. Sources: the INN modified names (WHO,
https://www.who.int/teams/health-product-and-policy-standards/inn) and NDF-RT's own names."""

_ELEMENTS = """
    potassium lithium iron ferrous ferric calcium magnesium zinc sodium ammonium aluminum
    aluminium dihydroxyaluminum magaldrate bismuth strontium copper cupric selenium selenious
    manganese manganous chromium chromic silver gold barium iodine iodide fluoride phosphate
    radium samarium technetium rubidium gallium thallium xenon hydrogen tin stannous
    antimony arsenic cobalt cobaltous mercury edetate choline"""
IONS = frozenset(_ELEMENTS.split())
"""First words of names in which the ion is the drug: ``calcium carbonate`` is no form of carbonate,
and ``potassium chloride`` none of ``potassium`` that could stand for any other."""


UNLIKE_NAMES = {
    "divalproex": "valproic acid",
    "aminophylline": "theophylline",
    "oxtriphylline": "theophylline",
    "melevodopa": "levodopa",
    "benzathine benzylpenicillin": "benzylpenicillin",
}
"""Forms whose last word doesn't show it."""


NO_FORMS = frozenset({"adenosine phosphate"})
"""Names that end like a salt's and are substances of their own (a nucleotide)."""


def base_name(name: str) -> str:
    """The name of what ``name`` is a salt or ester of; '' where it isn't one.

    >>> base_name("atorvastatin calcium"), base_name("Warfarin Sodium"), base_name("warfarin")
    ('atorvastatin', 'Warfarin', '')
    >>> base_name("potassium chloride"), base_name("tenofovir disoproxil fumarate")
    ('', 'tenofovir')
    >>> base_name("ranitidine bismuth citrate"), base_name("magnesium sulfate,anhydrous")
    ('ranitidine', '')
    """
    if "/" in name or any(character.isdigit() for character in name):
        return ""  # several ingredients, or a strength: a product
    if name.strip().casefold() in NO_FORMS:
        return ""
    words = re.split(r"[ ,]+", name.strip())
    for known in (name.strip().casefold(), words[0].casefold()):
        if known in UNLIKE_NAMES:
            return UNLIKE_NAMES[known]
    if ion_is_the_drug(name):
        return ""
    rest = list(words)
    while len(rest) > 1 and (rest[-1].casefold() in SALTS or rest[-1].casefold() == "bismuth"):
        rest.pop()
    return " ".join(rest) if len(rest) < len(words) else ""


def ion_is_the_drug(name: str) -> bool:
    """Whether the first word names an ion or element, so that the salts are no forms of one drug.

    >>> ion_is_the_drug("ferrous sulfate"), ion_is_the_drug("aluminum/magnesium hydroxide")
    (True, True)
    """
    return re.split(r"[ ,/-]+", name.strip().casefold())[0] in IONS
