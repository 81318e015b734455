"""The accounts API as one OpenAPI document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Flask

from shared.accounts.api.answers import contract_code
from shared.accounts.api.openapi.operations import OPERATIONS
from shared.accounts.api.openapi.shapes import Error
from shared.accounts.api.texts import ERRORS
from shared.web.catalogue import Catalogue, Text
from shared.web.openapi import DocumentInfo, openapi_document

TAGS = {
    "login": Text("登录", "Logging in"),
    "accounts": Text("内容平台账号", "Content-platform accounts"),
    "pools": Text("账号池", "Pools"),
}
_DESCRIPTION = Text(
    "内容平台账号、登录与账号池。错误码是稳定的，文字随 Accept-Language 变化；Cookie 只由专门的接口返回。",
    "Content-platform accounts, their logins and pools. Error codes are stable, texts follow Accept-Language; cookies "
    "are answered by one endpoint only.",
)


def accounts_document(app: Flask, version: str) -> dict[str, Any]:
    """The document of the application that build_accounts_api made. Raises DeclarationsWrong."""
    return openapi_document(
        app,
        OPERATIONS,
        info=DocumentInfo(
            title="KOOK Relay: accounts",
            version=version,
            description=_DESCRIPTION,
            server_url="http://localhost:9527",
            tags=TAGS,
        ),
        catalogue=Catalogue(ERRORS),
        error_body=Error,
        guarded_errors=("STORE_UNAVAILABLE",),
        error_codes=_error_codes,
    )


def _error_codes(codes: Sequence[str], status: int) -> dict[str, Any]:
    shown = list(dict.fromkeys(contract_code(code) for code in codes))
    return {"properties": {"error": {"properties": {"code": {"enum": shown}}}}}
