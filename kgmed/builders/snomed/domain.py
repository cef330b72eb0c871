"""From a release's state to domain rows: concepts, names, statements, mappings, findings.

Decisions that the specification leaves to a reader:

- Names: every active synonym; the fully specified name in full, because its tag tells apart what
  shares a synonym. Preferred is the term that the first language reference set prefers.
- Relationships carry their role group as ``role_group``; group 0 means ungrouped and isn't written.
- An extended map's rows are value statements of ``has_classification_code`` with rule, advice,
  group, priority and category as qualifiers, in full; where a row has no code, its advice is the
  value. Each code is a mapping besides: skos:broadMatch where the rule asks for nothing beyond the
  concept, else skos:relatedMatch.
- A retired concept with just one successor by SAME AS and REPLACED BY *is* its successor:
  IAO:0100001 with confidence 1. It bears no labels: an editorial assignment isn't to be judged
  by its wording. Never across the border of situations, which are about a disorder, not one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kgmed.builders.columns import constant, make_batch
from kgmed.builders.rows import BATCH_ROWS, LISTED
from kgmed.builders.snomed import codes
from kgmed.builders.snomed.state import State
from kgmed.builders.source import TableName
from kgmed.kg.errors import DataError
from kgmed.kg.predicates import registry

if TYPE_CHECKING:
    import pyarrow as pa

CURATED = "semapv:ManualMappingCuration"
SITUATION = "SituationWithExplicitContext"
CLASSIFICATION = "has_classification_code"

Findings = dict[str, list[dict[str, str]]]
_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode

_TAG = r"\s*\(([^()]*)\)\s*$"


def derive(state: State, language_refsets: Sequence[int]) -> Findings:
    """Make the tables that the queries below need; returns what a curator should look at.

    ``refset_place``: language reference sets in their order; ``fsn``: per concept a fully specified
    name, English if there is one, its text without the tag, and the tag; ``attribute``: predicate
    per typeId; ``successor``: what each association row says.
    """
    _languages(state, language_refsets)
    findings: Findings = {}
    _names(state, findings)
    _attributes(state, findings)
    _successors(state, findings)
    _maps(state, findings)
    _unknown_concepts(state, findings)
    if state.twice:
        rows = [{"file of": content, "id": id} for content, id in state.twice]
        findings["id with two rows of one effectiveTime"] = _listed(rows)
    return {kind: rows for kind, rows in findings.items() if rows}


def _languages(state: State, chosen: Sequence[int]) -> None:
    found = [
        id
        for (id,) in state.rows("SELECT DISTINCT refsetId FROM language WHERE fate = '' ORDER BY 1")
    ]
    for id in chosen:
        if id not in found:
            raise DataError(
                f"language_refsets: found no row of {id}, expected one of "
                f"{', '.join(map(str, found)) or 'none: the release has no language rows'}."
            )
    order = dict.fromkeys((*chosen, *codes.LANGUAGE_REFSETS, *found))
    places = ", ".join(f"({id}, {place})" for place, id in enumerate(order))
    state.connection.execute(f"""
        CREATE TABLE refset_place AS SELECT * FROM (VALUES {places}) v(refsetId, place);
        CREATE TABLE preferred AS
        SELECT referencedComponentId AS id, min(place) AS place
        FROM language JOIN refset_place USING (refsetId)
        WHERE fate = '' AND acceptabilityId = {codes.PREFERRED} GROUP BY ALL""")


def _names(state: State, findings: Findings) -> None:
    known = ", ".join(f"('{tag}', '{name}')" for tag, name in codes.CATEGORIES.items())
    state.connection.execute(f"""
        CREATE TABLE fsn AS
        SELECT conceptId AS id, term, regexp_replace(term, '{_TAG}', '') AS label,
               regexp_extract(term, '{_TAG}', 1) AS tag
        FROM description LEFT JOIN preferred USING (id)
        WHERE typeId = {codes.FSN}
        QUALIFY row_number() OVER (PARTITION BY conceptId
          ORDER BY active DESC, languageCode NOT LIKE 'en%', place NULLS LAST,
                   effectiveTime DESC, id) = 1;
        CREATE TABLE category AS
        SELECT id, coalesce(k.category, 'NamedThing') AS category, k.tag IS NOT NULL AS known, f.tag
        FROM fsn f LEFT JOIN (VALUES {known}) k(tag, category) USING (tag)""")
    rows = state.rows(
        "SELECT tag, count(*) FROM category JOIN concept USING (id) WHERE NOT known AND active"
        " GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    findings["semantic tag that kgmed doesn't know"] = _listed(
        [{"tag": tag, "count": str(count)} for tag, count in rows]
    )
    ids = state.rows("SELECT id FROM concept ANTI JOIN fsn USING (id) WHERE active ORDER BY id")
    findings["active concept without a fully specified name"] = _listed(
        [{"id": str(id)} for (id,) in ids]
    )


def _attributes(state: State, findings: Findings) -> None:
    """``attribute``: typeId -> predicate, and whether the relationship states its reverse."""
    predicates = registry()
    found = state.rows("""
        SELECT typeId, coalesce(any_value(label), ''), count(*) FROM (
          SELECT typeId FROM relationship WHERE fate = ''
          UNION ALL SELECT typeId FROM concrete_value WHERE fate = '') t
        LEFT JOIN fsn ON fsn.id = t.typeId GROUP BY typeId ORDER BY 3 DESC, 1""")
    rows, unknown = [], []
    for type_id, label, count in found:
        known = predicates.from_label("snomed", str(type_id))
        if known is not None:
            rows.append((type_id, known[0].name, known[1]))
            continue
        name = codes.readable_name(label, type_id)
        rows.append((type_id, name, False))
        if name not in predicates:
            unknown.append(
                {"predicate": name, "typeId": str(type_id), "name": label, "count": str(count)}
            )
    state.connection.execute(
        "CREATE TABLE attribute (typeId BIGINT, predicate VARCHAR, turned BOOL)"
    )
    if rows:
        state.connection.executemany("INSERT INTO attribute VALUES (?, ?, ?)", rows)
    findings["attribute that predicates.toml lacks"] = _listed(unknown)


def _successors(state: State, findings: Findings) -> None:
    """``successor``: association rows as mappings, and why one isn't exact."""
    named = ", ".join(
        f"({id}, '{name}', '{predicate}')" for id, (name, predicate) in codes.ASSOCIATIONS.items()
    )
    moving = f"({codes.SAME_AS}, {codes.REPLACED_BY})"
    state.connection.execute(f"""
        CREATE TABLE successor AS
        WITH stated AS (
          SELECT DISTINCT referencedComponentId AS id, targetComponentId AS successor, refsetId
          FROM association WHERE fate = ''),
        moved AS (SELECT id, count(DISTINCT successor) AS successors FROM stated
                  WHERE refsetId IN {moving} GROUP BY id),
        judged AS (
          SELECT a.*, coalesce(n.name, f.label, a.refsetId::VARCHAR) AS association,
                 coalesce(n.predicate, 'skos:relatedMatch') AS predicate,
                 n.name IS NOT NULL AS known,
                 coalesce(NOT c.active, false) AS retired, coalesce(NOT t.active, false) AS gone,
                 coalesce(x.category = '{SITUATION}', false)
                   <> coalesce(y.category = '{SITUATION}', false) AS about,
                 a.refsetId IN {moving} AS moves, coalesce(m.successors, 0) AS successors
          FROM stated a LEFT JOIN moved m USING (id)
          LEFT JOIN (VALUES {named}) n(refsetId, name, predicate) USING (refsetId)
          LEFT JOIN concept c ON c.id = a.id LEFT JOIN concept t ON t.id = a.successor
          LEFT JOIN category x ON x.id = a.id LEFT JOIN category y ON y.id = a.successor
          LEFT JOIN fsn f ON f.id = a.refsetId)
        SELECT id, successor, association, known, retired, gone,
               CASE WHEN moves AND retired AND successors = 1 AND NOT about AND id <> successor
                    THEN 'IAO:0100001' ELSE predicate END AS predicate,
               CASE WHEN about AND moves THEN 'one is a situation, the other is not'
                    WHEN moves AND NOT retired THEN 'the concept is active'
                    WHEN moves AND id = successor THEN 'it names itself'
                    WHEN moves AND successors > 1 THEN 'it names ' || successors || ' successors'
                    WHEN moves THEN '' ELSE association || ' is no identity' END AS why
        FROM judged""")
    rows = state.rows("""
        SELECT s.id, coalesce(a.term, ''), association, successor, coalesce(b.term, ''), why
        FROM successor s LEFT JOIN fsn a ON a.id = s.id LEFT JOIN fsn b ON b.id = s.successor
        WHERE why <> '' AND retired ORDER BY s.id, association, successor""")
    names = ("id", "name", "association", "successor", "its name", "not merged because")
    findings["retired concept without one successor"] = _listed(
        [dict(zip(names, map(str, row), strict=True)) for row in rows]
    )
    rows = state.rows("""
        SELECT s.id, successor FROM successor s WHERE predicate = 'IAO:0100001' AND gone
        AND successor NOT IN (SELECT id FROM successor WHERE predicate = 'IAO:0100001')
        ORDER BY ALL""")
    findings["successor that is retired itself"] = _listed(
        [{"id": str(id), "successor": str(successor)} for id, successor in rows]
    )
    ((lost,),) = state.rows(
        "SELECT count(*) FROM concept ANTI JOIN successor USING (id) WHERE NOT active"
    )
    findings["retired concept without any successor"] = [{"count": str(lost)}] if lost else []
    rows = state.rows(
        "SELECT association, count(*) FROM successor WHERE NOT known GROUP BY 1 ORDER BY ALL"
    )
    findings["association that kgmed doesn't know"] = _listed(
        [{"association": name, "count": str(count)} for name, count in rows]
    )


def _maps(state: State, findings: Findings) -> None:
    """``map_prefix``: map reference set -> CURIE prefix; ``code``: each code of both kinds."""
    used = state.rows("""
        SELECT refsetId, coalesce(any_value(label), ''), count(*) FROM (
          SELECT refsetId FROM simple_map WHERE fate = ''
          UNION ALL SELECT refsetId FROM extended_map WHERE fate = '') m
        LEFT JOIN fsn ON fsn.id = m.refsetId GROUP BY refsetId ORDER BY 1""")
    rows, unknown = [], []
    for id, name, count in used:
        prefix = codes.MAPS.get(id, f"snomedct.map.{id}")
        rows.append((id, prefix, id in codes.MAPS, prefix in codes.CLASSIFICATION_MAPS))
        if id not in codes.MAPS:
            unknown.append(
                {"refsetId": str(id), "name": name, "prefix": prefix, "count": str(count)}
            )
    findings["map that kgmed doesn't know"] = _listed(unknown)
    state.connection.execute(
        "CREATE TABLE map_prefix (refsetId BIGINT, prefix VARCHAR, known BOOL, classifies BOOL)"
    )
    if rows:
        state.connection.executemany("INSERT INTO map_prefix VALUES (?, ?, ?, ?)", rows)
    always = ", ".join(f"'{rule}'" for rule in codes.ALWAYS)
    # ICD-10-CM codes end in '?' where the encounter's character is still to be added.
    state.connection.execute(rf"""
        CREATE TABLE code AS
        WITH found AS (
          SELECT referencedComponentId AS id, refsetId, trim(mapTarget) AS written,
                 'simple' AS kind FROM simple_map WHERE fate = ''
          UNION ALL
          SELECT referencedComponentId, refsetId, rtrim(trim(mapTarget), '?'),
                 CASE WHEN upper(trim(mapRule)) IN ({always}) THEN 'always' ELSE 'if' END
          FROM extended_map WHERE fate = '')
        SELECT id, prefix || ':' || written AS code,
               CASE min(CASE kind WHEN 'always' THEN 0 WHEN 'simple' THEN 1 ELSE 2 END)
                 WHEN 0 THEN 'skos:broadMatch'
                 WHEN 1 THEN CASE WHEN bool_or(classifies) THEN 'skos:broadMatch'
                                  WHEN bool_or(known) THEN 'oboInOwl:hasDbXref'
                                  ELSE 'skos:relatedMatch' END
                 ELSE 'skos:relatedMatch' END AS predicate
        FROM found JOIN map_prefix USING (refsetId)
        WHERE regexp_full_match(written, '[^\s#]\S*')
        GROUP BY id, code""")


def _unknown_concepts(state: State, findings: Findings) -> None:
    """Extensions name concepts of the edition that they extend."""
    rows = state.rows("""
        SELECT place, count(*) FROM (
          SELECT 'conceptId' AS place, conceptId AS id FROM description WHERE fate = ''
          UNION ALL SELECT 'sourceId', sourceId FROM relationship WHERE fate = ''
          UNION ALL SELECT 'destinationId', destinationId FROM relationship WHERE fate = '')
        ANTI JOIN concept USING (id) GROUP BY place ORDER BY place""")
    findings["concept that this release lacks"] = [
        {"column": place, "rows": str(count)} for place, count in rows
    ]


def _listed(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    if len(rows) <= LISTED:
        return rows
    first = next(iter(rows[0]))
    return [*rows[:LISTED], {first: f"{len(rows) - LISTED:,} more"}]


# The four tables ----------------------------------------------------------------------------------

_CURIE = "'snomedct:' || {}"

_CONCEPTS = f"""
    SELECT {_CURIE.format("c.id")} AS id, coalesce(category, 'NamedThing') AS category
    FROM concept c LEFT JOIN category USING (id) WHERE c.active ORDER BY c.id"""

_NAMES = f"""
    WITH used AS (
      SELECT d.conceptId, d.languageCode, d.term, d.id, d.typeId = {codes.FSN} AS fsn,
             CASE WHEN d.typeId = {codes.SYNONYM} THEN p.place END AS place
      FROM description d LEFT JOIN preferred p USING (id) WHERE d.fate = ''),
    best AS (
      SELECT conceptId, languageCode,
             min(place) AS place, arg_min(id, (place, id)) FILTER (WHERE place IS NOT NULL) AS id,
             arg_min(term, id) FILTER (WHERE fsn) AS fsn
      FROM used GROUP BY ALL)
    SELECT {_CURIE.format("conceptId")} AS id, text, language, kind FROM (
      SELECT u.conceptId, u.term AS text, u.languageCode AS language, u.id AS description,
             CASE WHEN b.id = u.id THEN 'preferred' ELSE 'synonym' END AS kind
      FROM used u JOIN best b USING (conceptId, languageCode)
      UNION ALL
      SELECT conceptId, regexp_replace(fsn, '{_TAG}', ''), languageCode, 0, 'preferred'
      FROM best WHERE id IS NULL AND fsn IS NOT NULL)
    WHERE trim(text) <> ''
    ORDER BY conceptId, description"""

_ROLE_GROUP = """CASE WHEN relationshipGroup = 0 THEN ''
    ELSE '{"role_group":"' || relationshipGroup || '"}' END AS qualifiers"""
_RECORD = "id::VARCHAR AS source_record, typeId::VARCHAR AS original_predicate"

_RELATIONSHIPS = f"""
    SELECT {_CURIE.format("CASE WHEN turned THEN destinationId ELSE sourceId END")} AS subject,
           predicate,
           {_CURIE.format("CASE WHEN turned THEN sourceId ELSE destinationId END")} AS object,
           {_ROLE_GROUP}, {_RECORD}
    FROM relationship JOIN attribute USING (typeId) WHERE fate = '' ORDER BY id"""

_CONCRETE_VALUES = f"""
    SELECT {_CURIE.format("sourceId")} AS subject, predicate,
           CASE value[1] WHEN '#' THEN value[2:] WHEN '"' THEN value[2:-2] ELSE value END AS value,
           CASE value[1] WHEN '#' THEN 'number' ELSE 'text' END AS value_type,
           {_ROLE_GROUP}, {_RECORD}
    FROM concrete_value JOIN attribute USING (typeId) WHERE fate = '' ORDER BY id"""

_DEFINITIONS = f"""
    SELECT {_CURIE.format("conceptId")} AS subject, 'has_definition' AS predicate, term AS value,
           'text' AS value_type, languageCode AS value_language, {_RECORD}
    FROM text_definition WHERE fate = '' ORDER BY id"""

_CODES = f"""
    SELECT {_CURIE.format("referencedComponentId")} AS subject, '{CLASSIFICATION}' AS predicate,
           coalesce(nullif(trim(mapTarget), ''), trim(mapAdvice)) AS value, 'text' AS value_type,
           m.id::VARCHAR AS source_record, refsetId::VARCHAR AS original_predicate,
           prefix AS classification, mapGroup::VARCHAR AS map_group,
           mapPriority::VARCHAR AS map_priority, trim(mapRule) AS map_rule,
           trim(mapAdvice) AS map_advice, coalesce(label, mapCategoryId::VARCHAR) AS map_category
    FROM extended_map m JOIN map_prefix USING (refsetId) LEFT JOIN fsn f ON f.id = m.mapCategoryId
    WHERE m.fate = '' ORDER BY m.id"""
_MAP_QUALIFIERS = (
    "classification",
    "map_advice",
    "map_category",
    "map_group",
    "map_priority",
    "map_rule",
)

_MAPPINGS = f"""
    SELECT {_CURIE.format("s.id")} AS subject, predicate,
           {_CURIE.format("s.successor")} AS object,
           CASE predicate WHEN 'IAO:0100001' THEN 1.0::DOUBLE END AS confidence,
           CASE predicate WHEN 'IAO:0100001' THEN '' ELSE coalesce(a.label, '') END
             AS subject_label,
           CASE predicate WHEN 'IAO:0100001' THEN '' ELSE coalesce(b.label, '') END
             AS object_label
    FROM (SELECT DISTINCT id, successor, predicate FROM successor WHERE id <> successor) s
    LEFT JOIN fsn a ON a.id = s.id LEFT JOIN fsn b ON b.id = s.successor
    UNION ALL
    SELECT {_CURIE.format("c.id")}, predicate, code, NULL, coalesce(label, ''), ''
    FROM code c LEFT JOIN fsn f ON f.id = c.id
    ORDER BY subject, object, predicate"""

_QUERIES: dict[TableName, tuple[str, ...]] = {
    "concepts": (_CONCEPTS,),
    "names": (_NAMES,),
    "statements": (_RELATIONSHIPS, _CONCRETE_VALUES, _DEFINITIONS, _CODES),
    "mappings": (_MAPPINGS,),
}

TABLES = frozenset(_QUERIES)
"""The tables that SNOMED CT has rows for."""


def batches(state: State, table: TableName) -> Iterator[pa.RecordBatch]:
    """Stream one table's rows, in an order that the files' order doesn't change."""
    import pyarrow as pa

    for query in _QUERIES[table]:
        for found in state.stream(query, BATCH_ROWS):
            rows = found.num_rows
            if not rows:
                continue
            columns: dict[str, pa.Array] = dict(zip(found.schema.names, found.columns, strict=True))
            if table == "concepts":
                offsets = pa.array(range(rows + 1), pa.int32())
                columns["categories"] = pa.ListArray.from_arrays(offsets, columns["category"])
            elif table == "mappings":
                columns["justification"] = constant(CURATED, rows)
            elif table == "statements":
                if query is _CODES:
                    columns["qualifiers"] = _map_qualifiers(columns)
                columns["knowledge_level"] = constant("knowledge_assertion", rows)
                columns["agent_type"] = constant("manual_agent", rows)
            yield make_batch(table, columns, rows)


def _map_qualifiers(columns: dict[str, pa.Array]) -> pa.Array:
    import pyarrow as pa

    cells = zip(*(columns[name].to_pylist() for name in _MAP_QUALIFIERS), strict=True)
    texts = [
        _canonical({name: cell for name, cell in zip(_MAP_QUALIFIERS, row, strict=True) if cell})
        for row in cells
    ]
    return pa.array(texts, pa.string())
