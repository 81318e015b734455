"""/api/v1/accounts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from flask import Blueprint, Response

from shared.accounts.accounts import MAX_PAGE, Accounts
from shared.accounts.api import texts
from shared.accounts.api.answers import refuse_long_ids, said, shown_time, success, why
from shared.accounts.count_cells import AccountFilter
from shared.accounts.health import HealthChecks, HealthResult
from shared.accounts.health_batches import HealthBatches, HealthTally
from shared.accounts.models import Account, AccountStatus, success_rate_percent
from shared.accounts.probing import ProbeOutcome
from shared.accounts.requests import AccountChanges, NewAccount, UsageReport
from shared.aws.store_failures import StoreUnavailable
from shared.security.vault import DataKeyUnavailable
from shared.web.application import current_principal
from shared.web.authentication import Principal
from shared.web.client_address import client_address
from shared.web.errors import ApiError
from shared.web.parameters import query_choice, query_integer, query_text
from shared.web.request_json import json_object
from shared.web.validation import validated

DEFAULT_LIMIT = 50
_LARGEST_OFFSET = 2**53 - 1
# Those whose tokens open the whole relay; a token for something smaller never reads a cookie.
_ADMINISTRATORS = frozenset({"api_token", "session"})

# (who, client address, account): records that a cookie is about to be read, and how that ended.
CookieAudit: TypeAlias = Callable[[Principal, str, Account], AbstractContextManager[None]]


class AccountViews:
    def __init__(
        self, accounts: Accounts, checks: HealthChecks, batches: HealthBatches, cookie_audit: CookieAudit
    ) -> None:
        self._accounts = accounts
        self._checks = checks
        self._batches = batches
        self._cookie_audit = cookie_audit

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("accounts", __name__, url_prefix="/api/v1/accounts")
        blueprint.before_request(refuse_long_ids)
        blueprint.post("")(self.create)
        blueprint.get("")(self.list_accounts)
        blueprint.post("/batch-health-check")(self.check_all)
        blueprint.get("/batch-health-check/<job_id>")(self.batch_progress)
        blueprint.get("/<account_id>")(self.show)
        blueprint.route("/<account_id>", methods=["PUT", "PATCH"])(self.update)
        blueprint.delete("/<account_id>")(self.delete)
        blueprint.get("/<account_id>/stats")(self.statistics)
        blueprint.get("/<account_id>/cookies")(self.show_cookies)
        blueprint.post("/<account_id>/usage")(self.report_usage)
        blueprint.post("/<account_id>/health-check")(self.check)
        return blueprint

    def create(self) -> Response:
        new = validated(NewAccount, json_object())
        try:
            account = self._accounts.create(new)
        except (StoreUnavailable, DataKeyUnavailable):
            raise ApiError("CREATE_ACCOUNT_FAILED") from None
        return success(shown_account(account))

    def list_accounts(self) -> Response:
        wanted = AccountFilter(
            platform=query_text("platform"),
            status=query_choice("status", [str(status) for status in AccountStatus]),
            user_id=query_text("user_id"),
            project_id=query_text("project_id"),
        )
        limit = query_integer("limit", minimum=1, maximum=MAX_PAGE) or DEFAULT_LIMIT
        offset = query_integer("offset", minimum=0, maximum=_LARGEST_OFFSET) or 0
        page = self._accounts.page(wanted, limit, offset)
        shown = [_listed_account(account) for account in page.accounts]
        return success({"accounts": shown, "total": page.total, "limit": limit, "offset": offset})

    def show(self, account_id: str) -> Response:
        return success(shown_account(self._accounts.get(account_id)))

    def update(self, account_id: str) -> Response:
        account = self._accounts.update(account_id, validated(AccountChanges, json_object()))
        return success({"message": said(texts.ACCOUNT_UPDATED), **shown_account(account)})

    def delete(self, account_id: str) -> Response:
        count = self._accounts.delete(account_id)
        return success({"message": said(texts.ACCOUNT_DELETED, count=count), "account_id": account_id})

    def statistics(self, account_id: str) -> Response:
        account = self._accounts.get(account_id)
        logs = self._accounts.recent_usages(account_id)
        recent = [
            {
                "action": log.action,
                "success": log.success,
                "duration_ms": log.duration_ms,
                "created_at": shown_time(log.created_at_ms),
                "error": log.error or None,
            }
            for log in logs
        ]
        return success({**_figures(account), "recent_logs": recent})

    def show_cookies(self, account_id: str) -> Response:
        principal = current_principal()
        if principal.credential not in _ADMINISTRATORS:
            raise ApiError("ADMINISTRATOR_REQUIRED")
        account = self._accounts.get(account_id)
        with self._cookie_audit(principal, client_address(), account):
            cookies = self._accounts.cookies(account_id)
        items = [{"name": cookie.name, "value": cookie.value, "domain": cookie.domain} for cookie in cookies]
        by_name = {cookie.name: cookie.value for cookie in cookies}
        warning = said(texts.COOKIES_WARNING)
        return success({"account_id": account_id, "cookies": by_name, "items": items, "warning": warning})

    def report_usage(self, account_id: str) -> Response:
        account = self._accounts.report_usage(account_id, validated(UsageReport, json_object()))
        return success({"message": said(texts.USAGE_RECORDED), **_figures(account)})

    def check(self, account_id: str) -> Response:
        return success(shown_health(self._checks.check(account_id)))

    def check_all(self) -> Response:
        platform = query_text("platform")
        if platform is not None:
            self._accounts.known_platform(platform)
        return success(_shown_tally(self._batches.run(platform)))

    def batch_progress(self, job_id: str) -> Response:
        return success(_shown_tally(self._batches.progress(job_id)))


def shown_account(account: Account) -> dict[str, Any]:
    """Everything about an account but its cookie."""
    return {
        "id": account.number,
        "account_id": account.account_id,
        "platform": account.platform,
        "account_name": account.account_name,
        "account_type": str(account.account_type),
        "status": str(account.status),
        "priority": account.priority,
        "user_id": account.user_id,
        "project_id": account.project_id,
        "tags": dict(account.tags),
        "metadata": dict(account.metadata),
        "platform_user_id": account.identity.platform_user_id,
        "platform_user_name": account.identity.name,
        "platform_user_avatar_url": account.identity.avatar_url,
        "use_count": account.use_count,
        "success_count": account.success_count,
        "fail_count": account.fail_count,
        "last_error": why(account.last_error),
        "last_used_at": shown_time(account.last_used_at_ms),
        "last_check_at": shown_time(account.last_check_at_ms),
        "created_at": shown_time(account.created_at_ms),
        "updated_at": shown_time(account.updated_at_ms),
    }


def _listed_account(account: Account) -> dict[str, Any]:
    """Without what only the account itself shows: it may be long, and a page of accounts is one answer."""
    shown = shown_account(account)
    del shown["metadata"], shown["platform_user_avatar_url"]
    return shown


def shown_health(result: HealthResult) -> dict[str, Any]:
    account = result.account
    shown: dict[str, Any] = {
        "account_id": account.account_id,
        "account_name": account.account_name,
        "platform_user_id": account.identity.platform_user_id,
        "platform_user_name": account.identity.name,
        "healthy": result.is_healthy,
        "outcome": str(result.outcome),
        "status": str(account.status),
        "message": health_message(result),
        "last_check_at": shown_time(account.last_check_at_ms),
    }
    return shown if result.is_healthy else {**shown, "error": why(result.reason) or ""}


def health_message(result: HealthResult) -> str:
    if result.is_healthy:
        return said(texts.HEALTHY)
    text = texts.MUST_LOG_IN if result.outcome is ProbeOutcome.MUST_LOG_IN else texts.COULD_NOT_TELL
    return said(text, reason=why(result.reason))


def _figures(account: Account) -> dict[str, Any]:
    return {
        "account_id": account.account_id,
        "platform": account.platform,
        "status": str(account.status),
        "use_count": account.use_count,
        "success_count": account.success_count,
        "fail_count": account.fail_count,
        "success_rate": success_rate_percent(account.success_count, account.fail_count),
    }


def _shown_tally(tally: HealthTally) -> dict[str, Any]:
    return {
        "success_count": tally.success_count,
        "fail_count": tally.fail_count,
        "unknown_count": tally.unknown_count,
        "total": tally.total,
        "pending": tally.pending,
        "job_id": tally.job_id,
    }
