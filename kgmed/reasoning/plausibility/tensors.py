"""Arrays in a safetensors file (https://huggingface.co/docs/safetensors), by NumPy alone.

Eight bytes, little-endian: the length of the header. The header, JSON: name -> dtype, shape and
data_offsets, counted from its end; ``__metadata__`` is a map of texts. Then the arrays' bytes. A
file is memory-mapped, so that what isn't asked for isn't read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kgmed.kg.errors import CorruptSnapshot

Arrays = Mapping[str, npt.NDArray[Any]]
_NAMES = {
    "F32": "<f4", "F16": "<f2", "F64": "<f8", "I64": "<i8", "I32": "<i4", "U8": "|u1", "BOOL": "|b1"
}  # fmt: skip
_DTYPES = {np.dtype(dtype): name for name, dtype in _NAMES.items()}
_LONGEST_HEADER = 100_000_000


def write_tensors(path: Path, arrays: Arrays, metadata: Mapping[str, str]) -> None:
    """Write arrays, each aligned to 8 bytes, and see them on the disk."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    laid: list[npt.NDArray[Any]] = []
    place = 0
    # the widest first, so that each begins at a multiple of its width
    for name, array in sorted(arrays.items(), key=lambda one: (-one[1].itemsize, one[0])):
        plain = np.ascontiguousarray(array)
        if plain.dtype.newbyteorder("<") not in _DTYPES:
            raise TypeError(f"{name}: no safetensors type for {plain.dtype}")
        kind = _DTYPES[plain.dtype.newbyteorder("<")]
        header[name] = {
            "dtype": kind, "shape": list(array.shape), "data_offsets": [place, place + plain.nbytes]
        }  # fmt: skip
        place += plain.nbytes
        laid.append(plain)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for array in laid:
            file.write(array.reshape(-1).view(np.uint8).data)
        file.flush()
        os.fsync(file.fileno())


def read_tensors(path: Path) -> tuple[dict[str, npt.NDArray[Any]], dict[str, str]]:
    """The arrays of a file, mapped and read-only, and its metadata.

    Raises :class:`~kgmed.kg.errors.CorruptSnapshot` for a file that is cut short or none of these.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(size - 8, _LONGEST_HEADER):
                raise ValueError(f"a header of {length:,} bytes in {size:,}")
            header = json.loads(file.read(length))
        metadata = header.pop("__metadata__", {})
        start = 8 + length
        arrays = {}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            dtype, shape = np.dtype(_NAMES[entry["dtype"]]), tuple(entry["shape"])
            if not 0 <= begin <= end <= size - start:
                raise ValueError(f"{name} ends at byte {start + end:,} of {size:,}")
            if end - begin != dtype.itemsize * int(np.prod(shape, dtype=np.int64)):
                raise ValueError(f"{name} has {end - begin:,} bytes, not {shape} of {dtype}")
            if begin == end:
                arrays[name] = np.empty(shape, dtype)
            else:
                mapped = np.memmap(path, dtype, "r", offset=start + begin, shape=shape)
                arrays[name] = mapped.view(np.ndarray)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptSnapshot(
            f"{path}: can't be read as safetensors ({error}). Train the model again."
        ) from error
    return arrays, {str(name): str(value) for name, value in metadata.items()}
