"""The graph as N-Quads text, put together by DuckDB: a query per kind of row.

Each query gives text that ends in line breaks: all the quads of a row. ``quads`` decides between
N-Quads and N-Triples; where there are no named graphs, a statement says by ``dcterms:isPartOf``
which it would be in, a concept its sources by ``dcterms:source``. The model is described in
``docs/rdf.md``; :mod:`kgmed.kg.views.rdf_model` says the same in Python, and a test compares both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from kgmed.kg.iris import encoded_sql, expansion, iri_sql, local_sql, to_iri
from kgmed.kg.layers import literal as sql
from kgmed.kg.store.csr import DETAIL_ITEM
from kgmed.kg.views import rdf_terms as terms
from kgmed.kg.views.rdf_terms import BIOLINK, DCTERMS, KGMED, OWL, RDF, RDFS, SKOS, SSSOM, XSD
from kgmed.kg.views.tables import RAW

if TYPE_CHECKING:
    import duckdb

    from kgmed.kg.views.licensing import Terms

RESTRICTED = "restricted"


class Lines:
    """Queries of N-Quads lines over a connection that holds a snapshot's views.

    ``plain`` leaves out the resources of statements and mappings: the triples alone.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        terms_of: Terms,
        snapshot: str,
        *,
        quads: bool,
        plain: bool,
    ) -> None:
        self.connection = connection
        self.terms_of = terms_of
        self.quads = quads
        self.plain = plain
        self.own = self._end(terms.SNAPSHOT + snapshot)
        self._dictionaries()
        self._iris()

    def _end(self, graph: str) -> str:
        return f" <{graph}> .\n" if self.quads else " .\n"

    def _dictionaries(self) -> None:
        """Small tables: what each predicate, profile, source, category and language becomes."""
        c = self.connection
        rows = c.execute(f"SELECT p, predicate, negated FROM {RAW}predicate").fetchall()
        self._table(
            "rdf_predicate", "p INT, iri VARCHAR, negated BOOL",
            [(p, f"<{terms.predicate_iri(name)}>", negated) for p, name, negated in rows],
        )  # fmt: skip
        profiles = c.execute(f"SELECT * FROM {RAW}profile").fetchall()
        self._table(
            "rdf_profile",
            "profile INT, passes BOOL, ending VARCHAR, source VARCHAR, level VARCHAR,"
            " agent VARCHAR, own VARCHAR, part VARCHAR",
            [self._profile(row) for row in profiles],
        )
        names = {
            row[0]
            for row in c.execute(f"""
                SELECT DISTINCT unnest(sources) FROM {RAW}concepts
                UNION SELECT DISTINCT source FROM {RAW}names
                UNION SELECT DISTINCT source FROM {RAW}mappings""").fetchall()
        }
        self.sources = sorted(names)
        self._table(
            "rdf_source", "source VARCHAR, passes BOOL, iri VARCHAR, ending VARCHAR",
            [
                (name, self.terms_of.lets_source(name), f"<{terms.source_iri(name)}>",
                 self._end(terms.graph_iri(name)))
                for name in self.sources
            ],
        )  # fmt: skip
        self.everything = all(map(self.terms_of.lets_source, names)) and all(
            self.terms_of.lets(row[1], row[3]) for row in profiles
        )
        categories = f"SELECT DISTINCT unnest(categories) FROM {RAW}concepts"
        self._words("rdf_category", categories, lambda name: f"<{terms.category_iri(name)}>")
        languages = f"""SELECT DISTINCT language FROM {RAW}names
                        UNION SELECT DISTINCT value_language FROM {RAW}rows WHERE row < 0"""
        self._words("rdf_language", languages, lambda name: _at(terms.language_tag(name)))
        properties = f"SELECT DISTINCT predicate FROM {RAW}mappings"
        self._words("rdf_property", properties, lambda name: f"<{to_iri(name)}>")
        reasons = f"SELECT DISTINCT justification FROM {RAW}mappings"
        self._words("rdf_justification", reasons, terms.word_term)

    def _profile(self, row: tuple[int, str, str, str, str, str, str]) -> tuple[object, ...]:
        number, source, release, licence, own, level, agent = row
        graph = terms.graph_iri(source, release, licence)
        end = self._end(graph)

        def quad(property: str, object: str) -> str:
            return f"<{property}> {object}{end}"

        return (
            number,
            self.terms_of.lets(source, licence),
            end,
            quad(f"{BIOLINK}primary_knowledge_source", f"<{terms.source_iri(source)}>"),
            quad(f"{BIOLINK}knowledge_level", terms.literal(level)) if _said(level) else "",
            quad(f"{BIOLINK}agent_type", terms.literal(agent)) if _said(agent) else "",
            quad(f"{BIOLINK}original_predicate", terms.literal(own)) if own else "",
            "" if self.quads else quad(f"{DCTERMS}isPartOf", f"<{graph}>"),
        )

    def _table(self, name: str, columns: str, rows: Iterable[tuple[object, ...]]) -> None:
        self.connection.execute(f"CREATE TABLE {name}({columns})")
        listed = list(rows)
        if listed:
            marks = ", ".join("?" * len(listed[0]))
            self.connection.executemany(f"INSERT INTO {name} VALUES ({marks})", listed)

    def _words(self, name: str, query: str, term: object) -> None:
        words = [row[0] for row in self.connection.execute(query).fetchall()]
        make = term if callable(term) else str
        rows = [(word, make(word)) for word in sorted(words)]
        self._table(name, "word VARCHAR, term VARCHAR", rows)

    def _iris(self) -> None:
        """``rdf_concept(cid, iri)``: the concepts that leave."""
        head = "SELECT DISTINCT split_part({0}, ':', 1) FROM {1}"
        found = self.connection.execute(f"""
            {head.format("curie", f"{RAW}ids")} UNION {head.format("subject", f"{RAW}mappings")}
            UNION {head.format("object", f"{RAW}mappings")}""").fetchall()
        self.prefixes = sorted(row[0] for row in found)
        bases = [(name, expansion(name)) for name in self.prefixes if name]
        self._table("rdf_base", "prefix VARCHAR, base VARCHAR", bases)
        if self.everything:
            leaving = ""
        else:
            leaving = f"""WHERE cid IN (
                SELECT cid FROM {RAW}concepts WHERE list_has_any(sources,
                  (SELECT coalesce(list(source), []) FROM rdf_source WHERE passes))
                UNION SELECT s FROM {RAW}rows JOIN rdf_profile USING (profile) WHERE passes
                UNION SELECT o FROM {RAW}rows JOIN rdf_profile USING (profile) WHERE passes)"""
        self.connection.execute(f"""
            CREATE TABLE rdf_concept AS
            SELECT cid, {self._iri("id")} AS iri FROM {RAW}concepts {leaving}""")

    def _iri(self, column: str) -> str:
        return f"concat('<', {iri_sql(column, self.prefixes)}, '>')"

    def queries(self) -> Mapping[str, list[str]]:
        """Part -> the queries of its lines, a column ``line`` each, in no order."""
        return {
            "concepts": [self.concepts(), self.categories(), self.equivalents()],
            "names": [self.names()],
            "statements": [self.statements()],
            "values": [self.values()],
            "mappings": [self.mappings()],
        }

    def concepts(self) -> str:
        """Each concept as such, in the graph of each source that speaks of it."""
        if self.quads:
            line = f"concat(c.iri, ' <{RDF}type> <{SKOS}Concept>', s.ending)"
            nowhere = f"concat(c.iri, ' <{RDF}type> <{SKOS}Concept>', {sql(self.own)})"
        else:
            nowhere = f"concat(c.iri, ' <{RDF}type> <{SKOS}Concept> .', chr(10))"
            line = f"concat({nowhere}, c.iri, ' <{DCTERMS}source> ', s.iri, ' .', chr(10))"
        query = f"""
            SELECT {line} AS line FROM (
              SELECT cid, unnest(sources) AS source FROM {RAW}concepts) m
            JOIN rdf_concept c USING (cid) JOIN rdf_source s USING (source) WHERE s.passes"""
        if self.everything:
            return query
        return f"""{query} UNION ALL
            SELECT {nowhere} FROM {RAW}concepts m JOIN rdf_concept c USING (cid)
            WHERE NOT list_has_any(m.sources,
              (SELECT coalesce(list(source), []) FROM rdf_source WHERE passes))"""

    def categories(self) -> str:
        """What each concept is."""
        return f"""
            SELECT concat(c.iri, ' <{RDF}type> ', k.term, {sql(self.own)}) AS line
            FROM (SELECT cid, unnest(categories) AS word FROM {RAW}concepts) m
            JOIN rdf_concept c USING (cid) JOIN rdf_category k USING (word)"""

    def equivalents(self) -> str:
        """The other ids of each concept: those that a mapping which leaves has made so."""
        said = ""
        if not self.everything:
            said = f"""WHERE m.id IN (
                SELECT subject FROM {RAW}mappings JOIN rdf_source USING (source)
                WHERE passes AND status = 'merged'
                UNION SELECT object FROM {RAW}mappings JOIN rdf_source USING (source)
                WHERE passes AND status = 'merged')"""
        return f"""
            SELECT concat(c.iri, ' <{SKOS}exactMatch> ', {self._iri("m.id")}, {sql(self.own)})
              AS line
            FROM (SELECT cid, unnest(equivalent_ids[2:]) AS id FROM {RAW}concepts) m
            JOIN rdf_concept c USING (cid) {said}"""

    def names(self) -> str:
        """Names, the preferred ones as labels too; each in the graph of its source."""

        def quad(property: str) -> str:
            return f"c.iri, ' <{property}> ', text, ending"

        other = f"{SKOS}altLabel"
        return f"""
            SELECT CASE kind
                WHEN 'preferred' THEN concat({quad(f"{SKOS}prefLabel")}, {quad(f"{RDFS}label")})
                WHEN 'abbreviation' THEN concat({quad(other)}, {quad(f"{KGMED}abbreviation")})
                WHEN 'brand' THEN concat({quad(other)}, {quad(f"{KGMED}brand_name")})
                ELSE concat({quad(other)}) END AS line
            FROM (SELECT n.cid, n.kind, {_literal("n.text", "l.term")} AS text, s.ending
                  FROM {RAW}names n JOIN rdf_source s USING (source)
                  JOIN rdf_language l ON l.word = n.language WHERE s.passes)
            JOIN rdf_concept c USING (cid)"""

    def statements(self) -> str:
        """Statements between concepts, in the graph of their source, release and licence."""
        direct = f"concat(s.iri, ' ', q.iri, ' ', o.iri, {_END})"
        return self._stated(direct, "o.iri", "JOIN rdf_concept o ON o.cid = r.o")

    def values(self) -> str:
        """Statements with a value. What no literal says is said beside it."""
        value = _literal("r.value", "v.ending")
        more = f"""
            CASE WHEN r.value_type = 'text' THEN '' ELSE concat(
              a, '<{KGMED}value_type> "', {_escaped("r.value_type")}, '"', {_END},
              a, '<{KGMED}value> ', {_literal("r.value", "''")}, {_END}) END,
            CASE WHEN r.value_type <> 'text' AND r.value_language <> '' THEN concat(
              a, '<{KGMED}value_language> ', {_literal("r.value_language", "''")}, {_END})
              ELSE '' END,
            CASE WHEN r.unit = '' THEN '' ELSE
              concat(a, '<{KGMED}unit> ', {_literal("r.unit", "''")}, {_END}) END"""
        typed = f"""LEFT JOIN rdf_language l ON l.word = r.value_language,
            LATERAL (SELECT CASE
              WHEN r.value_type = 'text' THEN coalesce(l.term, '')
              WHEN r.value_type = 'number' AND regexp_full_match(r.value, '{terms.DECIMAL}')
              THEN '^^<{XSD}decimal>'
              WHEN r.value_type = 'number' AND regexp_full_match(r.value, '{terms.DOUBLE}')
              THEN '^^<{XSD}double>'
              WHEN r.value_type = 'date' AND regexp_full_match(r.value, '{terms.DAY}')
                   AND r.value >= '0001' AND try_cast(r.value AS DATE) IS NOT NULL
              THEN '^^<{XSD}date>' ELSE '' END AS ending) v"""
        direct = f"concat(s.iri, ' ', q.iri, ' ', {value}, {_END})"
        return self._stated(direct, value, typed, more=more, where="r.row < 0")

    def _stated(
        self, direct: str, object: str, joins: str, *, more: str = "''", where: str = "r.row >= 0"
    ) -> str:
        direct = f"CASE WHEN q.negated THEN '' ELSE {direct} END"
        line = (
            direct if self.plain else f"concat({direct}, {_about(object)}, {more}, {self._rest()})"
        )
        return f"""
            SELECT {line} AS line
            FROM (SELECT *, concat('<{terms.STATEMENT}', lower(hex(id)), '> ') AS a FROM {RAW}rows)
              r
            JOIN rdf_predicate q USING (p) JOIN rdf_profile f USING (profile)
            JOIN rdf_concept s ON s.cid = r.s {joins}
            LEFT JOIN rdf_base bs ON bs.prefix = split_part(r.original_subject, ':', 1)
            LEFT JOIN rdf_base bo ON bo.prefix = split_part(r.original_object, ':', 1)
            WHERE f.passes AND {where}{" AND NOT q.negated" if self.plain else ""}"""

    def _rest(self) -> str:
        """The details of a statement's resource, nothing of those that are empty."""

        def several(column: str, property: str, term: Callable[[str], str]) -> str:
            """Items of a list; most lists have one, and a lambda costs more than it does."""
            quad = f"concat(a, '<{property}> ', {{}}, {_END})"
            items = f"string_split({column}, {sql(DETAIL_ITEM)})"
            return f"""CASE WHEN {column} = '' THEN ''
                WHEN strpos({column}, {sql(DETAIL_ITEM)}) = 0 THEN {quad.format(term(column))}
                ELSE array_to_string(list_transform({items}, lambda x:
                  {quad.format(term("x"))}), '') END"""

        def one(column: str, property: str, term: str) -> str:
            return (
                f"CASE WHEN {column} = '' THEN '' ELSE"
                f" concat(a, '<{property}> ', {term}, {_END}) END"
            )

        def of_profile(column: str) -> str:
            return f"CASE WHEN f.{column} = '' THEN '' ELSE concat(a, f.{column}) END"

        cited = ", ".join(sql(name) for name in terms.CITED)

        def publication(x: str) -> str:
            return f"""CASE WHEN split_part({x}, ':', 1) IN ({cited})
                AND strpos({x}, ':') < length({x})
                THEN concat('<', {iri_sql(x, list(terms.CITED))}, '>')
                ELSE {_literal(x, "''")} END"""

        subject, object = (
            f"concat('<', {base}.base, {encoded_sql(local_sql(f'r.original_{end}'))}, '>')"
            for end, base in (("subject", "bs"), ("object", "bo"))
        )
        return f"""
            {of_profile("level")}, {of_profile("agent")}, {of_profile("own")},
            {of_profile("part")},
            CASE WHEN q.negated THEN
              concat(a, '<{BIOLINK}negated> "true"^^<{XSD}boolean>', {_END}) ELSE '' END,
            {one("r.original_subject", f"{BIOLINK}original_subject", subject)},
            {one("r.original_object", f"{BIOLINK}original_object", object)},
            {one("r.text", f"{BIOLINK}supporting_text", _literal("r.text", "''"))},
            {several("r.source_record", f"{KGMED}source_record", lambda x: _literal(x, "''"))},
            {several("r.publications", f"{BIOLINK}publications", publication)},
            CASE WHEN r.qualifiers = '' THEN '' ELSE array_to_string(list_transform(
              map_entries(CAST(r.qualifiers::JSON AS MAP(VARCHAR, VARCHAR))), lambda x:
              concat(a, '<{terms.QUALIFIER}', {encoded_sql("x.key")}, '> ',
                     {_literal("x.value", "''")}, {_END})), '') END"""

    def mappings(self) -> str:
        """Mappings, each in the graph of its source; what claims nothing has no triple."""
        fields = {
            "predicate_modifier": (SSSOM, "modifier"),
            "subject_label": (SSSOM, "subject_label"),
            "object_label": (SSSOM, "object_label"),
            "status": (KGMED, "status"),
            "reason": (KGMED, "reason"),
        }
        texts = ", ".join(
            f"CASE WHEN m.{column} = '' THEN '' ELSE concat(a, '<{base}{name}> ',"
            f" {_literal(f'm.{column}', repr(''))}, ending) END"
            for name, (base, column) in fields.items()
        )
        provider = "''"
        if not self.quads:
            provider = f"concat(a, '<{SSSOM}mapping_provider> ', provider, ending)"
        about = f"""
            a, '<{RDF}type> <{SSSOM}Mapping>', ending,
            a, '<{OWL}annotatedSource> ', x, ending, a, '<{OWL}annotatedProperty> ', term, ending,
            a, '<{OWL}annotatedTarget> ', y, ending, {provider},
            CASE WHEN m.justification = '' THEN '' ELSE
              concat(a, '<{SSSOM}mapping_justification> ', justified, ending) END,
            CASE WHEN m.confidence IS NULL THEN '' ELSE
              concat(a, '<{SSSOM}confidence> "', m.confidence, '"^^<{XSD}double>', ending) END,
            {texts}"""
        key = """md5(concat_ws(chr(31), subject, predicate, object, modifier, justification,
                     confidence, source, subject_label, object_label, status, reason))"""
        claims = "m.status IN ('merged', 'related') AND m.modifier = ''"
        direct = f"CASE WHEN {claims} THEN concat(x, ' ', term, ' ', y, ending) ELSE '' END"
        return f"""
            SELECT {direct if self.plain else f"concat({direct}, {about})"} AS line
            FROM (SELECT m.*, {self._iri("m.subject")} AS x, {self._iri("m.object")} AS y, p.term,
                         j.term AS justified, s.ending, s.iri AS provider,
                         concat('<{terms.MAPPING}', {key}, '> ') AS a
                  FROM {RAW}mappings m JOIN rdf_source s USING (source)
                  JOIN rdf_property p ON p.word = m.predicate
                  JOIN rdf_justification j ON j.word = m.justification WHERE s.passes) m
            {f"WHERE {claims}" if self.plain else ""}"""


_END = "f.ending"


def _about(object: str) -> str:
    """The quads that every statement's resource has."""
    return f"""
        a, '<{RDF}type> <{BIOLINK}Association>', {_END}, a, '<{RDF}subject> ', s.iri, {_END},
        a, '<{RDF}predicate> ', q.iri, {_END}, a, '<{RDF}object> ', {object}, {_END},
        a, f.source"""


def _said(word: str) -> bool:
    """Whether a knowledge level or agent type is one; Biolink's word for none is the default."""
    return word != "not_provided"


def _at(tag: str) -> str:
    return f"@{tag}" if tag else ""


def _escaped(column: str) -> str:
    """The SQL of :func:`kgmed.kg.views.rdf_terms.escaped`."""
    chain = column
    for character, written in terms.ESCAPES.items():
        chain = f"replace({chain}, chr({ord(character)}), {sql(written)})"
    return (
        f"CASE WHEN regexp_matches({column}, '[\"\\\\\\x00-\\x1f\\x7f]') THEN {chain}"
        f" ELSE {column} END"
    )


def _literal(column: str, ending: str) -> str:
    """The SQL of a literal; ``ending`` is the SQL of what comes after the quotes."""
    return f"concat('\"', {_escaped(column)}, '\"', {ending})"
