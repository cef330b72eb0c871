"""A graph neural encoder for concepts that nothing was trained on, beside the numbers of peers.

    python plausibility_encoder.py GRAPH [--predicate interacts_with] [--seeds 0,1,2] [--json FILE]

GRAPH is a graph's folder. For each seed a tenth of the subjects is held out altogether (--split
unseen of `kgmed learn evaluate`), ComplEx is trained on the rest, and its numbers stay as they are.
An encoder learns to give them to concepts: for half of each batch by what they are alone (cold),
for the others also by their statements, those of the family that is asked for left out. The loss is
that of the training (kgmed/reasoning/plausibility/embedding/epochs.py) with the encoded concept as
what asks and as what is found, and the squared distance to the trained numbers.

- sage: a heterogeneous GraphSAGE layer (Hamilton et al. 2017, https://arxiv.org/abs/1706.02216):
  the mean of the neighbours' numbers, weighed and scaled by predicate and direction, beside the sum
  of a vector for each n-gram of the names and one for the category, through one hidden layer.
- sage+peers: the same, with the row of the peers by name as one more input, which it adds to.

Each is measured cold (names) and with what else is said (context); complex+names and complex+peers
of kgmed are what they have to beat. Needs the extra learn.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from kgmed.kg.predicates import registry
from kgmed.kg.store.embedded import store_of
from kgmed.kg.store.snapshot import open_snapshot
from kgmed.reasoning.plausibility.embedding.batches import Batches
from kgmed.reasoning.plausibility.embedding.models import candidates, compared, paired, queries
from kgmed.reasoning.plausibility.embedding.score import (
    NODES,
    NODES_IM,
    RELATIONS,
    RELATIONS_IM,
    Embedded,
)
from kgmed.reasoning.plausibility.embedding.settings import Settings
from kgmed.reasoning.plausibility.measures.measure import Sample, figures, lead, sampled
from kgmed.reasoning.plausibility.methods.alike import Alike
from kgmed.reasoning.plausibility.methods.fit import Fitting
from kgmed.reasoning.plausibility.methods.peers import category_means, marks_of_names, peers, row_of
from kgmed.reasoning.plausibility.triples.data import Longs, Mask, Triples, read_triples
from kgmed.reasoning.plausibility.triples.negatives import ENDS
from kgmed.reasoning.plausibility.triples.splits import split

HIDDEN, HASHES, BATCH, EPOCHS, RATE = 64, 1 << 14, 1024, 8, 0.01
COLD, KEPT, DROPOUT = 0.5, 0.8, 0.2
"""Share of concepts that are encoded by what they are alone; of the predicates whose statements the
others keep; of hidden numbers that are dropped."""


class Around:
    """The statements at each concept: the other end, predicate and direction, family."""

    def __init__(self, triples: Triples, part: Longs) -> None:
        s, o = triples.s[part].astype(np.int64), triples.o[part].astype(np.int64)
        p = triples.p[part].astype(np.int64)
        against = np.where(triples.symmetric[p], p, p + len(triples.predicates))
        own = np.concatenate([s, o])
        order = np.argsort(own, kind="stable")
        self.other = np.concatenate([o, s])[order]
        self.code = np.concatenate([p, against])[order]
        self.family = triples.families[np.concatenate([p, p])][order]
        self.first = np.searchsorted(own[order], np.arange(triples.concepts + 1))

    def of(self, concepts: Longs) -> tuple[Longs, Longs]:
        """(places, row of the concept) of all statements at some concepts."""
        counts = self.first[concepts + 1] - self.first[concepts]
        ends = np.cumsum(counts)
        places = np.arange(ends[-1]) + np.repeat(self.first[concepts] - ends + counts, counts)
        return places, np.repeat(np.arange(len(concepts)), counts)


class Rows:
    """Rows of numbers that stand for a model of torch_geometric."""

    def __init__(self, rows: torch.Tensor, relations: list[torch.Tensor]) -> None:
        self._rows, self._relations, self._width = rows, relations, rows.shape[1] // 2

    def node_emb(self, concepts: torch.Tensor) -> torch.Tensor:
        return self._rows[concepts, : self._width]

    def node_emb_im(self, concepts: torch.Tensor) -> torch.Tensor:
        return self._rows[concepts, self._width :]

    def rel_emb(self, codes: torch.Tensor) -> torch.Tensor:
        return self._relations[0][codes]

    def rel_emb_im(self, codes: torch.Tensor) -> torch.Tensor:
        return self._relations[1][codes]


class Encoder(nn.Module):
    """A row for each concept; ``start`` is what it is added to, ``table`` the trained numbers."""

    def __init__(
        self, triples: Triples, names: list[Longs], table: np.ndarray, start: np.ndarray
    ) -> None:
        super().__init__()
        width, codes = table.shape[1], 2 * len(triples.predicates)
        self.table, self.start = torch.from_numpy(table), torch.from_numpy(start)
        self.types, self.names = torch.from_numpy(triples.types.astype(np.int64)), names
        self.grams = nn.EmbeddingBag(HASHES, HIDDEN, mode="mean")
        self.category = nn.Embedding(len(triples.categories), HIDDEN)
        self.weight, self.scale = nn.Embedding(codes, 1), nn.Embedding(codes, width)
        self.inner = nn.Linear(2 * width + 1, HIDDEN)
        self.outer, self.through = nn.Linear(HIDDEN, width), nn.Linear(width, width, bias=False)
        self.drop = nn.Dropout(DROPOUT)
        for layer in (self.weight, self.outer, self.through):
            nn.init.zeros_(layer.weight)
        nn.init.ones_(self.scale.weight)

    def forward(self, concepts: Longs, near: Around | None, keep: Callable[..., Mask]) -> Any:
        marks = [self.names[n] % HASHES for n in concepts.tolist()]
        offsets = np.cumsum([0, *map(len, marks[:-1])])
        chosen = torch.from_numpy(concepts)
        around = torch.zeros(len(concepts), self.table.shape[1])
        count = torch.zeros(len(concepts), 1)
        if near is not None:
            places, row = near.of(concepts)
            kept = keep(places, row)
            places, rows = places[kept], torch.from_numpy(row[kept])
            code = torch.from_numpy(near.code[places])
            weight = torch.exp(self.weight(code))
            told = self.table[torch.from_numpy(near.other[places])] * self.scale(code) * weight
            around = around.index_add(0, rows, told)
            count = count.index_add(0, rows, weight)
            around = around / (1 + count)
        begun = self.start[chosen]
        hidden = self.inner(torch.cat([begun, around, torch.log1p(count)], 1))
        hidden = hidden + self.category(self.types[chosen])
        bag = np.concatenate(marks) if marks else np.empty(0, np.int64)
        hidden = hidden + self.grams(torch.from_numpy(bag), torch.from_numpy(offsets))
        return begun + self.through(around) + self.outer(self.drop(torch.relu(hidden)))


def fitted(encoder: Encoder, triples: Triples, train: Longs, weights: Any, seed: int) -> Encoder:
    """Train an encoder on the triples at places ``train``."""
    rng = np.random.default_rng(seed)
    batches = Batches(triples, train, size=BATCH, members=256, drawn=128)
    near, size = Around(triples, train), 2 * len(triples.predicates)
    relations = [torch.from_numpy(weights[name]) for name in (RELATIONS, RELATIONS_IM)]
    fixed = Rows(encoder.table, relations)
    adam = torch.optim.Adam(encoder.parameters(), lr=RATE)
    encoder.train()
    for epoch in range(EPOCHS):
        for group in adam.param_groups:
            group["lr"] = RATE * (1 - epoch / EPOCHS)
        for code, places in batches.of_epoch(rng):
            s, o = triples.s[places].astype(np.int64), triples.o[places].astype(np.int64)
            own, local = np.unique(np.concatenate([s, o]), return_inverse=True)
            warm, said = rng.random(len(own)) >= COLD, rng.random((len(own), size)) < KEPT
            family = triples.families[code]

            def keep(
                found: Longs, row: Longs, warm: Any = warm, said: Any = said, family: Any = family
            ) -> Mask:
                kept: Mask = warm[row] & said[row, near.code[found]]
                return kept & (near.family[found] != family)

            made = encoder(own, near, keep)
            distance = (made - encoder.table[torch.from_numpy(own)]).square().sum(1).mean()
            batch = Batch(batches, code, s, o, local)
            loss = distance + ranking(batch, fixed, Rows(made, relations), rng)
            adam.zero_grad()
            loss.backward()
            adam.step()
    return encoder


@dataclass(frozen=True, eq=False)
class Batch:
    """Triples of predicate ``code``; ``local`` numbers their subjects, then objects, anew."""

    of: Batches
    code: int
    s: Longs
    o: Longs
    local: Longs


def ranking(batch: Batch, fixed: Rows, made: Rows, rng: np.random.Generator) -> Any:
    """The loss of a batch: either end encoded, as what asks and as what is found."""
    code, s, o, local = batch.code, batch.s, batch.o, batch.local
    total: Any = 0.0
    at = torch.from_numpy(local[: len(s)]), torch.from_numpy(local[len(s) :])
    codes = torch.full((len(s),), code)
    for end in ENDS:
        forward = end == "object"
        anchors, wanted = (s, o) if forward else (o, s)
        own, aim = at if forward else at[::-1]
        pool = batch.of.pool(code, end, rng)
        others = batch.of.others(anchors, code, end, pool)
        table = candidates("complex", fixed, torch.from_numpy(pool.astype(np.int64)))
        whole = torch.from_numpy(anchors), torch.from_numpy(wanted)
        for asks, known in (((made, own), (fixed, whole[1])), ((fixed, whole[0]), (made, aim))):
            query = queries("complex", asks[0], asks[1], codes, forward=forward)
            right = paired("complex", query, candidates("complex", *known))
            rest = compared("complex", query, table).masked_fill(~others, float("-inf"))
            row = torch.cat([right[:, None], rest], 1)
            total = total + (torch.logsumexp(row, 1) - right).mean()
    return total


def by_peers(
    triples: Triples, names: list[Longs], seen: Mask, weights: Any, means: dict[str, np.ndarray]
) -> np.ndarray:
    """The row of each concept by its peers' names, its own left out."""
    index, found = Alike(names, triples.types, seen), []
    for n, kind in enumerate(triples.types.tolist()):
        own, how = peers([(index, names[n])], kind, leave_out=n)
        found.append(np.concatenate([
            row_of(weights, name, means[name][kind], own, how) for name in (NODES, NODES_IM)
        ]))  # fmt: skip
    return np.stack(found)


def measured(triples: Triples, names: list[Longs], predicate: str, seed: int) -> dict[str, Sample]:
    """What each method gives one split."""
    known = registry()
    wanted = [one for one in known.descendants(predicate) if one in triples.predicates]
    made = split(triples, "unseen", predicates=wanted, seed=seed, registry=known)
    fitting = Fitting(triples, made, Settings(seed=seed), names=lambda: names)
    found = {}
    for name in ("dwpc", "complex", "complex+nearest", "complex+names", "complex+peers"):
        method = fitting.method(name)
        found[name] = fitting.sample(method)[0]
    trained = fitting.method("complex").trained
    assert trained is not None
    weights, seen = trained.weights, fitting.seen
    table = np.concatenate([weights[NODES], weights[NODES_IM]], 1)
    size = len(triples.categories)
    means = {
        name: category_means(weights, name, triples.types, seen, size) for name in (NODES, NODES_IM)
    }
    mean = np.concatenate([means[NODES], means[NODES_IM]], 1)[triples.types]
    train = made.train[seen[triples.s[made.train]] & seen[triples.o[made.train]]]
    context = Around(triples, np.sort(np.concatenate([train, made.context])))
    starts = {"sage": mean, "sage+peers": by_peers(triples, names, seen, weights, means)}
    for name, start in starts.items():
        torch.manual_seed(seed)
        encoder = Encoder(triples, names, table, start)
        fitted(encoder, triples, train, weights, seed).eval()
        new = np.flatnonzero(~seen)
        for told, near in (("names", None), ("context", context)):
            with torch.no_grad():
                rows = encoder(new, near, lambda places, _row: np.ones(len(places), bool)).numpy()
            filled = {one: array.copy() for one, array in weights.items()}
            filled[NODES][new], filled[NODES_IM][new] = np.split(rows, 2, axis=1)
            scores = Embedded("complex", filled, triples.symmetric)
            found[f"{name}, {told}"] = sampled(
                scores, fitting.slots, made.test, fitting.test.negatives, answers=fitting.answers
            )
    return found


def main() -> None:
    """Measure, and print a line for each method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("graph", type=Path)
    parser.add_argument("--predicate", default="interacts_with")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    snapshot = open_snapshot(given.graph)
    triples = read_triples(snapshot)
    names = marks_of_names(store_of(snapshot), triples.ids)
    samples: dict[str, list[Sample]] = {}
    begun = time.monotonic()
    for seed in map(int, given.seeds.split(",")):
        for name, sample in measured(triples, names, given.predicate, seed).items():
            samples.setdefault(name, []).append(sample)
        print(f"seed {seed}: {time.monotonic() - begun:.0f} s since the start", flush=True)
    told: dict[str, Any] = {}
    for name, found in samples.items():
        best = samples["complex+peers" if name.endswith("context") else "complex+names"]
        figure = figures(found)
        ahead = lead(found, best)
        told[name] = {key: figure[key] for key in ("mrr", "hits_10", "auc")} | {"lead": ahead}
        line = "  ".join(
            f"{key} {one.value:.3f} ({one.low:.3f}-{one.high:.3f})"
            for key, one in told[name].items()
        )
        print(f"{name:20} {line}")
    if given.json:
        plain = {
            name: {key: [one.value, one.low, one.high] for key, one in row.items()}
            for name, row in told.items()
        }
        given.json.write_text(json.dumps(plain, indent=1) + "\n")


if __name__ == "__main__":
    main()
