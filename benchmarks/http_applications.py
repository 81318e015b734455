"""The same six routes three times: on our application factory and bridge, on plain Flask behind asgiref, on FastAPI.

All check the token, validate with pydantic, look into the same dictionaries and answer the same JSON. Ours also chooses
a language, words its errors in the relay's envelope and sets its headers; its request line goes nowhere, as the peers
write none.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from asgiref.wsgi import WsgiToAsgi
from fastapi import Depends, FastAPI, Header, HTTPException, Query
from flask import Blueprint, Flask, Response, abort, jsonify, request
from mangum import Mangum
from pydantic import BaseModel, Field

from shared.relay.api.control_texts import CONTROL_ERRORS
from shared.relay.api.texts import ERRORS, PROBLEMS
from shared.web.application import create_app
from shared.web.authentication import ApiTokenVerifier, Authenticator, open_route
from shared.web.catalogue import Catalogue
from shared.web.envelopes import RelayEnvelope
from shared.web.lambda_bridge import lambda_handler
from shared.web.parameters import path_id, query_choice, query_integer
from shared.web.request_json import json_object
from shared.web.validation import validated

TOKEN = "benchmark-token-0123456789abcdef"
CHANGED_AT = "2026-01-02T03:04:05"

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Status = Literal["delivered", "failed", "pending"]


class NewAccount(BaseModel):
    email: Annotated[str, Field(min_length=3, max_length=254)]
    token: Annotated[str, Field(min_length=10, max_length=200)]
    verify_token: Annotated[str, Field(max_length=200)] = ""
    ingress: Literal["webhook", "gateway"] = "webhook"


class AccountChanges(BaseModel):
    email: Annotated[str | None, Field(min_length=3, max_length=254)] = None
    is_default: bool | None = None


ACCOUNTS: Mapping[int, dict[str, Any]] = {
    number: {
        "id": number,
        "email": f"operator{number}@example.com",
        "status": "online",
        "ingress": "webhook",
        "created_at": "2026-01-01T00:00:00",
        "is_default": number == 1,
        "webhook_url": f"https://relay.example.com/webhook/{number}",
    }
    for number in range(1, 11)
}
LOGS = tuple(
    {
        "id": number,
        "kook_channel_name": "公告",
        "content": "今晚八点开始维护",
        "target_platform": "discord",
        "status": ("delivered", "failed")[number % 2],
        "latency_ms": 40 + number,
        "created_at": "2026-01-01T00:00:00",
    }
    for number in range(40)
)


def added(fields: NewAccount) -> dict[str, Any]:
    return {"id": len(ACCOUNTS) + 1, "email": fields.email, "ingress": fields.ingress, "created_at": CHANGED_AT}


def changed(account: dict[str, Any], changes: AccountChanges) -> dict[str, Any]:
    return {**account, **changes.model_dump(exclude_none=True)}


def logs(status: str | None, limit: int) -> list[dict[str, Any]]:
    return [row for row in LOGS if status is None or row["status"] == status][:limit]


class SilentLog:
    def info(self, msg: object, *, extra: Mapping[str, object] | None = None) -> None: ...

    def error(self, msg: object, *, extra: Mapping[str, object] | None = None) -> None: ...


def ours() -> Handler:
    """shared.web: create_app and the inline bridge."""
    health = Blueprint("health", __name__)
    accounts = Blueprint("accounts", __name__, url_prefix="/api/accounts")

    @health.get("/health")
    @open_route
    def show_health() -> Response:
        return jsonify(success=True, status="ok")

    @accounts.get("")
    def list_accounts() -> Response:
        return jsonify(success=True, data=list(ACCOUNTS.values()))

    @accounts.post("")
    def add_account() -> tuple[Response, int]:
        return jsonify(success=True, data=added(validated(NewAccount, json_object()))), 201

    @accounts.get("/<account_id>")
    def show_account(account_id: str) -> Response:
        return jsonify(success=True, data=ACCOUNTS[path_id("account_id", account_id)])

    @accounts.patch("/<account_id>")
    def change_account(account_id: str) -> Response:
        account = ACCOUNTS[path_id("account_id", account_id)]
        return jsonify(success=True, data=changed(account, validated(AccountChanges, json_object())))

    @health.get("/api/logs")
    def list_logs() -> Response:
        status = query_choice("status", ("delivered", "failed", "pending"))
        return jsonify(success=True, data=logs(status, query_integer("limit", minimum=1, maximum=100) or 100))

    app = create_app(
        "benchmark",
        [health, accounts],
        envelope=RelayEnvelope(Catalogue(ERRORS, CONTROL_ERRORS, problems=PROBLEMS)),
        authenticator=Authenticator([ApiTokenVerifier(TOKEN, list)]),
        shown_time=str,
        log=SilentLog(),
    )
    return lambda_handler(app)


def flask_asgiref() -> Handler:
    """Flask as its manual shows it, asgiref's WsgiToAsgi, Mangum."""
    app = Flask("benchmark")

    @app.before_request
    def check_token() -> None:
        token = request.headers.get("X-API-Token", "")
        if request.path != "/health" and not hmac.compare_digest(token.encode(), TOKEN.encode()):
            abort(401)

    @app.get("/health")
    def show_health() -> Response:
        return jsonify(success=True, status="ok")

    @app.get("/api/accounts")
    def list_accounts() -> Response:
        return jsonify(success=True, data=list(ACCOUNTS.values()))

    @app.post("/api/accounts")
    def add_account() -> tuple[Response, int]:
        return jsonify(success=True, data=added(NewAccount.model_validate(request.get_json()))), 201

    @app.get("/api/accounts/<int:account_id>")
    def show_account(account_id: int) -> Response:
        return jsonify(success=True, data=ACCOUNTS[account_id])

    @app.patch("/api/accounts/<int:account_id>")
    def change_account(account_id: int) -> Response:
        changes = AccountChanges.model_validate(request.get_json())
        return jsonify(success=True, data=changed(ACCOUNTS[account_id], changes))

    @app.get("/api/logs")
    def list_logs() -> Response:
        asked = LogQuery.model_validate(request.args.to_dict())
        return jsonify(success=True, data=logs(asked.status, asked.limit))

    return _of_mangum(WsgiToAsgi(app))


class LogQuery(BaseModel):
    status: Status | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 100


def fastapi_mangum() -> Handler:
    """FastAPI as its manual shows it, Mangum. Its views are coroutines: none of them waits for anything."""

    async def check_token(x_api_token: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(x_api_token.encode(), TOKEN.encode()):
            raise HTTPException(401)

    app = FastAPI()
    guarded = [Depends(check_token)]

    @app.get("/health")
    async def show_health() -> dict[str, Any]:
        return {"success": True, "status": "ok"}

    @app.get("/api/accounts", dependencies=guarded)
    async def list_accounts() -> dict[str, Any]:
        return {"success": True, "data": list(ACCOUNTS.values())}

    @app.post("/api/accounts", dependencies=guarded, status_code=201)
    async def add_account(fields: NewAccount) -> dict[str, Any]:
        return {"success": True, "data": added(fields)}

    @app.get("/api/accounts/{account_id}", dependencies=guarded)
    async def show_account(account_id: int) -> dict[str, Any]:
        return {"success": True, "data": ACCOUNTS[account_id]}

    @app.patch("/api/accounts/{account_id}", dependencies=guarded)
    async def change_account(account_id: int, changes: AccountChanges) -> dict[str, Any]:
        return {"success": True, "data": changed(ACCOUNTS[account_id], changes)}

    @app.get("/api/logs", dependencies=guarded)
    async def list_logs(
        status: Status | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 100
    ) -> dict[str, Any]:
        return {"success": True, "data": logs(status, limit)}

    return _of_mangum(app)


def _of_mangum(asgi_app: Any) -> Handler:
    handler: Handler = Mangum(asgi_app, lifespan="off")
    return handler
