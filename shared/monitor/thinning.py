"""How many records one answer holds, and which ones are left out when there are more. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

DEFAULT_MAX_COUNT = 4_000
# What "all" comes to: some 5 MB as JSON, and an answer of a Lambda function has 6 at most.
MOST_RECORDS = 12_000

Thinned = TypeVar("Thinned")


def thinned(groups: Mapping[Any, Sequence[Thinned]], max_count: int) -> dict[Any, Sequence[Thinned]]:
    """At most ``max_count`` records, each group keeping its share, evenly spaced with its first and last. Below zero
    means MOST_RECORDS, and more than those are never given."""
    total = sum(map(len, groups.values()))
    max_count = MOST_RECORDS if max_count < 0 else min(max_count, MOST_RECORDS)
    if total <= max_count:
        return dict(groups)
    shares = {key: len(records) * max_count // total for key, records in groups.items()}
    left = max_count - sum(shares.values())  # what rounding down left over: less than there are groups
    for key in [key for key, records in groups.items() if shares[key] < len(records)][:left]:
        shares[key] += 1
    return {key: _spaced(records, shares[key]) for key, records in groups.items()}


def _spaced(records: Sequence[Thinned], count: int) -> Sequence[Thinned]:
    if count <= 0 or not records:
        return ()
    if count == 1:
        return records[-1:]
    last = len(records) - 1
    return [records[round(place * last / (count - 1))] for place in range(count)]
