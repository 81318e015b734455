import pytest

from shared.platforms.base import InvalidConfig, RateLimit
from shared.platforms.telegram import TelegramPlatform
from shared.platforms.telegram_settings import parse_chat
from tests.fakes.scripted_http import ScriptedHttp
from tests.fakes.scripted_media import ScriptedMedia

TOKEN = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"


def platform() -> TelegramPlatform:
    return TelegramPlatform(ScriptedHttp([]), ScriptedMedia(), "https://api.telegram.org")


def test_the_normalised_config_keeps_known_fields_only() -> None:
    config = platform().validate_config(
        {
            "bot_token": f" {TOKEN} ",
            "chat_id": -1001234567890,
            "message_thread_id": "7",
            "disable_notification": True,
            "rate_limits": [{"requests": 9, "per_seconds": 1}],
            "something_else": 1,
        }
    )
    assert config == {
        "bot_token": TOKEN,
        "chat_id": "-1001234567890",
        "message_thread_id": 7,
        "disable_notification": True,
        "rate_limits": [{"requests": 9, "per_seconds": 1}],
    }


def test_the_token_may_be_called_token() -> None:
    assert platform().validate_config({"token": TOKEN, "chat_id": "@news"})["bot_token"] == TOKEN


@pytest.mark.parametrize(
    ("config", "field", "reason"),
    [
        ({"chat_id": "1"}, "bot_token", "missing"),
        ({"bot_token": "", "chat_id": "1"}, "bot_token", "missing"),
        ({"bot_token": 5, "chat_id": "1"}, "bot_token", "malformed"),
        ({"bot_token": "no-colon", "chat_id": "1"}, "bot_token", "malformed"),
        ({"bot_token": "12:abc/../../evil", "chat_id": "1"}, "bot_token", "malformed"),
        ({"bot_token": "12:abcdef?x=1", "chat_id": "1"}, "bot_token", "malformed"),
        ({"bot_token": f"{TOKEN}\nx", "chat_id": "1"}, "bot_token", "malformed"),
        ({"bot_token": TOKEN}, "chat_id", "missing"),
        ({"bot_token": TOKEN, "chat_id": "general"}, "chat_id", "malformed"),
        ({"bot_token": TOKEN, "chat_id": "-100/5"}, "chat_id", "malformed"),
        ({"bot_token": TOKEN, "chat_id": True}, "chat_id", "malformed"),
        ({"bot_token": TOKEN, "chat_id": ["1"]}, "chat_id", "malformed"),
        ({"bot_token": TOKEN, "chat_id": "1", "message_thread_id": "x"}, "message_thread_id", "malformed"),
        ({"bot_token": TOKEN, "chat_id": "1", "message_thread_id": -3}, "message_thread_id", "malformed"),
        ({"bot_token": TOKEN, "chat_id": "1", "message_thread_id": True}, "message_thread_id", "malformed"),
        ({"bot_token": TOKEN, "chat_id": "1", "disable_notification": "yes"}, "disable_notification", "malformed"),
        ({"bot_token": TOKEN, "chat_id": "1", "rate_limits": []}, "rate_limits", "malformed"),
    ],
)
def test_a_config_that_cannot_work_is_refused_without_its_value(config: dict, field: str, reason: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        platform().validate_config(config)
    assert (refused.value.field, refused.value.reason) == (field, reason)
    assert TOKEN not in str(refused.value)
    assert "evil" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "chat_id", "thread_id"),
    [
        ("-1001234567890", "-1001234567890", None),
        ("42", "42", None),
        ("@some_group", "@some_group", None),
        ("-100123/77", "-100123", 77),
        ("-100123/1", "-100123", None),
        (" 42 ", "42", None),
    ],
)
def test_addresses_of_chats(text: str, chat_id: str, thread_id: int | None) -> None:
    chat = parse_chat(text)
    assert chat is not None
    assert (chat.chat_id, chat.thread_id) == (chat_id, thread_id)


@pytest.mark.parametrize("text", ["", "telegram_chat_1", "0", "-", "@", "1/x", "1/", "1/2/3", "٤٢", "1" * 20])
def test_what_is_no_address_of_a_chat(text: str) -> None:
    assert parse_chat(text) is None


@pytest.mark.parametrize(
    ("thread", "target_channel_id", "target_id"),
    [
        (None, "", "-100500"),
        (None, "telegram_channel_123", "-100500"),
        (None, "-100600", "-100600"),
        (None, "@other", "@other"),
        (None, "-100600/9", "-100600/9"),
        (7, "anything", "-100500/7"),
        (7, "-100500", "-100500/7"),
        (7, "-100500/8", "-100500/8"),
        (7, "-100500/1", "-100500"),
        (7, "-100600", "-100600"),
        (1, "anything", "-100500"),
    ],
)
def test_where_a_mapping_leads(thread: int | None, target_channel_id: str, target_id: str) -> None:
    raw = {"bot_token": TOKEN, "chat_id": "-100500", "message_thread_id": thread}
    config = platform().validate_config(raw)
    assert platform().destination(3, config, target_channel_id).target_id == target_id


def test_topics_of_a_chat_share_its_key_and_no_key_holds_the_secret() -> None:
    config = platform().validate_config({"bot_token": TOKEN, "chat_id": "-100500"})
    first = platform().destination(1, config, "-100500/7")
    second = platform().destination(2, config, "-100500/8")
    assert first.key == second.key == "telegram:123456:-100500"
    assert first.credential_key == "telegram:123456"
    assert TOKEN.partition(":")[2] not in first.key + first.credential_key


@pytest.mark.parametrize(
    ("chat_id", "per_chat"),
    [
        ("42", (RateLimit(1, 1.0),)),
        ("-100500", (RateLimit(1, 1.0), RateLimit(20, 60.0))),
        ("@news", (RateLimit(1, 1.0), RateLimit(20, 60.0))),
    ],
)
def test_groups_have_a_limit_more(chat_id: str, per_chat: tuple[RateLimit, ...]) -> None:
    config = platform().validate_config({"bot_token": TOKEN, "chat_id": chat_id})
    limits = platform().limits(platform().destination(1, config, ""))
    assert limits.destination == per_chat
    assert limits.credential == (RateLimit(30, 1.0),)


def test_a_destination_without_a_usable_config_is_refused() -> None:
    with pytest.raises(InvalidConfig):
        platform().destination(1, {"chat_id": "1"}, "")
    with pytest.raises(InvalidConfig):
        platform().destination(1, {"bot_token": TOKEN}, "@elsewhere")
