"""Which channel is meant: letters, words, meanings, parts and misspellings, each with its reason."""

from __future__ import annotations

import pytest

from shared.relay.channel_matching import ChannelMatcher, Match, MatchReason
from shared.relay.channel_names import prepare_name, singular
from shared.relay.channel_translations import GENERIC_TERMS, TRANSLATIONS


def best(name: str, target: str, minimum: float = 0.01) -> Match | None:
    return next(iter(ChannelMatcher([[target]]).matches(name, minimum=minimum)), None)


@pytest.mark.parametrize(
    ("name", "target", "confidence", "reason"),
    [
        ("公告", "公告", 1.0, MatchReason.EXACT),
        ("General", "# general", 1.0, MatchReason.EXACT),
        ("off-topic", "Off Topic", 1.0, MatchReason.EXACT),
        ("📢┃公告", "公告", 1.0, MatchReason.EXACT),
        ("𝓖𝓮𝓷𝓮𝓻𝓪𝓵", "general", 1.0, MatchReason.EXACT),
        ("🎮", "🎮", 1.0, MatchReason.EXACT),
        ("公告频道", "公告", 0.95, MatchReason.SAME_WORDS),
        ("rule", "rules", 0.95, MatchReason.SAME_WORDS),
        ("game guides", "guides-game", 0.95, MatchReason.SAME_WORDS),
        ("公告", "announcements", 0.9, MatchReason.TRANSLATION),
        ("游戏攻略", "game-guides", 0.9, MatchReason.TRANSLATION),
        ("闲聊区", "off-topic", 0.9, MatchReason.TRANSLATION),
        ("閒聊", "random", 0.9, MatchReason.TRANSLATION),
        ("announcements", "news", 0.9, MatchReason.TRANSLATION),
    ],
)
def test_the_same_channel_by_another_name(name: str, target: str, confidence: float, reason: MatchReason) -> None:
    match = best(name, target)
    assert match is not None
    assert (match.confidence, match.reason) == (confidence, reason)


@pytest.mark.parametrize(
    ("name", "target", "reason"),
    [
        ("原神公告", "公告", MatchReason.CONTAINS),
        ("genshin impact", "genshin", MatchReason.CONTAINS),
        ("每日公告", "announcements", MatchReason.TRANSLATED_PART),
        ("游戏公告", "event-announcements", MatchReason.SHARED_WORDS),
        ("annoucements", "announcements", MatchReason.SIMILAR),
    ],
)
def test_less_certain_matches_say_so(name: str, target: str, reason: MatchReason) -> None:
    match = best(name, target)
    assert match is not None
    assert match.reason is reason
    assert 0.3 < match.confidence < 0.9


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("art", "party"),  # a part of a word is no part of the name
        ("上海", "海上"),
        ("🎮", "📢"),
        ("音乐", "rules"),
        ("", "general"),
        ("频道 1", "频道 12"),
    ],
)
def test_different_channels_are_not_suggested(name: str, target: str) -> None:
    assert best(name, target, minimum=0.5) is None


def test_other_numbers_lower_the_confidence() -> None:
    same, other = best("新闻 2", "news-2"), best("新闻 2", "news-3")
    assert same is not None
    assert same.confidence == 0.9
    assert other is not None
    assert other.confidence < 0.5


def test_the_fuller_the_part_the_surer_the_match() -> None:
    large, small = best("genshin news", "genshin"), best("genshin impact daily lore and guides", "genshin")
    assert large is not None
    assert small is not None
    assert 0.5 < small.confidence < large.confidence < 0.85


def test_the_best_come_first_and_equals_keep_the_order_of_the_targets() -> None:
    matcher = ChannelMatcher([["rules"], ["news"], ["公告"], ["announcements"]])
    found = matcher.matches("公告")
    assert [(match.target, match.confidence) for match in found] == [(2, 1.0), (1, 0.9), (3, 0.9)]
    assert matcher.matches("公告", limit=2) == found[:2]
    assert matcher.matches("公告", minimum=0.95) == found[:1]


def test_a_target_of_several_names_is_known_by_the_best_of_them() -> None:
    matcher = ChannelMatcher([["Captain Hook", "公告推送"], ["公告"]])
    assert [(match.target, match.reason) for match in matcher.matches("公告推送")] == [
        (0, MatchReason.EXACT),
        (1, MatchReason.CONTAINS),
    ]


def test_the_table_has_the_pairs_of_the_contract_and_many_more() -> None:
    assert len(TRANSLATIONS) >= 60
    for chinese, english in [
        ("公告", "announcements"), ("活动", "events"), ("更新", "updates"), ("更新", "changelog"),
        ("讨论", "discussion"), ("讨论", "general"), ("技术", "tech"), ("技术", "technology"), ("闲聊", "off-topic"),
        ("闲聊", "random"), ("帮助", "help"), ("帮助", "support"), ("规则", "rules"), ("欢迎", "welcome"),
        ("组队", "lfg"), ("组队", "team"), ("交易", "trading"), ("攻略", "guides"), ("图片", "images"),
        ("图片", "screenshots"), ("视频", "videos"), ("音乐", "music"),
    ]:  # fmt: skip
        match = best(chinese, english)
        assert match == Match(0, 0.9, MatchReason.TRANSLATION), (chinese, english)


def test_every_term_of_the_table_means_one_thing_and_is_in_the_form_it_is_looked_up_in() -> None:
    seen: dict[tuple[str, ...], str] = {}
    for key, chinese, english in TRANSLATIONS:
        assert chinese
        assert english
        for term in (*chinese, *english):
            name = prepare_name(term)
            assert name.terms == (f"={key}",), term
            assert seen.setdefault(name.words, key) == key, term
    for term in GENERIC_TERMS:
        assert tuple(map(singular, prepare_name(term).words)) not in seen, term


def test_only_generic_words_are_words_after_all() -> None:
    assert best("频道", "频道") == Match(0, 1.0, MatchReason.EXACT)
    assert best("频道", "房间", minimum=0.1) is None


def test_a_name_of_any_length_is_compared_by_its_beginning() -> None:
    assert best("x" * 100_000, "x" * 200) == Match(0, 1.0, MatchReason.EXACT)
