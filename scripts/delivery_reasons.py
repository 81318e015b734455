"""Why a delivery waits or failed: the ``error_code`` of the log, in groups that are dealt with alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shared.web.catalogue import Text


class ReasonGroup(NamedTuple):
    """``codes`` with what each means; ``todo`` is the same for all of them."""

    todo: Text
    codes: Mapping[str, Text]


REASON_GROUPS: tuple[ReasonGroup, ...] = (
    ReasonGroup(
        Text("无需处理：到时间会自动重试", "Nothing: it is tried again by itself in time"),
        {
            "rate_limited": Text("平台限流", "The platform limits how fast it may be sent to"),
            "cloudflare_limited": Text("Discord 前面的 Cloudflare 限流", "Cloudflare before Discord limits requests"),
            "server_unavailable": Text("平台暂时不可用", "The platform is unavailable"),
            "http_503": Text("平台暂时不可用（HTTP 503）", "The platform is unavailable (HTTP 503)"),
            "server_error": Text("平台内部出错，消息可能已到", "The platform failed; the message may have arrived"),
            "refused_for_now": Text("KOOK 暂时拒绝（配额或繁忙）", "KOOK refuses for now (quota, busy)"),
            "robots_unavailable": Text("机器人的数据暂时读不到", "The robots' records cannot be read at present"),
            "uploads_limited": Text("Discord 暂时限制上传", "Discord limits uploads for now"),
            "dns_failed": Text("找不到服务器的地址", "The server's name could not be looked up"),
            "dns_timeout": Text("查询服务器地址超时", "Looking the server's name up took too long"),
            "connect_timeout": Text("连接超时", "The server did not accept the connection in time"),
            "connect_refused": Text("连接被拒绝", "The server refused the connection"),
            "connect_failed": Text("连接失败", "The connection to the server failed"),
            "connection_lost": Text("连接中断", "The connection broke"),
            "send_timeout": Text("发送超时", "The request could not be sent in time"),
            "timeout": Text("已发送但没有应答，可能已到", "No answer in time; the message may have arrived"),
            "no_message_id": Text("平台没有给出消息编号", "The platform gave no id of the message"),
            "original_pending": Text("被修改的消息正在重新发送", "The message it changes is just being sent again"),
        },
    ),
    ReasonGroup(
        Text(
            "检查网络、代理和地址设置；恢复之前会一直重试",
            "Check network, proxy and base addresses; it is tried again until they are right",
        ),
        {
            "tls_failed": Text("TLS 证书或握手失败", "The certificate or the TLS handshake failed"),
            "proxy_failed": Text("出站代理拒绝或无法连接", "The outbound proxy refused or could not connect"),
            "not_discord": Text("应答的不是 Discord", "What answered is not Discord"),
            "not_kook": Text("应答的不是 KOOK", "What answered is not KOOK"),
            "cloudflare_blocked": Text("Cloudflare 封禁了本机地址", "Cloudflare bans this machine's address"),
            "unexpected_answer": Text("平台的回答无法理解", "The platform's answer makes no sense"),
            "unreadable_answer": Text("平台的回答无法读取", "The platform's answer cannot be read"),
            "bad_answer": Text("平台的回答不完整", "The platform's answer is incomplete"),
            "kook_error": Text("KOOK 客户端失败", "The KOOK client failed"),
            "redirected": Text("地址被重定向，本程序不跟随", "The address redirects, which is not followed"),
            "destination_refused": Text("出站防护拒绝该地址", "The guard on outgoing requests refuses the address"),
        },
    ),
    ReasonGroup(
        Text(
            "在平台上更新凭据，用 PUT /api/bots 填入，再重试投递",
            "Renew the credential at the platform, set it by PUT /api/bots, then try the deliveries again",
        ),
        {
            "unauthorized": Text("凭据被拒绝", "The credential was refused"),
            "webhook_token_invalid": Text("webhook 的令牌错误", "The webhook's token is wrong"),
            "token_refused": Text("访问令牌被拒绝", "The access token was refused"),
            "token_not_allowed": Text("该令牌不能用于这台服务器", "This server does not take the token"),
            "app_credentials_refused": Text("应用的 ID 或密钥错误", "The app's id or secret is wrong"),
            "signature_refused": Text("签名密钥错误", "The signing secret is wrong"),
        },
    ),
    ReasonGroup(
        Text(
            "目标已不存在：新建一个或更换目标，再重试投递",
            "The destination is gone: make or choose another, then try the deliveries again",
        ),
        {
            "webhook_deleted": Text("webhook 已被删除", "The webhook was deleted"),
            "hook_not_found": Text("飞书机器人的地址不存在", "The Feishu bot's address does not exist"),
            "not_found": Text("接收地址不存在（404）", "The receiver's address does not exist (404)"),
            "gone": Text("接收方不再接收（410）", "The receiver wants no more (410)"),
            "chat_not_found": Text("群或频道不存在，或机器人不在其中", "No such chat, or the bot is not in it"),
            "chat_moved": Text("群已升级，编号已变", "The chat was upgraded and has another id"),
            "chat_dissolved": Text("群已解散", "The chat was dissolved"),
            "topic_not_found": Text("话题不存在或已关闭", "The topic is closed or does not exist"),
            "thread_not_found": Text("子区不存在", "The thread does not exist"),
            "robot_gone": Text("机器人已删除", "The robot was deleted"),
            "bot_deleted": Text("目标的 Bot 已删除", "The destination's bot was deleted"),
            "user_unreachable": Text("用户不可达", "The user cannot be reached"),
        },
    ),
    ReasonGroup(
        Text(
            "在平台上给机器人所需的权限或位置，再重试投递",
            "Give the bot the right or the place it needs at the platform, then try the deliveries again",
        ),
        {
            "forbidden": Text("没有权限", "Not permitted"),
            "missing_access": Text("看不到该频道", "The channel cannot be seen"),
            "missing_permission": Text("缺少权限", "A permission is missing"),
            "not_allowed_to_send": Text("不允许在此发言", "Writing is not allowed there"),
            "scope_missing": Text("应用缺少权限范围", "The app lacks a scope"),
            "app_not_available": Text("应用未启用或未安装", "The app is not enabled or not installed"),
            "bot_not_enabled": Text("应用未启用机器人能力", "The app's bot is not switched on"),
            "bot_not_in_chat": Text("机器人不在群里", "The bot is not in the chat"),
            "bot_not_published": Text("应用未发布", "The app is not published"),
            "user_out_of_range": Text("用户不在应用的可用范围", "The user is outside the app's range"),
            "ip_not_allowed": Text("本机地址不在白名单", "This machine's address is not allowed"),
            "keyword_missing": Text("消息不含要求的关键词", "The message lacks the keyword that is asked for"),
            "thread_archived": Text("子区已归档", "The thread is archived"),
            "thread_locked": Text("子区已锁定", "The thread is locked"),
            "reaction_not_allowed": Text("不允许该表情", "This reaction is not allowed"),
        },
    ),
    ReasonGroup(
        Text(
            "修改 Bot 或映射的设置，再重试投递",
            "Change the bot's or the mapping's settings, then try the deliveries again",
        ),
        {
            "bot_misconfigured": Text("Bot 的设置无法使用", "The bot's settings cannot be used"),
            "destination_disabled": Text("目标已停用", "The destination is switched off"),
            "forum_tag_required": Text("论坛要求标签", "The forum asks for a tag"),
            "thread_required": Text("论坛要求子区名称", "The forum asks for a thread"),
            "thread_conflict": Text("子区设置互相矛盾", "The thread's settings contradict one another"),
            "threads_not_supported": Text("该频道没有子区", "The channel has no threads"),
            "webhook_not_supported": Text("该频道不能用 webhook", "The channel takes no webhooks"),
            "receive_id_mismatch": Text("接收者编号的类型不符", "The receiver's id is of another kind"),
            "command_rejected": Text("机器人不接受该指令", "The robot does not take the command"),
        },
    ),
    ReasonGroup(
        Text(
            "平台不接受这条内容，重试也一样：可让映射以链接发送文件",
            "The platform does not take this content, now or later; a mapping may send files as links",
        ),
        {
            "bad_request": Text("平台认为请求错误", "The platform calls the request wrong"),
            "bad_parameter": Text("平台认为参数错误", "The platform calls a parameter wrong"),
            "upload_bad_parameter": Text("平台认为上传参数错误", "The platform calls an upload's parameter wrong"),
            "invalid_form": Text("平台认为内容格式错误", "The platform calls the message's form wrong"),
            "invalid_call": Text("KOOK 的调用参数错误", "A parameter of KOOK's call is wrong"),
            "method_not_found": Text("平台没有这个方法", "The platform has no such method"),
            "not_supported": Text("平台不支持", "The platform cannot do it"),
            "markup_refused": Text("平台无法解析标记", "The platform cannot read the markup"),
            "media_refused": Text("平台拒绝图片或视频", "The platform refuses the picture or video"),
            "content_refused": Text("平台拒绝内容", "The platform refuses the content"),
            "card_refused": Text("平台拒绝卡片", "The platform refuses the card"),
            "explicit_content": Text("平台认为内容不当", "The platform calls the content explicit"),
            "harmful_link": Text("平台认为链接有害", "The platform calls a link harmful"),
            "blocked_by_automod": Text("被自动审核拦截", "Held back by the server's own moderation"),
            "empty_message": Text("消息为空", "The message is empty"),
            "empty_text": Text("文字为空", "The text is empty"),
            "too_long": Text("文字过长", "The text is too long"),
            "too_large": Text("内容过大", "The content is too large"),
            "message_too_large": Text("消息过大，无法保存", "The message is too large to be kept"),
            "file_too_large": Text("文件过大", "The file is too large"),
            "file_empty": Text("文件为空", "The file is empty"),
            "invalid_file": Text("文件无法使用", "The file cannot be used"),
            "wrong_file_type": Text("文件类型不符", "The file is of the wrong kind"),
            "foreign_file": Text("文件属于另一个应用", "The file belongs to another app"),
        },
    ),
    ReasonGroup(
        Text(
            "编辑、删除或标记无法进行：平台上的消息保持原样",
            "An edit, a deletion or a mark cannot be made: the message at the platform stays as it is",
        ),
        {
            "message_gone": Text("消息已不存在", "The message is gone"),
            "message_not_found": Text("找不到消息", "The message was not found"),
            "message_deleted": Text("消息已删除", "The message was deleted"),
            "message_recalled": Text("消息已撤回", "The message was recalled"),
            "message_not_visible": Text("消息不可见", "The message cannot be seen"),
            "reply_not_found": Text(
                "被回复的消息已不存在，改为直接发送", "The message it answers is gone; sent without it"
            ),
            "not_own_message": Text("不是本机器人的消息", "The message is not the bot's"),
            "not_editable": Text("消息不能编辑", "The message cannot be edited"),
            "not_a_text": Text("消息没有可编辑的文字", "The message has no text to edit"),
            "not_a_caption": Text("消息没有可编辑的说明", "The message has no caption to edit"),
            "file_message": Text("文件消息不能编辑", "A file's message cannot be edited"),
            "too_old_to_edit": Text("过久，不能编辑", "Too old to be edited"),
            "too_old_to_delete": Text("过久，不能删除", "Too old to be deleted"),
            "edited_too_often": Text("编辑次数过多", "Edited too often"),
            "change_refused": Text("平台拒绝修改", "The platform refuses the change"),
            "original_not_delivered": Text("被修改的消息没有送达", "The message it changes was not delivered"),
        },
    ),
    ReasonGroup(
        Text(
            "查看日志中最后的原因；排除后用 POST /api/deliveries/{id}/retry 重试",
            "See the last reason in the log; once it is mended, POST /api/deliveries/{id}/retry tries again",
        ),
        {
            "gave_up": Text("多次尝试后放弃", "Given up after trying for DELIVERY_GIVE_UP_HOURS"),
            "internal_error": Text("程序内部出错", "The relay failed"),
            "loop_suspected": Text("疑似从另一个中继绕回", "It seems to come back from another relay"),
        },
    ),
)
