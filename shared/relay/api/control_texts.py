"""Texts of signing in, the service, statistics, health, backups and updates; beside those of texts.py."""

from __future__ import annotations

from collections.abc import Mapping

from shared.relay.errors import Refusal
from shared.web.catalogue import ErrorText, Text

CONTROL_ERRORS: Mapping[str, ErrorText] = {
    Refusal.INVALID_PASSWORD: ErrorText(
        401,
        Text("密码错误", "The password is wrong"),
        Text(
            "重新输入；若已遗忘，用 API 令牌调用 POST /api/auth/reset-password 设置新密码",
            "Type it again; if it is lost, set a new one by POST /api/auth/reset-password with the API token",
        ),
    ),
    Refusal.PASSWORD_NOT_SET: ErrorText(
        401,
        Text("尚未设置管理员密码", "No administrator's password is set"),
        Text(
            "设置 ADMIN_PASSWORD，或用 API 令牌调用 POST /api/auth/reset-password",
            "Set ADMIN_PASSWORD, or call POST /api/auth/reset-password with the API token",
        ),
    ),
    Refusal.SAME_PASSWORD: ErrorText(
        400,
        Text("新密码与旧密码相同", "The new password is the old one"),
        Text("换一个不同的新密码", "Choose another new password"),
    ),
    Refusal.PASSWORD_CHANGED_MEANWHILE: ErrorText(
        409,
        Text("密码刚刚被另一个请求修改", "Another request has just changed the password"),
        Text("用现在的密码重新登录后再试", "Sign in with the present password and try again"),
    ),
    Refusal.NO_SESSION: ErrorText(
        400,
        Text("该请求没有登录会话：使用的是 API 令牌", "There is no session to end: the request carries the API token"),
        Text(
            "用 /api/auth/login 返回的令牌调用；API 令牌通过 API_TOKEN 更换",
            "Call it with the token of /api/auth/login; the API token itself is replaced by API_TOKEN",
        ),
    ),
    Refusal.API_TOKEN_REQUIRED: ErrorText(
        403,
        Text(
            "该操作需要 API 令牌，登录会话不能执行", "This takes the API token; a session from signing in is not enough"
        ),
        Text(
            "在 X-API-Token 中发送 API 令牌，或用旧密码调用 POST /api/auth/change-password",
            "Send the API token in X-API-Token, or call POST /api/auth/change-password with the old password",
        ),
    ),
    Refusal.SERVICE_SWITCH_FAILED: ErrorText(
        503,
        Text(
            "请求已记录，但暂时无法切换队列的消费",
            "The request is noted, but the queues' readers cannot be switched now",
        ),
        Text(
            "系统每分钟自动重试；用 GET /api/system/status 查看 service_state",
            "It is tried again every minute; watch service_state in GET /api/system/status",
        ),
    ),
    Refusal.QUEUE_UNAVAILABLE: ErrorText(
        503,
        Text("消息队列暂时不可用", "The message queues are unavailable for the moment"),
        Text("稍后重试；若持续出现，请检查 SQS 的状态", "Try again shortly; if it persists, check SQS's state"),
    ),
    Refusal.CLEARING_NOT_FOUND: ErrorText(
        404,
        Text("没有这个清理任务", "There is no such clearing job"),
        Text(
            "使用 POST /api/logs/clear 返回的 job_id；记录保留 30 天",
            "Use the job_id that POST /api/logs/clear gave; it is remembered for 30 days",
        ),
    ),
    Refusal.DELIVERY_NOT_FOUND: ErrorText(
        404,
        Text("没有这条投递记录", "There is no such delivery"),
        Text(
            "使用 GET /api/deliveries 返回的 id；记录在保留期满后删除",
            "Use an id of GET /api/deliveries; records go when their retention ends",
        ),
    ),
    Refusal.ACCOUNT_STOPPED: ErrorText(
        409,
        Text("账号 {id} 已停止", "Account {id} is stopped"),
        Text(
            "先用 POST /api/accounts/{id}/start 启动它；停止期间的消息不会补发",
            "Start it first with POST /api/accounts/{id}/start; what was said while it was stopped is not relayed",
        ),
    ),
    Refusal.DELIVERY_NOT_FAILED: ErrorText(
        409,
        Text("只有失败的投递可以重试：它的状态是 {status}", "Only a failed delivery can be retried: it is {status}"),
        Text(
            "pending 的投递会自动继续尝试，success 的已经送达",
            "A pending one is being tried by itself, a successful one has arrived",
        ),
    ),
    Refusal.DELIVERY_WITHOUT_CONTENT: ErrorText(
        409,
        Text(
            "这条投递没有保存可发送的内容，因为当时目标配置无法使用",
            "Nothing to send was kept of this delivery, because its destination could not be used at all",
        ),
        Text("修正 Bot 或映射，然后在 KOOK 中重新发送该消息", "Repair the bot or mapping, then send the message again"),
    ),
    Refusal.MESSAGE_DELETED: ErrorText(
        409,
        Text("这条消息已在 KOOK 中删除", "The message was deleted in KOOK"),
        Text("无需处理：它不会再发送", "Nothing is to be done: it will not be sent any more"),
    ),
    Refusal.DESTINATION_SWITCHED_OFF: ErrorText(
        409,
        Text("目标已停用：{reason}", "The destination is switched off: {reason}"),
        Text(
            "修正原因，重新启用 Bot 或映射后再重试",
            "Remove the cause, switch the bot or mapping on again, then retry",
        ),
    ),
    Refusal.REPLAY_NOT_FOUND: ErrorText(
        404,
        Text("没有这个重试任务", "There is no such retry job"),
        Text(
            "使用 POST /api/deliveries/retry 返回的 job_id；记录保留 30 天",
            "Use the job_id that POST /api/deliveries/retry gave; it is remembered for 30 days",
        ),
    ),
    Refusal.BACKUP_NOT_FOUND: ErrorText(
        404,
        Text("备份不存在", "There is no such backup"),
        Text("用 GET /api/backup/list 查看现有备份", "GET /api/backup/list lists the backups"),
    ),
    Refusal.BACKUP_UNUSABLE: ErrorText(
        422,
        Text("备份无法使用：{reason}", "The backup cannot be used: {reason}"),
        Text("没有任何改动；请选择另一个备份", "Nothing was changed; choose another backup"),
    ),
    Refusal.BACKUP_STORE_UNAVAILABLE: ErrorText(
        503,
        Text("备份存储暂时不可用：{reason}", "The backup storage is unavailable: {reason}"),
        Text(
            "检查备份目录或 S3 存储桶的权限与空间后重试", "Check the permissions and space of the folder or S3 bucket"
        ),
    ),
    Refusal.PASSPHRASE_REQUIRED: ErrorText(
        400,
        Text("该备份中的密钥用口令加密：缺少 passphrase", "The backup's secrets are sealed: the passphrase is missing"),
        Text("在请求体中加上创建备份时使用的 passphrase", "Add the passphrase it was made with to the body"),
    ),
    Refusal.WRONG_PASSPHRASE: ErrorText(
        422,
        Text("口令不正确，或备份已损坏", "The passphrase is wrong, or the backup is damaged"),
        Text("核对口令后重试；没有任何改动", "Check the passphrase and try again; nothing was changed"),
    ),
    Refusal.RESTORE_CONFLICT: ErrorText(
        409,
        Text("另一个恢复正在进行", "Another restore is under way"),
        Text("稍后重试", "Try again shortly"),
    ),
}

LOGGED_IN = Text("登录成功", "Signed in")
LOGGED_OUT = Text("已退出登录", "Signed out")
PASSWORD_CHANGED = Text(
    "密码已修改，所有登录会话均已失效，请重新登录", "The password is changed; every session has ended, sign in again"
)
SERVICE_STARTED = Text("服务已启动", "The service was started")
SERVICE_STOPPED = Text(
    "服务已停止：消息继续接收并排队，启动后按顺序发送",
    "The service was stopped: messages are still taken in and wait in order until it is started",
)
SERVICE_RESTARTED = Text("服务已重启", "The service was restarted")
DELIVERY_RETRIED = Text("已重新排队", "The delivery is queued again")
REPLAY_STARTED = Text("已开始在后台重试", "The failed deliveries are being tried again in the background")
REPLAY_TRIED = Text(
    "将重试 {tried} 条投递，另有 {skipped} 条因目标已停用而跳过；尚未执行",
    "{tried} deliveries would be tried again, {skipped} skipped as their destination is switched off; nothing was done",
)
BACKFILL_STARTED = Text(
    "已开始补发遗漏的消息，新消息会等它完成", "Fetching what was missed; new messages wait until that is done"
)
CLEARING_STARTED = Text(
    "已开始在后台清除 {before} 之前的日志", "Rows from before {before} are being removed in the background"
)
BACKUP_CREATED = Text("备份已创建", "The backup was made")
BACKUP_ADDED = Text("备份已上传", "The backup was uploaded")
BACKUP_DELETED = Text("备份已删除", "The backup was deleted")
BACKUP_RESTORED = Text(
    "已恢复 {accounts} 个账号、{bots} 个 Bot、{mappings} 个映射",
    "Restored: {accounts} account(s), {bots} bot(s), {mappings} mapping(s)",
)
RESTORE_CONTINUES = Text(
    "恢复已生效，剩余部分将在一分钟内自动写完", "The restore is decided; what is left of it is written within a minute"
)
NOT_CHECKED = Text(
    "未配置更新源（UPDATE_FEED_URL），未检查更新", "No update feed (UPDATE_FEED_URL) is configured: nothing was checked"
)
FEED_UNREACHABLE = Text(
    "暂时无法获取更新信息（{reason}），显示的是当前版本",
    "The update feed could not be read ({reason}); the present version is shown",
)

# Why a backup cannot be used; keys are shared.relay.backup_archive.Flaw's.
BACKUP_FLAWS: Mapping[str, Text] = {
    "not_a_zip": Text("不是有效的 zip 文件", "it is no zip file"),
    "not_a_backup": Text("不是本软件的备份", "it is no backup of this software"),
    "newer_version": Text("由更新的版本创建", "a newer version of the software made it"),
    "damaged": Text("内容与校验和不符", "its content does not match its checksums"),
    "too_large": Text("过大", "it is too large"),
    "invalid_records": Text("其中的记录无效", "records in it are not valid"),
    "unknown_platform": Text("其中有不支持的平台", "it holds bots of a platform that is not built in"),
    "other_installation": Text(
        "其中的密钥由另一套数据密钥加密", "its secrets were sealed under another installation's data key"
    ),
}

# What each red light of /api/health/check means and what to do.
HINTS: Mapping[str, Text] = {
    "store_down": Text(
        "DynamoDB 没有应答：检查网络、权限和表 {table}",
        "DynamoDB does not answer: check network, permissions, table {table}",
    ),
    "queues_unreachable": Text("SQS 没有应答：检查网络和权限", "SQS does not answer: check network and permissions"),
    "accounts_not_seen": Text(
        "未能及时读到账号及其在 KOOK 的状态：稍后重试",
        "The accounts and what KOOK says of them did not come in time: try again shortly",
    ),
    "destinations_off": Text(
        "{count} 个目标已失效并停用，发往那里的消息记为失败：{bots}；按 solution 处理并重新启用，再重试失败的投递",
        "{count} destination(s) are dead and switched off, what goes there fails: {bots}; act on the solution, switch "
        "them on again, then retry what failed",
    ),
    "destinations_failing": Text(
        "{count} 个目标连续失败，暂停发送并自动探测：{bots}；消息在排队，恢复后按顺序继续，原因见 reason",
        "{count} destination(s) keep failing and are probed by themselves: {bots}; messages wait and go on in order, "
        "see the reason",
    ),
    "destinations_not_seen": Text(
        "未能及时读到各目标的状态：稍后重试", "The destinations could not be read in time: try again shortly"
    ),
    "machines_silent": Text(
        "{count} 台机器没有上报：检查其电源、网络和探针进程",
        "{count} machines do not report: check their power, network and agent",
    ),
    "machines_not_seen": Text(
        "未能及时读到受监控的机器：稍后重试",
        "The monitored machines could not be read in time: try again shortly",
    ),
    "service_stopped": Text(
        "服务已停止：用 POST /api/system/start 启动", "The service is stopped: POST /api/system/start starts it"
    ),
    "dead_letters": Text(
        "{queue} 的死信队列中有 {count} 条消息：查看日志中的原因",
        "{count} message(s) lie in the dead letters of {queue}: see the log for the reason",
    ),
    "no_accounts": Text(
        "尚未添加账号：用 POST /api/accounts 添加", "There are no accounts: add one by POST /api/accounts"
    ),
    "none_running": Text(
        "没有运行中的账号：用 POST /api/accounts/<id>/start 启动",
        "No account is running: POST /api/accounts/<id>/start starts one",
    ),
    "offline_at_kook": Text(
        "账号 {accounts} 在 KOOK 处于离线：重新启动该账号，并检查回调地址",
        "Account(s) {accounts} are offline at KOOK: start them again and check the callback URL",
    ),
    "kook_refused": Text(
        "KOOK 拒绝了账号 {accounts} 的 bot_token：请更新",
        "KOOK refused the bot_token of account(s) {accounts}: set a new one",
    ),
    "kook_unreachable": Text(
        "无法向 KOOK 查询账号 {accounts} 的在线状态：检查网络或代理",
        "KOOK could not be asked about account(s) {accounts}: check the network or proxy",
    ),
}
