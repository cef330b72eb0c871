"""The graph: model, ids, predicates, licences, store, linking, paths."""
