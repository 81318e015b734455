"""What the administrator calls."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.monitor.api.admin_access import SessionToRemove, UserUpdate
from shared.monitor.api.admin_nodes import NewNode
from shared.monitor.api.admin_site import ProviderSettings
from shared.monitor.api.openapi import shapes
from shared.monitor.api.openapi.operations import DONE, body, operation, query, redirect
from shared.monitor.node_administration import NodeEdit
from shared.monitor.ping_administration import NewPingTask, PingTaskEdits, PingTaskIds
from shared.monitor.settings import SiteSettings
from shared.web.catalogue import Text
from shared.web.operations import Answer

_NODE = {"uuid": str}
_UNKNOWN = ("NODE_NOT_FOUND", "BUSY")
_TASKS = ("TASK_NOT_FOUND", "BUSY")
_PROVIDER = (query("provider", Literal["kook", "github"], "登录服务", "The provider", required=True),)
_PNG = (Answer(200, Text("二维码", "A QR code"), media_type="image/png"),)
_NODES = (Answer(200, Text("机器数组，没有外层", "An array of nodes, without envelope")),)
_CLIENT, _PING, _ADMIN = "/api/admin/client", "/api/admin/ping", "/api/admin"

OPERATIONS = (
    operation(
        "admin.add",
        "POST",
        f"{_CLIENT}/add",
        "添加机器",
        "Add a node",
        shapes.NewNodeAnswer,
        body=body(NewNode, required=False),
    ),
    operation("admin.list", "GET", f"{_CLIENT}/list", "全部机器", "All nodes", answers=_NODES),
    operation(
        "admin.order", "POST", f"{_CLIENT}/order", "排序", "Set weights", body=body(shapes.Weights), errors=_UNKNOWN
    ),
    operation(
        "admin.get",
        "GET",
        f"{_CLIENT}/{{uuid}}",
        "机器",
        "A node",
        shapes.WholeNode,
        path_kinds=_NODE,
        errors=_UNKNOWN[:1],
    ),
    operation(
        "admin.token",
        "GET",
        f"{_CLIENT}/{{uuid}}/token",
        "机器的令牌",
        "The node's token",
        shapes.TokenAnswer,
        path_kinds=_NODE,
        errors=_UNKNOWN[:1],
    ),
    operation(
        "admin.edit",
        "POST",
        f"{_CLIENT}/{{uuid}}/edit",
        "修改机器",
        "Edit a node",
        path_kinds=_NODE,
        body=body(NodeEdit),
        errors=_UNKNOWN,
    ),
    operation(
        "admin.remove",
        "POST",
        f"{_CLIENT}/{{uuid}}/remove",
        "删除机器",
        "Remove a node",
        path_kinds=_NODE,
        errors=_UNKNOWN,
    ),
    operation("ping.list", "GET", f"{_PING}/", "延迟任务", "Ping tasks", shapes.PingTasksAnswer),
    operation(
        "ping.add",
        "POST",
        f"{_PING}/add",
        "添加任务",
        "Add a task",
        shapes.TaskIdAnswer,
        body=body(NewPingTask),
        errors=("TOO_MANY_TASKS", "BUSY"),
    ),
    operation("ping.edit", "POST", f"{_PING}/edit", "修改任务", "Edit tasks", body=body(PingTaskEdits), errors=_TASKS),
    operation("ping.delete", "POST", f"{_PING}/delete", "删除任务", "Delete tasks", body=body(PingTaskIds)),
    operation(
        "ping.order", "POST", f"{_PING}/order", "任务排序", "Set weights", body=body(shapes.Weights), errors=_TASKS
    ),
    operation("settings.get", "GET", f"{_ADMIN}/settings/", "设置", "The settings", shapes.SettingsAnswer),
    operation(
        "settings.set",
        "POST",
        f"{_ADMIN}/settings/",
        "修改设置",
        "Change some",
        body=body(SiteSettings),
        errors=("BUSY",),
    ),
    operation(
        "settings.provider",
        "GET",
        f"{_ADMIN}/settings/oidc",
        "登录服务",
        "A provider",
        shapes.SettingsAnswer,
        query=_PROVIDER,
        errors=("UNKNOWN_PROVIDER",),
    ),
    operation(
        "settings.set_provider",
        "POST",
        f"{_ADMIN}/settings/oidc",
        "修改登录服务",
        "Change a provider",
        query=_PROVIDER,
        body=body(ProviderSettings),
        errors=("UNKNOWN_PROVIDER", "BUSY"),
    ),
    operation(
        "settings.logs",
        "GET",
        f"{_ADMIN}/logs",
        "操作记录",
        "What administrators did",
        shapes.LogsAnswer,
        description=Text(
            "该路径由监控与机器人共用：没有凭据的请求由机器人接口按其格式拒绝。",
            "The monitor and the robots share this path: a request without credentials is refused by the robots' API, "
            "in its form.",
        ),
        error_shapes={401: shapes.RobotsRefusal},
        query=(
            query("limit", Annotated[int, Field(ge=1, le=100)], "每页条数", "Entries a page", default=20),
            query("page", Annotated[int, Field(ge=1, le=2000)], "页码", "The page", default=1),
        ),
    ),
    operation("access.sessions", "GET", f"{_ADMIN}/session/get", "会话", "Sessions", shapes.SessionsAnswer),
    operation(
        "access.remove_session",
        "POST",
        f"{_ADMIN}/session/remove",
        "结束会话",
        "End a session",
        body=body(SessionToRemove),
        errors=("SESSION_NOT_FOUND",),
    ),
    operation("access.remove_all", "POST", f"{_ADMIN}/session/remove/all", "结束全部会话", "End all sessions"),
    operation("access.generate", "GET", f"{_ADMIN}/2fa/generate", "双重验证二维码", "A second factor", answers=_PNG),
    operation(
        "access.enable",
        "POST",
        f"{_ADMIN}/2fa/enable",
        "启用双重验证",
        "Turn the second factor on",
        query=(query("code", str, "验证码", "A code of it", required=True),),
        errors=("NO_SECOND_FACTOR_SECRET", "SECOND_FACTOR_WRONG", "BUSY"),
    ),
    operation("access.disable", "POST", f"{_ADMIN}/2fa/disable", "关闭双重验证", "Turn it off", errors=("BUSY",)),
    operation(
        "access.bind",
        "GET",
        f"{_ADMIN}/oauth2/bind",
        "绑定外部账号",
        "Bind an account",
        answers=redirect(),
        errors=("OAUTH_DISABLED", "OAUTH_NOT_CONFIGURED"),
    ),
    operation("access.unbind", "POST", f"{_ADMIN}/oauth2/unbind", "解除绑定", "Unbind it", errors=("BUSY",)),
    operation(
        "access.update_user",
        "POST",
        f"{_ADMIN}/update/user",
        "修改用户名",
        "Change the username",
        answers=(Answer(200, DONE, shapes.Success),),
        body=body(UserUpdate),
        errors=("PASSWORD_CHANGE_REFUSED", "BUSY"),
    ),
)
