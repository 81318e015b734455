"""Ratios against peers and floors: ``make bench``, or ``python -m benchmarks NAME...`` in .venv-bench."""
