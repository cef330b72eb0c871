"""Salts, esters and hydrates of a drug: "warfarin sodium" is warfarin, 盐酸二甲双胍 is 二甲双胍.

A name list often holds the base alone. The words are those of the United States Adopted Names
(USAN) and of the Chinese Approved Drug Names (中国药品通用名称); a key is that of
:func:`kgmed.kg.linking.normalize.key`, Chinese in simplified characters. Where the ion is the drug
(potassium chloride, 碳酸锂), or the words aren't a drug's name (serum sodium, 血清钾), there is no
base.
"""

from __future__ import annotations

import re

SALTS = frozenset(
    """acetate anhydrous arginine aspartate axetil benzathine benzoate besilate besylate bisulfate
    bisulphate bitartrate borate bromide butyrate calcium camsylate caproate carbonate chloride
    cilexetil citrate cypionate decanoate diacetate dihydrate dihydrochloride dimesylate dinitrate
    dipropionate disodium disoproxil ditosylate edisylate embonate enantate enanthate erbumine
    estolate esylate ethylsuccinate etexilate fumarate furoate gluceptate gluconate glucuronate
    hbr hcl hemifumarate hemihydrate hexahydrate hyclate hydrate hydrobromide hydrochloride
    hydrogensulfate iodide isethionate lactate lactobionate lysine magnesium malate maleate
    medoxomil meglumine mesilate mesylate methylsulfate mofetil monohydrate mononitrate monosodium
    na napadisylate napsylate nitrate olamine oleate orotate oxalate palmitate pamoate pantothenate
    pentahydrate phosphate pivalate pivoxil po4 potassium propionate proxetil pyrophosphate
    saccharate salicylate sesquihydrate so4 sodium stearate succinate sulfate sulphate tannate
    tartrate tebutate teoclate tosilate tosylate trifenatate trihydrate trisodium tromethamine
    trolamine undecanoate undecylenate valerate xinafoate zinc""".split()  # noqa: SIM905
)
"""Words after a drug's name that name its salt, ester or hydrate."""

CATIONS = frozenset(
    "sodium potassium calcium magnesium disodium monosodium".split()  # noqa: SIM905
)
"""Salt words that also stand before the name: "sodium valproate"."""

NO_BASE = frozenset(
    """adenosine alkaline alumina aluminium aluminum ammonium antimony arsenic barium bicarbonate
    bismuth blood bone boron bromine cadmium caesium calcium carbon cesium chloride chlorine
    cholecalciferol chondroitin chromium citric cobalt copper coral creatine cupric cuprous
    dermatan dextran dietary ethyl ethylene extracellular ferric ferrous fluoride fructose
    gallium glucose gold heparan hydrogen hydroxide inositol inorganic intracellular iodide iodine
    ionised ionized iron keratan lead lithium low magnesium manganese mercuric mercurous mercury
    methyl methylene nickel nitrite oral organic oxide oyster palladium peroxide phosphorus
    plasma platinum polyvinyl potassium pyridoxal radium rubidium selenium serum silver sodium
    stannous strontium sulfur sulphur thallium tin titanium total triose uranyl urinary urine
    vanadium vinyl vitamin with and or of in high daily elemental zinc zirconium
    antagonist antagonists antibody binding blocker blockers channel channels concentration
    deficiency excretion homeostasis import influx intake ion ions level levels metabolism pump
    reabsorption release response secretion signaling supplement supplements transport transporter
    carbonate sulfate sulphate phosphate nitrate acetate citrate lactate gluconate""".split()  # noqa: SIM905
)
"""Words that are no drug's name without the salt word: the ion is the drug, or another thing."""

PREFIXES = tuple(
    """硫酸氢 二盐酸 重酒石酸 对甲苯磺酸 氢溴酸 枸橼酸 柠檬酸 酒石酸 马来酸 富马酸 琥珀酸 甲磺酸
    苯磺酸 甲苯磺酸 乙磺酸 双羟萘酸 昔萘酸 苹果酸 硬脂酸 棕榈酸 盐酸 硫酸 磷酸 醋酸 乙酸 乳酸 硝酸
    草酸 丙酸 糠酸 戊酸 苯甲酸 乳糖酸 门冬氨酸 琥乙 注射用""".split()  # noqa: SIM905
)
"""Chinese salt words before the name, longer ones first where one begins like another."""

SUFFIXES = tuple(
    "二钠 钠 钾 钙 镁 锌 赖氨酸 精氨酸 葡甲胺 氨丁三醇 一水合物 二水合物 三水合物".split()  # noqa: SIM905
)
"""Chinese salt words behind the name."""

_NO_CHINESE_BASE = re.compile(
    r"(?:亚?[铁铜锰锡汞铅]|[锂钠钾钙镁锌铝铋银钡铵铬硒碘])(?:盐|剂)?$|[酶盐菌]$|酶|"
    r"^(?:氯化|溴化|碘化|氟化|氧化|氢氧化|过氧化|硫化|硝|硝普|碳酸|碳酸氢|硫酸|磷酸|磷酸氢|磷酸二氢|"
    r"亚硫酸|亚硝酸|硝酸|盐酸|醋酸|乙酸|乳酸|枸橼酸|柠檬酸|草酸|尿酸|葡萄糖酸|谷氨酸|苹果酸|门冬氨酸|"
    r"血清?|血浆|尿|低|高|缺|补|游离|离子|总|骨|甘油|异山梨酯|肌酸|吡哆醛|果糖|葡萄糖|腺苷|脱氢.*|"
    r"二酯.*|软骨素)$"
)
_HAN = re.compile(r"[\u3400-\u9fff]")


def base_of(key: str) -> tuple[str, str] | None:
    """(the base's key, the salt words) of a key that names a salt, ester or hydrate; else None.

    What it names is for the names to say: the base counts only where it is one.

    >>> base_of("warfarin sodium"), base_of("codeine phosphate hemihydrate")
    (('warfarin', 'sodium'), ('codeine', 'phosphate hemihydrate'))
    >>> base_of("sodium valproate"), base_of("盐酸二甲双胍"), base_of("阿托伐他汀钙")
    (('valproate', 'sodium'), ('二甲双胍', '盐酸'), ('阿托伐他汀', '钙'))
    >>> base_of("potassium chloride"), base_of("lithium carbonate"), base_of("碳酸锂")
    (None, None, None)
    """
    if _HAN.search(key):
        return _chinese_base(key)
    words = key.split()
    if not 2 <= len(words) <= 6:
        return None
    place = len(words)
    while place > 1 and words[place - 1] in SALTS:
        place -= 1
    base, salt = words[:place], words[place:]
    if not salt:
        if words[0] not in CATIONS:
            return None
        base, salt = words[1:], words[:1]
    if base[0] in CATIONS and len(base) > 1:  # "sodium valproate trihydrate"
        base, salt = base[1:], [base[0], *salt]
    if any(word in NO_BASE for word in base) or any(word in SALTS for word in base):
        return None
    if len("".join(base)) < 4:
        return None
    return " ".join(base), " ".join(salt)


def _chinese_base(key: str) -> tuple[str, str] | None:
    base, salt = key, []
    for prefix in PREFIXES:
        if base.startswith(prefix):
            base = base.removeprefix(prefix)
            salt.append(prefix)
            break
    for suffix in SUFFIXES:
        if base.endswith(suffix):
            base = base.removesuffix(suffix)
            salt.append(suffix)
            break
    if not salt or len(base) < 2 or _NO_CHINESE_BASE.search(base):
        return None
    return base, " ".join(salt)
