"""Licences: what each lets and asks, and the tier that follows from it.

A statement carries the id of its licence; what leaves a graph is filtered by tier and carries the
union of the duties. Ids are SPDX's (https://spdx.org/licenses/) where SPDX has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tier = Literal["open", "registered", "noncommercial", "unknown"]


@dataclass(frozen=True, slots=True)
class Licence:
    """What a licence lets (``redistribute``) and asks (the rest).

    ``registered`` means that a reader needs an agreement of their own with the publisher.
    """

    id: str
    name: str
    url: str
    redistribute: bool
    share_alike: bool = False
    noncommercial: bool = False
    no_derivatives: bool = False
    attribution: bool = False
    registered: bool = False

    @property
    def tier(self) -> Tier:
        """The tier that exports and endpoints are filtered by.

        >>> licence("CC0-1.0").tier, licence("CC-BY-NC-4.0").tier, licence("Whatever").tier
        ('open', 'noncommercial', 'unknown')
        """
        if self.id not in LICENCES:
            return "unknown"
        if self.registered or not self.redistribute:
            return "registered"
        return "noncommercial" if self.noncommercial or self.no_derivatives else "open"


_CC = "https://creativecommons.org"
_UMLS = "https://uts.nlm.nih.gov/uts/assets/LicenseAgreement.pdf"
LICENCES: dict[str, Licence] = {
    item.id: item
    for item in (
        Licence("CC0-1.0", "CC0 1.0", f"{_CC}/publicdomain/zero/1.0/", True),
        Licence(
            "US-PD",
            "US Government work, public domain",
            "https://www.usa.gov/government-works",
            True,
        ),
        Licence(
            "Apache-2.0",
            "Apache License 2.0",
            "https://www.apache.org/licenses/LICENSE-2.0",
            True,
            attribution=True,
        ),
        Licence("CC-BY-3.0", "CC BY 3.0", f"{_CC}/licenses/by/3.0/", True, attribution=True),
        Licence("CC-BY-4.0", "CC BY 4.0", f"{_CC}/licenses/by/4.0/", True, attribution=True),
        Licence(
            "CC-BY-SA-4.0",
            "CC BY-SA 4.0",
            f"{_CC}/licenses/by-sa/4.0/",
            True,
            share_alike=True,
            attribution=True,
        ),
        Licence(
            "CC-BY-NC-4.0",
            "CC BY-NC 4.0",
            f"{_CC}/licenses/by-nc/4.0/",
            True,
            noncommercial=True,
            attribution=True,
        ),
        Licence(
            "CC-BY-NC-SA-4.0",
            "CC BY-NC-SA 4.0",
            f"{_CC}/licenses/by-nc-sa/4.0/",
            True,
            share_alike=True,
            noncommercial=True,
            attribution=True,
        ),
        Licence(
            "CC-BY-ND-4.0",
            "CC BY-ND 4.0",
            f"{_CC}/licenses/by-nd/4.0/",
            True,
            no_derivatives=True,
            attribution=True,
        ),
        Licence(
            "UMLS",
            "UMLS Metathesaurus License",
            _UMLS,
            False,
            attribution=True,
            registered=True,
        ),
        # A source vocabulary's restriction level, MRSAB.SRL (sections 3 and 12 of the agreement).
        *(
            Licence(
                f"UMLS-SRL-{level}",
                f"UMLS Metathesaurus License, {adds}",
                _UMLS,
                False,
                no_derivatives=level in ("1", "2", "3"),
                attribution=True,
                registered=True,
            )
            for level, adds in {
                "0": "restriction level 0: nothing beyond the agreement",
                "1": "restriction level 1: no translations or derivatives of the vocabulary",
                "2": "restriction level 2: as 1, and not in systems that create records",
                "3": "restriction level 3: as 2, and internal use only",
                "4": "restriction level 4: as 3 outside the United States",
                "9": "restriction level 9: SNOMED CT Affiliate Licence",
            }.items()
        ),
        Licence(
            "SNOMEDCT",
            "SNOMED CT Affiliate Licence",
            "https://www.snomed.org/get-snomed",
            False,
            attribution=True,
            registered=True,
        ),
        Licence(
            "DrugBank",
            "DrugBank academic licence",
            "https://go.drugbank.com/legal",
            False,
            noncommercial=True,
            attribution=True,
            registered=True,
        ),
    )
}
"""Licence id -> licence. A user's own source may name one that isn't here: its tier is unknown."""


def licence(id: str) -> Licence:
    """The licence of that id; one that kgmed doesn't know lets nothing.

    >>> licence("CC-BY-SA-4.0").share_alike
    True
    """
    return LICENCES.get(id) or Licence(id, id or "no licence stated", "", False)
