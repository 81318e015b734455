"""A Feishu bot's configuration: an app with its bot, or the custom bot of one group."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from shared.platforms.base import InvalidConfig
from shared.platforms.pacing import rate_limits_setting

DEFAULT_API_BASE = "https://open.feishu.cn"
API_HOSTS = ("open.feishu.cn", "open.larksuite.com")
RECEIVE_ID_TYPES = ("chat_id", "open_id", "union_id", "user_id", "email")
MAX_KEYWORD_CHARACTERS = 50

_APP_ID = re.compile(r"[A-Za-z0-9_-]{3,64}")
_APP_SECRET = re.compile(r"[A-Za-z0-9_-]{10,128}")
_SIGN_SECRET = re.compile(r"[\x21-\x7e]{1,256}")
_HOOK_PATH = re.compile(r"/open-apis/bot/v2/hook/([A-Za-z0-9_-]{1,128})/?")
_RECEIVE_ID = re.compile(r"[\x21-\x7e]{1,100}")
_PREFIXES = (("oc_", "chat_id"), ("ou_", "open_id"), ("on_", "union_id"))
_PREFIXED_ID = re.compile(r"o[cun]_[A-Za-z0-9_-]{1,96}")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,60}@[A-Za-z0-9.-]{1,60}")


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who gets an app's message: ``id_type`` is the ``receive_id_type`` of the request's query."""

    id: str
    id_type: str


@dataclass(frozen=True, slots=True)
class Hook:
    """A custom bot's address: ``id`` is its credential."""

    host: str
    id: str

    @property
    def fingerprint(self) -> str:
        """Names the bot without giving its address away."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:32]


def is_custom_bot(config: Mapping[str, Any]) -> bool:
    return bool(config.get("webhook_url"))


def validate_feishu_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Either ``app_id`` and ``app_secret`` (``chat_id``, ``receive_id_type``, ``base_url`` optional), or
    ``webhook_url`` (``secret``, ``keyword`` optional); ``rate_limits`` with both. Raises InvalidConfig."""
    if is_custom_bot(config):
        if config.get("app_id") or config.get("app_secret"):
            raise InvalidConfig("webhook_url", "ambiguous", "give an app or a custom bot's webhook_url, not both")
        checked = _custom_bot(config)
    else:
        checked = _app(config)
    return checked | rate_limits_setting(config)


def _app(config: Mapping[str, Any]) -> dict[str, Any]:
    checked: dict[str, Any] = {
        "app_id": _text(config, "app_id", _APP_ID, "must be the App ID of a Feishu app, like cli_a1b2c3"),
        "app_secret": _text(config, "app_secret", _APP_SECRET, "must be the App Secret as Feishu shows it"),
    }
    id_type = _optional(config, "receive_id_type")
    if id_type is not None and id_type not in RECEIVE_ID_TYPES:
        raise InvalidConfig("receive_id_type", "malformed", f"must be one of {', '.join(RECEIVE_ID_TYPES)}")
    if _optional(config, "chat_id") is not None:
        chat_id = _text(config, "chat_id", _RECEIVE_ID, "must be an id such as oc_a1b2c3, without blanks")
        checked["chat_id"] = chat_id
        checked["receive_id_type"] = id_type or guess_receive_id_type(chat_id) or "chat_id"
    base_url = _optional(config, "base_url")
    if base_url is not None:
        checked["base_url"] = _base_url(base_url)
    return checked


def _custom_bot(config: Mapping[str, Any]) -> dict[str, Any]:
    hook = parse_hook(config["webhook_url"])
    checked: dict[str, Any] = {"webhook_url": f"https://{hook.host}/open-apis/bot/v2/hook/{hook.id}"}
    if _optional(config, "secret") is not None:
        checked["secret"] = _text(config, "secret", _SIGN_SECRET, "must be the key of the signature verification")
    keyword = _optional(config, "keyword")
    if keyword is not None:
        if len(keyword) > MAX_KEYWORD_CHARACTERS or not keyword.isprintable():
            raise InvalidConfig("keyword", "malformed", f"must be at most {MAX_KEYWORD_CHARACTERS} visible characters")
        checked["keyword"] = keyword
    return checked


def parse_hook(webhook_url: Any) -> Hook:
    """Read a custom bot's address. Raises InvalidConfig."""
    problem = InvalidConfig("webhook_url", "malformed", "must be a custom bot's address as Feishu shows it")
    if not isinstance(webhook_url, str):
        raise problem
    try:
        url = urlsplit(webhook_url.strip())
        host, port = (url.hostname or "").lower(), url.port
    except ValueError:
        raise problem from None
    if host not in API_HOSTS:
        raise InvalidConfig("webhook_url", "host_not_allowed", f"must be on {' or '.join(API_HOSTS)}")
    path = _HOOK_PATH.fullmatch(url.path)
    if url.scheme != "https" or port not in (None, 443) or "@" in url.netloc or path is None:
        raise problem
    return Hook(host, path.group(1))


def guess_receive_id_type(receive_id: str) -> str | None:
    """By the prefix Feishu gives its ids, or the form of an e-mail address; None when neither fits."""
    if _EMAIL.fullmatch(receive_id):
        return "email"
    if not _PREFIXED_ID.fullmatch(receive_id):
        return None
    return next(id_type for prefix, id_type in _PREFIXES if receive_id.startswith(prefix))


def resolve_receiver(config: Mapping[str, Any], target_channel_id: str) -> Receiver:
    """The mapping's target when it has the form of a Feishu id, else the bot's ``chat_id``. Raises InvalidConfig."""
    target = target_channel_id.strip()
    chat_id = config.get("chat_id")
    own_type = config.get("receive_id_type")
    if chat_id and target == chat_id and own_type:
        return Receiver(chat_id, own_type)
    id_type = guess_receive_id_type(target)
    if id_type is not None:
        return Receiver(target, id_type)
    if not chat_id:
        raise InvalidConfig("chat_id", "missing", "the bot has no chat_id and the target is no Feishu id (oc_…, ou_…)")
    return Receiver(chat_id, own_type or guess_receive_id_type(chat_id) or "chat_id")


def _base_url(value: str) -> str:
    for host in API_HOSTS:
        if value.rstrip("/").lower() == f"https://{host}":
            return f"https://{host}"
    raise InvalidConfig("base_url", "host_not_allowed", f"must be https:// and one of {', '.join(API_HOSTS)}")


def _optional(config: Mapping[str, Any], field: str) -> str | None:
    value = config.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidConfig(field, "malformed", "must be text")
    return value.strip() or None


def _text(config: Mapping[str, Any], field: str, pattern: re.Pattern[str], rule: str) -> str:
    value = _optional(config, field)
    if value is None:
        raise InvalidConfig(field, "missing", rule)
    if not pattern.fullmatch(value):
        raise InvalidConfig(field, "malformed", rule)
    return value
