"""/api/v1/pools."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from shared.accounts.api import texts
from shared.accounts.api.answers import refuse_long_ids, said, shown_time, success
from shared.accounts.models import Pool, PoolMember
from shared.accounts.pools import MemberAccount, Pools
from shared.accounts.requests import NewMember, NewPool, PoolChanges
from shared.web.parameters import query_text
from shared.web.request_json import json_object
from shared.web.validation import validated


class PoolViews:
    def __init__(self, pools: Pools) -> None:
        self._pools = pools

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("pools", __name__, url_prefix="/api/v1/pools")
        blueprint.before_request(refuse_long_ids)
        blueprint.post("")(self.create)
        blueprint.get("")(self.list_pools)
        blueprint.get("/<pool_id>")(self.show)
        blueprint.put("/<pool_id>")(self.update)
        blueprint.delete("/<pool_id>")(self.delete)
        blueprint.post("/<pool_id>/members")(self.add_member)
        blueprint.delete("/<pool_id>/members/<account_id>")(self.remove_member)
        blueprint.post("/<pool_id>/select")(self.select)
        return blueprint

    def create(self) -> Response:
        return success(shown_pool(self._pools.create(validated(NewPool, json_object()))))

    def list_pools(self) -> Response:
        return success([shown_pool(pool) for pool in self._pools.all(query_text("platform"))])

    def show(self, pool_id: str) -> Response:
        pool = self._pools.get(pool_id)
        members = [_shown_member_account(member) for member in self._pools.members(pool_id)]
        return success({**shown_pool(pool), "members": members})

    def update(self, pool_id: str) -> Response:
        pool = self._pools.update(pool_id, validated(PoolChanges, json_object()))
        return success({"message": said(texts.POOL_UPDATED), **shown_pool(pool)})

    def delete(self, pool_id: str) -> Response:
        self._pools.delete(pool_id)
        return success({"message": said(texts.POOL_DELETED), "pool_id": pool_id})

    def add_member(self, pool_id: str) -> Response:
        member = self._pools.add_member(pool_id, validated(NewMember, json_object()))
        return success({"message": said(texts.MEMBER_ADDED), **_shown_member(member)})

    def remove_member(self, pool_id: str, account_id: str) -> Response:
        self._pools.remove_member(pool_id, account_id)
        return success({"message": said(texts.MEMBER_REMOVED), "pool_id": pool_id, "account_id": account_id})

    def select(self, pool_id: str) -> Response:
        account = self._pools.select(pool_id)
        return success(
            {
                "account_id": account.account_id,
                "platform": account.platform,
                "account_name": account.account_name,
                "status": str(account.status),
            }
        )


def shown_pool(pool: Pool) -> dict[str, Any]:
    return {
        "id": pool.number,
        "pool_id": pool.pool_id,
        "name": pool.name,
        "platform": pool.platform,
        "description": pool.description,
        "strategy": str(pool.strategy),
        "max_size": pool.max_size,
        "member_count": pool.member_count,
        "is_active": pool.is_active,
        "created_at": shown_time(pool.created_at_ms),
        "updated_at": shown_time(pool.updated_at_ms),
    }


def _shown_member(member: PoolMember) -> dict[str, Any]:
    return {
        "pool_id": member.pool_id,
        "account_id": member.account_id,
        "priority": member.priority,
        "joined_at": shown_time(member.joined_at_ms),
    }


def _shown_member_account(found: MemberAccount) -> dict[str, Any]:
    account = found.account
    return {
        **_shown_member(found.member),
        "account_name": account.account_name,
        "status": str(account.status),
        "use_count": account.use_count,
    }
