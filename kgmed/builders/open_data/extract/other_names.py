"""Names of drugs that are one drug under two names, and of ids that DrugMechDB gives to two drugs.

Reviewed by hand against the extraction's own findings (``DrugBank id, other name``): the United
States' adopted name beside the international one (``glyburide``, glibenclamide), an older name, a
spelling. Without them identity resolution would refuse the mapping as one that contradicts the name
beside it. The last group settles the opposite case: one DrugBank id beside two drugs in DrugMechDB
and in no other file.
"""

from __future__ import annotations

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "drugbank:DB00091": ("ciclosporin", "cyclosporine"),
    "drugbank:DB00126": ("ascorbic acid", "vitamin C"),
    "drugbank:DB00137": ("lutein", "xanthophyll"),
    "drugbank:DB00146": ("calcifediol", "calcidiol"),
    "drugbank:DB00162": ("retinol", "vitamin A"),
    "drugbank:DB00169": ("colecalciferol", "cholecalciferol"),
    "drugbank:DB00214": ("torsemide", "torasemide"),
    "drugbank:DB00232": ("methyclothiazide", "methylclothiazide"),
    "drugbank:DB00237": ("butabarbital", "secbutabarbital"),
    "drugbank:DB00245": ("benztropine", "benzatropine"),
    "drugbank:DB00263": ("sulfisoxazole", "sulfafurazole"),
    "drugbank:DB00266": ("dicumarol", "dicoumarol"),
    "drugbank:DB00279": ("liothyronine", "triiodothyronine"),
    "drugbank:DB00352": ("thioguanine", "tioguanine"),
    "drugbank:DB00360": ("sapropterin", "tetrahydrobiopterin"),
    "drugbank:DB00417": ("penicillin V", "phenoxymethylpenicillin"),
    "drugbank:DB00451": ("levothyroxine", "thyroxine"),
    "drugbank:DB00454": ("meperidine", "pethidine"),
    "drugbank:DB00462": ("methscopolamine",),
    "drugbank:DB00567": ("cefalexin", "cephalexin"),
    "drugbank:DB00577": ("valacyclovir", "valaciclovir"),
    "drugbank:DB00627": ("niacin", "nicotinic acid"),
    "drugbank:DB00727": ("nitroglycerin", "glyceryl trinitrate"),
    "drugbank:DB00737": ("meclizine", "meclozine"),
    "drugbank:DB00765": ("metyrosine", "metirosine"),
    "drugbank:DB00825": ("menthol", "levomenthol"),
    "drugbank:DB00846": ("flurandrenolide", "fludroxycortide"),
    "drugbank:DB00847": ("cysteamine", "mercaptamine"),
    "drugbank:DB00849": ("mephobarbital", "methylphenobarbital"),
    "drugbank:DB00898": ("ethanol", "alcohol"),
    "drugbank:DB00945": ("aspirin", "acetylsalicylic acid"),
    "drugbank:DB01016": ("glyburide", "glibenclamide"),
    "drugbank:DB01022": ("phytonadione", "phytomenadione", "phylloquinone", "vitamin K1"),
    "drugbank:DB01024": ("mycophenolic acid", "mycophenolate"),
    "drugbank:DB01045": ("rifampin", "rifampicin"),
    "drugbank:DB01103": ("quinacrine", "mepacrine"),
    "drugbank:DB01144": ("dichlorphenamide", "diclofenamide"),
    "drugbank:DB01179": ("podofilox", "podophyllotoxin"),
    "drugbank:DB01235": ("levodopa", "L-DOPA"),
    "drugbank:DB01237": ("bromodiphenhydramine", "bromazine"),
    "drugbank:DB01253": ("ergonovine", "ergometrine"),
    "drugbank:DB01284": ("cosyntropin", "tetracosactide"),
    "drugbank:DB01382": ("glymidine", "glycodiazine"),
    "drugbank:DB01399": ("salsalate", "salicylsalicylic acid"),
    "drugbank:DB01576": ("dextroamphetamine", "dexamfetamine"),
    "drugbank:DB02701": ("nicotinamide", "niacinamide"),
    "drugbank:DB04865": ("omacetaxine mepesuccinate", "homoharringtonine"),
    "drugbank:DB06637": ("dalfampridine", "fampridine"),
    "drugbank:DB09115": ("iodoquinol", "diiodohydroxyquinoline"),
    "drugbank:DB09241": ("methylene blue", "methylthioninium chloride"),
    # one id, two drugs
    "drugbank:DB04816": ("dantron",),  # beside prucalopride
    "drugbank:DB09299": ("tenofovir alafenamide",),  # beside pirlindole
    "drugbank:DB11093": ("calcium citrate",),  # beside strontium ranelate
    "drugbank:DB11783": ("imidapril",),  # beside temocapril
    "drugbank:DB12459": ("belotecan",),  # beside gemcitabine
}
"""DrugBank id -> names."""
