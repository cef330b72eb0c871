"""What gives statements scores: degrees, path counts, mixes, the numbers of peers; and how methods
are fitted to a split."""
