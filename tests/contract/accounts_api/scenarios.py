"""How each entry of the contract is called so that it succeeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contract.accounts_api.caller import Caller

_POOL = {
    "id": "int",
    "pool_id": "string",
    "name": "string",
    "platform": "string",
    "description": "string",
    "strategy": "string",
    "max_size": "int",
    "is_active": "bool",
    "created_at": "iso Z",
    "updated_at": "iso Z",
}
_MESSAGE = {"success": True, "data": {"message": "string"}}
# What the contract leaves undocumented, as its notes say.
UNDOCUMENTED: Mapping[str, Any] = {
    "accounts.update": _MESSAGE,
    "accounts.delete": _MESSAGE,
    "pools.create": {"success": True, "data": _POOL},
    "pools.list": {"success": True, "data": [_POOL]},
    "pools.members.add": _MESSAGE,
    "pools.members.remove": _MESSAGE,
}


@dataclass(frozen=True, slots=True)
class Call:
    path_params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)


def _nothing(caller: Caller) -> Call:
    return Call()


def _of_account(caller: Caller) -> Call:
    return Call({"id": caller.new_account("xiaohongshu", account_name="小红书主号", active=True)})


def _checked(caller: Caller) -> Call:
    """An account of which everything is known that the contract shows."""
    call = _of_account(caller)
    path = f"/api/v1/accounts/{call.path_params['id']}"
    caller.done("POST", f"{path}/health-check")
    caller.done("POST", f"{path}/usage", {"action": "publish", "success": True, "duration_ms": 2340})
    pool_id, _ = caller.new_pool(platform="xiaohongshu")
    caller.done("POST", f"/api/v1/pools/{pool_id}/members", {"account_id": call.path_params["id"]})
    caller.done("POST", f"/api/v1/pools/{pool_id}/select")
    return call


def _listed(caller: Caller) -> Call:
    _checked(caller)
    owner = f"user-{caller.number()}"
    account_id = caller.new_account("xiaohongshu", user_id=owner, active=True)
    pool_id, _ = caller.new_pool(platform="xiaohongshu")
    caller.done("POST", f"/api/v1/pools/{pool_id}/members", {"account_id": account_id})
    caller.done("POST", f"/api/v1/pools/{pool_id}/select")
    return Call(query={"user_id": owner, "status": "active", "limit": 10})


def _logged_in(caller: Caller) -> Call:
    account_id = caller.new_account("xiaohongshu", account_name="登录状态", active=True, priority=10)
    caller.done("POST", f"/api/v1/accounts/{account_id}/health-check")
    return Call(query={"platform": "xiaohongshu"})


def _joining(caller: Caller) -> Call:
    pool_id, _ = caller.new_pool(platform="xiaohongshu")
    return Call({"pool_id": pool_id})


def _member(caller: Caller) -> Call:
    pool_id, (account_id,) = caller.new_pool(1, "xiaohongshu")
    return Call({"pool_id": pool_id, "account_id": account_id})


def _with_a_pool(caller: Caller) -> Call:
    caller.new_pool(platform="toutiao")
    return Call(query={"platform": "toutiao"})


SCENARIOS: Mapping[str, Callable[[Caller], Call]] = {
    "login.status": _logged_in,
    "login.qrcode": lambda caller: Call(query={"platform": "bilibili"}),
    "login.callback": _nothing,
    "accounts.create": _nothing,
    "accounts.list": _listed,
    "accounts.get": _checked,
    "accounts.update": _of_account,
    "accounts.delete": _of_account,
    "accounts.stats": _checked,
    "accounts.health": _of_account,
    "accounts.batch_health": lambda caller: Call(query={"platform": "toutiao"}),
    "pools.create": _nothing,
    "pools.list": _with_a_pool,
    "pools.members.add": _joining,
    "pools.members.remove": _member,
    "pools.select": _member,
}
