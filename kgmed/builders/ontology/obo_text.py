"""The lines of an OBO file: checked, counted by clause, and written anew for pyobo.

https://owlcollab.github.io/oboformat/doc/GO.format.obo-1_4.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kgmed.builders.quarantine import SetAside
from kgmed.builders.rows import OnError, Problem, read_blocks, shown
from kgmed.kg.errors import RowError

HEADER_KEPT = ("default-namespace", "idspace", "subsetdef", "synonymtypedef",
               "treat-xrefs-as-equivalent")  # fmt: skip
"""Header tags that pyobo is given. It refuses versions with slashes, and others it guesses at."""

_CLAUSE = re.compile(r"([A-Za-z_][\w./-]*):\s*(.*)", re.DOTALL)
_SYNONYM = re.compile(r'"(?:[^"\\]|\\.)*"\s*([A-Z]+)?')
_TRAILING = re.compile(r"\s*(?<!\\)\{[^{}]*\}\s*$")


@dataclass(slots=True)
class Stanza:
    """A [Term] as it stands in the file: its lines, and how many clauses of which kind it has."""

    line: int
    lines: list[str]
    id: str = ""
    synonyms: int = 0
    parents: int = 0
    relations: int = 0
    xrefs: list[str] = field(default_factory=list)

    @property
    def clauses(self) -> int:
        return self.synonyms + self.parents + self.relations + len(self.xrefs)


@dataclass(slots=True)
class OboFile:
    """A checked OBO file."""

    header: list[tuple[str, str]] = field(default_factory=list)
    terms: list[Stanza] = field(default_factory=list)
    others: list[list[str]] = field(default_factory=list)
    typedefs: dict[str, str] = field(default_factory=dict)
    problems: list[SetAside] = field(default_factory=list)

    @property
    def imports(self) -> list[str]:
        return [value for tag, value in self.header if tag == "import"]

    def text(self, prefix: str) -> str:
        """The file as pyobo is given it."""
        header = [f"{tag}: {value}" for tag, value in self.header if tag in HEADER_KEPT]
        header = ["format-version: 1.4", *header, f"ontology: {prefix}"]
        stanzas = [header, *(stanza.lines for stanza in self.terms), *self.others]
        return "\n\n".join("\n".join(lines) for lines in stanzas) + "\n"


def _lines(path: Path) -> Iterator[tuple[int, str, Problem | None]]:
    for block in read_blocks(path):
        problems = block.problems
        for index, line in enumerate(block.lines):
            problem = problems.get(index)
            if problem is not None:
                line = block.raw(index)[0].decode("utf-8", "surrogateescape")  # noqa: PLW2901
            yield block.first + index, line, problem


def read_obo_file(path: Path, on_error: OnError) -> OboFile:
    """Check a file line by line; a stanza with a line that isn't OBO is an error, or set aside."""
    file = OboFile()
    lines: list[tuple[int, str, Problem | None]] = []
    seen: set[str] = set()
    kind = ""

    def close() -> None:
        if not kind:
            return
        stanza, problem = _stanza(kind, lines, seen)
        if problem is not None:
            at, text, why = problem
            if on_error == "stop":
                hint = f"{why.hint} Or set such rows aside with --on-error skip.".lstrip()
                raise RowError(path, at, found=why.found, expected=why.expected, hint=hint)
            file.problems.append(SetAside(path, at, why.reason, text))
        elif kind == "[Term]":
            seen.add(stanza.id)
            file.terms.append(stanza)
        elif kind == "[Typedef]":
            file.others.append(stanza.lines)
            name = next((line[6:] for line in stanza.lines if line.startswith("name: ")), "")
            file.typedefs[stanza.id.lower()] = name

    for at, line, wrong in _lines(path):
        bare = line.strip()
        if bare.startswith("["):  # a stanza, or what was one: the one before it ends here
            close()
            kind, lines = bare, [(at, line.rstrip(), wrong or _wrong_start(bare))]
        elif kind:
            if bare and not bare.startswith("!"):
                lines.append((at, line.rstrip(), wrong))
        elif bare and not bare.startswith("!"):
            match = _CLAUSE.match(bare)
            if match is None or wrong is not None:
                raise RowError(
                    path,
                    at,
                    found=wrong.found if wrong else shown(bare),
                    expected="a header line 'tag: value' or [Term]",
                    hint="Is this an OBO file?",
                )
            file.header.append((match[1], match[2]))
    close()
    return file


def _stanza(
    kind: str, lines: list[tuple[int, str, Problem | None]], seen: set[str]
) -> tuple[Stanza, tuple[int, str, Problem] | None]:
    """A stanza's clauses counted, and the first line that is wrong."""
    stanza = Stanza(lines[0][0], [kind])
    once: set[str] = set()
    at, line, wrong = lines[0]
    if wrong is not None:
        return stanza, (at, line, wrong)
    for at, line, wrong in lines[1:]:
        match = _CLAUSE.match(line)
        if wrong is not None:
            return stanza, (at, line, wrong)
        if match is None:
            expected = "a clause 'tag: value'"
            return stanza, (at, line, Problem("not a clause", shown(line), expected))
        tag, value = match[1], match[2]
        bare = _TRAILING.sub("", value.partition(" !")[0]).split()
        problem = _clause_problem(tag, value, bare, once)
        if problem is not None:
            return stanza, (at, line, problem)
        stanza.lines.append(line)
        if tag == "id":
            stanza.id = bare[0]
        elif tag == "synonym":
            stanza.synonyms += 1
        elif tag == "is_a":
            stanza.parents += 1
        elif tag == "relationship":
            stanza.relations += 1
        elif tag == "xref":
            stanza.xrefs.append(bare[0])
    at, line, _ = lines[0]
    if kind in {"[Term]", "[Typedef]"} and not stanza.id:
        return stanza, (at, line, Problem("no id", f"{kind} without an id", "a clause 'id: ...'"))
    if kind == "[Term]" and stanza.id in seen:
        twice = Problem("id stated twice", f"a second [Term] {stanza.id}", "one stanza a term")
        return stanza, (at, line, twice)
    return stanza, None


def _wrong_start(line: str) -> Problem | None:
    if line.endswith("]"):
        return None
    return Problem("not a stanza", shown(line), "the start of a stanza, such as [Term]")


def _clause_problem(tag: str, value: str, bare: list[str], once: set[str]) -> Problem | None:
    if tag in {"id", "name", "def", "is_obsolete"}:
        if tag in once:
            return Problem(f"{tag} stated twice", f"a second {tag}", f"one {tag} a stanza")
        once.add(tag)
    if tag in {"id", "is_a", "xref", "alt_id", "replaced_by"} and not bare:
        return Problem(f"{tag} is empty", f"an empty {tag}", "an id such as DOID:4")
    if tag == "relationship" and len(bare) != 2:
        return Problem(
            "relationship of other than two parts",
            shown(value),
            "a relation and an id, such as part_of UBERON:0000178",
        )
    if tag in {"synonym", "def"} and not _SYNONYM.match(value):
        expected = 'a text in quotes, such as "heart attack" EXACT []'
        return Problem(f"{tag} without quotes", shown(value), expected)
    return None


def read_header(path: Path) -> list[tuple[str, str]]:
    """The header's clauses, up to the first stanza."""
    found = []
    for _, line, _ in _lines(path):
        if line.startswith("["):
            break
        match = _CLAUSE.match(line.strip())
        if match:
            found.append((match[1], match[2]))
    return found
