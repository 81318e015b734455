"""Every error the platforms document, and what it has to become, one row each.

Sources: Discord's opcodes-and-status-codes and rate-limits pages, the sources of the Bot API server (Client.cpp,
Query.cpp), open.feishu.cn im/v1 and custom bot pages, Standard Webhooks 1.0.0, KOOK's websocket.md and http.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.platforms.outcomes import (
    REPLY_NOT_FOUND,
    ChangeOutcome,
    Delivered,
    Permanent,
    RetryAfter,
    Unchangeable,
    Unknown,
    WaitScope,
)
from tests.contract.platforms.harness_kook import refusal as kook
from tests.standins.discord import cloudflare_answer, rate_limited_answer
from tests.standins.discord_rules import error_answer
from tests.standins.feishu_wire import failure as feishu
from tests.standins.server import Answer
from tests.standins.telegram_errors import flood_answer, hidden_flood_answer
from tests.standins.telegram_errors import refusal as telegram

HTML = b"<html>somebody else's page</html>"


@dataclass(frozen=True)
class Expected:
    """``code`` "" stands for any code, ``seconds`` and ``scope`` count for waits only."""

    kind: type[ChangeOutcome]
    code: str = ""
    disables: bool = False
    rate_limited: bool = False
    seconds: float | None = None
    scope: WaitScope = "message"

    def fits(self, outcome: ChangeOutcome) -> bool:
        if not isinstance(outcome, self.kind):
            return False
        if self.code and getattr(outcome, "code", "") != self.code:
            return False
        if isinstance(outcome, Permanent):
            return outcome.disables_destination == self.disables
        if isinstance(outcome, RetryAfter):
            told = (outcome.rate_limited, outcome.seconds, outcome.scope)
            return told == (self.rate_limited, self.seconds, self.scope)
        return True


def dead(code: str) -> Expected:
    """Nothing will ever arrive there: the destination is switched off."""
    return Expected(Permanent, code, disables=True)


def refused(code: str) -> Expected:
    """This message will never arrive; others may."""
    return Expected(Permanent, code)


def again(code: str, seconds: float | None = None, scope: WaitScope = "message") -> Expected:
    """Certainly not delivered, and worth another try."""
    return Expected(RetryAfter, code, seconds=seconds, scope=scope)


def limited(seconds: float | None, scope: WaitScope, code: str = "rate_limited") -> Expected:
    return Expected(RetryAfter, code, rate_limited=True, seconds=seconds, scope=scope)


def unchangeable(code: str) -> Expected:
    return Expected(Unchangeable, code)


UNKNOWN = Expected(Unknown)
DONE = Expected(Delivered)

Rows = Sequence[tuple[Answer, Expected]]

SENDING: dict[str, Rows] = {
    "discord": (
        (error_answer(404, 10015, "Unknown Webhook"), dead("webhook_deleted")),
        (error_answer(404, 10003, "Unknown Channel"), dead("thread_not_found")),
        (error_answer(404, 10008, "Unknown Message"), refused("message_not_found")),
        (error_answer(401, 50027, "Invalid Webhook Token"), dead("webhook_token_invalid")),
        (error_answer(403, 50013, "Missing Permissions"), dead("missing_permission")),
        (error_answer(403, 50001, "Missing Access"), dead("missing_access")),
        (error_answer(403, 40333, "internal network error"), again("cloudflare_blocked", 600.0, "credential")),
        (error_answer(400, 50035, "Invalid Form Body"), refused("invalid_form")),
        (error_answer(400, 50006, "Cannot send an empty message"), refused("empty_message")),
        (error_answer(400, 220001, "needs a thread"), dead("thread_required")),
        (error_answer(400, 220002, "one of thread_id and thread_name"), dead("thread_conflict")),
        (error_answer(400, 220003, "no forum channel"), dead("threads_not_supported")),
        (error_answer(400, 220004, "no webhooks here"), dead("webhook_not_supported")),
        (error_answer(400, 40067, "A tag is required"), dead("forum_tag_required")),
        (error_answer(400, 50083, "Thread is archived"), dead("thread_archived")),
        (error_answer(400, 160005, "Thread is locked"), dead("thread_locked")),
        (error_answer(413, 40005, "Request entity too large"), refused("file_too_large")),
        (error_answer(400, 50045, "File uploaded exceeds the maximum size"), refused("file_too_large")),
        (error_answer(400, 50046, "Invalid file uploaded"), refused("invalid_file")),
        (error_answer(400, 200000, "blocked by automatic moderation"), refused("blocked_by_automod")),
        (error_answer(400, 240000, "blocked by harmful links filter"), refused("harmful_link")),
        (error_answer(400, 20009, "Explicit content"), refused("explicit_content")),
        (error_answer(400, 400001, "uploads are limited"), refused("uploads_limited")),
        (rate_limited_answer(1.5), limited(1.5, "destination")),
        (rate_limited_answer(40.0, remaining=3), limited(40.0, "credential")),
        (rate_limited_answer(2.0, is_global=True), limited(2.0, "credential")),
        (cloudflare_answer(429), limited(600.0, "credential", "cloudflare_limited")),
        (cloudflare_answer(403), again("cloudflare_blocked", 600.0, "credential")),
        *(
            (Answer.of_json({"code": code, "message": "slow down", "retry_after": 3.0}, 429), limited(3.0, scope))
            for code, scope in ((20016, "destination"), (20028, "credential"), (20029, "credential"))
        ),
        (Answer.of_json({"code": 40062, "message": "limited", "retry_after": 3.0}, 429), limited(3.0, "destination")),
        (error_answer(503, 130000, "API resource is currently overloaded"), again("server_unavailable")),
        (error_answer(400, 110000, "temporarily unavailable"), again("server_unavailable")),
        (error_answer(400, 40004, "Send message has been temporarily disabled"), again("server_unavailable")),
        (error_answer(400, 40006, "This feature has been temporarily disabled"), again("server_unavailable")),
        (Answer(502, HTML), again("server_unavailable")),
        (Answer(503, HTML), again("server_unavailable")),
        (Answer(500, b"{}"), UNKNOWN),
        (Answer(504, HTML), UNKNOWN),
    ),
    "telegram": (
        (telegram(401, "Unauthorized"), dead("unauthorized")),
        (telegram(404, "Not Found"), dead("unauthorized")),
        (telegram(421, "Misdirected Request"), dead("token_not_allowed")),
        (telegram(404, "Not Found: method not found"), refused("method_not_found")),
        *(
            (telegram(403, f"Forbidden: {why}"), dead("forbidden"))
            for why in (
                "bot was kicked from the supergroup chat",
                "bot was kicked from the channel chat",
                "bot is not a member of the channel chat",
                "bot was blocked by the user",
                "user is deactivated",
                "the group chat was deleted",
                "bot can't initiate conversation with a user",
            )
        ),
        (telegram(400, "Bad Request: chat not found"), dead("chat_not_found")),
        (telegram(400, "Bad Request: private chat not found"), dead("chat_not_found")),
        (telegram(400, "Bad Request: chat_id is empty"), dead("chat_not_found")),
        (telegram(400, "Bad Request: message thread not found"), dead("topic_not_found")),
        (telegram(400, "Bad Request: TOPIC_CLOSED"), dead("topic_not_found")),
        (telegram(400, "Bad Request: TOPIC_DELETED"), dead("topic_not_found")),
        (telegram(400, "Bad Request: not enough rights to send text messages"), dead("not_allowed_to_send")),
        (telegram(400, "Bad Request: CHAT_WRITE_FORBIDDEN"), dead("not_allowed_to_send")),
        (telegram(403, "Forbidden: CHAT_WRITE_FORBIDDEN"), dead("not_allowed_to_send")),
        (telegram(400, "Bad Request: have no rights to send a message"), dead("not_allowed_to_send")),
        (telegram(400, "Bad Request: can't parse entities: byte offset 3"), refused("markup_refused")),
        (telegram(400, "Bad Request: message is too long"), refused("too_long")),
        (telegram(400, "Bad Request: message caption is too long"), refused("too_long")),
        (telegram(400, "Bad Request: Text is too long"), refused("too_long")),
        (telegram(400, "Bad Request: message text is empty"), refused("empty_text")),
        *(
            (telegram(400, f"Bad Request: {why}"), refused("media_refused"))
            for why in (
                "failed to get HTTP URL content",
                "wrong type of the web page content",
                "wrong file identifier/HTTP URL specified",
                "PHOTO_INVALID_DIMENSIONS",
                "IMAGE_PROCESS_FAILED",
            )
        ),
        (telegram(413, "Request Entity Too Large"), refused("file_too_large")),
        (telegram(400, "Bad Request: file is too big"), refused("file_too_large")),
        (flood_answer(8), limited(8.0, "destination")),
        (flood_answer(60), limited(60.0, "credential")),
        (hidden_flood_answer(8), limited(8.0, "destination")),
        (telegram(409, "Conflict: terminated by other getUpdates request"), again("http_409")),
        (telegram(500, "Internal Server Error: restart"), UNKNOWN),
        (telegram(502, "Bad Gateway"), UNKNOWN),
        (telegram(504, "Gateway Timeout"), UNKNOWN),
        (telegram(503, "Service Unavailable"), again("http_503")),
        (Answer(502, HTML), UNKNOWN),
    ),
    "feishu_app": (
        *((feishu(code, "token"), refused("token_refused")) for code in (99991661, 99991663, 99991664, 99991665)),
        *((feishu(code, "token"), refused("token_refused")) for code in (99991668, 99991671)),
        *((feishu(code, "app"), dead("app_credentials_refused")) for code in (99991543, 10003, 10014)),
        *((feishu(code, "app"), dead("app_not_available")) for code in (99991662, 99991673)),
        *((feishu(code, "scope"), dead("scope_missing")) for code in (99991672, 99991676, 99991679, 230027)),
        (feishu(230001, "Your request contains an invalid request parameter."), refused("bad_parameter")),
        (feishu(230002, "Bot/User can NOT be out of the chat."), dead("bot_not_in_chat")),
        (feishu(230006, "Bot ability is not activated."), dead("bot_not_published")),
        (feishu(230013, "Bot has NO availability to this user."), dead("user_out_of_range")),
        *((feishu(code, "muted"), dead("not_allowed_to_send")) for code in (230018, 230035)),
        *((feishu(code, "content"), refused("content_refused")) for code in (230022, 230028)),
        *((feishu(code, "too long"), refused("too_long")) for code in (230025, 19036)),
        *((feishu(code, "user"), dead("user_unreachable")) for code in (230029, 230038, 230053)),
        (feishu(230034, "The receive_id is invalid."), dead("receive_id_mismatch")),
        (feishu(230055, "The type of file upload does not match"), refused("wrong_file_type")),
        (feishu(230099, "Failed to create card content, ext=ErrCode: 11310"), refused("card_refused")),
        (feishu(232009, "a chat which has already been dissolved"), dead("chat_dissolved")),
        (feishu(234001, "Invalid request param"), refused("upload_bad_parameter")),
        (feishu(234006, "The file size exceed the max value."), refused("file_too_large")),
        (feishu(234010, "File's size can't be 0."), refused("file_empty")),
        (feishu(234007, "App does not enable bot feature."), refused("bot_not_enabled")),
        (feishu(230017, "Bot is NOT the owner of the resource."), refused("foreign_file")),
        *((feishu(code, "internal", 200), again(f"feishu_{code}")) for code in (232096, 234042, 50001)),
        (feishu(230020, "limit"), limited(None, "destination")),
        *((feishu(code, "limit"), limited(None, "credential")) for code in (99991400, 11232, 11233, 11247)),
        (feishu(99991400, "limit", 429, {"x-ogw-ratelimit-reset": "1.25"}), limited(1.25, "credential")),
        (Answer(429, HTML), limited(None, "credential")),
        (Answer(503, HTML), again("http_503")),
        (Answer(500, HTML), UNKNOWN),
    ),
    "feishu_hook": (
        (feishu(19001, "incoming webhook access token invalid", 200), dead("hook_not_found")),
        (feishu(19021, "sign match fail", 200), dead("signature_refused")),
        (feishu(19022, "Ip Not Allowed", 200), dead("ip_not_allowed")),
        (feishu(19024, "Key Words Not Found", 200), refused("keyword_missing")),
        (feishu(9499, "Bad Request"), refused("bad_request")),
        (feishu(9499, "too many request"), limited(None, "destination")),
        (feishu(11232, "frequency limited"), limited(None, "destination")),
        (feishu(19002, "params error", 200), refused("bad_parameter")),
        (Answer(503), again("http_503")),
        (Answer(500, HTML), UNKNOWN),
    ),
    "webhook": (
        (Answer(410), dead("gone")),
        (Answer(401), dead("unauthorized")),
        (Answer(404), dead("not_found")),
        (Answer(403), refused("forbidden")),
        (Answer(400), refused("http_400")),
        (Answer(413), refused("too_large")),
        (Answer(422), refused("http_422")),
        (Answer(301, b"", {"Location": "https://example.com/"}), again("redirected", 300.0, "destination")),
        (Answer(408), again("http_408", scope="destination")),
        (Answer(425), again("http_425", scope="destination")),
        (Answer(429, b"", {"Retry-After": "7"}), limited(7.0, "destination")),
        (Answer(500), again("server_error", scope="destination")),
        (Answer(502), again("server_unavailable", scope="destination")),
        (Answer(503, b"", {"Retry-After": "5"}), again("server_unavailable", 5.0, "destination")),
        (Answer(504), again("server_unavailable", scope="destination")),
    ),
    "kook": (
        *((kook(code, "凭证", 401), dead("unauthorized")) for code in (40100, 40101, 40102, 40103)),
        (kook(40300, "你没有权限进行此操作", 403), dead("missing_permission")),
        (kook(40011, "内容违规"), refused("content_refused")),
        (kook(40014, "内容过长"), refused("too_large")),
        (kook(40000, "参数错误"), refused("kook_40000")),
        (kook(40000, "系统繁忙, 请稍后再试"), again("refused_for_now")),
        (kook(40000, "今日消息数已达上限"), again("refused_for_now")),
        (kook(404, "接口不存在", 404), again("not_kook", 300.0, "credential")),
        (kook(429, "请求过于频繁", 429, Retry_After="3"), limited(3.0, "credential")),
        (kook(40000, "系统错误", 500), UNKNOWN),
        (Answer(502, HTML), again("server_error")),
        (Answer(503, HTML), again("server_error")),
        (Answer(504, HTML), UNKNOWN),
    ),
}

EDITING: dict[str, Rows] = {
    "discord": (
        (error_answer(404, 10008, "Unknown Message"), unchangeable("message_not_found")),
        (error_answer(404, 10003, "Unknown Channel"), unchangeable("message_not_found")),
        (error_answer(404, 10015, "Unknown Webhook"), dead("webhook_deleted")),
        (error_answer(400, 50035, "Invalid Form Body"), refused("invalid_form")),
        (Answer(500, b"{}"), again("server_error")),
    ),
    "telegram": (
        (telegram(400, "Bad Request: message is not modified: same content"), DONE),
        (telegram(400, "Bad Request: message to edit not found"), unchangeable("message_not_found")),
        (telegram(400, "Bad Request: MESSAGE_ID_INVALID"), unchangeable("message_not_found")),
        (telegram(400, "Bad Request: message can't be edited"), unchangeable("too_old_to_edit")),
        (telegram(400, "Bad Request: there is no text in the message to edit"), unchangeable("not_a_text")),
        (telegram(403, "Forbidden: bot was kicked from the group chat"), dead("forbidden")),
        (telegram(500, "Internal Server Error"), again("http_500")),
    ),
    "feishu_app": (
        (feishu(230011, "The message was withdrawn."), unchangeable("message_recalled")),
        (feishu(230110, "The message has been deleted."), unchangeable("message_deleted")),
        (feishu(230031, "more than 14 days"), unchangeable("too_old_to_edit")),
        (feishu(230072, "edited 20 times"), unchangeable("edited_too_often")),
        (feishu(230002, "Bot/User can NOT be out of the chat."), dead("bot_not_in_chat")),
        (Answer(500, HTML), again("http_500")),
    ),
    "webhook": ((Answer(410), dead("gone")), (Answer(503), again("server_unavailable", scope="destination"))),
    "kook": (
        (kook(40101, "凭证", 401), dead("unauthorized")),
        (kook(40000, "消息不存在"), Expected(Unchangeable)),
    ),
}

DELETING: dict[str, Rows] = {
    "discord": ((error_answer(404, 10008, "Unknown Message"), DONE), (Answer(502, HTML), again("server_unavailable"))),
    "telegram": (
        (telegram(400, "Bad Request: message to delete not found"), DONE),
        (telegram(400, "Bad Request: message can't be deleted for everyone"), unchangeable("too_old_to_delete")),
        (flood_answer(5), limited(5.0, "destination")),
    ),
    "feishu_app": (
        (feishu(230011, "The message was withdrawn."), DONE),
        (feishu(230110, "The message has been deleted."), DONE),
        (feishu(230026, "No permission to recall this message."), unchangeable("not_own_message")),
    ),
    "webhook": ((Answer(500), again("server_error", scope="destination")),),
    # A right to delete that is missing says nothing about sending.
    "kook": ((kook(40300, "没有权限", 403), refused("missing_permission")),),
}

REPLYING: dict[str, Rows] = {
    "telegram": (
        (telegram(400, "Bad Request: message to be replied not found"), refused(REPLY_NOT_FOUND)),
        (telegram(400, "Bad Request: message to reply not found"), refused(REPLY_NOT_FOUND)),
        (flood_answer(3), limited(3.0, "destination")),
    ),
    "feishu_app": (
        (feishu(230011, "The message was withdrawn."), refused(REPLY_NOT_FOUND)),
        (feishu(230110, "The message has been deleted."), refused(REPLY_NOT_FOUND)),
        (feishu(230002, "Bot/User can NOT be out of the chat."), dead("bot_not_in_chat")),
    ),
    "kook": (
        (kook(40000, "引用的消息不存在"), refused(REPLY_NOT_FOUND)),
        (kook(40101, "凭证", 401), dead("unauthorized")),
    ),
}
