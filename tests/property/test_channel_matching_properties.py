"""What holds for any two channel names."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.relay.channel_matching import ChannelMatcher, Match, MatchReason
from shared.relay.channel_names import prepare_name
from shared.relay.channel_translations import GENERIC_TERMS, TRANSLATIONS

TERMS = [term for row in TRANSLATIONS for term in (*row[1], *row[2])]
FRAGMENTS = [*TERMS, *GENERIC_TERMS, "-", "_", " ", "#", "┃", "🎮", "1", "12", "２", "ß", "İ", "ﬁ", "e\u0301", "ا", "ไ"]
names = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=6)), max_size=6).map("".join)


def match_of(name: str, target: str) -> Match | None:
    return next(iter(ChannelMatcher([[target]]).matches(name, minimum=0.0)), None)


@settings(deadline=None)
@given(names, names)
def test_confidence_is_within_its_bounds(name: str, target: str) -> None:
    match = match_of(name, target)
    assert match is None or (0.0 <= match.confidence <= 1.0 and match.target == 0)
    if match is not None:
        assert (match.reason is MatchReason.EXACT) == (match.confidence == 1.0)


@settings(deadline=None)
@given(names, names)
def test_it_does_not_matter_which_is_compared_with_which(name: str, target: str) -> None:
    there, back = match_of(name, target), match_of(target, name)
    assert (there and there.confidence) == (back and back.confidence)


@settings(deadline=None)
@given(names)
def test_every_name_is_itself(name: str) -> None:
    assert match_of(name, name) == Match(0, 1.0, MatchReason.EXACT)


@settings(deadline=None)
@given(names)
def test_case_and_decoration_change_nothing(name: str) -> None:
    if prepare_name(name).compact:
        assert match_of(f"📢┃ {name} -", name) == Match(0, 1.0, MatchReason.EXACT)


@settings(deadline=None)
@given(names, st.lists(names, max_size=12), st.floats(0.0, 1.0), st.integers(1, 5))
def test_a_list_is_matched_as_its_entries_are(name: str, targets: list[str], minimum: float, limit: int) -> None:
    found = ChannelMatcher([target] for target in targets).matches(name, minimum=minimum)
    alone = {
        position: match.confidence
        for position, target in enumerate(targets)
        if (match := match_of(name, target)) is not None and match.confidence >= minimum and match.confidence > 0
    }
    assert {match.target: match.confidence for match in found if match.confidence > 0} == alone
    assert [match.confidence for match in found] == sorted((match.confidence for match in found), reverse=True)
    assert ChannelMatcher([target] for target in targets).matches(name, minimum=minimum, limit=limit) == found[:limit]
