"""Every documented error of every platform, answered over HTTP: what it means for the delivery.

``off``: this destination takes nothing any more. ``never``: not this message. ``wait``: a rate limit, no attempt lost.
``again``: tried again. ``remedied``: another form of the same message was taken at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import pytest

from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown
from tests.contract.platforms.harness import Harness, message
from tests.standins.server import Answer, Fault

Meaning: TypeAlias = Literal["off", "never", "wait", "again", "remedied"]
Rows: TypeAlias = Mapping[Meaning, list[tuple[str, Answer]]]


def discord(status: int, code: int, **more: Any) -> tuple[str, Answer]:
    return f"{status}/{code}", Answer.of_json({"message": "what Discord says", "code": code, **more}, status)


def telegram(error_code: int, description: str, **parameters: Any) -> tuple[str, Answer]:
    body = {"ok": False, "error_code": error_code, "description": description}
    return f"{error_code} {description}", Answer.of_json({**body, "parameters": parameters}, error_code)


def feishu(code: int, msg: str = "what Feishu says", status: int = 400) -> tuple[str, Answer]:
    return f"{code} {msg}", Answer.of_json({"code": code, "msg": msg}, status)


def kook(code: int, text: str, status: int = 200) -> tuple[str, Answer]:
    return f"{code} {text}", Answer.of_json({"code": code, "message": text, "data": []}, status)


def plain(status: int, **headers: str) -> tuple[str, Answer]:
    return str(status), Answer(status, b"what it says", {"Content-Type": "text/plain", **headers})


DOCUMENTED: Mapping[str, Rows] = {
    "discord": {
        "off": [
            discord(404, 10015), discord(404, 10003), discord(401, 50027), discord(403, 50013), discord(403, 50001),
            discord(400, 220001), discord(400, 220002), discord(400, 220003), discord(400, 220004),
            discord(400, 40067), discord(400, 50083), discord(400, 160005),
        ],
        "never": [discord(400, 50006), discord(400, 200000), discord(400, 240000), discord(400, 20009),
            discord(400, 50035),
        ],
        "wait": [
            discord(429, 0, retry_after=0.5, **{"global": False}), discord(400, 20016, retry_after=1.5),
            discord(429, 20028, retry_after=1.5), discord(429, 20029, retry_after=1.5),
            discord(429, 40062, retry_after=1.5), ("429 of Cloudflare", Answer(429, b"<html>error 1015</html>")),
        ],
        "again": [
            ("500", Answer(500, b"")), ("502", Answer(502, b"<html>")), ("503", Answer(503)), ("504", Answer(504)),
            discord(503, 130000), discord(400, 110000), discord(400, 40004), discord(400, 40006),
            discord(403, 40333), ("403 of Cloudflare", Answer(403, b"<html>access denied</html>")),
        ],
        "remedied": [
            discord(400, 50035, errors={"username": {"_errors": [{"code": "X", "message": "no"}]}}),
            discord(400, 50035, errors={"avatar_url": {"_errors": [{"code": "X", "message": "no"}]}}),
        ],
    },
    "telegram": {
        "off": [
            telegram(401, "Unauthorized"), telegram(404, "Not Found"), telegram(421, "Misdirected Request"),
            telegram(403, "Forbidden: bot was kicked from the supergroup chat"),
            telegram(403, "Forbidden: bot is not a member of the channel chat"),
            telegram(403, "Forbidden: bot was blocked by the user"), telegram(403, "Forbidden: user is deactivated"),
            telegram(403, "Forbidden: the group chat was deleted"),
            telegram(403, "Forbidden: bot can't initiate conversation with a user"),
            telegram(400, "Bad Request: chat not found"), telegram(400, "Bad Request: chat_id is empty"),
            telegram(400, "Bad Request: message thread not found"), telegram(400, "Bad Request: TOPIC_CLOSED"),
            telegram(400, "Bad Request: not enough rights to send text messages to the chat"),
            telegram(400, "Bad Request: CHAT_WRITE_FORBIDDEN"),
            telegram(400, "Bad Request: have no rights to send a message"),
        ],
        "never": [telegram(400, "Bad Request: something new")],
        "wait": [
            telegram(429, "Too Many Requests: retry after 7", retry_after=7),
            telegram(400, "failed to send message #1 with the error message \"Too Many Requests: retry after 8\""),
        ],
        "again": [
            telegram(500, "Internal Server Error: restart"), telegram(502, "Bad Gateway"),
            telegram(504, "Gateway Timeout"), telegram(503, "Service Unavailable"), ("502 of a proxy", Answer(502)),
        ],
        "remedied": [
            telegram(400, "Bad Request: can't parse entities: Unsupported start tag at byte offset 3"),
            telegram(400, "Bad Request: message text is empty"), telegram(400, "Bad Request: message is too long"),
        ],
    },
    "feishu_app": {
        "off": [
            feishu(99991543), feishu(10003), feishu(10014), feishu(99991662), feishu(99991673), feishu(99991672),
            feishu(99991676), feishu(99991679), feishu(230027), feishu(230002), feishu(230006), feishu(230013),
            feishu(230018), feishu(230035), feishu(230029), feishu(230038), feishu(230053), feishu(230034),
            feishu(232009),
        ],
        "never": [feishu(230022), feishu(230028), feishu(777777)],
        "wait": [
            feishu(99991400), feishu(99991400, status=429), feishu(230020), feishu(11232), feishu(11233),
            feishu(11247), ("429", Answer(429, b"")),
        ],
        "again": [
            feishu(232096), feishu(234042), feishu(50001), feishu(55555, status=500), ("500", Answer(500, b"<html>")),
            ("502", Answer(502)), ("503", Answer(503)), ("504", Answer(504)),
        ],
        "remedied": [
            feishu(99991661), feishu(99991663), feishu(99991664), feishu(99991665), feishu(99991668),
            feishu(99991671), feishu(230001), feishu(230025), feishu(230099, "11310"),
        ],
    },
    "feishu_hook": {
        "off": [feishu(19001, status=200), feishu(19021, status=200), feishu(19022, status=200)],
        "never": [feishu(19024, status=200)],
        "wait": [feishu(9499, "too many request", 200), feishu(11232, status=200), ("429", Answer(429, b""))],
        "again": [("500", Answer(500, b"<html>")), ("502", Answer(502)), ("503", Answer(503))],
        "remedied": [feishu(9499, "Bad Request", 200), feishu(19002, status=200), feishu(19036, status=200)],
    },
    "kook": {
        "off": [kook(40100, "你的用户凭证不正确", 401), kook(40101, "token"), kook(40102, "t"), kook(40103, "t"),
                kook(40300, "没有权限", 403)],
        "never": [kook(40000, "不能发送空消息"), kook(777, "something new")],
        "wait": [("429", Answer.of_json({"code": 429, "message": "too fast", "data": []}, 429))],
        "again": [
            kook(500, "error", 500), kook(502, "error", 502), kook(503, "error", 503),
            kook(40000, "发送太频繁，请稍后再试"), ("404 of another server", Answer(404, b"<html>")),
        ],
        "remedied": [],
    },
    "webhook": {
        "off": [plain(401), plain(404), plain(410)],
        "never": [plain(400), plain(403), plain(413), plain(422)],
        "wait": [plain(429), plain(429, **{"Retry-After": "7"})],
        "again": [
            plain(301, Location="https://example.com/"), plain(308, Location="https://example.com/"), plain(408),
            plain(425), plain(500), plain(502), plain(503, **{"Retry-After": "9"}), plain(504),
        ],
        "remedied": [],
    },
}  # fmt: skip


def meaning(outcome: Outcome) -> Meaning:
    if isinstance(outcome, Permanent):
        return "off" if outcome.disables_destination else "never"
    if isinstance(outcome, RetryAfter):
        return "wait" if outcome.rate_limited else "again"
    return "again" if isinstance(outcome, Unknown) else "remedied"


def test_every_platform_has_its_errors_here(harness: Harness) -> None:
    assert set(DOCUMENTED[harness.name]) == {"off", "never", "wait", "again", "remedied"}


@pytest.mark.parametrize("wanted", ["off", "never", "wait", "again", "remedied"])
def test_what_a_documented_error_means(harness: Harness, wanted: Meaning) -> None:
    (part,) = harness.compose(message("**what** is sent"))
    for label, answer in DOCUMENTED[harness.name][wanted]:
        harness.stand_in.clear()
        harness.stand_in.script(Fault(answer=answer), matching=harness.posts)
        outcome = harness.send(part)
        assert meaning(outcome) == wanted, (label, outcome)
        if not isinstance(outcome, Delivered):
            assert outcome.detail, label
            assert not any(secret in outcome.detail for secret in harness.secrets), label
            # What was answered with an error did not arrive; sent again it does.
            assert isinstance(harness.send(part), Delivered), label
