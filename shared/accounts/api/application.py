"""The accounts API as one Flask application."""

from __future__ import annotations

import time
from collections.abc import Callable

from flask import Flask

from shared.accounts.accounts import Accounts
from shared.accounts.api.accounts import AccountViews, CookieAudit
from shared.accounts.api.answers import AccountsEnvelope, failures, shown_epoch
from shared.accounts.api.login import LoginViews
from shared.accounts.api.pools import PoolViews
from shared.accounts.api.texts import ERRORS, PROBLEMS
from shared.accounts.health import HealthChecks
from shared.accounts.health_batches import HealthBatches
from shared.accounts.logins import LoginDesk
from shared.accounts.pools import Pools
from shared.web.application import RequestLog, create_app
from shared.web.authentication import Authenticator
from shared.web.catalogue import Catalogue
from shared.web.language import Language


def build_accounts_api(
    *,
    accounts: Accounts,
    pools: Pools,
    checks: HealthChecks,
    batches: HealthBatches,
    desk: LoginDesk,
    cookie_audit: CookieAudit,
    authenticator: Authenticator,
    default_language: Language = "zh",
    request_log: RequestLog | None = None,
    clock: Callable[[], float] = time.time,
) -> Flask:
    """Join the services to the API. ``clock`` gives epoch seconds."""
    return create_app(
        "accounts_api",
        [
            LoginViews(desk).blueprint(),
            AccountViews(accounts, checks, batches, cookie_audit).blueprint(),
            PoolViews(pools).blueprint(),
        ],
        envelope=AccountsEnvelope(Catalogue(ERRORS, problems=PROBLEMS)),
        authenticator=authenticator,
        shown_time=shown_epoch,
        failures=failures(),
        default_language=default_language,
        log=request_log,
        clock=clock,
    )
