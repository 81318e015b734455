"""/api/accounts/{id}/kook: calls to KOOK with an account's bot, and /api/audit: the record of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from shared.relay.api.answers import ShownTimes, success
from shared.relay.api.kook_texts import CALLED
from shared.relay.audit import Actor, AuditEntry, AuditTrail, checked_cursor
from shared.relay.errors import Refusal, RelayError
from shared.relay.kook_call_requests import MAX_BASE64_CHARACTERS
from shared.relay.kook_calling import KookCalling
from shared.relay.kook_calls import KOOK_CALLS, KookCall, find_kook_call
from shared.web.application import current_principal
from shared.web.client_address import client_address
from shared.web.errors import ApiError
from shared.web.parameters import path_id, query_integer, query_text
from shared.web.request_json import json_object
from shared.web.validation import validated

ADMINISTRATOR = "administrator"
# A file in base64 and the fields around it. A function's whole request may have 6 MB.
MAX_BODY_BYTES = MAX_BASE64_CHARACTERS + 64 * 1024
MAX_CALL_NAME_CHARACTERS = 64
DEFAULT_AUDIT_LIMIT, MAX_AUDIT_LIMIT = 100, 500


class KookCallViews:
    def __init__(self, calling: KookCalling, audit: AuditTrail, times: ShownTimes) -> None:
        self._calling = calling
        self._audit = audit
        self._times = times

    def blueprints(self) -> tuple[Blueprint, Blueprint]:
        calls = Blueprint("kook_calls", __name__, url_prefix="/api/accounts")
        calls.get("/<account_id>/kook")(self.list_calls)
        calls.post("/<account_id>/kook/<path:call>")(self.make_call)
        audit = Blueprint("audit", __name__, url_prefix="/api/audit")
        audit.get("")(self.list_audit)
        return calls, audit

    def list_calls(self, account_id: str) -> Response:
        """Every call with the JSON schema of its body."""
        _require_administrator()
        self._calling.account(path_id("account_id", account_id))
        return success(calls=[_shown_call(call) for call in KOOK_CALLS.values()])

    def make_call(self, account_id: str, call: str) -> Response:
        actor = _require_administrator()
        account = self._calling.account(path_id("account_id", account_id))
        wanted = _known_call(call)
        body = validated(wanted.request, _large_json_object())
        return success(CALLED, call=wanted.name, data=self._calling.call(account, wanted, body, actor))

    def list_audit(self) -> Response:
        _require_administrator()
        limit = query_integer("limit", minimum=1, maximum=MAX_AUDIT_LIMIT)
        cursor = query_text("cursor", max_length=MAX_CALL_NAME_CHARACTERS)
        page = self._audit.page(
            limit if limit is not None else DEFAULT_AUDIT_LIMIT, None if cursor is None else checked_cursor(cursor)
        )
        return success(data=[self._shown_entry(entry) for entry in page.entries], next_cursor=page.next_cursor)

    def _shown_entry(self, entry: AuditEntry) -> dict[str, Any]:
        return {
            "id": entry.id,
            "actor": entry.actor.name,
            "credential": entry.actor.credential,
            "client_address": entry.actor.address,
            "action": entry.action,
            "account_id": entry.account_id,
            "arguments": dict(entry.arguments),
            "outcome": entry.outcome,
            "reason": entry.reason or None,
            "started_at": self._times.of_iso(entry.started_at),
            "finished_at": self._times.of_iso(entry.finished_at) if entry.finished_at else None,
        }


def _require_administrator() -> Actor:
    principal = current_principal()
    if principal.name != ADMINISTRATOR:
        raise RelayError(Refusal.ADMINISTRATOR_REQUIRED)
    return Actor(principal.name, principal.credential, client_address()[:64])


def _known_call(name: str) -> KookCall:
    call = find_kook_call(name.strip("/"))
    if call is None:
        raise RelayError(
            Refusal.UNKNOWN_KOOK_CALL,
            call=name[:MAX_CALL_NAME_CHARACTERS],
            allowed=sorted(KOOK_CALLS),
            allowed_names=", ".join(sorted(KOOK_CALLS)),
        )
    return call


def _large_json_object() -> dict[str, Any]:
    """The body, which may hold a file; a call without parameters needs none. Raises ApiError (400, 413)."""
    request.max_content_length = MAX_BODY_BYTES
    try:
        return json_object(optional=True)
    except RequestEntityTooLarge:
        raise ApiError("BODY_TOO_LARGE", {"limit_bytes": MAX_BODY_BYTES}) from None


def _shown_call(call: KookCall) -> dict[str, Any]:
    return {"call": call.name, "changes": call.changes, "body": call.request.model_json_schema()}
