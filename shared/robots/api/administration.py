"""/api/admin of the robots: activation codes, users and the activity log."""

from __future__ import annotations

from typing import Any, cast, get_args

from flask import Blueprint, Response

from shared.robots.activation import Activations
from shared.robots.activity_log import ActivityLog, Entry, Level, LogType
from shared.robots.api import texts
from shared.robots.api.access import current_bearer, only
from shared.robots.api.answers import shown_device, shown_moment, success, wanted_page
from shared.robots.api.journal import Journal
from shared.robots.api.requests import CreateCodes, UnbindDevice
from shared.robots.code_prices import price_yuan
from shared.robots.codes import Codes, ListedCode
from shared.robots.models import ActivationCode, CodeStatus, Role, User
from shared.robots.users import Possessions, Users
from shared.web.parameters import path_id, query_choice
from shared.web.request_json import json_object
from shared.web.validation import validated


class AdministrationViews:
    def __init__(
        self, codes: Codes, activations: Activations, users: Users, log: ActivityLog, journal: Journal
    ) -> None:
        self._codes = codes
        self._activations = activations
        self._users = users
        self._log = log
        self._journal = journal

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("robots_administration", __name__, url_prefix="/api/admin")
        blueprint.post("/activation-codes")(self.create_codes)
        blueprint.get("/activation-codes")(self.list_codes)
        blueprint.post("/activation-codes/<code>/disable")(self.disable_code)
        blueprint.post("/unbind-device")(self.unbind_device)
        blueprint.get("/users")(self.list_users)
        blueprint.post("/users/<user_id>/disable")(self.disable_user)
        blueprint.get("/logs")(self.list_logs)
        return only("admin", blueprint)

    def create_codes(self) -> Response:
        wanted = validated(CreateCodes, json_object())
        codes = self._codes.create(wanted.count, wanted.validity_period, wanted.bound_user_id)
        self._journal.audit("activation codes created", count=len(codes), validityPeriod=wanted.validity_period)
        shown = [
            {**_shown_code(code), "status": "unused", "createdAt": shown_moment(code.created_at_ms)} for code in codes
        ]
        return success(texts.CODES_CREATED, {"codes": shown})

    def list_codes(self) -> Response:
        status = cast("CodeStatus | None", query_choice("status", get_args(CodeStatus)))
        page = self._codes.page(wanted_page(), status)
        return success(texts.OK, {"total": page.total, "list": [_listed_code(entry) for entry in page.entries]})

    def disable_code(self, code: str) -> Response:
        disabled = self._activations.disable(code)
        self._journal.audit("activation code disabled", code=disabled.code, robotId=disabled.robot_id)
        return success(texts.DISABLED)

    def unbind_device(self) -> Response:
        wanted = validated(UnbindDevice, json_object())
        done = self._activations.unbind(wanted.code)
        self._journal.audit(
            "device unbound",
            code=wanted.code.strip().upper(),
            deviceId=done.device_id,
            robotId=done.robot_id,
            reason=wanted.reason,
        )
        return success(
            texts.UNBOUND,
            {"deviceId": done.device_id, "robotId": done.robot_id, "unboundAt": shown_moment(done.unbound_at_ms)},
        )

    def list_users(self) -> Response:
        role = cast("Role | None", query_choice("role", get_args(Role)))
        page = self._users.page(wanted_page(), role)
        possessions = self._users.possessions(page.entries) if page.entries else {}
        shown = [_shown_user(user, possessions.get(user.user_id, Possessions())) for user in page.entries]
        return success(texts.OK, {"total": page.total, "list": shown})

    def disable_user(self, user_id: str) -> Response:
        me = current_bearer().user
        user = self._users.disable(path_id("userId", user_id), None if me is None else me.user_id)
        self._journal.audit("user disabled", userId=user.user_id)
        return success(texts.DISABLED)

    def list_logs(self) -> Response:
        log_type = cast("LogType | None", query_choice("logType", get_args(LogType)))
        level = cast("Level | None", query_choice("level", get_args(Level)))
        page = self._log.page(wanted_page(), log_type, level)
        return success(texts.OK, {"total": page.total, "list": [_shown_entry(entry) for entry in page.entries]})


def _shown_code(code: ActivationCode) -> dict[str, Any]:
    return {
        "code": code.code,
        "validityPeriod": code.validity_days,
        "price": float(price_yuan(code.validity_days)),
    }


def _listed_code(entry: ListedCode) -> dict[str, Any]:
    code, user, device = entry.code, entry.bound_user, entry.robot.device if entry.robot else None
    bound = code.device_id is not None and device is not None
    return {
        **_shown_code(code),
        "status": entry.status,
        "boundUser": None if user is None else {"userId": user.user_id, "nickname": user.nickname, "phone": user.phone},
        "deviceInfo": shown_device(dict(device.details), device.device_id, "brand", "model")
        if bound and device is not None
        else None,
        "robotId": code.robot_id,
        "createdAt": shown_moment(code.created_at_ms),
        "firstActivatedAt": shown_moment(code.first_activated_at_ms),
        "expiresAt": shown_moment(code.expires_at_ms),
    }


def _shown_user(user: User, possessions: Possessions) -> dict[str, Any]:
    return {
        "userId": user.user_id,
        "nickname": user.nickname,
        "avatar": "",
        "phone": user.phone,
        "role": user.role,
        "status": "disabled" if user.disabled else "active",
        "robotCount": possessions.robots,
        "totalActivationCodes": possessions.codes,
        "createdAt": shown_moment(user.created_at_ms),
        "lastLoginAt": shown_moment(user.last_login_at_ms),
    }


def _shown_entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.entry_id,
        "logType": entry.log_type,
        "level": entry.level,
        "message": entry.message,
        "details": dict(entry.details),
        "ipAddress": entry.address,
        "createdAt": shown_moment(entry.created_at_ms),
    }
