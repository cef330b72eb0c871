"""The files of a part: written under another name, and given their own once all are whole."""

from __future__ import annotations

import os
import shutil
import socket
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, get_args

from kgmed.builders.datasets.formats import IDS, PAIRS, Format, Record, line
from kgmed.kg.errors import OutputError

if TYPE_CHECKING:
    import pyarrow as pa

FileType = Literal["jsonl", "parquet", "txt"]
FILE_TYPES: tuple[FileType, ...] = get_args(FileType)
BUFFER = 1 << 20
ROW_GROUP = 20_000
UNFINISHED = ".unfinished-"
HASHED = 1 << 20


def shard_name(split: str, part: int, parts: int, type: FileType) -> str:
    """The name of a part's file of a split.

    >>> shard_name("train", 17, 64, "jsonl")
    'train-00017-of-00064.jsonl'
    """
    return f"{split}-{part:05}-of-{parts:05}.{type}"


def cannot_write(error: Exception, path: Path) -> OutputError:
    """What to tell of a file that can't be written."""
    free = ""
    with suppress(OSError):
        free = f"; {shutil.disk_usage(path.parent).free:,} bytes are free there"
    why = getattr(error, "strerror", "") or error
    return OutputError(
        f"{path}: can't be written ({why}){free}. Parts that are finished are kept: make room, or "
        "name a folder that can be written, and run the same command again."
    )


class Shard:
    """One file of a part."""

    def __init__(self, path: Path, format: Format) -> None:
        self.path = path
        self.rows = 0
        mark = f"{UNFINISHED}{socket.gethostname()}-{os.getpid()}"
        self._work = path.with_name(f".{path.name}{mark}")
        self._file: IO[bytes] | None = None
        self._format = format

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._file = self._work.open("wb", buffering=BUFFER)
        return self._file

    def write(self, record: Record) -> None:
        """Write a row."""
        raise NotImplementedError

    def close(self) -> dict[str, Any]:
        """Close the file; what is in it, for the part's note."""
        self._opened().close()
        digest, size = sha256(), 0
        with self._work.open("rb", buffering=0) as file:
            while block := file.read(HASHED):
                digest.update(block)
                size += len(block)
        return {"path": self.path.name, "rows": self.rows, "bytes": size,
                "sha256": digest.hexdigest()}  # fmt: skip

    def publish(self) -> None:
        """Give the file its name, and remove what killed runs left of it."""
        try:
            self._work.replace(self.path)
        except FileNotFoundError:  # another run over the same part was quicker, and wrote the same
            if not self.path.exists():
                raise
        for path in self.path.parent.glob(f".{self.path.name}{UNFINISHED}*"):
            path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Remove what was written."""
        with suppress(OSError):
            if self._file is not None:
                self._file.close()
        with suppress(OSError):
            self._work.unlink()


class Lines(Shard):
    """JSON lines."""

    def write(self, record: Record) -> None:
        self._opened().write(line(record))
        self.rows += 1

    def write_lines(self, data: memoryview | bytes, rows: int) -> None:
        """Write lines that are made already."""
        self._opened().write(data)
        self.rows += rows


class Texts(Lines):
    """Plain text, a document a line."""

    def write(self, record: Record) -> None:
        self._opened().write(" ".join(record["text"].split("\n")).encode() + b"\n")
        self.rows += 1


class Columns(Shard):
    """Parquet."""

    def __init__(self, path: Path, format: Format) -> None:
        super().__init__(path, format)
        self._held: list[Record] = []
        self._writer: Any = None
        self._schema = schema(format)

    def write(self, record: Record) -> None:
        self._held.append(record)
        self.rows += 1
        if len(self._held) >= ROW_GROUP:
            self._flush()

    def write_table(self, table: pa.Table) -> None:
        """Write rows that are columns already."""
        self._flush()
        self._parquet().write_table(table.select(self._schema.names).cast(self._schema))
        self.rows += table.num_rows

    def _parquet(self) -> Any:
        import pyarrow.parquet as pq

        if self._writer is None:
            self._writer = pq.ParquetWriter(self._opened(), self._schema, compression="zstd")
        return self._writer

    def _flush(self) -> None:
        import pyarrow as pa

        if self._held:
            self._parquet().write_table(pa.Table.from_pylist(self._held, self._schema))
            self._held = []

    def close(self) -> dict[str, Any]:
        self._flush()
        self._parquet().close()
        return super().close()


def schema(format: Format) -> pa.Schema:
    """The Arrow schema of a form's columns."""
    import pyarrow as pa

    def kind(of: Any) -> pa.DataType:
        if of == "string":
            return pa.string()
        if isinstance(of, tuple):
            return pa.list_(pa.struct([(key, pa.string()) for key in of]))
        if of == IDS:
            return pa.list_(pa.int32())
        texts = pa.list_(pa.string())
        return pa.list_(texts) if of == PAIRS else texts

    return pa.schema([(name, kind(of)) for name, of in format.columns.items()])


SHARDS: dict[FileType, type[Shard]] = {"jsonl": Lines, "parquet": Columns, "txt": Texts}


class Shards:
    """The files of one part, a file per config and split; written to as rows come.

    Use it in ``with``: what isn't published when the block is left is removed.
    """

    def __init__(
        self, out: Path, configs: dict[str, Format], splits: tuple[str, ...], type: FileType, *,
        part: int, parts: int,
    ) -> None:  # fmt: skip
        self._out = out
        self.files: dict[tuple[str, str], Shard] = {}
        for config, format in configs.items():
            for split in splits:
                path = out / config / shard_name(split, part, parts, type)
                self.files[config, split] = SHARDS[type](path, format)

    def __enter__(self) -> Shards:
        return self

    def __exit__(self, *_: object) -> None:
        for shard in self.files.values():
            shard.abandon()

    def finish(self) -> list[dict[str, Any]]:
        """Close all files and give them their names; what is in them, for the part's note."""
        notes = []
        for (config, split), shard in self.files.items():
            note = shard.close()
            notes.append({"config": config, "split": split, **note,
                          "path": f"{config}/{note['path']}"})  # fmt: skip
        for shard in self.files.values():
            shard.publish()
        return notes


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    digest = sha256()
    with path.open("rb", buffering=0) as file:
        while block := file.read(HASHED):
            digest.update(block)
    return digest.hexdigest()
