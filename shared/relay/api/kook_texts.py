"""Texts of KOOK's lists and calls, smart mapping and the audit trail, Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from shared.relay.channel_matching import MatchReason
from shared.relay.errors import Refusal
from shared.web.catalogue import ErrorText, Text

KOOK_ERRORS: Mapping[str, ErrorText] = {
    Refusal.BOT_TOKEN_MISSING: ErrorText(
        400,
        Text("账号 {id} 没有 bot_token，无法访问 KOOK", "Account {id} has no bot_token to ask KOOK with"),
        Text(
            "在 KOOK 开发者中心创建机器人，用 PUT /api/accounts/{id} 填入 bot_token",
            "Create a bot in KOOK's developer centre and set its bot_token by PUT /api/accounts/{id}",
        ),
    ),
    Refusal.KOOK_RATE_LIMITED: ErrorText(
        503,
        Text("KOOK 限制了调用频率（{call}）", "KOOK limits how often {call} may be called"),
        Text("等待 {retry_after_seconds} 秒后重试", "Wait {retry_after_seconds} seconds and try again"),
    ),
    Refusal.KOOK_UNREACHABLE: ErrorText(
        503,
        Text("KOOK 没有给出可用的应答（{call}）", "KOOK gave no usable answer to {call}"),
        Text(
            "检查网络、代理和 KOOK_API_BASE 后重试；maybe_done 为 true 时调用可能已生效，请先确认",
            "Check the network, the proxy and KOOK_API_BASE, then try again; where maybe_done is true the call may "
            "have taken effect, so look first",
        ),
    ),
    Refusal.KOOK_TOO_SLOW: ErrorText(
        503,
        Text(
            "该账号有 {servers} 个服务器，未能及时列出全部频道",
            "The account has {servers} servers, and their channels could not all be listed in time",
        ),
        Text("用 server_id 每次只处理一个服务器", "Name one server at a time by server_id"),
    ),
    Refusal.KOOK_REFUSED: ErrorText(
        422,
        Text("KOOK 拒绝了 {call}：{reason}", "KOOK refused {call}: {reason}"),
        Text(
            "按 KOOK 给出的原因修改参数（KOOK 代码 {kook_code}）",
            "Correct the parameters according to KOOK's reason (KOOK's code {kook_code})",
        ),
    ),
    Refusal.KOOK_PERMISSION_MISSING: ErrorText(
        422,
        Text("机器人没有执行 {call} 的权限：{reason}", "The bot may not do {call}: {reason}"),
        Text(
            "在 KOOK 服务器设置中给机器人的角色相应权限", "Give the bot's role that permission in the server's settings"
        ),
    ),
    Refusal.KOOK_LIST_TOO_LONG: ErrorText(
        422,
        Text("KOOK 的列表 {call} 超过 {max_pages} 页", "KOOK's list {call} has more than {max_pages} pages"),
        Text(
            "用 POST /api/accounts/<id>/kook/{call} 逐页读取",
            "Read it page by page: POST /api/accounts/<id>/kook/{call}",
        ),
    ),
    Refusal.INVALID_KOOK_ARGUMENT: ErrorText(
        400,
        Text("参数 {field} 不能用于该调用：{reason}", "The call cannot take {field}: it {reason}"),
        Text("修改该参数后重试", "Correct this parameter and try again"),
    ),
    Refusal.UNKNOWN_KOOK_CALL: ErrorText(
        404,
        Text("没有 KOOK 调用 {call}", "There is no KOOK call {call}"),
        Text("可用的调用：{allowed_names}", "There are: {allowed_names}"),
    ),
    Refusal.ADMINISTRATOR_REQUIRED: ErrorText(
        403,
        Text("只有管理员可以这样做", "Only the administrator may do this"),
        Text("使用管理员的 API 令牌，或以管理员身份登录", "Use the administrator's API token, or sign in"),
    ),
    Refusal.NOTHING_TO_MATCH: ErrorText(
        400,
        Text("没有可以匹配的频道：{reason_label}", "There is nothing to match: {reason_label}"),
        Text(
            "让 KOOK 机器人加入服务器，并添加该平台可用的 Bot；unavailable_bots 说明各 Bot 的原因",
            "Have the KOOK bot join a server and add a working bot of that platform; unavailable_bots says what is "
            "wrong with each",
        ),
    ),
    Refusal.TOO_MANY_CHANNELS: ErrorText(
        422,
        Text(
            "频道过多，无法一次匹配（{channels} 个 KOOK 频道，{targets} 个目标）",
            "Too many channels to match at once ({channels} at KOOK, {targets} targets)",
        ),
        Text("用 server_id 每次只匹配一个服务器", "Match one server at a time by server_id"),
    ),
}

KOOK_PROBLEMS: Mapping[str, Text] = {
    "base64": Text("不是有效的 Base64", "is not valid base64"),
    "too_many_bytes": Text("超过 {limit_bytes} 字节", "is larger than {limit_bytes} bytes"),
    "one_of": Text("必须且只能提供其中之一：{names}", "give exactly one of: {names}"),
    "float_type": Text("必须是数字", "must be a number"),
    "finite_number": Text("必须是有限的数字", "must be a finite number"),
}

KOOK_REASONS: Mapping[str, Text] = {
    "no_kook_channels": Text("机器人看不到任何 KOOK 文字频道", "the bot sees no text channel at KOOK"),
    "no_bots": Text("还没有该平台的 Bot", "there is no bot of that platform"),
    "no_targets": Text("该平台的 Bot 都无法列出目标频道", "no bot of that platform can list where it could send to"),
}

MATCH_REASONS: Mapping[MatchReason, Text] = {
    MatchReason.EXACT: Text("名称相同", "the same name"),
    MatchReason.SAME_WORDS: Text("用词相同", "the same words"),
    MatchReason.TRANSLATION: Text("含义相同（中英互译或同义）", "the same meaning, by translation or synonym"),
    MatchReason.CONTAINS: Text("一个名称包含另一个", "one name contains the other"),
    MatchReason.TRANSLATED_PART: Text("翻译后一个名称包含另一个", "one name contains the other, translated"),
    MatchReason.SHARED_WORDS: Text("部分用词含义相同", "some words have the same meaning"),
    MatchReason.SIMILAR: Text("拼写相近", "a similar spelling"),
}

# Why a bot's places are not listed; an unknown code shows the platform's own words.
UNLISTED_REASONS: Mapping[str, Text] = {
    "disabled": Text("Bot 已停用", "the bot is switched off"),
    "secrets_unreadable": Text("已保存的密钥无法解密，请重新填写", "stored secrets cannot be opened; enter them again"),
    "not_listable": Text("该 Bot 无法列出目标频道", "this bot cannot tell where it could send to"),
    "timeout": Text("平台没有及时应答", "the platform did not answer in time"),
    "incomplete": Text("只列出了一部分目标", "not all places are listed"),
}

MATCHED = Text("找到 {matched} 个匹配（共 {channels} 个频道）", "{matched} of {channels} channels have a suggestion")
APPLIED = Text(
    "映射完成：新增 {created} 个，跳过 {skipped} 个，失败 {failed} 个",
    "Mapping done: {created} added, {skipped} skipped, {failed} failed",
)
CALLED = Text("KOOK 调用成功", "KOOK did as it was asked")
