"""What changed between two snapshots: statements, concepts, names, mappings, curated paths.

Statements are compared by their ids, which are over the sources' own words: an id lasts over
releases and mapping fixes. Concepts are compared by their members, so that a concept whose id
changed is the same concept. DuckDB does the joins over the tables of both snapshots, in bounded
memory, spilling to disk.

    model       the values: what a diff says, and the rows behind it
    tables      both snapshots' tables in one DuckDB connection
    concepts    which concept became which
    statements  which statements were added, removed, changed or moved
    names       names, mappings and curated paths: counts
    rows        the rows in order, as values
    files       the rows in order, as files
    summary     from the tables of a comparison to its counts
    comparison  ``compare``, which runs it all
"""
