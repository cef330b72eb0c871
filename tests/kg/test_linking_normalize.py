"""Normalised keys: what is folded, what isn't, and the same in SQL as in Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgmed.builders.staging import connect, key_sql
from kgmed.kg.linking.normalize import key, tokens, variants


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Warfarin", "warfarin"),
        ("  WARFARIN  sodium ", "warfarin sodium"),
        ("Ménière’s disease", "meniere disease"),
        ("Crohn's disease", "crohn disease"),
        ("β-blocker", "beta blocker"),
        ("ＡＢＣ１２３", "abc123"),
        ("5-HT2A", "5 ht2a"),
        ("维生素 K 拮抗剂", "维生素k拮抗剂"),
        ("２型糖尿病", "2型糖尿病"),
        ("TNF-α", "tnf alpha"),
        ("...", ""),
        ("", ""),
    ],
)
def test_key_folds_spelling(text: str, expected: str) -> None:
    assert key(text) == expected


@given(st.text())
def test_a_key_is_its_own_key(text: str) -> None:
    assert key(key(text)) == key(text)


@given(st.text())
def test_no_text_breaks_tokens_or_variants(text: str) -> None:
    normalized = key(text)
    assert "".join(tokens(normalized)) == normalized.replace(" ", "")
    assert all(variant != normalized for variant in variants(normalized))


letters = st.sampled_from("abS s'' -.,7\t\u2019\u00e9\u03b2\u4e2d")


@given(st.lists(st.text(letters, max_size=12) | st.text(max_size=12), max_size=20))
def test_the_key_in_sql_is_the_key_in_python(texts: list[str]) -> None:
    texts = [text.replace("\x00", " ") for text in texts]
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        connection = connect(Path(folder))
        try:
            connection.execute("CREATE TABLE t(n INT, text VARCHAR)")
            for n, text in enumerate(texts):
                connection.execute("INSERT INTO t VALUES (?, ?)", [n, text])
            found = connection.execute(f"SELECT {key_sql('text')} FROM t ORDER BY n").fetchall()
        finally:
            connection.close()
    assert [row[0] for row in found] == [key(text) for text in texts]
