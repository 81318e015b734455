import pytest

from shared.platforms.base import Part, SendContext
from shared.platforms.feishu import FeishuPlatform
from shared.platforms.feishu_hook import HookCredentials, sign
from shared.platforms.feishu_parts import compose_for_custom_bot
from shared.platforms.http import HttpResponse, NoAnswer, NotSent
from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown
from tests.fakes.clock import FakeClock
from tests.fakes.relay_messages import media_item, relay_message
from tests.fakes.scripted_http import ScriptedHttp, answer
from tests.fakes.scripted_media import ScriptedMedia

HOOK_ID = "0f0e0d0c-1111-2222-3333-444455556666"
SUCCESS = answer(200, {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})


def refused(code: int, msg: str = "no", status: int = 200) -> HttpResponse:
    return answer(status, {"code": code, "msg": msg})


class Setup:
    def __init__(
        self,
        *script: HttpResponse | Exception,
        api_base: str = "https://open.feishu.cn",
        host: str = "open.feishu.cn",
        **config: str,
    ) -> None:
        self.http = ScriptedHttp(list(script))
        self.clock = FakeClock(1_700_000_000.9)
        self.platform = FeishuPlatform(self.http, ScriptedMedia(), api_base, self.clock)
        webhook_url = f"https://{host}/open-apis/bot/v2/hook/{HOOK_ID}"
        checked = self.platform.validate_config({"webhook_url": webhook_url} | config)
        self.destination = self.platform.destination(1, checked, "whatever")

    def send(self, part: Part) -> Outcome:
        outcome = self.platform.send(part, self.destination, SendContext("key"))
        assert not self.http.script, "the test expects more requests"
        return outcome


def part_of(text: str = "hi") -> Part:
    [part] = compose_for_custom_bot(relay_message(text), "小明", "")
    return part


@pytest.mark.parametrize(
    ("timestamp", "secret", "signature"),
    [
        (1_599_360_473, "demo", "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="),
        (1_700_000_000, "SEC-relay", "Q7M8A6EwT2Gs64cjXXXPTXbzpar/In3kVJoUKjoQdMY="),
    ],
)
def test_signatures(timestamp: int, secret: str, signature: str) -> None:
    assert sign(timestamp, secret) == signature


def test_a_post_has_its_content_as_an_object_one_level_deeper() -> None:
    setup = Setup(SUCCESS)
    assert setup.send(part_of()) == Delivered()
    [request] = setup.http.requests
    assert request.url == f"https://open.feishu.cn/open-apis/bot/v2/hook/{HOOK_ID}"
    rows = [[{"tag": "text", "text": "小明", "style": ["bold"]}], [{"tag": "text", "text": "hi"}]]
    assert request.body == {"msg_type": "post", "content": {"post": {"zh_cn": {"title": "", "content": rows}}}}


def test_each_attempt_is_signed_anew() -> None:
    setup = Setup(refused(11232), SUCCESS, secret="SEC-relay")
    setup.platform.send(part_of(), setup.destination, SendContext("key"))
    setup.clock.advance(7200)
    setup.send(part_of())
    first, second = (request.body for request in setup.http.requests)
    assert (first["timestamp"], first["sign"]) == ("1700000000", "Q7M8A6EwT2Gs64cjXXXPTXbzpar/In3kVJoUKjoQdMY=")
    assert (second["timestamp"], second["sign"]) == ("1700007200", sign(1_700_007_200, "SEC-relay"))


@pytest.mark.parametrize(
    ("host", "api_base", "base"),
    [
        ("open.larksuite.com", "https://open.feishu.cn", "https://open.larksuite.com"),
        ("open.larksuite.com", "http://127.0.0.1:9", "http://127.0.0.1:9"),
    ],
)
def test_an_api_base_set_by_the_operator_replaces_the_host(host: str, api_base: str, base: str) -> None:
    setup = Setup(SUCCESS, host=host, api_base=api_base)
    setup.send(part_of())
    assert setup.http.requests[0].url == f"{base}/open-apis/bot/v2/hook/{HOOK_ID}"


def test_nothing_is_fetched_for_a_custom_bot() -> None:
    media = ScriptedMedia()
    http = ScriptedHttp([SUCCESS])
    platform = FeishuPlatform(http, media, "https://open.feishu.cn", FakeClock())
    config = {"webhook_url": f"https://open.feishu.cn/open-apis/bot/v2/hook/{HOOK_ID}"}
    destination = platform.destination(1, config, "")
    [part] = platform.compose(relay_message("look", media_item("image", "a.png")), destination, "小明")
    assert platform.send(part, destination, SendContext("key")) == Delivered()
    assert media.asked == {}


@pytest.mark.parametrize(("code", "msg"), [(9499, "Bad Request"), (19036, "too long"), (19002, "params error")])
def test_a_refused_post_is_sent_once_as_text(code: int, msg: str) -> None:
    setup = Setup(refused(code, msg, 400), SUCCESS)
    assert setup.send(part_of()) == Delivered((), (f"plain_text: post refused with {code}",))
    assert setup.http.requests[1].body == {"msg_type": "text", "content": {"text": "小明\nhi"}}


def test_text_refused_too_is_given_up() -> None:
    outcome = Setup(refused(9499, "Bad Request"), refused(9499, "Bad Request")).send(part_of())
    assert isinstance(outcome, Permanent)
    assert not outcome.disables_destination


@pytest.mark.parametrize(
    ("step", "kind", "disables"),
    [
        (refused(19001, "param invalid: incoming webhook access token invalid"), Permanent, True),
        (refused(19021, "sign match fail"), Permanent, True),
        (refused(19022, "Ip Not Allowed"), Permanent, True),
        (refused(19024, "Key Words Not Found"), Permanent, False),
        (refused(9499, "too many request", 400), RetryAfter, False),
        (refused(11232, "frequency limited"), RetryAfter, False),
        (answer(200, b"ok"), Unknown, False),
        (answer(502, b"<html>"), Unknown, False),
        (NoAnswer("timeout", "nothing came"), Unknown, False),
        (NotSent("connect_refused", "refused"), RetryAfter, False),
        (NotSent("destination_refused", "no", permanent=True), Permanent, False),
    ],
)
def test_what_becomes_of_a_post_that_fails(step: HttpResponse | Exception, kind: type, disables: bool) -> None:
    outcome = Setup(step).send(part_of())
    assert isinstance(outcome, kind)
    assert getattr(outcome, "disables_destination", False) is disables


@pytest.mark.parametrize(
    "step",
    [
        refused(19001, f"no bot at /open-apis/bot/v2/hook/{HOOK_ID} SEC-relay"),
        NotSent("connect_failed", f"{HOOK_ID} SEC-relay"),
        NoAnswer("timeout", f"{HOOK_ID} SEC-relay"),
    ],
)
def test_no_outcome_holds_a_secret(step: HttpResponse | Exception) -> None:
    outcome = repr(Setup(step, secret="SEC-relay").send(part_of()))
    assert HOOK_ID not in outcome
    assert "SEC-relay" not in outcome


def test_credentials_do_not_show_themselves() -> None:
    shown = repr(HookCredentials("https://open.feishu.cn", HOOK_ID, "SEC-relay"))
    assert HOOK_ID not in shown
    assert "SEC-relay" not in shown


def test_the_test_message_holds_the_keyword() -> None:
    setup = Setup(SUCCESS, keyword="公告")
    assert setup.platform.test(setup.destination) == Delivered()
    assert "公告" in setup.http.requests[0].body["content"]["text"]
