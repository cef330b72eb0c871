"""DuckDB without a progress bar, which would go to standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def no_progress_bar(connection: duckdb.DuckDBPyConnection) -> None:
    """Turn a connection's progress bar off.

    In a Jupyter kernel without ipywidgets there is none, and DuckDB refuses the setting itself.
    """
    import duckdb

    try:
        connection.execute("SET enable_progress_bar = false")
    except duckdb.InvalidInputException as error:
        if "ipywidgets" not in str(error):
            raise
