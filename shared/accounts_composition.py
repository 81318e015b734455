"""The part of the composition root that joins content-platform accounts: their vault, store, checks, logins, pools."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from shared.aws.settings import settings
from shared.once import once
from shared.outside_composition import clock_ms, dynamodb_connection
from shared.relay_composition import token_verifiers
from shared.state_composition import configuration_table

if TYPE_CHECKING:
    from flask import Flask

    from shared.accounts.account_store import DynamoAccounts
    from shared.accounts.accounts import Accounts
    from shared.accounts.api.accounts import CookieAudit
    from shared.accounts.cookie_vault import CookieVault
    from shared.accounts.count_cells import AccountFilter
    from shared.accounts.health import HealthChecks
    from shared.accounts.health_batches import HealthBatches
    from shared.accounts.health_job_store import HealthSchedule
    from shared.accounts.logins import LoginDesk
    from shared.accounts.models import Account
    from shared.accounts.pools import Pools
    from shared.tasks.handlers import TaskHandler
    from shared.web.authentication import Principal

COOKIES_READ = "accounts.cookies"


@once
def account_store() -> DynamoAccounts:
    from shared.accounts.account_store import DynamoAccounts
    from shared.accounts.rows import AccountsRow
    from shared.aws.tables import bind

    bind(AccountsRow, settings().accounts_table, dynamodb_connection())
    return DynamoAccounts()


@once
def cookie_vault() -> CookieVault:
    """Without a configured passphrase one is made from the data key, which goes on opening what was sealed under it.

    Raises DataKeyUnavailable, PassphraseRefused.
    """
    from shared.accounts.cookie_vault import CookieVault, passphrase_from_data_key

    check_passphrases()
    configured, previous = settings().vault_passphrase, settings().vault_passphrase_previous
    made = passphrase_from_data_key(_data_key())
    return CookieVault(configured, previous, made) if configured else CookieVault(made, previous)


def check_passphrases() -> None:
    """Raises PassphraseRefused for a configured one that could be guessed."""
    from shared.accounts.cookie_vault import check_passphrase

    for name in ("vault_passphrase", "vault_passphrase_previous"):
        passphrase = getattr(settings(), name)
        if passphrase:
            check_passphrase(passphrase, name.upper())


def _data_key() -> bytes:
    from shared.aws import clients
    from shared.security.vault import load_data_key

    return load_data_key(
        data_key_file=settings().data_key_file,
        kms_key_id=settings().kms_key_id,
        config_table=settings().config_table,
        dynamodb=clients.client("dynamodb"),
        kms=None if settings().data_key_file else clients.client("kms"),
    )


@once
def accounts() -> Accounts:
    from shared.accounts.accounts import Accounts
    from shared.content_platforms_composition import platform_catalogue

    return Accounts(account_store(), cookie_vault, platform_catalogue(), clock_ms)


@once
def pools() -> Pools:
    from shared.accounts.pool_store import DynamoPools
    from shared.accounts.pools import Pools

    random = secrets.SystemRandom().random
    return Pools(DynamoPools(), account_store(), accounts().known_platform, clock_ms, random)


@once
def health_checks() -> HealthChecks:
    from shared.accounts.health import HealthChecks
    from shared.content_platforms_composition import platform_probe

    return HealthChecks(accounts(), platform_probe, clock_ms)


@once
def health_batches() -> HealthBatches:
    from shared.accounts.health_batches import HealthBatches
    from shared.accounts.health_job_store import DynamoHealthJobs
    from shared.control_composition import task_queue

    jobs = DynamoHealthJobs(clock_ms)
    return HealthBatches(health_checks(), account_store(), jobs, task_queue(), time.monotonic)


def task_handlers() -> Mapping[str, TaskHandler]:
    """For run_task. Built when the first such task comes."""
    from shared.accounts.task_kinds import BATCH_TASK_KIND, CHECK_TASK_KIND

    return {
        BATCH_TASK_KIND: lambda payload, seconds_left: health_batches().continue_batch(payload, seconds_left),
        CHECK_TASK_KIND: lambda payload, seconds_left: health_batches().check_one(payload, seconds_left),
    }


@once
def health_schedule() -> HealthSchedule:
    """For maintenance."""
    from shared.accounts.health_job_store import HealthSchedule
    from shared.accounts.task_kinds import BATCH_TASK_KIND
    from shared.control_composition import task_queue
    from shared.tasks.orders import TaskOrder

    account_store()  # binds the rows
    return HealthSchedule(
        settings().account_check_hours, lambda: task_queue().order(TaskOrder(BATCH_TASK_KIND)), clock_ms
    )


@once
def login_desk() -> LoginDesk:
    from shared.accounts.login_store import DynamoLoginSessions
    from shared.accounts.logins import LoginDesk
    from shared.content_platforms_composition import platform_logins

    def first_ids(wanted: AccountFilter) -> Sequence[str]:
        # The listing may trail the accounts by a moment, so a few are read and held against what is wanted.
        found = account_store().page(wanted, limit=5, offset=0)
        return [account.account_id for account in found if wanted.status in (None, account.status)][:1]

    return LoginDesk(
        accounts(),
        first_ids,
        health_checks(),
        health_batches(),
        DynamoLoginSessions(clock_ms),
        platform_logins,
        cookie_vault,
        clock_ms,
    )


@once
def cookie_audit() -> CookieAudit:
    """The relay's audit trail: an entry before a cookie is read, closed with how that ended."""
    from shared.relay.audit import SUCCEEDED, Actor
    from shared.relay.audit_records import AuditRecords

    trail = AuditRecords(configuration_table(), clock_ms)

    @contextmanager
    def recorded(principal: Principal, address: str, account: Account) -> Iterator[None]:
        actor = Actor(principal.name, principal.credential, address)
        arguments = {"account_id": account.account_id, "platform": account.platform}
        entry_id = trail.begin(actor, COOKIES_READ, account.number, arguments)
        try:
            yield
        except Exception as error:
            trail.finish(entry_id, type(error).__name__)
            raise
        trail.finish(entry_id, SUCCEEDED)

    def audit(principal: Principal, address: str, account: Account) -> AbstractContextManager[None]:
        return recorded(principal, address, account)

    return audit


@once
def accounts_api() -> Flask:
    """For accounts_api."""
    from shared.accounts.api.application import build_accounts_api
    from shared.aws.logging import function_logger
    from shared.web.authentication import Authenticator

    check_passphrases()
    return build_accounts_api(
        accounts=accounts(),
        pools=pools(),
        checks=health_checks(),
        batches=health_batches(),
        desk=login_desk(),
        cookie_audit=cookie_audit(),
        authenticator=Authenticator(token_verifiers()),
        default_language=settings().language,
        request_log=function_logger("accounts_api"),
    )
