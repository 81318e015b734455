"""What the robots API says, in both languages. Where the contract gives a text, it is the Chinese one."""

from __future__ import annotations

from collections.abc import Mapping

from shared.web.catalogue import ErrorText, Text

OK = Text("success", "success")
CODE_SENT = Text("验证码已发送", "The code has been sent")
SIGNED_IN = Text("登录成功", "Signed in")
ACTIVATED = Text("激活成功", "Activated")
ACTIVATED_AGAIN = Text("激活成功（已更新Token）", "Activated (with new tokens)")
CREATED = Text("创建成功", "Created")
UPDATED = Text("更新成功", "Updated")
DELETED = Text("删除成功", "Deleted")
MESSAGE_RECEIVED = Text("消息已接收", "The message has been received")
COMMAND_ISSUED = Text("指令已下发", "The command has been issued")
RESULT_RECORDED = Text("结果已记录", "The result has been recorded")
CONFIGURED = Text("配置成功", "Configured")
CODES_CREATED = Text("生成成功", "Created")
UNBOUND = Text("解绑成功", "Unbound")
DISABLED = Text("禁用成功", "Disabled")

_NOTHING = Text("", "")


def _error(status: int, zh: str, en: str, solution: Text = _NOTHING) -> ErrorText:
    return ErrorText(status, Text(zh, en), solution)


ERRORS: Mapping[str, ErrorText] = {
    "TOO_MANY_REQUESTS": _error(429, "请求过于频繁，请稍后重试", "Too many requests, try again later"),
    "UNAUTHORIZED": _error(
        401,
        "未授权：缺少令牌",
        "Unauthorized: no token was given",
        Text("在 Authorization: Bearer 请求头中提供令牌", "give the token in an Authorization: Bearer header"),
    ),
    "INVALID_TOKEN": _error(
        401,
        "未授权：令牌无效、已过期或已被吊销",
        "Unauthorized: the token is wrong, has expired or was revoked",
        Text("请重新登录、激活或刷新令牌", "sign in, activate or refresh again"),
    ),
    "FORBIDDEN": _error(
        403,
        "禁止访问：该接口需要{wanted}令牌",
        "Forbidden: this endpoint takes {wanted} tokens",
        Text("换用对应身份的令牌", "use a token of that kind"),
    ),
    "OTHER_ROBOT": _error(
        403,
        "禁止访问：令牌属于另一台机器人",
        "Forbidden: the token belongs to another robot",
        Text("robotId 必须是令牌所属的机器人", "robotId must be the token's own robot"),
    ),
    "CODE_UNKNOWN": _error(
        404, "激活码不存在", "There is no such activation code", Text("核对后重试", "check it and try again")
    ),
    "CODE_DISABLED": _error(
        403, "激活码已被禁用", "The activation code was disabled", Text("请联系管理员", "ask an administrator")
    ),
    "CODE_EXPIRED": _error(
        403, "激活码已过期", "The activation code has expired", Text("请更换激活码", "use another one")
    ),
    "CODE_NOT_BOUND": _error(409, "激活码没有绑定设备，无需解绑", "No device is bound to the activation code"),
    "CODE_BOUND_ELSEWHERE": _error(
        409,
        "激活码已被其他设备使用，请联系管理员解绑",
        "The activation code is used by another device, ask an administrator to unbind it",
    ),
    "BUSY": _error(503, "数据正在被同时修改", "The data is being changed by others", Text("请重试", "try again")),
    "STORE_UNAVAILABLE": _error(
        503, "数据库暂时不可用", "The database is unavailable for the moment", Text("请稍后重试", "try again later")
    ),
    "PICTURES_UNAVAILABLE": _error(
        503, "图片暂时无法保存", "Pictures cannot be stored for the moment", Text("请稍后重试", "try again later")
    ),
    "SECRETS_UNREADABLE": _error(
        500,
        "保存的密钥无法解密",
        "A stored secret cannot be opened",
        Text("恢复原来的数据密钥", "restore the data key it was sealed with"),
    ),
    "COMMAND_UNKNOWN": _error(
        404,
        "没有这条指令",
        "There is no such command",
        Text("commandId 必须来自本机器人收到的指令", "commandId must be of a command this robot received"),
    ),
    "COMMAND_NOT_DELIVERED": _error(
        409,
        "指令尚未下发",
        "The command has not been handed out yet",
        Text("先通过 GET /api/robot/commands 取得指令", "get it with GET /api/robot/commands first"),
    ),
    "TOO_MANY_OPEN_COMMANDS": _error(
        429,
        "该机器人未完成的指令已达上限（{limit} 条）",
        "The robot may have {limit} commands that have not ended, and there are as many",
        Text(
            "确认机器人在线，等它执行完一些指令后重试；管理员可调整 ROBOTS_MAX_OPEN_COMMANDS",
            "see that it is online and try again when it has carried some out; the operator may raise "
            "ROBOTS_MAX_OPEN_COMMANDS",
        ),
    ),
    "LOGIN_CODE_WRONG": _error(
        401,
        "验证码错误或已失效",
        "The code is wrong or no longer valid",
        Text("重新获取验证码", "ask for another one"),
    ),
    "USER_DISABLED": _error(
        403, "用户已被禁用", "The user has been disabled", Text("请联系管理员", "ask an administrator")
    ),
    "SMS_NOT_SENT": _error(
        503, "短信发送失败", "The text message could not be sent", Text("请一分钟后重试", "try again in a minute")
    ),
    "ROBOT_UNKNOWN": _error(404, "机器人不存在", "There is no such robot", Text("核对 robotId", "check the robotId")),
    "FILE_UNKNOWN": _error(404, "文件不存在或已过期", "There is no such file, or it has expired"),
    "TOO_MANY_ROBOTS": _error(
        409,
        "机器人数量已达上限（每个用户 {limit} 台）",
        "A user may have {limit} robots, and there are as many",
        Text("删除不用的机器人", "delete one that is not used"),
    ),
    "USER_UNKNOWN": _error(404, "用户不存在", "There is no such user", Text("核对用户编号", "check the id")),
    "OWN_ACCOUNT": _error(409, "不能禁用自己", "Administrators cannot disable themselves"),
}

PROBLEMS: Mapping[str, Text] = {
    "phone": Text("必须是中国大陆手机号", "must be a mobile number of mainland China"),
    "base64": Text("必须是 base64", "must be base64"),
    "too_many_bytes": Text("不能超过 {limit_bytes} 字节", "must have at most {limit_bytes} bytes"),
    "url": Text("必须是 http 或 https 地址", "must be an http or https URL"),
    "date": Text("必须是日期，例如 2024-12-01", "must be a date such as 2024-12-01"),
    "moment": Text("必须是时间，例如 2024-12-01 10:30:00", "must be a time such as 2024-12-01 10:30:00"),
    "period": Text(
        "不能早于 startDate，且最多 {max_days} 天",
        "must not be before startDate, and the period has at most {max_days} days",
    ),
    "delays": Text("不能大于 replyDelayMax", "must not be longer than replyDelayMax"),
    "page": Text("超出可翻阅的范围（{max_rows} 条）", "is beyond what can be paged through ({max_rows} entries)"),
    "secret_missing": Text(
        "缺失：enableSignature 为 true 时必须设置", "is missing: enableSignature needs one to sign with"
    ),
    "string_pattern_mismatch": Text("格式不正确", "does not have the right form"),
    "float_type": Text("必须是数字", "must be a number"),
    "finite_number": Text("必须是有限的数字", "must be a finite number"),
    "timezone_aware": Text(
        "必须带时区，例如 2024-12-01T10:30:00Z", "must name its time zone, as 2024-12-01T10:30:00Z does"
    ),
    "datetime_from_date_parsing": Text("必须是 ISO 8601 时间", "must be an ISO 8601 time"),
    "datetime_parsing": Text("必须是 ISO 8601 时间", "must be an ISO 8601 time"),
    "datetime_type": Text("必须是 ISO 8601 时间", "must be an ISO 8601 time"),
}

KINDS: Mapping[str, Text] = {
    "user": Text("用户", "user"),
    "admin": Text("管理员", "administrator"),
    "robot": Text("机器人", "robot"),
}
