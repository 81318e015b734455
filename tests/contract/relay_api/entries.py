"""The contract's entries, ready to be called: examples as JSON, statuses as decided."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONTRACT = Path(__file__).parents[2] / "data" / "contracts" / "relay.json"

# A creation answers 201, the deletion of an account 204, everything else 200.
_CREATES = frozenset(
    {"accounts.add", "bots.add_discord", "bots.add_telegram", "bots.add_feishu", "mappings.add", "mappings.batch"}
)
_WITHOUT_BODY = frozenset({"accounts.delete"})

# What the contract leaves undocumented, as its origin answered and its notes say.
_CONFIRMATION = {"success": True, "message": "string"}
_UNDOCUMENTED: Mapping[str, Any] = {
    "accounts.stop": _CONFIRMATION,
    "bots.add_discord": {"success": True, "id": "int"},
    "bots.add_telegram": {"success": True, "id": "int"},
    "bots.add_feishu": {"success": True, "id": "int"},
    "bots.delete": _CONFIRMATION,
    "mappings.add": {"success": True, "id": "int"},
    "mappings.batch": {"success": True, "success_count": "int", "failed_count": "int"},
    "mappings.update": _CONFIRMATION,
    "mappings.delete": _CONFIRMATION,
    "mappings.import": {**_CONFIRMATION, "success_count": "int", "failed_count": "int", "errors": []},
    "logs.clear": _CONFIRMATION,
    "system.start": _CONFIRMATION,
    "system.stop": _CONFIRMATION,
    "system.restart": _CONFIRMATION,
    "auth.verify": {"success": True},
    "auth.change_password": _CONFIRMATION,
    "backup.list": {
        "backups": [{"filename": "string", "size_mb": "float", "created_at": "iso datetime", "path": "string"}]
    },
    "backup.restore": _CONFIRMATION,
    "smart.kook_servers": {"success": True, "servers": [{"id": "string", "name": "string"}]},
    "smart.kook_channels": {"success": True, "channels": [{"id": "string", "name": "string"}]},
    "smart.auto_match": {
        "mappings": [
            {
                "kook_server_id": "string",
                "kook_channel_id": "string",
                "kook_channel": "string",
                "kook_server": "string",
                "target": "string",
                "target_name": "string",
                "bot_id": "int",
                "bot_name": "string",
                "confidence": "float",
                "match_reason": "string",
            }
        ],
        "available_targets": "array",
        "stats": {
            "total_kook_channels": "int",
            "total_target_channels": "int",
            "matched_count": "int",
            "match_rate": "float",
        },
    },
}
# What the contract describes by a single example of the values there can be.
_WIDER: Mapping[str, Any] = {
    "accounts.channels": {
        "success": True,
        "channels": [{"id": "string", "name": "string", "type": "text|voice", "server_id": "string"}],
    },
}


@dataclass(frozen=True, slots=True)
class Entry:
    """``shape`` is the description of the answer (see shapes.py), ``example`` the answer that the contract shows.
    ``request`` describes the body's fields, ``request_example`` is a whole one."""

    id: str
    method: str
    path: str
    is_open: bool
    status: int
    path_params: tuple[str, ...]
    query: Mapping[str, Mapping[str, Any]]
    request: Mapping[str, Any]
    request_example: Any
    shape: Any
    example: Any

    @property
    def required_fields(self) -> list[str]:
        return [name for name, field in self.request.items() if not isinstance(field, dict) or field.get("required")]

    @property
    def required_query(self) -> list[str]:
        return [name for name, parameter in self.query.items() if parameter.get("required")]


@functools.cache
def raw_contract() -> dict[str, Any]:
    contract: dict[str, Any] = json.loads(CONTRACT.read_text("utf-8"))
    return contract


def http_entries() -> list[Entry]:
    return [_entry(raw) for raw in raw_contract()["endpoints"] if raw["method"] != "WS"]


def websocket_entry() -> Mapping[str, Any]:
    return next(raw for raw in raw_contract()["endpoints"] if raw["method"] == "WS")


def _entry(raw: Mapping[str, Any]) -> Entry:
    identifier = raw["id"]
    status = 201 if identifier in _CREATES else 204 if identifier in _WITHOUT_BODY else 200
    assert status in raw["status"], f"{identifier}: the contract does not know {status}"
    return Entry(
        id=identifier,
        method=raw["method"],
        path=raw["path"],
        is_open=raw["auth"] is None,
        status=status,
        path_params=tuple(raw["path_params"]),
        query=raw["query"],
        request=raw["request"] or {},
        request_example=_example(raw, "request"),
        shape=_WIDER.get(identifier) or raw["response"] or _UNDOCUMENTED.get(identifier),
        example=_example(raw, "response"),
    )


def _example(raw: Mapping[str, Any], role: str) -> Any:
    """Where the contract only hints at rows (``{...}``), there are none."""
    bodies = [example["body"] for example in raw["examples"] if example["role"] == role]
    if not bodies or not isinstance(bodies[0], str):
        return bodies[0] if bodies else None
    return json.loads(bodies[0].replace("{...},", "").replace("{...}", "").replace("...", ""))
