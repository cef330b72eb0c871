"""Re-ranking a span's candidates: the arithmetic, and a real encoder where torch is installed.

The encoder is a BERT of transformers with seeded random weights: its vectors mean nothing, and are
what the same model gives outside of kgmed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kgmed.facade import Graph
from kgmed.kg.errors import ConfigError
from kgmed.kg.linking.link import Candidate
from kgmed.kg.linking.rerank import CONTEXT, WEIGHT, EncoderReranker, context, reranked

SENTENCE = "Patient with MS on interferon; 华法林 for clots."


class Scripted:
    """Says what it is told to, and keeps what it was asked."""

    def __init__(self, **fits: float) -> None:
        self.fits = fits
        self.asked: list[tuple[str, list[str]]] = []

    def scores(
        self, text: str, start: int, end: int, candidates: Sequence[Candidate]
    ) -> list[float]:
        self.asked.append((text[start:end], [candidate.name for candidate in candidates]))
        return [self.fits.get(candidate.name, 0.0) for candidate in candidates]


def candidate(name: str, score: float) -> Candidate:
    return Candidate(f"x:{name}", name, "Disease", score, "exact", {"match": score})


def test_a_fit_is_one_more_factor_of_a_score_and_of_its_parts() -> None:
    found = reranked(Scripted(b=1.0), "b", 0, 1, [candidate("a", 0.9), candidate("b", 0.8)])
    assert [c.name for c in found] == ["b", "a"]
    assert [c.score for c in found] == [0.8, round(0.9 * (1 - WEIGHT), 4)]
    assert [c.why for c in found] == ["exact, fit 1.00", "exact, fit 0.00"]
    for one in found:
        assert one.parts["match"] * one.parts["fit"] == pytest.approx(one.score)


def test_equal_candidates_stay_in_order_and_one_alone_is_not_asked_about() -> None:
    scripted = Scripted(a=0.5, b=0.5)
    found = reranked(scripted, "x", 0, 1, [candidate("b", 0.8), candidate("a", 0.8)])
    assert [c.name for c in found] == ["b", "a"]
    one = [candidate("a", 0.7)]
    assert reranked(scripted, "x", 0, 1, one) == one
    assert len(scripted.asked) == 1


def test_a_linker_asks_about_spans_that_have_rivals(graph: Graph) -> None:
    plain = graph.link(SENTENCE)
    scripted = Scripted(Morphine=1.0)
    links = graph.link(SENTENCE, reranker=scripted)
    assert [asked for asked, _ in scripted.asked] == [x.text for x in plain if x.alternatives]
    (ms,) = (link for link in links if link.text == "MS")
    assert (ms.name, "fit 1.00" in ms.why) == ("Morphine", True)
    names = {candidate.name for candidate in ms.alternatives}
    assert "multiple sclerosis" in names


def test_the_context_is_cut_at_spaces_and_holds_the_span() -> None:
    text = "word " * 100 + "MS" + " more" * 100
    found = context(text, 500, 502)
    assert " MS " in found
    assert set(found.split()) == {"word", "MS", "more"}
    assert len(found) <= 2 * CONTEXT + 2
    assert context("\ud800 MS", 2, 4) == "? MS"
    assert "MS" in context("华" * 500 + "MS" + "华" * 500, 500, 502)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "found neither modules.json nor config.json"),
        ({"modules.json": "{"}, "modules.json: can't be read"),
        ({"modules.json": '[{"path": ""}]'}, "modules.json: can't be read"),
        ({"modules.json": '[{"type": "x.Dense", "path": "2"}]'}, "expected only Normalize"),
        (
            {
                "modules.json": '[{"type": "x.Pooling", "path": "1"}]',
                "1/config.json": '{"pooling_mode_weightedmean_tokens": true}',
            },
            "expected one of: mean, cls, max",
        ),
    ],
)
def test_a_folder_that_holds_no_encoder_is_said_without_torch(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    with pytest.raises(ConfigError, match=message):
        EncoderReranker(tmp_path)


# With torch


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small BERT with a vocabulary of letters, as transformers saves it."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("encoder")
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{x}" for x in letters)]
    (folder / "vocab.txt").write_text("\n".join(words))
    tokenizer = transformers.BertTokenizerFast(str(folder / "vocab.txt"))
    tokenizer.save_pretrained(folder)
    torch.manual_seed(7)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=64, max_position_embeddings=64, initializer_range=0.5,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(folder)
    return folder


def sentence_transformer(encoder: Path, folder: Path, **pooling: bool) -> Path:
    """The same encoder in the layout of sentence-transformers."""
    shutil.copytree(encoder, folder)
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate(
            (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
        )
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    for name in ("1_Pooling", "2_Normalize"):
        (folder / name).mkdir()
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": 32, **pooling})
    )
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 64}')
    return folder


TEXTS = ["gout", "a much longer text about fever and 华法林 " * 4, "aspirin, drug", ""]


def vectors(folder: Path, texts: Sequence[str]) -> Any:
    from kgmed.kg.linking.encoder import Encoder

    return Encoder(folder, device="cpu").encode(texts)


@pytest.mark.parametrize("mode", ["mean", "cls", "max"])
def test_vectors_are_those_of_sentence_transformers(
    encoder: Path, tmp_path: Path, mode: str
) -> None:
    library = pytest.importorskip("sentence_transformers")
    np = pytest.importorskip("numpy")
    ending = "token" if mode == "cls" else "tokens"
    on = {
        f"pooling_mode_{m}": m == f"{mode}_{ending}"
        for m in ("mean_tokens", "cls_token", "max_tokens")
    }
    folder = sentence_transformer(encoder, tmp_path / "st", **on)
    expected = library.SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    np.testing.assert_allclose(vectors(folder, TEXTS), expected, atol=1e-5)


def test_a_text_has_the_same_vector_beside_a_longer_one(encoder: Path) -> None:
    together = vectors(encoder, TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        assert vectors(encoder, [text])[0] == pytest.approx(vector, abs=1e-5)
        assert sum(vector**2) == pytest.approx(1, abs=1e-5)


def test_an_encoder_orders_the_candidates_of_a_text(graph: Graph, encoder: Path) -> None:
    reranker = EncoderReranker(encoder)
    links = graph.link(SENTENCE, reranker=reranker)
    plain = graph.link(SENTENCE)
    assert [(x.start, x.end) for x in links] == [(x.start, x.end) for x in plain]
    for link, before in zip(links, plain, strict=True):
        ids = {link.id, *(c.id for c in link.alternatives)}
        assert ids == {before.id, *(c.id for c in before.alternatives)}
        assert ("fit" in link.why) == bool(before.alternatives)
        assert all(link.score >= c.score for c in link.alternatives)
    assert graph.link(SENTENCE, reranker=reranker) == links
    (found,) = graph.link_documents([SENTENCE], reranker=encoder)
    assert found.links == links.links


def test_reading_an_encoder_prints_nothing(
    encoder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import transformers

    transformers.BertModel.from_pretrained(encoder, add_pooling_layer=False).save_pretrained(
        tmp_path / "bare"
    )
    for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(encoder / name, tmp_path / "bare" / name)
    before = transformers.utils.logging.get_verbosity()
    capfd.readouterr()
    EncoderReranker(tmp_path / "bare")
    assert capfd.readouterr() == ("", "")
    assert transformers.utils.logging.get_verbosity() == before


def test_weights_that_cant_be_read_are_said(encoder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(encoder, folder)
    (folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="the encoder can't be read"):
        EncoderReranker(folder)
