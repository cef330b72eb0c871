"""The scripts beside the files: what a person runs to have them in Neo4j."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kgmed.kg.views import neo4j_schema as schema
from kgmed.kg.views.neo4j_admin.tables import Read, Table

ARRAY_DELIMITER = "U+001F"
IMPORT_NUMBER = "kgmed_import"
"""The property that an incremental import finds nodes by; it is removed afterwards."""


@dataclass(slots=True)
class Written:
    """What was written of a table: files, those in which texts have line breaks, and rows."""

    table: Table
    files: list[str] = field(default_factory=list)
    multiline: list[str] = field(default_factory=list)
    rows: int = 0


def header(read: Read, columns: Sequence[str], *, parquet: bool, incremental: bool = False) -> str:
    """The text of a header file.

    Of CSV it has an entry per column, ``:IGNORE`` for those that aren't read; of Parquet, two lines
    that pair entries with the file's columns.
    """
    heads = dict(read.heads)
    if incremental:
        heads = {name: _incremental(head, read) for name, head in heads.items()}
    if parquet:
        return ",".join(heads.values()) + "\n" + ",".join(heads) + "\n"
    return ",".join(heads.get(name, ":IGNORE") for name in columns) + "\n"


def _incremental(head: str, read: Read) -> str:
    """An incremental import finds nodes by a property with a uniqueness constraint."""
    if read.what == "nodes" and head.startswith(":ID("):
        return f"{IMPORT_NUMBER}{head}{{label:{read.token}}}"
    return head


def write_scripts(folder: Path, written: Sequence[Written], predicates: Sequence[str], *,
                  parquet: bool) -> None:  # fmt: skip
    """Write headers, ``import.sh``, ``import-incremental.sh`` and ``schema.cypher``."""
    for sub in ("headers", "headers/incremental"):
        (folder / sub).mkdir()
    for part in written:
        columns = [column.name for column in part.table.columns]
        for number, read in enumerate(part.table.reads, 1):
            name = f"{part.table.name}-{number}.csv"
            for sub, incremental in (("headers", False), ("headers/incremental", True)):
                text = header(read, columns, parquet=parquet, incremental=incremental)
                (folder / sub / name).write_text(text, encoding="utf-8")
    _script(folder / "import.sh", _FULL, written, "headers", parquet=parquet)
    _script(
        folder / "import-incremental.sh", _INCREMENTAL, written, "headers/incremental",
        parquet=parquet,
    )  # fmt: skip
    lines = [
        "// Constraints and indexes of a kgmed graph, for Neo4j 5 and later.",
        "//   cypher-shell -d DATABASE -f schema.cypher",
        *(f"{line};" for line in (*schema.constraints(), *schema.indexes(predicates))),
        "CALL db.awaitIndexes(3600);",
    ]
    (folder / "schema.cypher").write_text("\n".join(lines) + "\n", encoding="utf-8")
    numbered = sorted({read.token for part in written for read in part.table.reads
                       if read.what == "nodes"})  # fmt: skip
    before = [
        f"CREATE CONSTRAINT {IMPORT_NUMBER}_{label.lower()} IF NOT EXISTS"
        f" FOR (n:{schema.quoted(label)}) REQUIRE n.{IMPORT_NUMBER} IS UNIQUE;"
        for label in numbered
    ]
    after = [
        line
        for label in numbered
        for line in (
            f"DROP CONSTRAINT {IMPORT_NUMBER}_{label.lower()} IF EXISTS;",
            f":auto MATCH (n:{schema.quoted(label)}) CALL (n) {{ REMOVE n.{IMPORT_NUMBER} }}"
            " IN TRANSACTIONS OF 10000 ROWS;",
        )
    ]
    for name, lines in (("before", before), ("after", after)):
        path = folder / f"incremental-{name}.cypher"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _script(
    path: Path, template: str, written: Sequence[Written], headers: str, *, parquet: bool
) -> None:
    arguments = []
    for part in written:
        for number, read in enumerate(part.table.reads, 1):
            files = ",".join(_path(file, number) for file in part.files)
            token = f"{read.token}=" if read.token else ""
            name = f"{headers}/{part.table.name}-{number}.csv"
            arguments.append(f"  --{read.what}={token}{name},{files}")
    text = template
    for mark, replacement in {
        "@ARGUMENTS@": "\n".join(arguments),
        "@INPUT@": " --input-type=parquet" if parquet else "",
        "@DELIMITER@": ARRAY_DELIMITER,
        "@MULTILINE@": ",".join(
            _path(file, number)
            for part in written
            for number in range(1, len(part.table.reads) + 1)
            for file in part.multiline
        ),
    }.items():
        text = text.replace(mark, replacement)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def _path(file: str, number: int) -> str:
    """A file's path for the n-th way to read it. neo4j-admin warns of a path that it meets twice,
    and tells paths apart by their text."""
    return "data/" + "./" * (number - 1) + file


_COMMON = """\
admin="${NEO4J_ADMIN:-neo4j-admin}"
database="${1:-neo4j}"
[ $# -eq 0 ] || shift
report="$PWD/import.report"
cd "$(dirname "${BASH_SOURCE[0]}")"

options=(
  --id-type=integer --array-delimiter=@DELIMITER@ --ignore-empty-strings=true@INPUT@
  --trim-strings=false --legacy-style-quoting=false --report-file="$report"
)
# Files whose texts have line breaks. Neo4j before 5.26 takes no list, only all or none.
multiline="@MULTILINE@"
if [ -n "$multiline" ]; then
  if $admin database import full --help | grep -q multiline-fields-format; then
    options+=(--multiline-fields-format=v2 "--multiline-fields=$multiline")
  else
    options+=(--multiline-fields=true)
  fi
fi
# A file that holds nodes and their relationships is read once for each, by another header.
files=(
@ARGUMENTS@
)
"""

_FULL = (
    """\
#!/usr/bin/env bash
# Makes a Neo4j database of these files. Neo4j must be stopped, or the database not there yet.
#
#   ./import.sh [DATABASE [OPTION OF neo4j-admin ...]]     e.g. --overwrite-destination=true
#
# NEO4J_ADMIN names the program where it isn't on the PATH. Then start Neo4j and run schema.cypher.
set -euo pipefail
"""
    + _COMMON
    + """\
$admin database import full "$database" "${options[@]}" "$@" "${files[@]}"
echo "Now start Neo4j, and make constraints and indexes: cypher-shell -d $database -f schema.cypher"
"""
)

_INCREMENTAL = (
    """\
#!/usr/bin/env bash
# Adds these files to a Neo4j database that holds other things, and no kgmed graph yet.
# Needs Neo4j Enterprise, 5 or later. UNTESTED: it follows the manual, but was never run.
#
#   cypher-shell -d DATABASE -f incremental-before.cypher
#   cypher-shell -d system "STOP DATABASE DATABASE"
#   ./import-incremental.sh [DATABASE [OPTION OF neo4j-admin ...]]
#   cypher-shell -d system "START DATABASE DATABASE"
#   cypher-shell -d DATABASE -f incremental-after.cypher
#   cypher-shell -d DATABASE -f schema.cypher
#
# NEO4J_ADMIN names the program where it isn't on the PATH.
set -euo pipefail
"""
    + _COMMON
    + """\
$admin database import incremental "$database" --stage=all --force "${options[@]}" "$@" \\
  "${files[@]}"
"""
)
