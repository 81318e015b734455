"""/api/user: signing in with a phone number, who one is, what one's robots did."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from shared.robots.api import texts
from shared.robots.api.access import current_user, only
from shared.robots.api.answers import shown_moment, success
from shared.robots.api.periods import wanted_period
from shared.robots.api.requests import SendCode, SignIn
from shared.robots.login import PhoneLogin
from shared.robots.models import User
from shared.robots.statistics import Statistics
from shared.robots.tokens import RobotTokens
from shared.web.authentication import open_route
from shared.web.request_json import json_object
from shared.web.validation import validated


class UserViews:
    def __init__(self, login: PhoneLogin, tokens: RobotTokens, statistics: Statistics) -> None:
        self._login = login
        self._tokens = tokens
        self._statistics = statistics

    def blueprints(self) -> tuple[Blueprint, Blueprint]:
        signing_in = Blueprint("robots_signing_in", __name__, url_prefix="/api/user")
        signing_in.post("/send-sms")(self.send_code)
        signing_in.post("/login")(self.sign_in)
        own = Blueprint("robots_user", __name__, url_prefix="/api/user")
        own.get("/info")(self.show_user)
        own.get("/statistics")(self.show_statistics)
        return signing_in, only("user", own)

    @open_route
    def send_code(self) -> Response:
        valid_seconds = self._login.send_code(validated(SendCode, json_object()).phone)
        return success(texts.CODE_SENT, {"expiresIn": valid_seconds})

    @open_route
    def sign_in(self) -> Response:
        wanted = validated(SignIn, json_object())
        user = self._login.sign_in(wanted.phone, wanted.code)
        pair = self._tokens.for_user(user)
        return success(texts.SIGNED_IN, {**_shown(user), "token": pair.access, "refreshToken": pair.refresh})

    def show_user(self) -> Response:
        user = current_user()
        return success(texts.OK, {**_shown(user), "createdAt": shown_moment(user.created_at_ms)})

    def show_statistics(self) -> Response:
        found = self._statistics.of_user(current_user().user_id, wanted_period())
        return success(
            texts.OK,
            {
                "totalRobots": found.robots,
                "totalMessages": found.messages,
                "totalAICalls": found.ai_calls,
                "aiCost": float(found.ai_cost_yuan),
                "activationCodeCount": found.codes,
                "activeRobots": found.active_robots,
            },
        )


def _shown(user: User) -> dict[str, Any]:
    return {
        "userId": user.user_id,
        "nickname": user.nickname,
        "avatar": "",
        "phone": user.phone,
        "role": user.role,
    }
