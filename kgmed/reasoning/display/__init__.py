"""How answers, verdicts and runs show in a notebook; see :mod:`kgmed.kg.display`."""
