"""Make the open graph's tables from the publishers' files: run by hand, by maintainers.

``python -m kgmed.builders.open_data.extract --data ../shared/data/open`` reads the files that
``../shared/data/open`` holds and rewrites ``kgmed/builders/open_data/tables``. Only facts are
restated - ids, names, relations - never a sentence or a definition. One module per publisher; each
counts every row of its files as kept, or as skipped for a reason.
"""
