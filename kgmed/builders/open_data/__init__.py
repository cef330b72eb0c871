"""The open graph: the committed tables that ship with kgmed, and the sources that read them.

Facts - ids, names, relations - restated from projects whose licences let that; ``NOTICE``
credits them, ``tables/README.md`` counts them. :mod:`.sources` reads the tables,
:mod:`.extract` makes them.
"""
