"""Links mentions and texts to concepts through a graph's lexicon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kgmed.kg.linking.link import Candidate, Link
from kgmed.kg.linking.mentions import MentionReader
from kgmed.kg.linking.ranking import Ranker
from kgmed.kg.store.base import GraphStore

if TYPE_CHECKING:
    from kgmed.kg.linking.quality import Quality
    from kgmed.kg.linking.rerank import Reranker
    from kgmed.kg.linking.texts import TextReader


class Linker:
    """Links against one store. Remembers names and concepts that it has read, and no text.

    ``quality`` decides which names of a text are mentions
    (:class:`kgmed.kg.linking.quality.Quality`); by default with the weights that come with kgmed.
    ``reranker`` puts the candidates of a span in a text in order (:mod:`kgmed.kg.linking.rerank`).
    """

    def __init__(
        self,
        store: GraphStore,
        *,
        quality: Quality | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self._ranker = Ranker(store)
        self._lexicon = store.lexicon
        self._quality = quality
        self._reranker = reranker
        self._texts: TextReader | None = None
        self._mentions = MentionReader(store, self._ranker, self._within)

    def _within(self, span: str) -> list[Link]:
        return self._reader().links(span, flags=False)

    def _reader(self) -> TextReader:
        if self._texts is None:  # a question that is all names needs none of this
            from kgmed.kg.linking.quality import quality
            from kgmed.kg.linking.texts import TextReader

            self._texts = TextReader(
                self._lexicon, self._ranker, self._quality or quality(), reranker=self._reranker
            )
        return self._texts

    def mention(
        self, text: str, *, categories: Sequence[str] = (), context: str = "", limit: int = 10
    ) -> list[Candidate]:
        """What a mention may name, best first; [] where nothing comes near.

        ``categories`` are those that fit the mention's place in a question or table, ``context`` is
        the text around it: its words choose between concepts that have the name in common.
        """
        return self._mentions.candidates(text, categories=categories, context=context)[:limit]

    def text(
        self,
        text: str,
        *,
        categories: Sequence[str] = (),
        flags: bool = True,
        fuzzy: bool = False,
    ) -> list[Link]:
        """The mentions in a text, left to right, without overlaps.

        Offsets count code points. With ``categories``, only concepts of these are linked. Without
        ``flags`` the text is taken for a list of names: nothing is read from the words around them,
        and no abbreviation or coordination is resolved. With ``fuzzy``, a word that is none may be
        a misspelt one of a name. The time is linear in the text's length.
        """
        return self._reader().links(text, categories=categories, flags=flags, fuzzy=fuzzy)
