"""Ratios against peers and floors: ``python -m benchmarks.<name>``, one run each."""
