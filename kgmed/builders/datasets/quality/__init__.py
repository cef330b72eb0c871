"""What datasets are judged by: overlap with benchmarks, and figures of diversity."""
