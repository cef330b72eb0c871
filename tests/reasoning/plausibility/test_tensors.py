"""Files of arrays: what the safetensors package reads and writes, and what is broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kgmed.kg.errors import CorruptSnapshot
from kgmed.reasoning.plausibility.tensors import read_tensors, write_tensors

ARRAYS = {
    "b": np.arange(7, dtype=np.uint8),
    "weight": np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4),
    "n": np.array([2**40, -1], np.int64),
    "empty": np.zeros((0, 5), np.float32),
    "turned": np.arange(6, dtype=np.int32).reshape(2, 3).T,
}


def test_arrays_are_read_as_they_were_written(tmp_path: Path) -> None:
    write_tensors(tmp_path / "f", ARRAYS, {"a": "é"})
    found, metadata = read_tensors(tmp_path / "f")
    assert metadata == {"a": "é"}
    assert set(found) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        assert found[name].tolist() == array.tolist()
        assert not found[name].flags.writeable or not found[name].size


def test_the_safetensors_package_reads_and_writes_the_same(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy", reason="safetensors isn't installed")
    write_tensors(tmp_path / "ours", ARRAYS, {})
    theirs = safetensors.load_file(tmp_path / "ours")
    assert {name: array.tolist() for name, array in theirs.items()} == {
        name: array.tolist() for name, array in ARRAYS.items()
    }
    plain = {name: np.ascontiguousarray(array) for name, array in ARRAYS.items()}
    safetensors.save_file(plain, tmp_path / "theirs", metadata={"x": "y"})
    found, metadata = read_tensors(tmp_path / "theirs")
    assert metadata == {"x": "y"}
    assert found["weight"].tolist() == ARRAYS["weight"].tolist()


def test_a_file_cut_short_or_of_another_kind_is_told(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_tensors(path, ARRAYS, {})
    whole = path.read_bytes()
    header = int.from_bytes(whole[:8], "little") + 8
    for bad in (
        whole[:-1], whole[:header], whole[:20], b"", b"\xff" * 40, b"[]" * 30,
        whole.replace(b'"F32"', b'"F99"'), whole.replace(b"[3,4]", b"[3,5]"),
        (2).to_bytes(8, "little") + b"[]",
    ):  # fmt: skip
        path.write_bytes(bad)
        with pytest.raises(CorruptSnapshot, match="Train the model again"):
            read_tensors(path)
    with pytest.raises(CorruptSnapshot, match="No such file"):
        read_tensors(tmp_path / "none")


def test_a_type_that_the_format_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="complex128"):
        write_tensors(tmp_path / "f", {"x": np.zeros(2, complex)}, {})
