"""NDF-RT (US Department of Veterans Affairs, 7 July 2014): drug-drug interactions with severity.

``ndfrt_ddi.csv`` has one row per interaction; ``NDFRT_RxNorm_mapping.csv`` names NUIs and maps them
to RxNorm; ``NDFRT-Drugbank-mapping.csv`` maps them to DrugBank. NDF-RT holds a drug twice: as an
ingredient of VA products, in capitals (``WARFARIN``, the one that interacts), and as
``Warfarin [Chemical/Ingredient]``; the same RxCUI joins the two.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from kgmed.builders.open_data.extract.common import Extract, clean, plain, read_rows
from kgmed.builders.open_data.extract.salts import base_name
from kgmed.builders.source import SourceInfo
from kgmed.kg.errors import RowError
from kgmed.kg.model import canonical_qualifiers

FOLDER = "ndfrt_interactions"
INTERACTIONS, RXNORM, DRUGBANK = (
    "ndfrt_ddi.csv",
    "NDFRT_RxNorm_mapping.csv",
    "NDFRT-Drugbank-mapping.csv",
)

INFO = SourceInfo(
    infores="infores:ndfrt",
    name="NDF-RT drug interactions",
    release="2014-07-07",
    licence="US-PD",
    url="https://github.com/dbmi-pitt/public-PDDI-analysis",
    attribution="National Drug File - Reference Terminology, US Department of Veterans Affairs, "
    "Veterans Health Administration; drug interactions as collected by the Department of "
    "Biomedical Informatics, University of Pittsburgh.",
)

SEVERITIES = ("Critical", "Significant")
NAME_LIMIT = 50
"""NDFRT_RxNorm_mapping.csv cuts names at 50 characters, their bracket included."""

KEEP_CAPITALS = frozenset(("BCG", "B", "C", "E", "K", "A", "Y", "W", "DNA", "RNA", "II"))
SPELLED_OUT = {"hcl": "hydrochloride", "na": "sodium", "so4": "sulfate"}
SPELLINGS = {
    "HYPERICUM PERFORATUM (ST. JOHN'S WORT)": ["hypericum perforatum", "St. John's wort"],
    "ZALCITABINE (DIDEOXYCYTIDINE,ddC)": ["zalcitabine", "dideoxycytidine", "ddC"],
    "STAVUDINE (d4T)": ["stavudine", "d4T"],
    "ZOSTER VACCINE LIVE (OKA/MERCK)": ["zoster vaccine live", "zoster vaccine live (Oka/Merck)"],
    "DIGOXIN IMMUNE FAB (OVINE)": ["digoxin immune Fab", "digoxin immune Fab (ovine)"],
    "TYPHOID Vi POLYSACCHARIDE VACCINE": ["typhoid Vi polysaccharide vaccine"],
}
"""Names of interacting drugs that no rule below reads rightly."""
NAME_CORRECTIONS = {
    # The pickle's pair LEVOFLOXACIN/MAGNESIUM ACETATE was aligned to MAGNESIUM's NUI.
    ("N0000146038", "MAGNESIUM ACETATE"): "another drug's name beside this NUI",
}


OTHER_IDS = {"DB05291": "DB00281", "DB05347": "DB00787", "DB04077": "DB09462"}
"""DrugBank ids of the mapping file -> the drug that the name beside them (lidocaine, acyclovir,
glycerol) has in every other source; the ids on the left are records that DrugBank merged away."""


@dataclass(slots=True)
class Ndfrt:
    """NDF-RT's tables, and what other modules need to know of its drugs."""

    extract: Extract
    names: dict[str, list[str]]
    """NUI -> its names, the preferred one first."""
    interacting: set[str]
    rxcui: dict[str, str]
    drugbank: dict[str, str]
    """NUI -> DrugBank id, before anyone asked whether it is a salt's or the base's."""

    def twins(self, nui: str) -> set[str]:
        """The NUIs of the same RxCUI, ``nui`` among them."""
        code = self.rxcui.get(nui)
        return {nui} | {other for other, its in self.rxcui.items() if code and its == code}


def readable(name: str) -> list[str]:
    """The spellings of a VA name, the one to show first.

    >>> readable("WARFARIN"), readable("ALCOHOL,ETHYL")
    (['warfarin'], ['ethyl alcohol', 'alcohol, ethyl'])
    >>> readable("ATOMOXETINE HCL"), readable("IODINE,I-125")
    (['atomoxetine hydrochloride', 'atomoxetine hcl'], ['iodine, I-125'])
    >>> readable("HYPERICUM PERFORATUM (ST. JOHN'S WORT)")
    ['hypericum perforatum', "St. John's wort"]
    >>> readable("Warfarin [Chemical/Ingredient]")
    ['Warfarin']
    """
    name = re.sub(r" \[[^\]]*\]?$", "", clean(name))
    if name in SPELLINGS:
        return SPELLINGS[name]
    if name != name.upper():
        return [name]
    words = re.split(r"([^\w.'-]+)", name)
    text = "".join(
        word if word in KEEP_CAPITALS or re.fullmatch(r"[A-Z]{1,2}-\d+", word) else word.lower()
        for word in words
    )
    text = re.sub(r",(?! )", ", ", text)
    spelled = " ".join(SPELLED_OUT.get(word, word) for word in text.split(" "))
    found = [spelled, text]
    head, _, tail = spelled.partition(", ")
    if tail.isalpha() and tail != "live":
        found.insert(0, f"{tail} {head}")
    return list(dict.fromkeys(found))


def extract(data: Path) -> Ndfrt:
    """Read NDF-RT's three files."""
    folder = data / FOLDER
    out = Extract("ndfrt", INFO)
    raw: dict[str, list[str]] = defaultdict(list)
    interacting = _interactions(folder / INTERACTIONS, out, raw)
    listed = _listed(folder / RXNORM)
    assigned = _assigned(folder / DRUGBANK)

    rxcui = {nui: code for nui, (code, _) in listed.items()}
    wanted = _wanted(interacting, raw, listed, assigned)
    tally = out.tally(RXNORM)
    for nui, (code, name) in listed.items():
        tally.read += 1
        if nui not in wanted:
            kind = "a VA product or dose form" if re.search(r"\[(VA|Dose)", name) else "a drug"
            reason = f"{kind} that takes no part in the graph"
            tally.skipped["a name cut at 50 characters" if _cut(name) else reason] += 1
            continue
        tally.kept += 1
        raw[nui].append(name)
        out.mapping(
            f"ndfrt:{nui}",
            "skos:exactMatch",
            f"rxnorm:{code}",
            justification="semapv:UnspecifiedMatching",
            subject_label=readable(name)[0],
        )
    tally = out.tally(DRUGBANK)
    drugbank = {}
    for nui, (code, name) in assigned.items():
        tally.read += 1
        if nui not in wanted:
            tally.skipped["a drug that takes no part in the graph"] += 1
            continue
        tally.kept += 1
        if code in OTHER_IDS:
            out.find("DrugBank id of another record", id=f"drugbank:{code}", name=name,
                     node=f"ndfrt:{nui}", mended=f"drugbank:{OTHER_IDS[code]}")  # fmt: skip
        drugbank[nui] = OTHER_IDS.get(code, code)
        raw[nui].append(name)

    names = _names(out, raw)
    for nui in sorted(wanted):
        out.concept(f"ndfrt:{nui}", "Drug")
    return Ndfrt(out, names, interacting, {n: c for n, c in rxcui.items() if n in wanted}, drugbank)


def _interactions(path: Path, out: Extract, raw: dict[str, list[str]]) -> set[str]:
    tally = out.tally(INTERACTIONS)
    interacting = set()
    for number, row in enumerate(read_rows(path, delimiter=","), 2):
        tally.read += 1
        if row["severity"] not in SEVERITIES:
            raise RowError(
                path.name, number, found=f"severity {row['severity']!r}", expected=str(SEVERITIES)
            )
        record = row["interaction_nui"]
        for nui, name in ((row["nui_a"], row["drug_a"]), (row["nui_b"], row["drug_b"])):
            interacting.add(nui)
            reason = NAME_CORRECTIONS.get((nui, name))
            if reason:
                out.find(reason, id=f"ndfrt:{nui}", name=name, record=record)
            else:
                raw[nui].append(name)
        tally.kept += 1
        out.statement(
            *(f"ndfrt:{row['nui_a']}", "interacts_with", f"ndfrt:{row['nui_b']}"),
            qualifiers=canonical_qualifiers({"severity": row["severity"]}),
            source_record=record,
            original_predicate="VA Drug Interaction",
            knowledge_level="knowledge_assertion",
            agent_type="manual_agent",
        )
    return interacting


def _listed(path: Path) -> dict[str, tuple[str, str]]:
    return {
        row["nui"]: (row["rxcui"], row["drugname"])
        for row in read_rows(path, delimiter=";", quoted=False)
    }


def _assigned(path: Path) -> dict[str, tuple[str, str]]:
    # No header, a byte order mark, names with commas: what is fixed are the first and last two.
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        fields = line.split(",")
        if len(fields) < 4:
            raise RowError(path.name, number, found=f"{len(fields)} fields", expected="4 or more")
        found[fields[0].rsplit("/", 1)[1]] = (fields[-2], ",".join(fields[1:-2]))
    return found


def _wanted(
    interacting: set[str],
    raw: dict[str, list[str]],
    listed: dict[str, tuple[str, str]],
    assigned: dict[str, tuple[str, str]],
) -> set[str]:
    """The NUIs that matter: interacting drugs, their bases and salts, the twins of all these."""
    known = {nui: name for nui, (_, name) in {**assigned, **listed}.items()}
    not_a_drug = re.compile(r"^\[|\[(VA|Dose|EPC|TC)")
    drugs = {nui: name for nui, name in known.items() if not not_a_drug.search(name)}
    by_name: dict[str, set[str]] = defaultdict(set)
    for nui, name in drugs.items():
        by_name[plain(readable(name)[0])].add(nui)
    wanted = set(interacting)
    interacting_names = {plain(readable(name)[0]) for nui in interacting for name in raw[nui]}
    for name in sorted(interacting_names):
        base = base_name(name)
        if base:
            wanted |= by_name.get(plain(base), set())
    for nui, name in drugs.items():
        base = base_name(readable(name)[0])
        if base and plain(base) in interacting_names:
            wanted.add(nui)
    codes = {listed[nui][0] for nui in wanted if nui in listed}
    return wanted | {
        nui
        for nui, name in drugs.items()
        if nui in listed and listed[nui][0] in codes and not _cut(name)
    }


def _cut(name: str) -> bool:
    """Whether the mapping file's limit may have cut the name itself, not its bracket only."""
    return len(name) >= NAME_LIMIT and "[" not in name


def _names(out: Extract, raw: dict[str, list[str]]) -> dict[str, list[str]]:
    names = {}
    for nui, spellings in raw.items():
        found: dict[str, str] = {}
        for name in spellings:
            for text in readable(name):
                found.setdefault(text.casefold(), text)
        names[nui] = list(found.values())
        for i, text in enumerate(names[nui]):
            out.name(f"ndfrt:{nui}", text, kind="preferred" if i == 0 else "synonym")
    return names
