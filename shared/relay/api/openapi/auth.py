"""/api/auth in the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.relay.api.auth import Login, NewPassword, PasswordChange, TokenToVerify
from shared.relay.api.openapi.shapes import Confirmed, Succeeded
from shared.relay.errors import Refusal
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation, RequestBody

_PASSWORD_REFUSALS = (Refusal.INVALID_PASSWORD, Refusal.PASSWORD_NOT_SET, Refusal.TOO_MANY_REQUESTS)


class SignedIn(Confirmed):
    token: str = Field(description="Opens the API like the API token")
    expires_in: int = Field(description="Seconds", examples=[2592000])
    robots_admin_token: str = Field(description="Opens the administration of the robots (/api/admin)")


class SessionValid(Succeeded):
    valid: Literal[True]
    expires_in: int = Field(description="Seconds that are left")


OPERATIONS = (
    Operation(
        id="auth.login",
        methods=("POST",),
        path="/api/auth/login",
        summary=Text("用管理员密码登录", "Sign in with the administrator's password"),
        body=RequestBody(Login, examples={"password": {"password": "your_password"}}),
        answers=(Answer(200, Text("登录会话的令牌", "A session's token"), SignedIn),),
        errors=(*_PASSWORD_REFUSALS, Refusal.PASSWORD_CHANGED_MEANWHILE, Refusal.STORE_UNAVAILABLE),
    ),
    Operation(
        id="auth.verify",
        methods=("POST",),
        path="/api/auth/verify",
        summary=Text("检查会话令牌是否有效", "Check whether a session's token is valid"),
        body=RequestBody(TokenToVerify, examples={"token": {"token": "Qm9vEXAMPLE"}}),
        answers=(Answer(200, Text("有效", "It is"), SessionValid),),
        errors=("INVALID_TOKEN", Refusal.STORE_UNAVAILABLE),
    ),
    Operation(
        id="auth.logout",
        methods=("POST",),
        path="/api/auth/logout",
        summary=Text("结束当前会话", "End the session the request speaks for"),
        answers=(Answer(200, Text("已退出登录", "Signed out"), Confirmed),),
        errors=(Refusal.NO_SESSION,),
    ),
    Operation(
        id="auth.change_password",
        methods=("POST",),
        path="/api/auth/change-password",
        summary=Text("修改管理员密码", "Change the administrator's password"),
        description=Text("所有登录会话随之失效。", "Every session ends with it."),
        body=RequestBody(PasswordChange, examples={"both": {"old_password": "old_pass", "new_password": "new_pass"}}),
        answers=(Answer(200, Text("密码已修改", "The password is changed"), Confirmed),),
        errors=(*_PASSWORD_REFUSALS, Refusal.SAME_PASSWORD, Refusal.PASSWORD_CHANGED_MEANWHILE),
    ),
    Operation(
        id="auth.reset_password",
        methods=("POST",),
        path="/api/auth/reset-password",
        summary=Text("用 API 令牌设置新密码", "Set a new password with the API token"),
        description=Text(
            "用于密码遗失时；登录会话不能执行。所有登录会话随之失效。",
            "For a password that is lost; a session cannot do it. Every session ends with it.",
        ),
        body=RequestBody(NewPassword, examples={"new": {"new_password": "new_pass"}}),
        answers=(Answer(200, Text("密码已修改", "The password is changed"), Confirmed),),
        errors=(Refusal.API_TOKEN_REQUIRED, Refusal.PASSWORD_CHANGED_MEANWHILE),
    ),
)
