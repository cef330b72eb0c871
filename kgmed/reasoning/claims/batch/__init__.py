"""Tables of claims verified at once: the verdicts of the single claims, in arrays.

The rules are those of :mod:`kgmed.reasoning.claims`; here each works on a column of claims of one
predicate, with NumPy, and with numba's searches where numba is installed.
"""

from kgmed.reasoning.claims.batch.files import FileReport, verify_file
from kgmed.reasoning.claims.batch.table import TableVerifier, verify_triples

__all__ = ["FileReport", "TableVerifier", "verify_file", "verify_triples"]
