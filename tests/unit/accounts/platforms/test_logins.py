"""Logging in by QR code, from the picture to a cookie that the platform's own probe takes for logged in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.accounts.platforms.catalogue import PlatformUnknown, load_platforms
from shared.accounts.platforms.logins import LOGIN_STEP_SECONDS, PlatformLogins
from shared.accounts.platforms.outgoing import PlatformAddresses
from shared.accounts.platforms.probe import PlatformProbe
from shared.accounts.platforms.qr_image import qr_png
from shared.accounts.probing import LoginFailed, LoginOutcome, LoginPoll, ProbeOutcome, StartedLogin
from shared.platforms.http import RequestsHttpClient
from shared.security.outbound import OutboundGuard, guarded_session
from tests.fakes.scripted_http import ScriptedHttp, answer
from tests.standins.assets import png_picture
from tests.standins.content_platforms import PLATFORMS, ContentPlatformsStandIn
from tests.standins.server import Answer, Fault

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
QR_PLATFORMS = ("bilibili", "toutiao")


@pytest.fixture
def site() -> Iterator[ContentPlatformsStandIn]:
    with ContentPlatformsStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def logins(site: ContentPlatformsStandIn) -> PlatformLogins:
    return PlatformLogins(load_platforms(), _http(), _addresses(site))


def _http() -> RequestsHttpClient:
    return RequestsHttpClient(guarded_session(OutboundGuard(("127.0.0.0/8",))))


def _addresses(site: ContentPlatformsStandIn) -> PlatformAddresses:
    return PlatformAddresses(dict.fromkeys(PLATFORMS, site.base_url))


def _state_of(started: StartedLogin) -> dict[str, Any]:
    """As a caller has it after keeping it."""
    assert started.state is not None
    return json.loads(json.dumps(started.state))


def _codes(site: ContentPlatformsStandIn, platform: str) -> Any:
    return getattr(site, platform)


def _is_logged_in(site: ContentPlatformsStandIn, platform: str, poll: LoginPoll) -> bool:
    probe = PlatformProbe(load_platforms(), _http(), _addresses(site))
    return probe.check(platform, poll.cookies).outcome is ProbeOutcome.LOGGED_IN


@pytest.mark.parametrize("platform", QR_PLATFORMS)
@pytest.mark.parametrize("delivery", ["headers", "query", "ticket"])
def test_a_login_from_the_picture_to_a_working_cookie(
    site: ContentPlatformsStandIn, logins: PlatformLogins, platform: str, delivery: str
) -> None:
    site.bilibili.delivery = delivery
    started = logins.start(platform)
    state = _state_of(started)
    codes = _codes(site, platform)
    token = codes.tokens[-1]

    assert started.qrcode_png is not None and started.qrcode_png.startswith(PNG_SIGNATURE)
    assert started.expires_in_seconds == 180
    assert logins.poll(platform, state).outcome is LoginOutcome.WAITING
    codes.scan(token)
    assert logins.poll(platform, state).outcome is LoginOutcome.SCANNED
    codes.confirm(token)
    done = logins.poll(platform, state)

    assert done.outcome is LoginOutcome.DONE
    assert _is_logged_in(site, platform, done)
    assert logins.poll(platform, state).outcome is LoginOutcome.EXPIRED, "a code counts once"


def test_the_session_of_bilibili_stays_as_it_is_on_the_wire(
    site: ContentPlatformsStandIn, logins: PlatformLogins
) -> None:
    for delivery in ("headers", "query", "ticket"):
        site.bilibili.delivery = delivery
        state = _state_of(logins.start("bilibili"))
        site.bilibili.confirm(state["token"])
        cookies = {cookie.name: cookie.value for cookie in logins.poll("bilibili", state).cookies}
        assert cookies["SESSDATA"] == f"sess%2C{state['token'][:8]}%2A11"
        assert cookies["bili_jct"] == "csrf1"
        assert set(cookies) <= {"SESSDATA", "bili_jct", "DedeUserID", "DedeUserID__ckMd5", "sid"}


def test_bilibilis_picture_is_drawn_here_and_toutiaos_is_its_own(
    site: ContentPlatformsStandIn, logins: PlatformLogins
) -> None:
    bilibili, toutiao = logins.start("bilibili"), logins.start("toutiao")

    assert bilibili.qrcode_url.endswith(site.bilibili.tokens[-1])
    assert bilibili.qrcode_png == qr_png(bilibili.qrcode_url)
    assert bilibili.qrcode_png != qr_png("something else")
    assert toutiao.qrcode_png == png_picture()


@pytest.mark.parametrize("platform", QR_PLATFORMS)
def test_an_expired_code_is_over(site: ContentPlatformsStandIn, logins: PlatformLogins, platform: str) -> None:
    state = _state_of(logins.start(platform))
    _codes(site, platform).expire(state["token"])

    over = logins.poll(platform, state)

    assert over.outcome is LoginOutcome.EXPIRED
    assert over.reason


@pytest.mark.parametrize(
    ("platform", "outcome"), [("bilibili", LoginOutcome.EXPIRED), ("toutiao", LoginOutcome.REFUSED)]
)
def test_a_login_refused_on_the_phone_is_over(
    site: ContentPlatformsStandIn, logins: PlatformLogins, platform: str, outcome: LoginOutcome
) -> None:
    """Bilibili answers a refused code like an expired one."""
    state = _state_of(logins.start(platform))
    _codes(site, platform).refuse(state["token"])

    over = logins.poll(platform, state)

    assert over.outcome is outcome
    assert "refused" in over.reason


@pytest.mark.parametrize("platform", QR_PLATFORMS)
@pytest.mark.parametrize(
    "fault",
    [
        Fault(answer=Answer(200, b"<html></html>")),
        Fault(answer=Answer.of_json({"code": -412, "error_code": 7})),
        Fault(answer=Answer.of_json([1])),
        Fault(answer=Answer.of_json({"code": 0, "error_code": 0, "data": {"code": 999, "status": "9"}})),
        Fault(answer=Answer(503)),
        Fault(reset="before_answer"),
    ],
    ids=["html", "refused", "array", "odd state", "503", "reset"],
)
def test_trouble_in_between_does_not_end_a_login(
    site: ContentPlatformsStandIn, logins: PlatformLogins, platform: str, fault: Fault
) -> None:
    state = _state_of(logins.start(platform))
    site.script(fault)

    uncertain = logins.poll(platform, state)
    _codes(site, platform).confirm(state["token"])

    assert uncertain.outcome is LoginOutcome.UNKNOWN
    assert uncertain.reason
    assert logins.poll(platform, state).outcome is LoginOutcome.DONE


@pytest.mark.parametrize("platform", QR_PLATFORMS)
def test_a_confirmed_login_whose_last_step_fails_goes_on_from_there(
    site: ContentPlatformsStandIn, logins: PlatformLogins, platform: str
) -> None:
    site.bilibili.delivery = "ticket"
    state = _state_of(logins.start(platform))
    _codes(site, platform).confirm(state["token"])
    site.script(Fault(reset="before_answer"), matching=lambda request: "ticket" in request.query)

    interrupted = logins.poll(platform, state)
    assert interrupted.outcome is LoginOutcome.UNKNOWN
    assert interrupted.state is not None
    done = logins.poll(platform, json.loads(json.dumps(interrupted.state)))

    assert done.outcome is LoginOutcome.DONE
    assert _is_logged_in(site, platform, done)


def test_a_landing_page_that_fails_costs_no_login(site: ContentPlatformsStandIn, logins: PlatformLogins) -> None:
    state = _state_of(logins.start("toutiao"))
    site.toutiao.confirm(state["token"])
    site.script(Fault(answer=Answer(502)), matching=lambda request: request.path == "/profile_v4/", times=5)

    done = logins.poll("toutiao", state)

    assert done.outcome is LoginOutcome.DONE
    assert _is_logged_in(site, "toutiao", done)


def test_a_confirmed_login_is_not_followed_to_a_strange_host(
    site: ContentPlatformsStandIn, logins: PlatformLogins
) -> None:
    site.bilibili.delivery = "ticket"
    for host in ("passport.evilbiligame.com", "169.254.169.254", "biligame.com.evil.example", "me@biligame.com"):
        site.bilibili.ticket_host = host
        state = _state_of(logins.start("bilibili"))
        site.bilibili.confirm(state["token"])
        site.clear()

        refused = logins.poll("bilibili", state)

        assert refused.outcome is LoginOutcome.REFUSED
        assert refused.cookies == ()
        assert [request.path for request in site.requests] == ["/x/passport-login/web/qrcode/poll"]


def test_a_ticket_that_hands_out_nothing_is_no_login(site: ContentPlatformsStandIn, logins: PlatformLogins) -> None:
    site.bilibili.delivery = "ticket"
    state = _state_of(logins.start("bilibili"))
    site.bilibili.confirm(state["token"])
    site.script(Fault(answer=Answer(200, b"{}")), matching=lambda request: "ticket" in request.query)

    assert logins.poll("bilibili", state).outcome is LoginOutcome.REFUSED


@pytest.mark.parametrize("platform", ["douyin", "xiaohongshu"])
def test_a_platform_that_needs_a_browser_names_its_login_page(platform: str) -> None:
    started = PlatformLogins(load_platforms(), ScriptedHttp([]), PlatformAddresses()).start(platform)

    assert started.qrcode_url == load_platforms().definition(platform).login_url
    assert (started.qrcode_png, started.state) == (None, None)


@pytest.mark.parametrize("platform", QR_PLATFORMS)
@pytest.mark.parametrize(
    "reply",
    [
        answer(200, b"<html>"),
        answer(200, {"code": 0, "error_code": 0, "data": {}}),
        answer(200, {"code": 0, "error_code": 0, "data": {"qrcode_key": 7, "token": 7}}),
        answer(200, {"code": False, "error_code": False, "data": {"url": "u", "qrcode_key": "k"}}),
        answer(412, b""),
    ],
)
def test_a_code_that_cannot_be_had_is_said_so(platform: str, reply: Any) -> None:
    logins = PlatformLogins(load_platforms(), ScriptedHttp([reply]), PlatformAddresses())

    with pytest.raises(LoginFailed) as caught:
        logins.start(platform)
    assert caught.value.reason


def test_a_look_ends_in_time_whatever_its_steps_take(site: ContentPlatformsStandIn) -> None:
    """The clock goes on by four seconds with every question for the time."""
    ticks = iter(range(0, 1_000, 4))
    http = _http()
    logins = PlatformLogins(load_platforms(), http, _addresses(site), monotonic=lambda: float(next(ticks)))
    state = _state_of(logins.start("toutiao"))
    site.toutiao.confirm(state["token"])
    site.clear()

    interrupted = logins.poll("toutiao", state)

    assert LOGIN_STEP_SECONDS < 8
    assert interrupted.outcome is LoginOutcome.UNKNOWN
    assert len(site.requests) == 1, "the second step was not begun"
    assert interrupted.state is not None and interrupted.state["follow_url"]


def test_nothing_secret_shows_in_what_is_printed(site: ContentPlatformsStandIn, logins: PlatformLogins) -> None:
    started = logins.start("bilibili")
    state = _state_of(started)
    site.bilibili.confirm(state["token"])
    done = logins.poll("bilibili", state)

    assert done.outcome is LoginOutcome.DONE
    assert state["token"] not in repr(started) + repr(done)
    assert "sess" not in repr(done)


def test_a_platform_nobody_described_is_said_so(logins: PlatformLogins) -> None:
    with pytest.raises(PlatformUnknown):
        logins.start("weibo")
    with pytest.raises(PlatformUnknown):
        logins.poll("weibo", {})
