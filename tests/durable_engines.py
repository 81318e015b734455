"""For tests of what survives a kill: they need the state engines that `make run` keeps its state in."""

from __future__ import annotations

import pytest

from local.engines.layout import EngineKind, EngineLayout, EnginesMissing, installed_engines

_HINT = "run `python -m local.engines.install` first"


def _are_installed() -> bool:
    try:
        return installed_engines(EngineLayout.from_environment()).kind is EngineKind.DURABLE
    except EnginesMissing:
        return False


needs_durable_engines = pytest.mark.skipif(not _are_installed(), reason=_HINT)


def require_durable_engines() -> None:
    """For fixtures, which no mark reaches: skips the tests that ask for them."""
    if not _are_installed():
        pytest.skip(_HINT)
