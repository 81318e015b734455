"""The relay API's texts as data, Chinese and English: errors by code, confirmations and notices."""

from __future__ import annotations

from collections.abc import Mapping

from shared.relay.accounts import Caution
from shared.relay.api.kook_texts import KOOK_ERRORS, KOOK_PROBLEMS, KOOK_REASONS
from shared.relay.errors import Refusal
from shared.web.catalogue import ErrorText, Text

ERRORS: Mapping[str, ErrorText] = {
    **KOOK_ERRORS,
    Refusal.ACCOUNT_NOT_FOUND: ErrorText(
        404,
        Text("账号 {id} 不存在", "There is no account {id}"),
        Text("用 GET /api/accounts 查看现有账号", "GET /api/accounts lists the accounts"),
    ),
    Refusal.BOT_NOT_FOUND: ErrorText(
        404,
        Text("Bot {id} 不存在", "There is no bot {id}"),
        Text("用 GET /api/bots 查看现有 Bot，或先添加一个", "GET /api/bots lists the bots; add one first if need be"),
    ),
    Refusal.MAPPING_NOT_FOUND: ErrorText(
        404,
        Text("映射 {id} 不存在", "There is no mapping {id}"),
        Text("用 GET /api/mappings 查看现有映射", "GET /api/mappings lists the mappings"),
    ),
    Refusal.EMAIL_TAKEN: ErrorText(
        409,
        Text("该邮箱已被另一个账号使用", "Another account has this e-mail address"),
        Text("换一个邮箱，或修改已有的账号", "Use another address, or change the account that has it"),
    ),
    Refusal.INVALID_COOKIE: ErrorText(
        422,
        Text("Cookie 格式无法识别", "The cookie is in no known form"),
        Text(
            "提供 JSON 数组 [{{name,value,domain}}]、“名称=值; 名称=值”，或 Netscape cookie 文件的内容",
            "Give a JSON array of {{name,value,domain}}, “name=value; name=value”, or a Netscape cookie file",
        ),
    ),
    Refusal.BOT_TOKEN_REQUIRED: ErrorText(
        400,
        Text(
            "该账号没有机器人凭据，无法启动：用 Cookie 驱动用户账号违反 KOOK 的条款",
            "The account has no bot credentials and cannot start: driving a user account by cookie breaks KOOK's terms",
        ),
        Text(
            "在 KOOK 开发者中心创建机器人，用 PUT /api/accounts/<id> 填入 bot_token 和 verify_token 后再启动",
            "Create a bot in KOOK's developer centre, set its bot_token and verify_token by PUT /api/accounts/<id>, "
            "then start",
        ),
    ),
    Refusal.GATEWAY_UNAVAILABLE: ErrorText(
        422,
        Text(
            "此部署无法保持与 KOOK 网关的连接：AWS 上的函数不会常驻运行",
            "This deployment cannot keep a connection to KOOK's gateway open: functions on AWS do not run all the time",
        ),
        Text(
            "在 AWS 上使用 ingress=webhook；网关方式只适用于 make run 启动的本地运行环境",
            "Use ingress=webhook on AWS; the gateway is for the embedded stack that make run starts",
        ),
    ),
    Refusal.KOOK_TOKEN_REFUSED: ErrorText(
        400,
        Text("KOOK 拒绝了 bot_token：{reason}", "KOOK refused the bot_token: {reason}"),
        Text(
            "在 KOOK 开发者中心重新复制机器人 Token，用 PUT /api/accounts/<id> 更新",
            "Copy the bot's token from KOOK's developer centre again and set it by PUT /api/accounts/<id>",
        ),
    ),
    Refusal.UNSUPPORTED_PLATFORM: ErrorText(
        400,
        Text("不支持的平台，可用：{expected}", "Unknown platform; there are: {expected}"),
        Text("把 {field} 改为其中之一", "Set {field} to one of these"),
    ),
    Refusal.PLATFORM_FIXED: ErrorText(
        400,
        Text("Bot 的平台（{platform}）不能更改", "A bot's platform ({platform}) cannot be changed"),
        Text("为另一个平台新建一个 Bot", "Add a new bot for the other platform"),
    ),
    Refusal.INVALID_BOT_CONFIG: ErrorText(
        400,
        Text("Bot 配置 {field} 无法使用：{reason_label}", "The bot's setting {field} cannot be used: {reason}"),
        Text("详情：{reason}。修改该配置后重试", "Correct this setting and try again"),
    ),
    Refusal.BOT_CONFIG_TOO_LARGE: ErrorText(
        400,
        Text("Bot 配置超过 {limit_bytes} 字节", "The bot's configuration is larger than {limit_bytes} bytes"),
        Text("只保留需要的配置项", "Keep only the settings that are needed"),
    ),
    Refusal.BOT_TEST_REFUSED: ErrorText(
        422,
        Text("测试消息被平台拒绝：{reason}", "The platform refused the test message: {reason}"),
        Text(
            "按平台给出的原因修改 Bot 的凭据或目标频道后再测试",
            "Correct the bot's credentials or destination according to the platform's reason, then test again",
        ),
    ),
    Refusal.BOT_TEST_INCONCLUSIVE: ErrorText(
        503,
        Text("测试消息未能确认送达：{reason}", "It could not be confirmed that the test message arrived: {reason}"),
        Text("检查网络或代理，稍后再测试", "Check the network or proxy and test again later"),
    ),
    Refusal.BOT_PLATFORM_MISMATCH: ErrorText(
        422,
        Text(
            "Bot {id} 属于 {bot_platform}，与 target_platform（{target_platform}）不符",
            "Bot {id} is a {bot_platform} bot, not a {target_platform} one",
        ),
        Text("选择该平台的 Bot，或修改 target_platform", "Choose a bot of that platform, or change target_platform"),
    ),
    Refusal.BOT_NAME_MISMATCH: ErrorText(
        422,
        Text("Bot {id} 不叫“{name}”，也找不到唯一的同名 Bot", "Bot {id} is not called “{name}”, and no single bot is"),
        Text(
            "先建好该 Bot，或改正 target_bot_id 并去掉 target_bot_name",
            "Add that bot first, or correct target_bot_id and leave target_bot_name out",
        ),
    ),
    Refusal.INVALID_TARGET_CHANNEL: ErrorText(
        422,
        Text("目标频道无法使用：{reason_label}", "The target channel cannot be used: {reason}"),
        Text("详情：{reason}。修改 target_channel_id 后重试", "Correct target_channel_id and try again"),
    ),
    Refusal.MAPPING_EXISTS: ErrorText(
        409,
        Text(
            "该频道到同一目标的映射已存在（映射 {id}），但设置不同",
            "Mapping {id} already leads from this channel to this target, with other settings",
        ),
        Text("用 PUT /api/mappings/{id} 修改它", "Change it by PUT /api/mappings/{id}"),
    ),
    Refusal.CONTRADICTORY_ENTRIES: ErrorText(
        400,
        Text(
            "{field}：前面已有一个条目从同一频道到同一目标，设置却不同",
            "{field}: an entry before it has the same channel and target, with other settings",
        ),
        Text("两个条目只保留一个", "Keep one of the two entries"),
    ),
    Refusal.INVALID_CURSOR: ErrorText(
        400,
        Text("游标无效", "The cursor is not valid"),
        Text("使用上一页返回的 next_cursor，或从第一页开始", "Use the next_cursor of the previous page, or start over"),
    ),
    Refusal.PAGE_TOO_FAR: ErrorText(
        400,
        Text("页码过深：按页码最多翻到第 {max_rows} 行", "The page lies behind the {max_rows} rows page numbers reach"),
        Text("改用 next_cursor 继续向后翻页", "Continue with next_cursor instead"),
    ),
    Refusal.STORE_UNAVAILABLE: ErrorText(
        503,
        Text("数据库暂时不可用", "The database is unavailable for the moment"),
        Text(
            "稍后重试；若持续出现，请检查 DynamoDB 的状态", "Try again shortly; if it persists, check DynamoDB's state"
        ),
    ),
    Refusal.SECRETS_UNREADABLE: ErrorText(
        500,
        Text("已保存的密钥无法解密：{fields}", "Stored secrets cannot be opened: {fields}"),
        Text(
            "恢复原来的数据密钥文件（或 KMS 密钥），或重新填写这些字段",
            "Bring back the original data key file (or KMS key), or enter these fields again",
        ),
    ),
}

# Our own kinds of field problems, beside those of shared.web.catalogue.
PROBLEMS: Mapping[str, Text] = {
    **KOOK_PROBLEMS,
    "email_malformed": Text("不是有效的邮箱地址", "is not a valid e-mail address"),
    "token_characters": Text(
        "只能包含可打印的 ASCII 字符，不能有空格", "may hold only printable ASCII characters without spaces"
    ),
    "control_characters": Text("不能包含控制字符或换行", "must not hold control characters or line breaks"),
    "spaces": Text("不能包含空格或控制字符", "must not hold spaces or control characters"),
}

# Reason codes of InvalidConfig; an unknown one is shown as it is.
REASONS: Mapping[str, Text] = {
    **KOOK_REASONS,
    "missing": Text("缺失（必填）", "is missing"),
    "malformed": Text("格式不正确", "is malformed"),
    "malformed_url": Text("不是有效的地址", "is no readable address"),
    "host_not_allowed": Text("不允许的主机", "names a host that is not allowed"),
    "scheme_not_allowed": Text("不允许的协议", "has a scheme that is not allowed"),
    "userinfo_not_allowed": Text("地址中不能包含用户名或密码", "holds a user name or password"),
    "address_not_allowed": Text("该主机无法从公网访问", "names a host that is not on the public Internet"),
    "ambiguous": Text("无法确定指的是哪一个", "could mean more than one thing"),
    "too_long": Text("过长", "is too long"),
    "conflict": Text("与其他配置冲突", "contradicts another setting"),
    "out_of_range": Text("超出范围", "is out of range"),
}

ACCOUNT_ADDED = Text("账号添加成功", "The account was added")
ACCOUNT_UPDATED = Text("账号更新成功", "The account was updated")
ACCOUNT_STARTED = Text("抓取器启动成功", "The account was started")
ACCOUNT_STOPPED = Text("抓取器已停止", "The account was stopped")
BOT_ADDED = Text("Bot添加成功", "The bot was added")
BOT_UPDATED = Text("Bot更新成功", "The bot was updated")
BOT_DELETED = Text("Bot删除成功", "The bot was deleted")
BOT_DELETED_WITH_MAPPINGS = Text(
    "Bot删除成功，{count} 个指向它的映射已停用",
    "The bot was deleted; {count} mapping(s) that led to it are switched off",
)
BOT_TESTED = Text("测试消息发送成功", "The test message arrived")
MAPPING_ADDED = Text("映射添加成功", "The mapping was added")
MAPPING_PRESENT = Text("映射已存在", "The mapping was there already")
MAPPING_UPDATED = Text("映射更新成功", "The mapping was updated")
MAPPING_DELETED = Text("映射删除成功", "The mapping was deleted")
BATCH_ADDED = Text(
    "批量添加完成：新增 {created} 个，已存在 {present} 个", "Batch done: {created} added, {present} there already"
)
IMPORTED = Text(
    "导入完成：成功 {success} 个，跳过 {skipped} 个，失败 {failed} 个",
    "Import done: {success} imported, {skipped} skipped, {failed} failed",
)

NOTICES: Mapping[Caution, Text] = {
    Caution.VERIFY_TOKEN_MISSING: Text(
        "尚未设置 verify_token：在设置之前，KOOK 的推送会被拒绝",
        "There is no verify_token: KOOK's events are refused until it is set",
    ),
    Caution.KOOK_UNREACHABLE: Text(
        "暂时无法向 KOOK 核对 bot_token：{detail}", "The bot_token could not be checked with KOOK: {detail}"
    ),
    Caution.KOOK_TOKEN_REFUSED: Text("KOOK 拒绝了 bot_token：{detail}", "KOOK refused the bot_token: {detail}"),
    Caution.NOT_ONLINE_AT_KOOK: Text(
        "已开始转发，但未能让机器人在 KOOK 上线：{detail}",
        "Relaying, but the bot could not be shown online at KOOK: {detail}",
    ),
    Caution.NOT_OFFLINE_AT_KOOK: Text(
        "已停止转发，但未能让机器人在 KOOK 下线：{detail}",
        "No longer relaying, but the bot could not be shown offline at KOOK: {detail}",
    ),
    Caution.COOKIE_ONLY: Text(
        "该账号没有机器人凭据，不会转发消息：请添加 bot_token 和 verify_token",
        "The account has no bot credentials and relays nothing: add a bot_token and a verify_token",
    ),
}
