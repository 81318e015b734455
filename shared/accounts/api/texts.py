"""The area's error texts and confirmations, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from shared.web.catalogue import ErrorText, Text

_TRY_AGAIN = Text("请稍后重试", "Please try again shortly")
_READ_LIST = Text("用列表接口查看现有的编号", "Look the id up in the list")

ERRORS: Mapping[str, ErrorText] = {
    "INVALID_PLATFORM": ErrorText(
        400, Text("不支持的平台", "This platform is not supported"), Text("改用：{known}", "Use one of: {known}")
    ),
    "INVALID_COOKIE": ErrorText(
        400,
        Text("无法识别 cookie_data", "cookie_data cannot be read as cookies"),
        Text(
            "使用 JSON 对象、JSON 数组、“名=值; 名=值” 或 Netscape 文件的内容",
            "Give a JSON object, a JSON array, `name=value; name=value`, or the lines of a Netscape file",
        ),
    ),
    "OFFSET_TOO_LARGE": ErrorText(
        400,
        Text("offset 不能超过 {max_offset}", "offset may be at most {max_offset}"),
        Text("用筛选条件缩小范围", "Narrow the list down with filters"),
    ),
    "ACCOUNT_NOT_FOUND": ErrorText(404, Text("账号不存在", "There is no such account"), _READ_LIST),
    "POOL_NOT_FOUND": ErrorText(404, Text("账号池不存在", "There is no such pool"), _READ_LIST),
    "MEMBER_NOT_FOUND": ErrorText(404, Text("该账号不在此账号池中", "The account is not in this pool"), _READ_LIST),
    "JOB_NOT_FOUND": ErrorText(
        404,
        Text("批量检查不存在或早已结束", "There is no such batch check, or it ended long ago"),
        Text("重新发起批量检查", "Start a new one"),
    ),
    "LOGIN_SESSION_NOT_FOUND": ErrorText(
        404,
        Text("登录会话不存在或早已结束", "There is no such login session, or it ended long ago"),
        Text("重新获取二维码", "Get a new QR code"),
    ),
    "COOKIE_UNREADABLE": ErrorText(
        409,
        Text("已保存的 Cookie 无法用当前口令打开", "The stored cookie does not open under the configured passphrase"),
        Text(
            "设置 VAULT_PASSPHRASE_PREVIOUS 为原口令，或重新提交 cookie_data",
            "Set VAULT_PASSPHRASE_PREVIOUS to the former passphrase, or send cookie_data anew",
        ),
    ),
    "PLATFORM_MISMATCH": ErrorText(
        409,
        Text("平台不一致", "The platforms differ"),
        Text("账号、账号池和登录会话须属于同一平台", "Account, pool and login session must be of one platform"),
    ),
    "ALREADY_MEMBER": ErrorText(
        409,
        Text("该账号已在此账号池中", "The account is in this pool already"),
        Text("无需再次添加", "Nothing is to do"),
    ),
    "POOL_FULL": ErrorText(
        409,
        Text("账号池最多 {max_size} 个账号", "The pool has room for {max_size} accounts"),
        Text("先移除成员，或增大 max_size", "Remove members first, or raise max_size"),
    ),
    "TOO_MANY_POOLS": ErrorText(
        409,
        Text("账号池数量达到上限 {limit}", "The limit of {limit} pools is reached"),
        Text("删除不用的账号池，或让账号退出一些池", "Delete pools, or take the account out of some"),
    ),
    "LOGIN_UNAVAILABLE": ErrorText(
        502,
        Text("无法从平台取得登录二维码：{reason}", "The platform gave no login QR code: {reason}"),
        Text("稍后重试，或用浏览器登录后提交 Cookie", "Try again later, or log in with a browser and send the cookie"),
    ),
    "ADMINISTRATOR_REQUIRED": ErrorText(
        403,
        Text("只有管理员可以查看 Cookie", "Only the administrator may read cookies"),
        Text("使用 API 令牌或管理员会话", "Use the API token or the administrator's session"),
    ),
    "CREATE_ACCOUNT_FAILED": ErrorText(500, Text("账号未能保存", "The account could not be saved"), _TRY_AGAIN),
    "NO_AVAILABLE_ACCOUNT": ErrorText(
        503,
        Text("账号池中没有可用账号", "The pool has no available account"),
        Text("加入或启用状态为 active 的账号", "Add accounts that are active, or bring members back to active"),
    ),
    "RECORD_BUSY": ErrorText(503, Text("同一记录正被频繁修改", "The record is being changed by others"), _TRY_AGAIN),
    "QUEUE_UNAVAILABLE": ErrorText(
        503, Text("任务队列暂时不可用", "The tasks queue is unavailable for the moment"), _TRY_AGAIN
    ),
    "STORE_UNAVAILABLE": ErrorText(
        503, Text("数据库暂时不可用", "The database is unavailable for the moment"), _TRY_AGAIN
    ),
}

# What can be wrong with a field here and nowhere else.
PROBLEMS: Mapping[str, Text] = {
    "json_size": Text("作为 JSON 最多 {max_bytes} 字节", "must have at most {max_bytes} bytes as JSON"),
}

ACCOUNT_UPDATED = Text("账号已更新", "Account updated successfully")
ACCOUNT_DELETED = Text("账号已删除，并退出了 {count} 个账号池", "Account deleted; it was in {count} pool(s)")
USAGE_RECORDED = Text("使用结果已记录", "Usage recorded")
HEALTHY = Text("账号正常", "Account is healthy")
HEALTHY_AND_LOGGED_IN = Text("账号正常，已登录", "Account is healthy and logged in")
MUST_LOG_IN = Text("需要重新登录：{reason}", "It must log in again: {reason}")
COULD_NOT_TELL = Text(
    "无法判断登录状态，账号状态保持不变：{reason}", "Could not tell, so its status stays as it was: {reason}"
)
NO_ACTIVE_ACCOUNT = Text("该平台没有可用账号，请先登录", "No active account of this platform: log in first")
SCAN_QRCODE = Text("请用手机 App 扫描二维码登录", "Please scan the QR code with your mobile app to login")
USE_BROWSER = Text(
    "该平台须用浏览器登录：打开 qrcode_url，登录后把 Cookie 提交到 /api/v1/login/callback",
    "This platform needs a browser: open qrcode_url, log in, and send the cookie to /api/v1/login/callback",
)
LOGIN_KEPT = Text("账号已保存，稍后自动检查登录状态", "Account created; its login is checked in a moment")
LOGIN_KEPT_UNCHECKED = Text(
    "账号已保存；未能安排自动检查，请手动检查", "Account created; no check could be ordered, so ask for one"
)
COOKIES_WARNING = Text("Cookie 等同于登录凭据，请勿泄露", "Cookies are credentials: keep them secret")
POOL_UPDATED = Text("账号池已更新", "Pool updated")
POOL_DELETED = Text("账号池已删除，账号保留", "Pool deleted; its accounts stay")
MEMBER_ADDED = Text("账号已加入账号池", "Account added to the pool")
MEMBER_REMOVED = Text("账号已移出账号池", "Account removed from the pool")
SESSION_STATES: Mapping[str, Text] = {
    "waiting": Text(
        "等待扫码，或等待提交浏览器登录的 Cookie",
        "Waiting for the QR code to be scanned, or for the cookie of a browser",
    ),
    "scanned": Text("已扫码，等待手机确认", "Scanned; waiting for the confirmation on the phone"),
    "done": Text("登录完成", "Logged in"),
    "expired": Text("登录会话已过期，请重新获取二维码", "This login has expired: get a new QR code"),
    "refused": Text("手机端拒绝了登录", "The login was refused on the phone"),
    "unknown": Text("暂时无法得知登录进度", "The state of the login cannot be told"),
}
