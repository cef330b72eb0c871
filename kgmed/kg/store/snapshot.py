"""The snapshot directory: what lies where, which generation is current, and whether bytes are true.

    GRAPH/
      CURRENT                        "kgmed-graph FORMAT GENERATION SHA256-OF-MANIFEST"
      generations/GENERATION/
        manifest.json                format, hash, sizes, dictionaries, a CRC-32 for every file
        csr/*.bin                    little-endian arrays, memory-mapped (kgmed.kg.store.csr)
        csr/details.bin              what few edges have: records, publications, texts, qualifiers
        csr/blocks.crc               a CRC-32 per 64 KiB of every array, for large snapshots
        names.index                  the names by hash (kgmed.kg.store.name_index)
        names.sqlite                 names, ids, mappings, values, paths (kgmed.kg.store.names)
        tables/*.parquet             the same rows for scans
        coverage.json report.json    counts; what the build read, kept, skipped and refused

An overlay's generation holds only what it changes (:mod:`kgmed.kg.store.overlay`) and names the
generation it lies on, its base. Its format is a version of its own, so that a kgmed that can't
read overlays doesn't take the base's retracted statements for true.

A generation never changes once it is there. A build writes a new one beside it and then replaces
CURRENT in one rename, so that a reader sees the old graph or the new one. This module imports
nothing outside the standard library: it is on the path of every question.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kgmed.kg.errors import CorruptSnapshot, FormatVersion, NotAGraph

FORMAT = 3
"""Version of the snapshot format that this kgmed writes and reads."""
OVERLAY_FORMAT = 4
"""The same, of a generation that is an overlay on one of format 3."""
FORMATS = (FORMAT, OVERLAY_FORMAT)

OVERLAY_FILE = "overlay.sqlite"
"""What an overlay's generation has and no other."""

MAGIC = "kgmed-graph"
BLOCK = 64 * 1024
VERIFY_AT_OPEN = 64 * 1024 * 1024
"""Snapshots of at most this many bytes are verified whole when they are opened."""

_CHUNK = 256 * 1024
GENERATIONS_KEPT = 2
PREVIOUS = "previous"
"""What stands for the generation before the current one."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An opened generation: its folder and manifest. ``verified`` says that all bytes were.

    ``base`` is the generation that an overlay lies on, None for any other.
    """

    root: Path
    folder: Path
    manifest: dict[str, Any]
    verified: bool
    base: Snapshot | None = None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(int(entry[0]) for entry in self.manifest["files"].values())


def open_snapshot(root: Path) -> Snapshot:
    """Open the current generation of a graph folder, and its base where it is an overlay.

    Raises :class:`NotAGraph`, :class:`FormatVersion` or :class:`CorruptSnapshot`, each with what
    to do. A snapshot of up to 64 MiB has every file's checksum verified here.
    """
    generation, manifest_digest = _read_pointer(root)
    return _with_base(_open_generation(root, generation, manifest_digest, named_by="CURRENT"))


def _with_base(snapshot: Snapshot) -> Snapshot:
    overlay = snapshot.manifest.get("overlay")
    if overlay is None:
        return snapshot
    named_by = f"the overlay {snapshot.folder.name!r}"
    base = _open_generation(
        snapshot.root, overlay["base"], overlay["base_manifest"], named_by=named_by
    )
    return replace(snapshot, base=base)


def _open_generation(root: Path, generation: str, digest: str, *, named_by: str) -> Snapshot:
    folder = root / "generations" / generation
    try:
        text = (folder / "manifest.json").read_bytes()
    except OSError as error:
        raise CorruptSnapshot(
            f"{root}: {named_by} names the generation {generation!r}, whose manifest.json can't be "
            f"read ({error.strerror}). Build the graph again, or restore the folder."
        ) from error
    if hashlib.sha256(text).hexdigest() != digest:
        raise CorruptSnapshot(
            f"{folder / 'manifest.json'}: its checksum differs from the one in {named_by}. "
            "Build the graph again, or restore the folder."
        )
    return _checked(Snapshot(root, folder, json.loads(text), verified=False))


def open_generation(root: Path, name: str) -> Snapshot:
    """Open one generation of a graph folder: by its name, the name's start, or ``previous``.

    ``previous`` is the newest but the current one. CURRENT vouches for the current generation's
    manifest alone; of another one the manifest's own sizes and checksums are all there is. Raises
    what :func:`open_snapshot` raises, and :class:`NotAGraph` where there is no such generation.
    """
    current, _digest = _read_pointer(root)
    kept = generations(root)
    others = [entry.name for entry in kept if entry.name != current]
    if name == PREVIOUS:
        found = others[:1]
    else:
        found = [e.name for e in kept if e.name == name] or [
            e.name for e in kept if name and e.name.startswith(name)
        ]
    if len(found) != 1:
        problem = "several generations begin with" if found else "there is no generation"
        if name == PREVIOUS:
            problem = "nothing was built before the current generation, or it is no longer kept:"
        raise NotAGraph(
            f"{root}: {problem} {name!r}; expected {PREVIOUS!r} or one of: "
            f"{', '.join(e.name for e in kept)}. The newest {GENERATIONS_KEPT} are kept."
        )
    if found[0] == current:
        return open_snapshot(root)
    folder = root / "generations" / found[0]
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        if manifest["format"] not in FORMATS:
            raise FormatVersion(
                f"{folder}: a generation of format {manifest['format']}; this kgmed reads format "
                f"{FORMAT} and, of overlays, {OVERLAY_FORMAT}. Build the graph again with this "
                "kgmed."
            )
    except (OSError, ValueError, KeyError) as error:
        raise CorruptSnapshot(
            f"{folder / 'manifest.json'}: can't be read ({error}). The generation is of no use; "
            "a build removes it in time."
        ) from error
    return _with_base(_checked(Snapshot(root, folder, manifest, verified=False)))


def generations(root: Path) -> list[Path]:
    """The folders of the generations that a graph keeps, the newest first."""
    kept = [
        entry
        for entry in (root / "generations").iterdir()
        if entry.is_dir() and not entry.name.startswith(".building-")
    ]
    return sorted(kept, key=lambda entry: entry.stat().st_mtime_ns, reverse=True)


def _checked(snapshot: Snapshot) -> Snapshot:
    """Compare all sizes, and for a small snapshot all checksums, with the manifest."""
    folder, manifest = snapshot.folder, snapshot.manifest
    for name, (size, _crc) in manifest["files"].items():
        _check_size(folder / name, int(size))
    if snapshot.size > VERIFY_AT_OPEN:
        return snapshot
    bad = list(corrupt_files(snapshot))
    if bad:
        raise CorruptSnapshot("\n".join(bad) + "\nBuild the graph again, or restore the folder.")
    return Snapshot(snapshot.root, folder, manifest, verified=True)


def corrupt_files(snapshot: Snapshot) -> Iterator[str]:
    """Read every byte of a snapshot; yield a line for each file that isn't what was written.

    An overlay's base is read as well.
    """
    if snapshot.base is not None:
        yield from corrupt_files(snapshot.base)
    expected = set(snapshot.manifest["files"]) | {"manifest.json"}
    present = {
        path.relative_to(snapshot.folder).as_posix()
        for path in snapshot.folder.rglob("*")
        if path.is_file()
    }
    for name in sorted(present - expected):
        yield f"{snapshot.folder / name}: not part of this snapshot."
    for name, (size, crc) in sorted(snapshot.manifest["files"].items()):
        path = snapshot.folder / name
        try:
            actual = path.stat().st_size
            if actual != size:
                yield f"{path}: found {actual:,} bytes, expected {size:,}."
            elif crc_of(path) != crc:
                yield f"{path}: its CRC-32 differs from the one written at the build."
        except OSError as error:
            yield f"{path}: can't be read ({error.strerror})."


def crc_of(path: Path) -> int:
    """CRC-32 of a file's bytes."""
    crc = 0
    buffer = memoryview(bytearray(_CHUNK))  # small enough to stay in the processor's cache
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(buffer):
            crc = zlib.crc32(buffer[:size], crc)
    return crc


def _check_size(path: Path, size: int) -> None:
    try:
        actual = path.stat().st_size
    except OSError as error:
        raise CorruptSnapshot(f"{path}: can't be read ({error.strerror}).") from error
    if actual != size:
        raise CorruptSnapshot(
            f"{path}: found {actual:,} bytes, expected {size:,}. Was the folder copied whole?"
        )


def _read_pointer(root: Path) -> tuple[str, str]:
    pointer = root / "CURRENT"
    hint = "Make one with 'kgmed build --out GRAPH', or leave --graph out for the open graph."
    if not root.exists():
        raise NotAGraph(f"{root}: there is nothing here. {hint}")
    if not pointer.is_file():
        raise NotAGraph(f"{root}: not a kgmed graph (it has no file CURRENT). {hint}")
    words = pointer.read_bytes()[:400].decode("utf-8", "replace").split(" ")
    if words[0] != MAGIC or len(words) != 4 or not words[3].endswith("\n"):
        raise NotAGraph(f"{pointer}: not the pointer file of a kgmed graph. {hint}")
    if words[1] not in map(str, FORMATS):
        raise FormatVersion(
            f"{root}: a snapshot of format {words[1][:20]}; this kgmed reads format {FORMAT} and, "
            f"of overlays, {OVERLAY_FORMAT}. "
            "Upgrade kgmed (pip install -U kgmed), or build the graph again with this one."
        )
    generation = words[2]
    if "/" in generation or generation in {"", ".", ".."} or "\\" in generation:
        raise NotAGraph(f"{pointer}: {generation!r} is no generation name. {hint}")
    return generation, words[3][:-1]


# Writing -----------------------------------------------------------------------------------------


def start_generation(root: Path) -> Path:
    """Make the folder that a build writes into; readers don't see it before :func:`publish`.

    Its sibling ``work`` is for what doesn't become part of the generation.
    """
    if root.exists() and not root.is_dir():
        raise NotAGraph(f"{root}: a file is in the way; --out names a folder.")
    if root.is_dir() and not (root / "CURRENT").exists():
        foreign = [p for p in root.iterdir() if p.name not in {"generations", "staged"}]
        if foreign:
            raise NotAGraph(
                f"{root}: the folder holds other files ({foreign[0].name} ...) and no kgmed graph. "
                "Name an empty or a new folder."
            )
    building = root / "generations" / f".building-{os.getpid()}"
    if building.parent.is_dir():
        _remove_killed(building.parent)
    shutil.rmtree(building, ignore_errors=True)
    (building / "work").mkdir(parents=True)
    folder = building / "generation"
    folder.mkdir()
    return folder


def abandon_generation(folder: Path) -> None:
    """Remove what an unfinished build wrote."""
    shutil.rmtree(folder.parent, ignore_errors=True)


def publish(root: Path, folder: Path, manifest: dict[str, Any]) -> Snapshot:
    """Write checksums and manifest, give the generation its name, and point CURRENT at it.

    ``manifest`` lacks ``files``; the name is the snapshot hash's first digits and, where a
    generation of that name is there already, a counter.
    """
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            files[path.relative_to(folder).as_posix()] = [path.stat().st_size, crc_of(path)]
            _sync(path)
    format = OVERLAY_FORMAT if "overlay" in manifest else FORMAT
    manifest = {**manifest, "format": format, "files": files}
    text = json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode()
    (folder / "manifest.json").write_bytes(text)
    _sync(folder / "manifest.json")
    parent = root / "generations"
    base = str(manifest["snapshot"])[:12]
    count = 1
    while (target := parent / f"{base}-{count}").exists():
        count += 1
    folder.rename(target)
    abandon_generation(folder)
    _sync(parent)
    point_at(root, target.name, hashlib.sha256(text).hexdigest(), format=format)
    return Snapshot(root, target, manifest, verified=True)


def point_at(root: Path, generation: str, digest: str, *, format: int) -> None:
    """Make a finished generation the current one, in one rename; older ones are pruned.

    ``digest`` is the SHA-256 of its manifest.
    """
    temporary = root / f".CURRENT-{os.getpid()}"
    temporary.write_text(f"{MAGIC} {format} {generation} {digest}\n", encoding="utf-8")
    _sync(temporary)
    temporary.replace(root / "CURRENT")
    _sync(root)
    parent = root / "generations"
    _prune(parent, keep=parent / generation)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _prune(parent: Path, *, keep: Path) -> None:
    """Remove what killed builds left behind, and all but the newest generations and their bases."""
    _remove_killed(parent)
    finished = [
        entry
        for entry in parent.iterdir()
        if entry != keep and not entry.name.startswith(".building-")
    ]
    finished.sort(key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
    kept = {keep, *finished[: GENERATIONS_KEPT - 1]}
    kept |= {parent / name for entry in kept if (name := _base_of(entry))}
    for entry in finished:
        if entry not in kept:
            shutil.rmtree(entry, ignore_errors=True)


def _base_of(folder: Path) -> str:
    """The name of the generation that an overlay's lies on, '' for one that is no overlay."""
    if not (folder / OVERLAY_FILE).exists():
        return ""
    overlay = json.loads((folder / "manifest.json").read_bytes()).get("overlay", {})
    return str(overlay.get("base", ""))


def _remove_killed(parent: Path) -> None:
    for entry in parent.glob(".building-*"):
        pid = entry.name.removeprefix(".building-")
        if not (pid.isdigit() and is_running(int(pid))):
            shutil.rmtree(entry, ignore_errors=True)


def is_running(pid: int) -> bool:
    """Whether a process of this number runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
