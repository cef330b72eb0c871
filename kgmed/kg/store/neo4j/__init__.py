"""The Neo4j back end: the same graph, on a server.

    address     where a server is, and who asks: URIs without their passwords
    connection  the driver: sessions, timeouts, errors in our words, the marker
    queries     every query that the store asks, as text
    store       ``Neo4jStore``, a GraphStore
    lexicon     the names, fetched once and read locally
    rows        a snapshot as rows of nodes and relationships
    load        ``load``: rows into a database, in batches, continued where it was stopped
    plan        the rows of a load: all of them, or those that differ from an older snapshot
    prune       what a database holds and a snapshot lacks

The shape of the database is that of :mod:`kgmed.kg.views.neo4j_schema`. The package ``neo4j`` is
imported when a graph on a server is opened, and not before.
"""
