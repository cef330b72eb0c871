"""The graph as files that ``neo4j-admin database import`` reads.

    OUT/
      import.sh               runs neo4j-admin on an empty database
      import-incremental.sh   adds to a database that holds other things (Neo4j Enterprise)
      schema.cypher           constraints and indexes, to be run once the database is up
      manifest.json           what is here: rows, licences, duties, what was left out
      headers/*.csv           how a file of data is read: as nodes, as relationships, or as both
      data/*.csv|parquet      the rows

A name is a node and the relationship to its concept, so one file of data holds both and two headers
read it. Ids of the import are numbers (concept numbers, row numbers), kept by nothing afterwards.
"""

from kgmed.kg.views.neo4j_admin.write import FORMATS, Neo4jFiles, export

__all__ = ["FORMATS", "Neo4jFiles", "export"]
