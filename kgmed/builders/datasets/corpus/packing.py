"""Texts packed to a context length, by the tokenizer that a model is trained with.

Texts of one part, language and side of the split are put one behind another, the tokenizer's end of
text after each, until no further one fits. They come in an order of hashes, so that what stands
side by side isn't about one thing. A text that is longer than the context is cut into pieces
between its tokens. A packed row rests on all statements of its texts. It has the ids of its tokens
besides its text, filled up to the context, so that a model trains on it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.formats import PACKED
from kgmed.builders.datasets.model import Draft, Fact
from kgmed.builders.datasets.rows import is_test
from kgmed.kg.errors import MissingExtra, UsageError
from kgmed.kg.model import Language

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TASK = PACKED
BATCH = 1_000
SHORTEST = 16
"""Tokens of a context at least."""


class Packer:
    """Packs texts to ``length`` tokens of a tokenizer, by its name or folder.

    Raises :class:`~kgmed.kg.errors.MissingExtra` without transformers, and
    :class:`~kgmed.kg.errors.UsageError` for a tokenizer that can't be loaded or has no end of text.
    """

    def __init__(self, tokenizer: str, length: int) -> None:
        self.length = length
        self._tokenizer: PreTrainedTokenizerBase = _loaded(tokenizer)
        if not self._tokenizer.eos_token:
            raise UsageError(
                f"The tokenizer {tokenizer} has no end of text (eos_token), which stands between "
                "packed texts. Give it one, or name another."
            )
        self._end: str = self._tokenizer.eos_token
        self._end_id: int = self._tokenizer.eos_token_id
        pad = self._tokenizer.pad_token_id
        self._fill: int = self._end_id if pad is None else pad

    def count(self, text: str) -> int:
        """The tokens of a text."""
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def packed(
        self, drafts: Iterator[Draft], block: PartBlock, lang: Language, *, seed: int
    ) -> Iterator[Draft]:
        """The drafts' texts as drafts of full contexts."""
        sides: dict[bool, list[Draft]] = {False: [], True: []}
        for draft in drafts:
            sides[is_test(draft, block)].append(draft)
        for side in sides.values():
            side.sort(key=lambda draft: _place(seed, draft))
            yield from self._contexts(side, lang)

    def _contexts(self, drafts: Sequence[Draft], lang: Language) -> Iterator[Draft]:
        held: list[_Piece] = []
        size = 0
        for piece in self._pieces(drafts):
            if size + len(piece.tokens) + 1 > self.length and held:
                yield self._draft(held, lang)
                held, size = [], 0
            held.append(piece)
            size += len(piece.tokens) + 1
        if held:
            yield self._draft(held, lang)

    def _pieces(self, drafts: Sequence[Draft]) -> Iterator[_Piece]:
        """The texts with their tokens, long ones cut."""
        most = self.length - 1
        for start in range(0, len(drafts), BATCH):
            batch = drafts[start : start + BATCH]
            texts = [draft.messages[0][1] for draft in batch]
            told = self._tokenizer(
                texts, add_special_tokens=False, return_offsets_mapping=True, verbose=False
            )
            for draft, text, ids, ends in zip(
                batch, texts, told["input_ids"], told["offset_mapping"], strict=True
            ):
                if len(ids) <= most:
                    yield _Piece(text, ids, draft.facts)
                    continue
                for first in range(0, len(ids), most):
                    some = ends[first : first + most]
                    piece = text[some[0][0] : some[-1][1]]
                    yield _Piece(piece, ids[first : first + most], draft.facts)

    def _draft(self, pieces: Sequence[_Piece], lang: Language) -> Draft:
        text = "".join(piece.text + self._end for piece in pieces)
        facts = {fact.ids: fact for piece in pieces for fact in piece.facts}
        ids = [id for piece in pieces for id in (*piece.tokens, self._end_id)]
        extra = {"tokens": str(len(ids)), "texts": str(len(pieces))}
        key = blake2b(text.encode(), digest_size=8).hexdigest()
        ids += [self._fill] * (self.length - len(ids))
        return Draft(
            TASK, lang, (("", text),), tuple(facts.values()), key=key, extra=extra,
            tokens=tuple(ids),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    tokens: Sequence[int]
    facts: Sequence[Fact]


def _place(seed: int, draft: Draft) -> bytes:
    first = draft.facts[0].ids[0] if draft.facts else ""
    text = f"{seed}:{draft.task}:{draft.key}:{first}"
    return blake2b(text.encode(), digest_size=8).digest()


def _loaded(name: str) -> Any:
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise MissingExtra("transformers", "train") from error
    try:
        found = AutoTokenizer.from_pretrained(name, use_fast=True)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The tokenizer {name!r} can't be loaded: {str(error).splitlines()[0]} Name a folder "
            "that holds one, or one of the Hugging Face hub."
        ) from error
    if not found.is_fast:
        raise UsageError(f"The tokenizer {name!r} has no fast version, which packing needs.")
    return found
