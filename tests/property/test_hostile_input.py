"""The fuzzing targets for a moment, without libFuzzer: every seed, every past finding, and what Hypothesis makes of
them. ``make fuzz`` runs the same targets for long."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, Target, text_of

every_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)


def hostile(target: Target) -> st.SearchStrategy[bytes]:
    """Seeds cut up, put together and sprinkled with the words of their language, and bytes of no sense at all."""
    seeds = [seed for seed in target.seeds() if len(seed) < 4096]
    words = [word.encode() for word in target.words] or [b"{", b"}"]
    bits = st.one_of(
        st.sampled_from(words), st.binary(max_size=6), st.sampled_from([b"\\ud800", b"\xed\xa0\x80", b"1e999"])
    )
    cut = st.builds(
        lambda seed, at, insert, length: seed[: at % (len(seed) + 1)] + insert + seed[at % (len(seed) + 1) + length :],
        st.sampled_from(seeds),
        st.integers(0, 4096),
        st.lists(bits, max_size=4).map(b"".join),
        st.integers(0, 64),
    )
    return st.one_of(st.binary(max_size=256), st.lists(bits, max_size=60).map(b"".join), cut)


@every_target
def test_every_seed_and_every_past_finding_passes(target: Target) -> None:
    seeds = list(target.seeds())
    assert seeds
    for seed in seeds:
        target.check(seed)


@every_target
def test_nothing_hostile_gets_anything_but_the_declared_errors(target: Target) -> None:
    @settings(max_examples=150, deadline=None)
    @given(hostile(target))
    def check(data: bytes) -> None:
        target.check(data)

    check()


# --- that a finding is a finding ---


@pytest.mark.parametrize("broken", [lambda data: data.decode("ascii"), lambda data: {}[data]])
def test_a_check_that_raises_fails(broken: Callable[[bytes], object]) -> None:
    target = Target("broken", lambda data: broken(data) and None, lambda: [b"seed"])

    @settings(max_examples=200, deadline=None, database=None)
    @given(hostile(target))
    def check(data: bytes) -> None:
        target.check(data)

    with pytest.raises((UnicodeDecodeError, KeyError)):
        check()


def test_bytes_of_every_kind_become_text() -> None:
    assert text_of(b"a\xed\xa0\x80") == "a\ud800"
    assert text_of(b"\xff\xfe") == "\xff\xfe"
    assert text_of("小明".encode()) == "小明"
