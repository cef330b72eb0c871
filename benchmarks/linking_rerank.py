"""What a text encoder adds to linking: ambiguous mentions of BC5CDR with and without a re-ranker.

    python benchmarks/linking_rerank.py --dev CDR_DevelopmentSet.PubTator.txt
        (--encoder FOLDER | --train CDR_TrainingSet.PubTator.txt --out FOLDER [--steps 1500])
        [--graph GRAPH]

Counted are the development set's mentions that kgmed finds with the span of the annotation and
more than one candidate, one of which is the annotated concept (its MeSH id, resolved in the graph).
The figure is the share whose first candidate is that concept: as linked, and re-ranked.

``--encoder`` is the folder of an encoder. Without one, ``--train`` makes a small BERT (2 layers of
128, a WordPiece vocabulary of 8,000 of its own) from nothing, on the graph's names and the training
texts alone, and saves it to ``--out``: it learns by contrast that two names of a concept, and a
mention in its sentence and the annotated concept, belong together. It needs the extra ``rerank``.
The seed is fixed, and one thread used, as the order of sums changes with more.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import say

from kgmed.facade import Graph, open_graph
from kgmed.kg.categories import label
from kgmed.kg.linking.documents import read_documents
from kgmed.kg.linking.link import Candidate, Link
from kgmed.kg.linking.linker import Linker
from kgmed.kg.linking.rerank import EncoderReranker, context, reranked

SEED = 20
BATCH = 64
TOKENS = 48
TEMPERATURE = 0.07
NAME_PAIRS = 30_000


@dataclass(frozen=True)
class Case:
    """An annotated mention that was linked: its text, link, and the concepts it may name."""

    text: str
    link: Link
    wanted: frozenset[str]

    @property
    def candidates(self) -> list[Candidate]:
        link = self.link
        first = Candidate(link.id, link.name, link.category, link.score, link.why)
        return [first, *link.alternatives]


def cases(graph: Graph, file: Path) -> Iterator[Case]:
    """The mentions of a file that kgmed links at the annotated span."""
    linker = Linker(graph.store)
    for document in read_documents(file):
        wanted = {}
        for mention in document.mentions:
            ids = graph.store.resolve([f"mesh:{id}" for id in mention.id.split("|")])
            wanted[mention.start, mention.end] = frozenset(id for id in ids if id)
        for link in linker.text(document.text):
            if wanted.get((link.start, link.end)):
                yield Case(document.text, link, wanted[link.start, link.end])


def is_ambiguous(case: Case) -> bool:
    """Whether there is a choice, and a right one."""
    ids = {candidate.id for candidate in case.candidates}
    return len(ids) > 1 and bool(ids & case.wanted)


def shown(name: str, category: str) -> str:
    """A concept as the re-ranker shows it to the encoder."""
    return f"{name}, {label(category)}"


# A small encoder of our own


def pairs(graph: Graph, found: list[Case]) -> list[tuple[str, str, str]]:
    """(text, concept as shown, its id): mentions in their sentences, and names."""
    made = []
    for case in found:
        ids = sorted(case.wanted)
        for id, concept in zip(ids, graph.store.concepts(ids), strict=True):
            if concept is not None:
                around = context(case.text, case.link.start, case.link.end)
                made.append((around, shown(concept.name, concept.categories[0]), id))
    with graph.tables() as tables:
        rows = tables.sql(
            "SELECT id, text FROM names WHERE language = 'en' AND length(text) < 80"
            " ORDER BY md5(id || text)"
        ).fetchall()[:NAME_PAIRS]
    concepts = graph.store.concepts([id for id, _ in rows])
    made += [
        (text, shown(concept.name, concept.categories[0]), id)
        for (id, text), concept in zip(rows, concepts, strict=True)
        if concept is not None
    ]
    return made


def train(rows: list[tuple[str, str, str]], out: Path, *, steps: int) -> None:
    """Make an encoder and save it as transformers does."""
    import torch
    import transformers
    from tokenizers import BertWordPieceTokenizer

    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    pieces = BertWordPieceTokenizer(lowercase=True)
    pieces.train_from_iterator(
        (text for row in rows for text in row[:2]), vocab_size=8000, show_progress=False
    )
    pieces.save_model(str(out))
    tokenizer = transformers.BertTokenizerFast(str(out / "vocab.txt"), do_lower_case=True)
    tokenizer.save_pretrained(out)
    config = transformers.BertConfig(
        vocab_size=len(tokenizer), hidden_size=128, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=512, max_position_embeddings=128,
    )  # fmt: skip
    model = transformers.BertModel(config, add_pooling_layer=False)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=steps)

    def encode(texts: list[str]) -> Any:
        read = tokenizer(
            texts, padding=True, truncation=True, max_length=TOKENS, return_tensors="pt"
        )
        tokens = model(**read).last_hidden_state
        mask = read["attention_mask"].unsqueeze(-1)
        pooled = (tokens * mask).sum(1) / mask.sum(1)
        return torch.nn.functional.normalize(pooled, dim=1)

    rng = random.Random(SEED)  # noqa: S311
    started = time.monotonic()
    for step in range(steps):
        batch = rng.sample(rows, BATCH)
        fits = encode([row[0] for row in batch]) @ encode([row[1] for row in batch]).T
        same = torch.tensor([[a[2] == b[2] for b in batch] for a in batch])
        rivals = same & ~torch.eye(BATCH, dtype=torch.bool)  # the same concept is no rival
        fits = (fits / TEMPERATURE).masked_fill(rivals, float("-inf"))
        goal = torch.arange(BATCH)
        loss = torch.nn.functional.cross_entropy(fits, goal)
        loss = (loss + torch.nn.functional.cross_entropy(fits.T, goal)) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == steps - 1:
            say(f"step {step}: loss {loss.item():.3f}, {time.monotonic() - started:.0f} s")
    model.save_pretrained(out)


def main() -> int:
    """Train where asked, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--train", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--graph", default=None)
    given = parser.parse_args()
    if not given.encoder and not (given.train and given.out):
        parser.error("give --encoder, or --train and --out")
    with open_graph(given.graph) as graph:
        folder = given.encoder
        if folder is None:
            rows = pairs(graph, list(cases(graph, given.train)))
            say(f"{len(rows):,} pairs to learn from")
            train(rows, given.out, steps=given.steps)
            folder = given.out
        found = [case for case in cases(graph, given.dev) if is_ambiguous(case)]
        apart = [c for c in found if len({shown(x.name, x.category) for x in c.candidates}) > 1]
        reranker = EncoderReranker(folder)
        for title, some in (("ambiguous mentions", found), ("of them with other names", apart)):
            started = time.perf_counter()
            after = [
                reranked(reranker, case.text, case.link.start, case.link.end, case.candidates)[0].id
                for case in some
            ]
            took = (time.perf_counter() - started) / max(1, len(some))
            as_linked = sum(case.link.id in case.wanted for case in some)
            right = sum(id in case.wanted for id, case in zip(after, some, strict=True))
            print(
                f"{title}: {len(some)}; right first {as_linked / len(some):.3f} as linked,"
                f" {right / len(some):.3f} re-ranked; {took * 1000:.1f} ms a mention"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
