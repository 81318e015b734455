"""The garbage collector pauses while things are built that stay, and only then."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.cold_start import built_at_start, collector_paused
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


@pytest.mark.parametrize("in_lambda", [False, True])
def test_what_a_function_needs_is_made_once_and_in_lambda_before_the_first_request(
    monkeypatch: pytest.MonkeyPatch, in_lambda: bool
) -> None:
    if in_lambda:
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    else:
        monkeypatch.delenv("AWS_LAMBDA_INITIALIZATION_TYPE", raising=False)
    made: list[bool] = []
    get = built_at_start(lambda: made.append(gc.isenabled()) or "built")

    assert made == ([False] if in_lambda else [])
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: get(), range(32))) == {"built"}
    assert made == [False]


def test_what_could_not_be_made_is_made_at_the_next_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_LAMBDA_INITIALIZATION_TYPE", raising=False)
    answers = iter([LookupError(), "built"])

    def build() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    get = built_at_start(build)
    with pytest.raises(LookupError):
        get()
    assert (get(), get()) == ("built", "built")
