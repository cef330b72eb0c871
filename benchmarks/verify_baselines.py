"""What one would use without a graph's rules: similarity to its statements, or a trained model.

    python verify_baselines.py WORK [--seconds N]

WORK holds corpus.jsonl (text, lang: the graph's statements as sentences), items.jsonl (id, set,
text, lang, label, part: "tune" or "test") and train.jsonl (text, lang, label). Writes told.jsonl
(id, and what each baseline says) and prints a line of JSON: rates, thresholds, how it was trained.

- tfidf: cosine of words and pairs of words with the nearest statement, scikit-learn.
- bm25: score of the best statement by token of the claim, bm25s.
- cross-encoder: a small transformer over the claim and the four best statements by BM25, trained
  here from scratch on train.jsonl for ``--seconds``; nothing pretrained is used. torch.

Similarity alone knows no contradiction: a near claim with a word of denial is REFUTED, one without
SUPPORTED, a far one OTHER; the threshold is the best on "tune". Imports nothing of kgmed.

pip install scikit-learn==1.9.1 bm25s==0.3.16 torch==2.13.0
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import time
import zlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

LABELS = ("SUPPORTED", "REFUTED", "OTHER")
DENIES = re.compile(
    r"\b(?:not|no|never|neither|nor|false|untrue|myth|n't|without|fails?)\b|n't\b|不|没|无|并非|未"
)
_WORD = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]")
Rows = list[dict[str, Any]]


def words(text: str) -> list[str]:
    """Lower-case words and numbers, Chinese characters one by one."""
    return _WORD.findall(text.casefold())


def pairs(text: str) -> list[str]:
    """Words, and pairs of neighbours."""
    found = words(text)
    return found + [f"{a} {b}" for a, b in pairwise(found)]


def read(path: Path) -> Rows:
    """Rows of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tfidf(corpus: Sequence[str], texts: Sequence[str]) -> tuple[list[float], float]:
    """The cosine of each text with the nearest of the corpus, and seconds without the index."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    model = TfidfVectorizer(analyzer=pairs, sublinear_tf=True, dtype=np.float32)
    held = model.fit_transform(corpus).T.tocsr()
    begin = time.perf_counter()
    found: list[float] = []
    for at in range(0, len(texts), 500):
        scores = model.transform(texts[at : at + 500]) @ held
        found += scores.max(axis=1).toarray().ravel().tolist()
    return found, time.perf_counter() - begin


class Retriever:
    """BM25 over one language's statements."""

    def __init__(self, corpus: Sequence[str]) -> None:
        import bm25s

        self.corpus = corpus
        self._model = bm25s.BM25()
        self._model.index([words(text) for text in corpus], show_progress=False)
        self._known = set(self._model.vocab_dict)

    def best(self, texts: Sequence[str], k: int) -> list[list[tuple[float, str]]]:
        """The ``k`` best statements of each text with their scores."""
        asked = [[w for w in words(t) if w in self._known] or [""] for t in texts]
        places, scores = self._model.retrieve(asked, k=k, show_progress=False)
        return [
            [(float(score), self.corpus[int(place)]) for score, place in zip(*row, strict=True)]
            for row in zip(scores, places, strict=True)
        ]


def macro_f1(said: Sequence[str], labels: Sequence[str]) -> float:
    """The mean F1 of the three labels."""
    total = 0.0
    for label in LABELS:
        right = sum(a == b == label for a, b in zip(said, labels, strict=True))
        both = sum(a == label for a in said) + sum(b == label for b in labels)
        total += 2 * right / both if both else 0.0
    return total / len(LABELS)


def decide(scores: Sequence[float], items: Rows) -> tuple[list[str], float]:
    """Labels by the threshold that is best on the items to tune on."""

    def labels(threshold: float) -> list[str]:
        return [
            "OTHER" if score < threshold
            else "REFUTED" if DENIES.search(item["text"].casefold()) else "SUPPORTED"
            for score, item in zip(scores, items, strict=True)
        ]  # fmt: skip

    tune = [n for n, item in enumerate(items) if item["part"] == "tune"]
    steps = np.quantile([scores[n] for n in tune], np.linspace(0, 1, 101)).tolist()

    def quality(threshold: float) -> float:
        said = labels(threshold)
        return macro_f1([said[n] for n in tune], [items[n]["label"] for n in tune])

    threshold = max(steps, key=quality)
    return labels(threshold), threshold


# The cross-encoder

BUCKETS, WIDTH, CLAIM, PREMISE, PREMISES = 30_000, 96, 40, 28, 4
LENGTH = CLAIM + PREMISE * PREMISES


def _encoded(text: str, premises: Sequence[str]) -> tuple[list[int], list[int], list[int]]:
    """Token, segment and "also on the other side" of each place, padded to :data:`LENGTH`."""
    claim = words(text)[: CLAIM - 1]
    held = {w for premise in premises for w in words(premise)}
    tokens, segments, shared = [1], [0], [0]
    for word in claim:
        tokens.append(_bucket(word))
        segments.append(0)
        shared.append(1 + (word in held))
    own = set(claim)
    for n, premise in enumerate(premises):
        for word in words(premise)[:PREMISE]:
            tokens.append(_bucket(word))
            segments.append(1 + n)
            shared.append(1 + (word in own))
    left = LENGTH - len(tokens)
    return tokens + [0] * left, segments + [0] * left, shared + [0] * left


def _bucket(word: str) -> int:
    return 2 + zlib.crc32(word.encode()) % BUCKETS


def _network() -> Any:
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding(BUCKETS + 2, WIDTH, padding_idx=0)
            self.places = nn.Embedding(LENGTH, WIDTH)
            self.segments = nn.Embedding(PREMISES + 1, WIDTH)
            self.shared = nn.Embedding(3, WIDTH)
            layer = nn.TransformerEncoderLayer(
                WIDTH, 4, 2 * WIDTH, dropout=0.1, batch_first=True, norm_first=True
            )
            self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
            self.out = nn.Linear(WIDTH, len(LABELS))

        def forward(self, rows: Any) -> Any:
            tokens, segments, shared = rows[:, 0], rows[:, 1], rows[:, 2]
            width = int((tokens != 0).sum(1).max())
            tokens, segments, shared = tokens[:, :width], segments[:, :width], shared[:, :width]
            x = self.tokens(tokens) + self.segments(segments) + self.shared(shared)
            x = x + self.places(torch.arange(width))
            return self.out(self.layers(x, src_key_padding_mask=tokens == 0)[:, 0])

    return Network()


class CrossEncoder:
    """Three labels from a claim and what BM25 finds for it; trained here, on nothing else."""

    def __init__(self, retrievers: dict[str, Retriever]) -> None:
        self.retrievers = retrievers

    def rows(self, items: Rows) -> Any:
        """Claims with their premises as numbers, of shape (n, 3, LENGTH)."""
        import torch

        made: list[Any] = [None] * len(items)
        for lang, retriever in self.retrievers.items():
            mine = [n for n, item in enumerate(items) if item["lang"] == lang]
            best = retriever.best([items[n]["text"] for n in mine], PREMISES) if mine else []
            for n, found in zip(mine, best, strict=True):
                made[n] = _encoded(items[n]["text"], [text for _score, text in found])
        return torch.tensor(made, dtype=torch.int32)

    def train(self, train: Rows, seconds: float) -> dict[str, float]:
        """Fit for so many seconds; what came of it."""
        import torch
        from torch import nn

        torch.manual_seed(5)
        rows = self.rows(train)
        labels = torch.tensor([LABELS.index(item["label"]) for item in train])
        held = len(rows) // 10
        self.network = _network()
        optimizer = torch.optim.AdamW(self.network.parameters(), lr=1e-3, weight_decay=0.01)
        counts = torch.bincount(labels, minlength=len(LABELS)).float()
        loss_of = nn.CrossEntropyLoss(weight=counts.sum() / (len(LABELS) * counts))
        begin, epochs, best, kept = time.perf_counter(), 0.0, 0.0, None
        while time.perf_counter() - begin < seconds:
            self.network.train()
            order = held + torch.randperm(len(rows) - held)
            for at in range(0, len(order), 64):
                batch = order[at : at + 64]
                optimizer.zero_grad()
                loss_of(self.network(rows[batch].long()), labels[batch]).backward()
                nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                optimizer.step()
                epochs += len(batch) / len(order)
                if time.perf_counter() - begin > seconds:
                    break
            f1 = macro_f1(self.say(rows[:held]), [item["label"] for item in train[:held]])
            if f1 >= best:
                best, kept = f1, {k: v.clone() for k, v in self.network.state_dict().items()}
        if kept is not None:
            self.network.load_state_dict(kept)
        return {
            "trained_on": len(rows) - held, "epochs": round(epochs, 1), "macro_f1_on_rest": best,
        }  # fmt: skip

    def say(self, rows: Any) -> list[str]:
        """The label of each row."""
        import torch

        self.network.eval()
        said: list[str] = []
        with torch.no_grad():
            for at in range(0, len(rows), 256):
                scores = self.network(rows[at : at + 256].long())
                said += [LABELS[n] for n in scores.argmax(1).tolist()]
        return said


def main() -> None:
    """Read the command line, run every baseline whose packages are there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--seconds", type=float, default=180, help="to train the cross-encoder")
    chosen = parser.parse_args()
    corpus, items = read(chosen.work / "corpus.jsonl"), read(chosen.work / "items.jsonl")
    train = read(chosen.work / "train.jsonl")
    by_lang = {
        lang: [row["text"] for row in corpus if row["lang"] == lang]
        for lang in sorted({item["lang"] for item in items})
    }
    told: dict[str, dict[str, str]] = {item["id"]: {} for item in items}
    facts: dict[str, dict[str, Any]] = {}
    retrievers = {lang: Retriever(texts) for lang, texts in by_lang.items()}
    groups = sorted({(item["set"], item["lang"]) for item in items})
    for name in ("tfidf", "bm25"):
        for group, lang in groups:
            mine = [item for item in items if (item["set"], item["lang"]) == (group, lang)]
            texts = [item["text"] for item in mine]
            if name == "tfidf":
                scores, spent = tfidf(by_lang[lang], texts)
            else:
                begin = time.perf_counter()
                best = retrievers[lang].best(texts, 1)
                scores = [b[0][0] / max(1, len(words(t))) for b, t in zip(best, texts, strict=True)]
                spent = time.perf_counter() - begin
            said, threshold = decide(scores, mine)
            for item, label in zip(mine, said, strict=True):
                told[item["id"]][name] = label
            facts[f"{name} {group}"] = {"rate": len(mine) / spent, "threshold": threshold}
    if importlib.util.find_spec("torch") and train:
        model = CrossEncoder(retrievers)
        trained = model.train(train, chosen.seconds)
        for group, lang in groups:
            mine = [item for item in items if (item["set"], item["lang"]) == (group, lang)]
            begin = time.perf_counter()
            said = model.say(model.rows(mine))
            spent = time.perf_counter() - begin
            for item, label in zip(mine, said, strict=True):
                told[item["id"]]["cross-encoder"] = label
            facts[f"cross-encoder {group}"] = {"rate": len(mine) / spent, **trained}
    with (chosen.work / "told.jsonl").open("w", encoding="utf-8") as file:
        for id, row in told.items():
            file.write(json.dumps({"id": id, **row}) + "\n")
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
