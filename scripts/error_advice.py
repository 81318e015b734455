"""What the error reference says beyond the answers themselves.

The monitor answers in the Komari server's own English sentences and gives no advice, and some of the robots' errors
say all in one sentence. Here is what each means, in Chinese where the answer has none, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shared.web.catalogue import Text


class Advice(NamedTuple):
    """``meaning_zh`` is "" where the answer itself is worded in Chinese."""

    meaning_zh: str
    todo: Text


_CORRECT = Text("按提示修改后重试", "Correct it as described and try again")
_LATER = Text("稍后重试", "Try again shortly")
_SIGN_IN = Text("先登录，或使用设置中的 api_key", "Sign in first, or use the setting api_key")
_OAUTH_SETTINGS = Text("在设置的登录服务里填写", "Fill them in under the site's sign-in settings")

MONITOR: Mapping[str, Advice] = {
    "UUID_REQUIRED": Advice("缺少 uuid", Text("用 uuid 参数指定机器", "Name the node in the parameter uuid")),
    "INVALID_HOURS": Advice("hours 参数错误", Text("使用正整数", "Use a positive whole number")),
    "INVALID_LOAD_TYPE": Advice(
        "load_type 参数错误", Text("使用文档列出的值", "Use one of the values in the document")
    ),
    "UUID_OR_TASK_REQUIRED": Advice("缺少 uuid 或 task_id", Text("给出其中之一", "Give one of the two")),
    "INVALID_TASK_ID": Advice("task_id 参数错误", Text("使用任务列表中的编号", "Use a number of the task list")),
    "INVALID_PARAMETER": Advice("请求体中有字段错误：{problem}", _CORRECT),
    "MISSING_PARAMETER": Advice("请求体缺少字段：{problem}", Text("补上该字段", "Add the field")),
    "BODY_MISSING": Advice("请求体为空", Text("发送一个 JSON 对象", "Send a JSON object")),
    "BODY_NOT_JSON": Advice(
        "请求体不是 JSON：{problem}", Text("检查引号、逗号和编码", "Check quotes, commas and encoding")
    ),
    "BODY_NOT_OBJECT": Advice("请求体必须是 JSON 对象", Text("把参数放进花括号里", "Put the parameters in braces")),
    "LOGIN_FIELDS_REQUIRED": Advice("缺少用户名或密码", Text("两者都要填写", "Give both")),
    "INVALID_CREDENTIALS": Advice(
        "用户名或密码错误",
        Text(
            "检查 ADMIN_USERNAME 和密码；忘记密码时用 API 令牌调用 /api/auth/reset-password",
            "Check ADMIN_USERNAME and the password; a forgotten one is replaced by /api/auth/reset-password with the "
            "API token",
        ),
    ),
    "SECOND_FACTOR_REQUIRED": Advice("需要两步验证码", Text("在 2fa_code 中给出", "Give it in 2fa_code")),
    "SECOND_FACTOR_WRONG": Advice(
        "两步验证码错误", Text("使用当前的六位数；检查两边的时钟", "Use the present six digits; check both clocks")
    ),
    "PASSWORD_LOGIN_DISABLED": Advice(
        "已关闭密码登录",
        Text(
            "用已绑定的外部账号登录，或用 api_key 改回设置",
            "Sign in by the bound account, or change the setting by api_key",
        ),
    ),
    "PASSWORD_CHANGE_REFUSED": Advice(
        "不能在这里修改密码", Text("使用 /api/auth/change-password", "Use /api/auth/change-password")
    ),
    "TOO_MANY_ATTEMPTS": Advice(
        "尝试次数过多", Text("等待 Retry-After 给出的秒数", "Wait for the seconds of Retry-After")
    ),
    "PRIVATE_SITE": Advice("站点未公开", _SIGN_IN),
    "UNAUTHORIZED": Advice(
        "没有凭据，或凭据无效",
        Text("登录或使用 api_key；探针使用机器的令牌", "Sign in or use api_key; an agent uses its node's token"),
    ),
    "OAUTH_DISABLED": Advice(
        "未开启外部登录", Text("在设置中开启 oauth_enable", "Switch oauth_enable on in the settings")
    ),
    "OAUTH_NOT_CONFIGURED": Advice("登录服务缺少 client_id 和 client_secret", _OAUTH_SETTINGS),
    "OAUTH_INVALID_STATE": Advice("登录状态无效或已过期", Text("从头开始登录", "Begin the sign-in anew")),
    "OAUTH_NO_CODE": Advice("登录服务没有给出授权码", Text("从头开始登录", "Begin the sign-in anew")),
    "OAUTH_REFUSED": Advice(
        "登录服务拒绝：{reason}",
        Text("检查 client_id、client_secret 和回调地址", "Check client_id, client_secret and the callback address"),
    ),
    "OAUTH_UNREACHABLE": Advice("登录服务没有应答：{reason}", _LATER),
    "OAUTH_NOT_BOUND": Advice(
        "外部账号未绑定", Text("用密码登录后在设置中绑定", "Sign in by password and bind the account in the settings")
    ),
    "UNKNOWN_PROVIDER": Advice("未知的登录服务", Text("使用 kook 或 github", "Use kook or github")),
    "UPGRADE_REQUIRED": Advice("该地址是 WebSocket", Text("用 WebSocket 连接", "Connect by WebSocket")),
    "NODE_NOT_FOUND": Advice("没有这台机器", Text("从机器列表取 uuid", "Take the uuid from the list of nodes")),
    "TASK_NOT_FOUND": Advice("没有这个延迟任务", Text("从任务列表取编号", "Take the id from the list of tasks")),
    "TOO_MANY_TASKS": Advice("延迟任务最多 {maximum} 个", Text("先删除不用的任务", "Delete tasks that are not needed")),
    "SESSION_NOT_FOUND": Advice(
        "没有这个会话", Text("它可能已经结束：刷新列表", "It may have ended: load the list anew")
    ),
    "NO_SECOND_FACTOR_SECRET": Advice("没有两步验证的密钥", Text("先生成一个", "Generate one first")),
    "STORE_UNAVAILABLE": Advice("数据库暂时不可用", _LATER),
    "SECRETS_UNREADABLE": Advice(
        "保存的密钥无法打开",
        Text("恢复原来的数据密钥，或重新填写该密钥", "Bring the former data key back, or enter the secret anew"),
    ),
    "BUSY": Advice("有人正在修改同一条记录", _LATER),
    "COMMANDS_DISABLED": Advice(
        "远程命令未开启",
        Text("设置 MONITOR_REMOTE_COMMANDS=on 后重启", "Set MONITOR_REMOTE_COMMANDS=on and restart"),
    ),
    "NO_CLIENTS_CONNECTED": Advice(
        "所选机器都没有连接", Text("检查探针是否在运行", "Check that their agents are running")
    ),
    "COMMAND_NOT_FOUND": Advice(
        "没有这条命令，或已过期", Text("从命令列表取编号", "Take the id from the list of commands")
    ),
    "NO_COMMANDS_OF_CLIENT": Advice("这台机器没有命令记录", Text("无需处理", "There is nothing to do")),
    "NO_COMMAND_RESULT": Advice(
        "这台机器还没有该命令的结果",
        Text("稍后再查；离线的机器不会执行", "Ask again shortly; a node that is offline never runs it"),
    ),
}

ROBOTS: Mapping[str, Advice] = {
    "TOO_MANY_REQUESTS": Advice("", Text("等待 data.retryAfter 给出的秒数", "Wait for the seconds of data.retryAfter")),
    "CODE_NOT_BOUND": Advice("", Text("无需解绑", "There is nothing to unbind")),
    "CODE_BOUND_ELSEWHERE": Advice(
        "", Text("请管理员解绑，或使用另一个激活码", "Have an administrator unbind it, or use another code")
    ),
    "FILE_UNKNOWN": Advice("", Text("重新上传文件", "Upload the file again")),
    "OWN_ACCOUNT": Advice("", Text("由另一位管理员操作", "Have another administrator do it")),
}
