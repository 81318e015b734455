"""Texts of the monitor's errors. They are the Komari server's own, in English whatever the language of the request:
front ends compare them."""

from __future__ import annotations

from collections.abc import Mapping

from shared.web.catalogue import ErrorText, Text

_NONE = Text("", "")


def _same(status: int, text: str) -> ErrorText:
    return ErrorText(status, Text(text, text), _NONE)


ERRORS: Mapping[str, ErrorText] = {
    "UUID_REQUIRED": _same(400, "UUID is required"),
    "INVALID_HOURS": _same(400, "Invalid hours parameter"),
    "INVALID_LOAD_TYPE": _same(400, "Invalid load_type parameter"),
    "UUID_OR_TASK_REQUIRED": _same(400, "UUID or task_id is required"),
    "INVALID_TASK_ID": _same(400, "Invalid task_id parameter"),
    "INVALID_PARAMETER": _same(400, "Invalid request body: {problem}"),
    "MISSING_PARAMETER": _same(400, "Invalid request body: {problem}"),
    "BODY_MISSING": _same(400, "Invalid request body: EOF"),
    "BODY_NOT_JSON": _same(400, "Invalid request body: not JSON: {problem}"),
    "BODY_NOT_OBJECT": _same(400, "Invalid request body: must be a JSON object, not {found}"),
    "LOGIN_FIELDS_REQUIRED": _same(400, "Invalid request body: Username and password are required"),
    "INVALID_CREDENTIALS": _same(401, "Invalid credentials"),
    "SECOND_FACTOR_REQUIRED": _same(401, "2FA code is required"),
    "SECOND_FACTOR_WRONG": _same(401, "Invalid 2FA code"),
    "PASSWORD_LOGIN_DISABLED": _same(403, "Password login is disabled"),
    "PASSWORD_CHANGE_REFUSED": _same(400, "The password cannot be changed here: use /api/auth/change-password"),
    "TOO_MANY_ATTEMPTS": _same(429, "Too many attempts, try again in {retry_after_seconds} seconds"),
    "PRIVATE_SITE": _same(401, "Private site is enabled, please login first."),
    "UNAUTHORIZED": _same(401, "Unauthorized."),
    "OAUTH_DISABLED": _same(403, "OAuth is not enabled"),
    "OAUTH_NOT_CONFIGURED": _same(400, "The provider has no client_id and client_secret: set them in settings/oidc"),
    "OAUTH_INVALID_STATE": _same(400, "Invalid state"),
    "OAUTH_NO_CODE": _same(400, "Invalid code"),
    "OAUTH_REFUSED": _same(400, "The provider refused the sign-in: {reason}"),
    "OAUTH_UNREACHABLE": _same(502, "The provider did not answer: {reason}"),
    "OAUTH_NOT_BOUND": _same(401, "please log in and bind your external account first."),
    "UNKNOWN_PROVIDER": _same(400, "Unknown provider: use kook or github"),
    "UPGRADE_REQUIRED": _same(400, "Require WebSocket upgrade"),
    "NODE_NOT_FOUND": _same(404, "Client not found"),
    "TASK_NOT_FOUND": _same(404, "Ping task not found"),
    "TOO_MANY_TASKS": _same(400, "There may be {maximum} ping tasks at most"),
    "COMMANDS_DISABLED": _same(403, "Remote commands are off: MONITOR_REMOTE_COMMANDS=on turns them on"),
    "NO_CLIENTS_CONNECTED": _same(400, "No clients connected"),
    "COMMAND_NOT_FOUND": _same(404, "Task not found"),
    "NO_COMMAND_RESULT": _same(404, "No result found for this task and client"),
    "NO_COMMANDS_OF_CLIENT": _same(404, "No tasks found for this client"),
    "SESSION_NOT_FOUND": _same(404, "Session not found"),
    "NO_SECOND_FACTOR_SECRET": _same(400, "2FA secret is missing: generate one first"),
    "STORE_UNAVAILABLE": _same(503, "The database is unavailable for the moment, try again"),
    "SECRETS_UNREADABLE": _same(500, "A stored secret cannot be opened: was the data key replaced?"),
    "BUSY": _same(409, "Somebody else is changing the same record, try again"),
}

PROBLEMS: Mapping[str, Text] = {
    "string_pattern_mismatch": Text("格式不正确", "has the wrong form (a key is empty or has 12 characters or more)"),
    "float_type": Text("必须是数字", "must be a number"),
    "finite_number": Text("必须是有限的数字", "must be a finite number"),
    "value_error": Text("必须是 RFC 3339 时间", "must be an RFC 3339 time"),
}

# Komari words these as {"status": "error", "error": ...}.
ERROR_FIELD = frozenset(
    {
        "OAUTH_DISABLED",
        "OAUTH_NOT_CONFIGURED",
        "OAUTH_INVALID_STATE",
        "OAUTH_NO_CODE",
        "OAUTH_REFUSED",
        "OAUTH_UNREACHABLE",
        "OAUTH_NOT_BOUND",
        "UPGRADE_REQUIRED",
    }
)
