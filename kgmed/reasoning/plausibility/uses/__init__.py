"""What a trained model is asked for: unsupported claims, paths in its order, wrong options,
suggestions."""
