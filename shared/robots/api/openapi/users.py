"""/api/user in the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from shared.robots.api.openapi.shapes import Jwt, Moment, answered, period
from shared.robots.api.requests import SendCode, SignIn
from shared.robots.models import Role
from shared.web.catalogue import Text
from shared.web.operations import Operation, RequestBody


class CodeLifetime(BaseModel):
    expiresIn: int = Field(description="Seconds", examples=[300])


class CodeSent(BaseModel):
    code: Literal[0]
    message: str
    data: CodeLifetime


class Person(BaseModel):
    userId: int
    nickname: str
    avatar: str = Field(description="A URL, empty without one")
    phone: str
    role: Role


class SignedInUser(Person):
    token: Jwt
    refreshToken: Jwt


class UserSignedIn(BaseModel):
    code: Literal[0]
    message: str
    data: SignedInUser


class PersonSince(Person):
    createdAt: Moment


class UserShown(BaseModel):
    code: Literal[0]
    message: str
    data: PersonSince


class UserFigures(BaseModel):
    totalRobots: int = Field(description="Robots of the user now, without deleted ones")
    totalMessages: int
    totalAICalls: int
    aiCost: float = Field(description="Yuan, to the fen")
    activationCodeCount: int = Field(description="Activation codes bound to the user now")
    activeRobots: int = Field(description="Robots that reported a message or used a model in the period")


class UserFiguresShown(BaseModel):
    code: Literal[0]
    message: str
    data: UserFigures


OPERATIONS = (
    Operation(
        id="users.send_code",
        methods=("POST",),
        path="/api/user/send-sms",
        summary=Text("发送短信验证码", "Send a login code by text message"),
        description=Text("同一手机号每 60 秒一次。", "Once in 60 seconds for a phone number."),
        body=RequestBody(SendCode, examples={"phone": {"phone": "13800000000"}}),
        answers=answered(CodeSent),
        errors=("TOO_MANY_REQUESTS", "SMS_NOT_SENT", "STORE_UNAVAILABLE"),
    ),
    Operation(
        id="users.sign_in",
        methods=("POST",),
        path="/api/user/login",
        summary=Text("用验证码登录，新用户自动注册", "Sign in with the code; whoever is new is registered"),
        body=RequestBody(SignIn, examples={"code": {"phone": "13800000000", "code": "123456"}}),
        answers=answered(UserSignedIn),
        errors=("LOGIN_CODE_WRONG", "USER_DISABLED", "TOO_MANY_REQUESTS", "BUSY", "STORE_UNAVAILABLE"),
    ),
    Operation(
        id="users.show",
        methods=("GET",),
        path="/api/user/info",
        summary=Text("当前用户", "Who the token is for"),
        answers=answered(UserShown),
        errors=("FORBIDDEN", "TOO_MANY_REQUESTS"),
    ),
    Operation(
        id="users.statistics",
        methods=("GET",),
        path="/api/user/statistics",
        summary=Text("当前用户的统计", "What the user's robots did"),
        query=period(),
        answers=answered(UserFiguresShown),
        errors=("FORBIDDEN", "TOO_MANY_REQUESTS"),
    ),
)
