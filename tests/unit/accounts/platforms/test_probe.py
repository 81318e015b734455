"""Every way in which the four platforms answer a probe gets the right one of three answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.accounts.platforms.catalogue import PlatformCatalogue, PlatformUnknown, load_platforms
from shared.accounts.platforms.outgoing import PlatformAddresses
from shared.accounts.platforms.probe import PlatformProbe
from shared.accounts.probing import PROBE_TIMEOUT_SECONDS, ProbeOutcome
from shared.platforms.http import NoAnswer, RequestsHttpClient
from shared.security.outbound import OutboundGuard, guarded_session
from shared.web.cookies import parse_cookies
from tests.fakes.scripted_http import ScriptedHttp, answer
from tests.standins.content_platforms import PLATFORMS, SESSION_COOKIES, ContentPlatformsStandIn, cookies_of
from tests.standins.server import Answer, Fault

COOKIE_VALUE = "canary-5d1f%2C77"


@pytest.fixture
def site() -> Iterator[ContentPlatformsStandIn]:
    with ContentPlatformsStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def probe(site: ContentPlatformsStandIn) -> PlatformProbe:
    return probe_of(site, load_platforms())


def probe_of(site: ContentPlatformsStandIn, catalogue: PlatformCatalogue) -> PlatformProbe:
    http = RequestsHttpClient(guarded_session(OutboundGuard(("127.0.0.0/8",))))
    return PlatformProbe(catalogue, http, PlatformAddresses(dict.fromkeys(PLATFORMS, site.base_url)))


@pytest.mark.parametrize(
    ("platform", "user_id"),
    [("bilibili", "1234567"), ("douyin", "MS4wLjAB"), ("toutiao", "778"), ("xiaohongshu", "5f0c")],
)
def test_a_cookie_that_counts_is_logged_in_and_says_whose_it_is(
    site: ContentPlatformsStandIn, probe: PlatformProbe, platform: str, user_id: str
) -> None:
    cookies = parse_cookies(site.issue(platform, COOKIE_VALUE, "阿花"))

    result = probe.check(platform, cookies)

    assert result.outcome is ProbeOutcome.LOGGED_IN
    assert (result.identity.platform_user_id, result.identity.name) == (user_id, "阿花")
    assert cookies_of(site.requests[0])[SESSION_COOKIES[platform]] == COOKIE_VALUE


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        ("ordinary", ProbeOutcome.MUST_LOG_IN),
        ("login_redirect", ProbeOutcome.MUST_LOG_IN),
        ("risk_control", ProbeOutcome.UNKNOWN),
        ("other_redirect", ProbeOutcome.UNKNOWN),
        ("html", ProbeOutcome.UNKNOWN),
        ("broken", ProbeOutcome.UNKNOWN),
        ("odd", ProbeOutcome.UNKNOWN),
    ],
)
def test_only_an_explicit_not_logged_in_ends_a_login(
    site: ContentPlatformsStandIn, probe: PlatformProbe, platform: str, behaviour: str, outcome: ProbeOutcome
) -> None:
    cookies = parse_cookies(site.issue(platform, COOKIE_VALUE))
    site.revoke(platform, COOKIE_VALUE)
    site.behave(platform, behaviour)

    result = probe.check(platform, cookies)

    assert result.outcome is outcome
    assert result.reason
    assert COOKIE_VALUE not in repr(result)


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    ("status", "body"),
    [(429, {"code": -101, "status_code": 8}), (503, {"code": 100004}), (200, []), (200, None), (200, {"code": True})],
)
def test_a_server_in_trouble_or_an_odd_document_proves_nothing(platform: str, status: int, body: object) -> None:
    http = ScriptedHttp([answer(status, body)])
    probe = PlatformProbe(load_platforms(), http, PlatformAddresses())

    assert probe.check(platform, parse_cookies(_cookie(platform))).outcome is ProbeOutcome.UNKNOWN


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    ("location", "outcome"),
    [
        ("https://passport.example.com/x", ProbeOutcome.MUST_LOG_IN),
        ("https://sso.example.com", ProbeOutcome.MUST_LOG_IN),
        ("/auth/page/login/", ProbeOutcome.MUST_LOG_IN),
        ("//www.example.com/Login?next=%2F", ProbeOutcome.MUST_LOG_IN),
        ("https://www.example.com/processor", ProbeOutcome.UNKNOWN),
        ("https://www.example.com/busy?from=https://sso.example.com/login", ProbeOutcome.UNKNOWN),
        ("https://passport.example.com/captcha", ProbeOutcome.UNKNOWN),
        ("https://verify.example.com/login", ProbeOutcome.UNKNOWN),
        ("https://[broken/login", ProbeOutcome.UNKNOWN),
        ("", ProbeOutcome.UNKNOWN),
    ],
)
def test_a_redirect_ends_a_login_only_when_it_leads_to_a_login_page(
    platform: str, location: str, outcome: ProbeOutcome
) -> None:
    http = ScriptedHttp([answer(302, b"", {"Location": location})])

    result = PlatformProbe(load_platforms(), http, PlatformAddresses()).check(
        platform, parse_cookies(_cookie(platform))
    )

    assert result.outcome is outcome


def test_xiaohongshu_says_no_login_with_http_200_too() -> None:
    http = ScriptedHttp([answer(200, {"success": False, "code": -100, "msg": "无登录信息"})])
    probe = PlatformProbe(load_platforms(), http, PlatformAddresses())

    assert probe.check("xiaohongshu", parse_cookies(_cookie("xiaohongshu"))).outcome is ProbeOutcome.MUST_LOG_IN


@pytest.mark.parametrize(
    "fault",
    [
        Fault(reset="before_answer"),
        Fault(reset="mid_answer"),
        Fault(answer=Answer(200, b'{"code": -101' + b" " * 600_000 + b"}")),
        Fault(answer=Answer(200, b"[" * 100_000)),
    ],
    ids=["reset", "cut", "too large", "nested too deeply"],
)
def test_a_broken_exchange_changes_nothing(site: ContentPlatformsStandIn, probe: PlatformProbe, fault: Fault) -> None:
    site.script(fault)

    assert probe.check("bilibili", parse_cookies(_cookie("bilibili"))).outcome is ProbeOutcome.UNKNOWN


def test_a_platform_that_does_not_answer_in_time_changes_nothing(site: ContentPlatformsStandIn) -> None:
    site.script(Fault(delay_seconds=30))
    described = load_platforms().definition("bilibili")
    impatient = described.model_copy(update={"probe": described.probe.model_copy(update={"timeout_seconds": 0.3})})
    probe = probe_of(site, PlatformCatalogue({"bilibili": impatient}))

    result = probe.check("bilibili", parse_cookies(_cookie("bilibili")))

    assert result.outcome is ProbeOutcome.UNKNOWN
    assert "time" in result.reason


def test_every_probe_asks_for_an_answer_within_eight_seconds() -> None:
    for platform in PLATFORMS:
        http = ScriptedHttp([NoAnswer("timeout", "no answer in time")])
        PlatformProbe(load_platforms(), http, PlatformAddresses()).check(platform, parse_cookies(_cookie(platform)))
        assert http.requests[0].timeout_seconds < PROBE_TIMEOUT_SECONDS


def test_a_platform_on_the_own_network_is_not_asked(site: ContentPlatformsStandIn) -> None:
    http = RequestsHttpClient(guarded_session(OutboundGuard()))
    probe = PlatformProbe(load_platforms(), http, PlatformAddresses({"bilibili": site.base_url}))

    result = probe.check("bilibili", parse_cookies(_cookie("bilibili")))

    assert result.outcome is ProbeOutcome.UNKNOWN
    assert site.requests == []


@pytest.mark.parametrize(
    ("platform", "cookie", "named"),
    [
        ("bilibili", "SESSDATA=x", "bili_jct"),
        ("bilibili", "SESSDATA=; bili_jct=y", "SESSDATA"),
        ("douyin", "ttwid=x", "sessionid"),
        ("xiaohongshu", "a1=x; web_session=y", "galaxy_creator_session_id"),
    ],
)
def test_a_cookie_without_what_the_platform_needs_is_not_sent(platform: str, cookie: str, named: str) -> None:
    result = PlatformProbe(load_platforms(), ScriptedHttp([]), PlatformAddresses()).check(
        platform, parse_cookies(cookie)
    )

    assert result.outcome is ProbeOutcome.MUST_LOG_IN
    assert named in result.reason


def test_cookies_of_other_sites_stay_here() -> None:
    http = ScriptedHttp([answer(200, {"code": -101})])
    cookies = [
        *(replace(cookie, domain=".bilibili.com") for cookie in parse_cookies("SESSDATA=right; bili_jct=中文")),
        *(replace(cookie, domain="bank.example") for cookie in parse_cookies("SESSDATA=wrong; pin=1234")),
        *(replace(cookie, domain="evilbilibili.com") for cookie in parse_cookies("bili_jct=evil")),
    ]

    PlatformProbe(load_platforms(), http, PlatformAddresses()).check("bilibili", cookies)

    sent = http.requests[0].headers["Cookie"].encode("latin-1").decode()
    assert sent == "SESSDATA=right; bili_jct=中文"


def test_a_platform_nobody_described_is_said_so() -> None:
    with pytest.raises(PlatformUnknown) as caught:
        PlatformProbe(load_platforms(), ScriptedHttp([]), PlatformAddresses()).check("weibo", [])
    assert caught.value.known == PLATFORMS


def _cookie(platform: str) -> str:
    return f"{SESSION_COOKIES[platform]}={COOKIE_VALUE}; bili_jct=csrf"
