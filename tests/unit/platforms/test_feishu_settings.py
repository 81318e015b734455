import pytest

from shared.platforms.base import InvalidConfig, RateLimit
from shared.platforms.feishu import FeishuPlatform
from shared.platforms.feishu_settings import guess_receive_id_type, resolve_receiver
from tests.fakes.scripted_http import ScriptedHttp
from tests.fakes.scripted_media import ScriptedMedia

APP = {"app_id": "cli_abc123", "app_secret": "secret_xyz789"}
HOOK_ID = "0f0e0d0c-1111-2222-3333-444455556666"
HOOK = {"webhook_url": f"https://open.feishu.cn/open-apis/bot/v2/hook/{HOOK_ID}"}


def platform() -> FeishuPlatform:
    return FeishuPlatform(ScriptedHttp([]), ScriptedMedia(), "https://open.feishu.cn")


def test_an_app_needs_no_chat_of_its_own() -> None:
    assert platform().validate_config(APP | {"unknown": 1}) == APP


@pytest.mark.parametrize(
    ("chat_id", "told", "id_type"),
    [
        ("oc_a1b2", None, "chat_id"),
        ("ou_a1b2", None, "open_id"),
        ("on_a1b2", None, "union_id"),
        ("ming@example.com", None, "email"),
        ("a1b2c3", "user_id", "user_id"),
        ("a1b2c3", None, "chat_id"),
    ],
)
def test_the_type_of_the_receiver_is_told_or_guessed(chat_id: str, told: str | None, id_type: str) -> None:
    config = platform().validate_config(APP | {"chat_id": chat_id, "receive_id_type": told})
    assert config == APP | {"chat_id": chat_id, "receive_id_type": id_type}


@pytest.mark.parametrize("base_url", ["https://open.larksuite.com", "https://OPEN.feishu.cn/"])
def test_the_apps_host_may_be_either(base_url: str) -> None:
    config = platform().validate_config(APP | {"base_url": base_url})
    assert config["base_url"] == base_url.lower().rstrip("/")


def test_a_custom_bot_keeps_its_address_secret_and_keyword() -> None:
    config = platform().validate_config(
        {
            "webhook_url": f" https://open.larksuite.com/open-apis/bot/v2/hook/{HOOK_ID}/?from=x ",
            "secret": "SEC-relay",
            "keyword": "公告",
            "rate_limits": [{"requests": 1, "per_seconds": 2}],
        }
    )
    assert config == {
        "webhook_url": f"https://open.larksuite.com/open-apis/bot/v2/hook/{HOOK_ID}",
        "secret": "SEC-relay",
        "keyword": "公告",
        "rate_limits": [{"requests": 1, "per_seconds": 2}],
    }


@pytest.mark.parametrize(
    ("config", "field", "reason"),
    [
        ({}, "app_id", "missing"),
        ({"app_id": "cli_abc"}, "app_secret", "missing"),
        ({"app_id": "a/../b", "app_secret": "secret_xyz789"}, "app_id", "malformed"),
        ({"app_id": 7, "app_secret": "secret_xyz789"}, "app_id", "malformed"),
        ({"app_id": "cli_abc", "app_secret": "has blank in it"}, "app_secret", "malformed"),
        (APP | {"chat_id": "has blank"}, "chat_id", "malformed"),
        (APP | {"chat_id": 12}, "chat_id", "malformed"),
        (APP | {"receive_id_type": "phone"}, "receive_id_type", "malformed"),
        (APP | {"base_url": "https://open.feishu.cn.evil.example"}, "base_url", "host_not_allowed"),
        (APP | {"base_url": "http://open.feishu.cn"}, "base_url", "host_not_allowed"),
        (APP | {"base_url": "https://open.feishu.cn@10.0.0.1"}, "base_url", "host_not_allowed"),
        (APP | {"base_url": 5}, "base_url", "malformed"),
        (APP | {"rate_limits": "fast"}, "rate_limits", "malformed"),
        (APP | HOOK, "webhook_url", "ambiguous"),
        ({"webhook_url": 5}, "webhook_url", "malformed"),
        ({"webhook_url": "https://evil.example/open-apis/bot/v2/hook/x"}, "webhook_url", "host_not_allowed"),
        ({"webhook_url": "https://open.feishu.cn.evil.example/x"}, "webhook_url", "host_not_allowed"),
        ({"webhook_url": "http://open.feishu.cn/open-apis/bot/v2/hook/x"}, "webhook_url", "malformed"),
        ({"webhook_url": "https://u:p@open.feishu.cn/open-apis/bot/v2/hook/x"}, "webhook_url", "malformed"),
        ({"webhook_url": "https://open.feishu.cn:8443/open-apis/bot/v2/hook/x"}, "webhook_url", "malformed"),
        ({"webhook_url": "https://open.feishu.cn:x/open-apis/bot/v2/hook/x"}, "webhook_url", "malformed"),
        ({"webhook_url": "https://open.feishu.cn/open-apis/bot/v2/hook/"}, "webhook_url", "malformed"),
        ({"webhook_url": "https://open.feishu.cn/open-apis/bot/v2/hook/a%2Fb"}, "webhook_url", "malformed"),
        (HOOK | {"secret": "two words"}, "secret", "malformed"),
        (HOOK | {"keyword": "x" * 51}, "keyword", "malformed"),
        (HOOK | {"keyword": "a\nb"}, "keyword", "malformed"),
    ],
)
def test_a_config_that_cannot_work_is_refused(config: dict, field: str, reason: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        platform().validate_config(config)
    assert (refused.value.field, refused.value.reason) == (field, reason)


@pytest.mark.parametrize(
    ("target_channel_id", "target_id"),
    [("", "oc_own"), ("feishu_chat_1", "oc_own"), ("oc_other", "oc_other"), ("ou_person", "ou_person")],
)
def test_where_a_mapping_leads(target_channel_id: str, target_id: str) -> None:
    config = platform().validate_config(APP | {"chat_id": "oc_own"})
    assert platform().destination(1, config, target_channel_id).target_id == target_id


def test_an_app_without_any_chat_says_what_is_missing() -> None:
    with pytest.raises(InvalidConfig) as refused:
        platform().destination(1, APP, "feishu_chat_1")
    assert (refused.value.field, refused.value.reason) == ("chat_id", "missing")


def test_the_bots_own_receiver_keeps_its_told_type() -> None:
    config = {"chat_id": "ou_like", "receive_id_type": "user_id"}
    assert resolve_receiver(config, "ou_like").id_type == "user_id"
    assert resolve_receiver(config, "ou_other").id_type == "open_id"


@pytest.mark.parametrize("text", ["oc_", "xoc_1", "oc_a b", "plain", "@x", "a@", ""])
def test_what_is_no_receiver(text: str) -> None:
    assert guess_receive_id_type(text) is None


def test_all_bots_of_a_group_share_its_key_and_people_belong_to_an_app() -> None:
    other = APP | {"app_id": "cli_other"}
    in_group = [platform().destination(1, app, "oc_group").key for app in (APP, other)]
    to_person = [platform().destination(1, app, "ou_person").key for app in (APP, other)]
    assert in_group[0] == in_group[1]
    assert to_person[0] != to_person[1]


def test_no_key_gives_a_hook_away() -> None:
    destination = platform().destination(1, HOOK, "whatever")
    assert HOOK_ID not in destination.key + destination.credential_key + destination.target_id
    assert len(destination.key) <= 128


def test_limits_of_apps_and_custom_bots() -> None:
    app = platform().limits(platform().destination(1, APP, "oc_group"))
    assert app.destination == (RateLimit(5, 1.0),)
    assert app.credential == (RateLimit(50, 1.0), RateLimit(1000, 60.0))
    hook = platform().limits(platform().destination(1, HOOK, ""))
    assert hook.destination == (RateLimit(5, 1.0), RateLimit(100, 60.0))
    assert hook.credential == ()
