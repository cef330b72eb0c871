"""Evidence for a question: the graph's statements and paths that bear on it, under a token budget.

>>> graph = open_graph()
>>> found = Gatherer(graph.store, graph.registry).gather("Does warfarin interact with amiodarone?")
>>> found.pieces[0].text.casefold()
'warfarin interacts with amiodarone (severity: critical).'
"""

from kgmed.reasoning.evidence.gather import BUDGET, Gatherer
from kgmed.reasoning.evidence.model import Evidence, Piece, Withheld

__all__ = ["BUDGET", "Evidence", "Gatherer", "Piece", "Withheld"]
