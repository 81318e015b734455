"""The garbage collector pauses while things are built that stay, and only then."""

from __future__ import annotations

import gc

import pytest

from shared.cold_start import collector_paused
from shared.once import once


def test_the_collector_pauses_and_goes_on() -> None:
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_inner_of_two_pauses_ends_neither() -> None:
    with collector_paused():
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_goes_on_after_a_failure() -> None:
    with pytest.raises(LookupError), collector_paused():
        raise LookupError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_it_pauses_while_a_thing_is_built_once() -> None:
    seen: list[bool] = []

    @once
    def build() -> str:
        seen.append(gc.isenabled())
        return "built"

    assert (build(), build(), seen, gc.isenabled()) == ("built", "built", [False], True)
