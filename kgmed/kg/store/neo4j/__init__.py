"""The Neo4j back end: the same graph, on a server.

    address     where a server is, and who asks: URIs without their passwords
    connection  the driver: sessions, timeouts, errors in our words, the marker
    queries     every query that the store asks, as text
    store       ``Neo4jStore``, a GraphStore
    decode      from what a server returns to the values of the model
    marker      what the database says that it holds, and how far a load is
    lexicon     the names, fetched once and read locally
    load        ``load``: rows into a database, in batches, continued where it was stopped
    plan        the rows of a load: all of them, or those that differ from an older snapshot
    rows        a snapshot as rows of nodes and relationships: what is merged, what is removed
    leaving     what of a graph may go to a server
    cypher      one query of a user's, under limits
    guard       whether a query only reads
    report      what a load and a query say when they are done

The shape of the database is that of :mod:`kgmed.kg.views.neo4j_schema`. The package ``neo4j`` is
imported when a graph on a server is opened, and not before.
"""
