"""What a failed delivery's error code means and what to do about it, Chinese and English.

The platform's own words stay in ``error_message``: they are what to search the platform's documentation for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.relay.api.answers import said
from shared.web.catalogue import Text


@dataclass(frozen=True, slots=True)
class FailureText:
    """``solution`` is an act of the operator, or says that there is nothing to be done."""

    meaning: Text
    solution: Text


_NEW_CREDENTIALS = Text(
    "在该平台取得新的凭据，用 PUT /api/bots/<id> 更新并设 status=active，再重试失败的投递",
    "Get new credentials from the platform, set them by PUT /api/bots/<id> with status=active, then retry what failed",
)
_NEW_TARGET = Text(
    "改正 Bot 或映射的目标，重新启用（Bot：status=active；映射：enabled=1），再重试失败的投递",
    "Correct the bot's or mapping's target, switch it on again (bot: status=active, mapping: enabled=1), then retry",
)
_GIVE_RIGHTS = Text(
    "在该平台给机器人发言（和上传）的权限，重新启用 Bot 或映射，再重试失败的投递",
    "Give the bot the right to post (and upload) on the platform, switch bot or mapping on again, then retry",
)
_INVITE = Text(
    "把机器人重新加入该群或频道，重新启用 Bot 或映射，再重试失败的投递",
    "Add the bot to the chat again, switch the bot or mapping on again, then retry what failed",
)
_ONE_MESSAGE = Text(
    "只影响这一条消息，其他消息照常；请在 KOOK 中修改后重新发送",
    "It concerns this message alone, others go through; change it in KOOK and send it again",
)
_SEND_LINKS = Text(
    "只影响这一条消息；把映射的 media_policy 设为 link 可改为发送链接，再重试",
    "It concerns this message alone; media_policy=link on the mapping sends links instead, then retry",
)
_TRIED_BY_ITSELF = Text(
    "无需处理：系统会自动重试；若已放弃，平台恢复后用 POST /api/deliveries/retry 重试",
    "Nothing to do: it is tried again by itself; was it given up, POST /api/deliveries/retry once the platform is up",
)
_LOOK_FIRST = Text(
    "先在目标中查看这条消息是否已出现，没有出现再重试，以免重复",
    "Look in the destination whether the message is there, and retry only if it is not, so that it does not show twice",
)
_WILL_REPEAT = Text(
    "无需处理：系统会自动再试，消息可能因此出现两次；不希望如此的映射可设 outcome_policy=at_most_once",
    "Nothing to do: it is tried again by itself and may show twice; outcome_policy=at_most_once on a mapping avoids it",
)
_CHECK_NETWORK = Text(
    "检查本机到该平台的网络、DNS 和出站代理；恢复后会自动继续，已放弃的请重试",
    "Check network, DNS and the outbound proxy towards the platform; it goes on by itself, what was given up: retry",
)
_REPORT_BUG = Text(
    "这是程序错误：用 delivery_id 在服务日志中查找详情并反馈，之后可重试",
    "This is a fault of the software: look for details in the service's log, report it, then retry",
)
_NOTHING = Text("无需处理", "Nothing is to be done")
_CHECK_ADDRESS = Text(
    "中间的代理、网关或错误的 API 地址截住了请求：检查对应的 *_API_BASE 设置和网络；修正后自动继续",
    "A proxy, a portal or a wrong *_API_BASE setting answers in the platform's place: correct it, it goes on by itself",
)


def _group(meaning: Text, solution: Text, *codes: str) -> dict[str, FailureText]:
    return dict.fromkeys(codes, FailureText(meaning, solution))


FAILURES: Mapping[str, FailureText] = {
    **_group(
        Text("平台不允许修改、删除或标记这条消息", "The platform does not let this message be changed or marked"),
        Text(
            "消息在平台上保持原样，无需处理；映射的 edit_policy 可改为另发一条说明",
            "The message stays as it is there, nothing is to be done; edit_policy of a mapping can post a note instead",
        ),
        *("change_refused", "edited_too_often", "file_message", "message_not_visible", "message_recalled"),
        *("not_a_caption", "not_a_text", "not_editable", "not_own_message", "too_old_to_delete", "too_old_to_edit"),
        "no_message_id",
    ),
    **_group(
        Text("平台或群不允许该表情回应", "The platform or the chat does not allow this reaction"),
        _NOTHING,
        "reaction_not_allowed",
    ),
    **_group(Text("平台不支持这种内容", "The platform cannot take this content"), _SEND_LINKS, "not_supported"),
    **_group(
        Text("凭据无效或已被撤销", "The credentials are wrong or were revoked"),
        _NEW_CREDENTIALS,
        *("unauthorized", "webhook_token_invalid", "app_credentials_refused", "token_not_allowed", "token_refused"),
    ),
    **_group(
        Text("Webhook 已被删除", "The webhook was deleted"),
        Text(
            "在目标频道新建 Webhook，用 PUT /api/bots/<id> 更新地址并设 status=active，再重试失败的投递",
            "Make a new webhook, set its URL by PUT /api/bots/<id> with status=active, then retry what failed",
        ),
        *("webhook_deleted", "hook_not_found", "not_found", "gone"),
    ),
    **_group(
        Text("找不到目标群、频道或话题", "The target chat, channel or thread cannot be found"),
        _NEW_TARGET,
        *("chat_not_found", "chat_dissolved", "thread_not_found", "topic_not_found", "receive_id_mismatch"),
        *("chat_moved", "user_unreachable", "user_out_of_range"),
    ),
    **_group(
        Text("该频道不能这样接收消息", "The channel does not take messages in this way"),
        _NEW_TARGET,
        *("thread_required", "thread_conflict", "threads_not_supported", "webhook_not_supported"),
        *("forum_tag_required", "thread_archived", "thread_locked"),
    ),
    **_group(
        Text("机器人没有所需的权限", "The bot lacks a right it needs"),
        _GIVE_RIGHTS,
        *("missing_permission", "missing_access", "not_allowed_to_send"),
    ),
    **_group(
        Text("应用缺少权限或没有发布", "The app lacks a scope, or is not published"),
        Text(
            "在开放平台开通所缺的权限和机器人能力并发布新版本，重新启用 Bot，再重试失败的投递",
            "Add the scope and the bot feature to the app and publish it, switch the bot on again, then retry",
        ),
        *("scope_missing", "app_not_available", "bot_not_published", "bot_not_enabled"),
    ),
    **_group(
        Text("机器人不在目标群中，或被禁止", "The bot is not in the chat, or was banned from it"),
        _INVITE,
        *("forbidden", "bot_not_in_chat"),
    ),
    **_group(
        Text("自定义机器人的安全设置拒绝了请求", "The custom bot's security settings refused the request"),
        Text(
            "核对自定义机器人的签名密钥、关键词和 IP 白名单，更新 Bot 后重新启用并重试",
            "Check the custom bot's signing secret, keywords and list of IP addresses, update the bot, then retry",
        ),
        *("signature_refused", "ip_not_allowed", "keyword_missing"),
    ),
    **_group(
        Text("平台不接受这条消息的内容", "The platform does not take this message's content"),
        _ONE_MESSAGE,
        *("bad_request", "bad_parameter", "invalid_form", "invalid_call", "content_refused", "explicit_content"),
        *("blocked_by_automod", "harmful_link", "empty_message", "empty_text", "markup_refused", "card_refused"),
        *("command_rejected",),
    ),
    **_group(
        Text("消息太长或太大", "The message is too long or too large"),
        _ONE_MESSAGE,
        *("too_long", "too_large", "message_too_large"),
    ),
    **_group(
        Text("平台不接受其中的文件", "The platform does not take a file of it"),
        _SEND_LINKS,
        *("file_too_large", "file_empty", "invalid_file", "wrong_file_type", "foreign_file", "media_refused"),
        *("uploads_limited", "upload_bad_parameter", "method_not_found"),
    ),
    **_group(
        Text("平台要求放慢速度", "The platform asks for a slower pace"),
        Text(
            "无需处理：到时自动继续；若经常出现，减少指向该目标的频道，或调小 Bot 的 rate_limits",
            "Nothing to do: it goes on when the time is up; if it is frequent, lead fewer channels there, or lower the "
            "bot's rate_limits",
        ),
        *("rate_limited", "cloudflare_limited", "refused_for_now"),
    ),
    **_group(
        Text("Cloudflare 拦截了本机的地址", "Cloudflare blocks this relay's address"),
        Text(
            "等待解除（每 10 分钟自动再试）；若持续，更换出口地址或出站代理",
            "Wait until it is lifted (tried every 10 minutes); if it persists, use another address or outbound proxy",
        ),
        "cloudflare_blocked",
    ),
    **_group(
        Text("平台暂时不可用", "The platform is unavailable for the moment"),
        _TRIED_BY_ITSELF,
        *("server_unavailable", "server_error", "robots_unavailable", "circuit_open", "http_503"),
    ),
    **_group(
        Text("机器人未完成的指令已达上限", "The robot has as many unfinished commands as it may have"),
        Text(
            "确认机器人的设备在线：它执行完一些指令后会自动继续；已放弃的请重试，或调大 ROBOTS_MAX_OPEN_COMMANDS",
            "See that the robot's device is online: it goes on by itself when some are done; what was given up: retry, "
            "or raise ROBOTS_MAX_OPEN_COMMANDS",
        ),
        "robot_queue_full",
    ),
    **_group(
        Text("机器人最终没有发出这条消息", "The robot did not send the message in the end"),
        Text(
            "检查机器人的设备是否在线、群名是否正确；指令记录里有设备上报的原因。之后重试该投递",
            "See whether the robot's device is online and the group's name is right; its command's record has what the "
            "device said. Then retry the delivery",
        ),
        "robot_command_failed",
    ),
    **_group(
        Text("收到的不是该平台的应答", "The answer is not the platform's"),
        _CHECK_ADDRESS,
        *("not_discord", "not_kook", "unexpected_answer"),
    ),
    **_group(
        Text("对方把请求重定向到别处", "The receiver redirects to another address"),
        Text(
            "把 Bot 的 url 改为最终地址（不会跟随重定向）；之后自动继续",
            "Set the bot's url to the final address (redirects are not followed); it then goes on by itself",
        ),
        "redirected",
    ),
    **_group(
        Text("连接不上该平台", "The platform cannot be reached"),
        _CHECK_NETWORK,
        *("dns_failed", "dns_timeout", "connect_refused", "connect_failed", "connect_timeout", "send_timeout"),
        *("tls_failed", "proxy_failed"),
    ),
    **_group(
        Text("目标地址不允许访问", "The address is one that may not be reached"),
        Text(
            "改用公网地址；确需内网地址时，把其网段加入 OUTBOUND_ALLOW 后重试",
            "Use a public address; if a private one is meant, add its range to OUTBOUND_ALLOW, then retry",
        ),
        "destination_refused",
    ),
    **_group(
        Text("请求已发出但没有得到可用的应答", "The request was sent and no usable answer came"),
        _LOOK_FIRST,
        *("outcome_unknown", "timeout", "connection_lost", "bad_answer", "unreadable_answer", "answer_too_large"),
        "kook_error",
    ),
    **_group(
        Text("多次尝试后放弃", "It was given up after many attempts"),
        Text(
            "目标恢复后用 POST /api/deliveries/<delivery_id>/retry 重试；原因见 error_message",
            "Retry by POST /api/deliveries/<delivery_id>/retry once the destination works; error_message says why",
        ),
        "gave_up",
    ),
    **_group(
        Text("目标已停用", "The destination is switched off"),
        Text(
            "消除停用的原因，重新启用（Bot：status=active；映射：enabled=1），再用 POST /api/deliveries/retry 重试",
            "Remove the cause, switch it on again (bot: status=active, mapping: enabled=1), POST /api/deliveries/retry",
        ),
        "destination_disabled",
    ),
    **_group(
        Text("Bot 已被删除", "The bot was deleted"),
        Text(
            "新建 Bot 并把映射指向它；没有送达的消息请在 KOOK 中重新发送",
            "Add a bot and lead the mapping to it; send again in KOOK what did not arrive",
        ),
        "bot_deleted",
    ),
    **_group(
        Text("Bot 的配置无法使用", "The bot's settings cannot be used"),
        Text(
            "按 error_message 用 PUT /api/bots/<id> 改正配置，用 POST /api/bots/<id>/test 验证，再重试",
            "Correct the settings by PUT /api/bots/<id> as error_message says, check by its /test, then retry",
        ),
        "bot_misconfigured",
    ),
    **_group(
        Text("企业微信机器人不存在", "There is no such WeCom robot"),
        Text(
            "为 Bot 选择一个现有的机器人（robot_id），设 status=active，再重试失败的投递",
            "Choose a robot that exists (robot_id) for the bot, set status=active, then retry what failed",
        ),
        "robot_gone",
    ),
    **_group(
        Text("疑似转发循环，已拦下", "Held back: it seems to come from another relay"),
        Text(
            "检查是否有两个转发互相指向；确认不是循环后可重试这一条",
            "Look whether two relays lead to one another; if it is no loop, this one can be retried",
        ),
        "loop_suspected",
    ),
    **_group(
        Text("消息在发送前已在 KOOK 中删除", "It was deleted in KOOK before it was sent"), _NOTHING, "message_deleted"
    ),
    **_group(
        Text("被修改的消息没有送达", "The message to be changed has not arrived"),
        Text("先重试原消息；它会以修改后的内容发送", "Retry the message itself: it is sent as it reads now"),
        *("original_not_delivered", "message_not_found", "message_gone", "reply_not_found"),
    ),
    **_group(
        Text("被修改的消息正在重新发送", "The message to be changed is being sent again"),
        Text("等它送达后，重试这一条修改", "Retry this change once that has arrived"),
        "original_pending",
    ),
    **_group(Text("程序内部错误", "An internal error"), _REPORT_BUG, "internal_error"),
}

_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")
_BY_STATUS = re.compile(r"http_([1-9][0-9]{2})\Z")
_OTHER = FailureText(
    Text("平台拒绝了请求", "The platform refused the request"),
    Text(
        "按 error_message 中平台给出的代码和原因处理，再重试",
        "Act on the platform's code and reason in error_message, then retry",
    ),
)


# Codes whose message begins with the code of what is behind them.
_NESTED = frozenset({"gave_up", "destination_disabled"})


def failure_text(error_code: str, error_message: str = "") -> FailureText:
    """The texts of a delivery's error; general ones for a code of the platform's that has none of its own. What was
    given up, or found its destination switched off, is explained by the cause."""
    found = FAILURES.get(error_code)
    cause = _cause(error_message) if error_code in _NESTED else None
    if found is not None and cause is not None:
        meaning = Text(f"{found.meaning.zh}：{cause.meaning.zh}", f"{found.meaning.en}: {cause.meaning.en}")
        return FailureText(meaning, cause.solution)
    if found is not None:
        return found
    status = _BY_STATUS.match(error_code)
    if status is not None and (status[1][0] == "5" or status[1] in ("408", "409", "425")):
        return FAILURES["server_unavailable"]
    return _OTHER


def shown_failure(
    error_code: str | None, error_message: str | None, *, is_pending: bool = False
) -> dict[str, str | None]:
    """``error_explanation`` and ``solution`` in the language of the request, None for what has not failed. What is
    pending is tried again by itself: its error is that of the last attempt."""
    if not error_code:
        return {"error_explanation": None, "solution": None}
    text = failure_text(error_code, error_message or "")
    return {"error_explanation": said(text.meaning), "solution": said(_solution(text, is_pending=is_pending))}


def shown_reason(reason: str, *, is_pending: bool = False) -> str | None:
    """What to do about a bot or mapping that was switched off for ``reason`` ("code: detail", or the code alone), in
    the language of the request. None where it is on, or where an operator switched it off. ``is_pending`` where it is
    only left alone for a while, and messages wait."""
    cause = _cause(reason)
    return said(_solution(cause, is_pending=is_pending)) if cause is not None else None


def _solution(text: FailureText, *, is_pending: bool) -> Text:
    return _WILL_REPEAT if is_pending and text.solution is _LOOK_FIRST else text.solution


def _cause(reason: str) -> FailureText | None:
    code, colon, _ = reason.partition(": ")
    if not colon:
        return FAILURES.get(code)
    return failure_text(code) if _CODE.match(code) else None
