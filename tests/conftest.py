"""For every test: those that share an embedded stack stay together when the suite runs in parallel."""

from __future__ import annotations

from pathlib import Path

import pytest

# A stack takes a second to start and a hundred megabytes: one for each file, not one for each worker.
_SHARING = {"e2e", "integration"}


def pytest_itemcollected(item: pytest.Item) -> None:
    # At collection: xdist reads the groups before any conftest's hook on the collected items runs.
    folder = Path(item.path).relative_to(Path(__file__).parent).parts[0]
    if folder in _SHARING:
        item.add_marker(pytest.mark.xdist_group(item.path.name))
