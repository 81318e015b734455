"""The part of the composition root that joins the monitor: its table, its stores, its API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from shared.aws.settings import settings
from shared.once import once
from shared.outside_composition import dynamodb_connection, http_client, vault

if TYPE_CHECKING:
    from flask import Flask, Response

    from shared.monitor.api.identity import MonitorGate
    from shared.monitor.audit import AuditLog
    from shared.monitor.dashboard import Dashboard
    from shared.monitor.identity import Identities
    from shared.monitor.oauth import OAuthProvider, OAuthSignIn
    from shared.monitor.public_queries import PublicQueries
    from shared.monitor.rpc.protocol import RpcEndpoint
    from shared.monitor.rpc.socket import RpcSocket
    from shared.monitor.sessions import Sessions, SignIn
    from shared.monitor.store import DynamoLive, DynamoNodes
    from shared.monitor.store_records import DynamoPings, DynamoPingTasks, DynamoRecords
    from shared.monitor.store_settings import DynamoSettings
    from shared.monitor.table import MonitorTable
    from shared.relay.administrator import Administrator


@once
def monitor_table() -> MonitorTable:
    from shared.aws.tables import bind
    from shared.monitor.rows import MonitorRow
    from shared.monitor.table import MonitorTable

    bind(MonitorRow, settings().monitor_table, dynamodb_connection())
    return MonitorTable(time.time)


class LateVault:
    """Implements shared.security.sealing.Sealer. The data key is asked for when a secret is sealed or opened, not
    before: sockets of other areas must not fail for want of it."""

    def seal(self, plaintext: str, *, record: str, field: str) -> str:
        return vault().seal(plaintext, record=record, field=field) if plaintext else ""

    def unseal(self, sealed: str, *, record: str, field: str) -> str:
        return vault().unseal(sealed, record=record, field=field) if sealed else ""


@once
def monitor_nodes() -> DynamoNodes:
    from shared.monitor.store import DynamoNodes

    return DynamoNodes(monitor_table(), LateVault())


@once
def monitor_live() -> DynamoLive:
    from shared.monitor.store import DynamoLive

    return DynamoLive(monitor_table())


@once
def monitor_records() -> DynamoRecords:
    from shared.monitor.store_records import DynamoRecords

    return DynamoRecords(monitor_table())


@once
def monitor_pings() -> DynamoPings:
    from shared.monitor.store_records import DynamoPings

    return DynamoPings(monitor_table())


@once
def monitor_ping_tasks() -> DynamoPingTasks:
    from shared.monitor.store_records import DynamoPingTasks

    return DynamoPingTasks(monitor_table())


@once
def monitor_settings() -> DynamoSettings:
    from shared.monitor.store_settings import DynamoSettings

    return DynamoSettings(monitor_table(), LateVault())


# The line of the Komari server whose REST API this one is.
KOMARI_VERSION = "1.1.9"


@once
def monitor_passwords() -> AdministratorPassword:
    from shared.control_composition import administrator

    return AdministratorPassword(administrator())


class AdministratorPassword:
    """Implements shared.monitor.sessions.PasswordCheck with the relay's one administrator."""

    def __init__(self, administrator: Administrator) -> None:
        self._administrator = administrator

    def check(self, password: str, client_address: str) -> int:
        from shared.monitor.errors import MonitorError
        from shared.relay.errors import Refusal, RelayError

        try:
            return self._administrator.check_password(password, client_address)
        except RelayError as refused:
            if refused.refusal is Refusal.TOO_MANY_REQUESTS:
                seconds = max(1, round(refused.params.get("retry_after_seconds") or 1))
                raise MonitorError("TOO_MANY_ATTEMPTS", retry_after_seconds=seconds) from None
            raise MonitorError("INVALID_CREDENTIALS") from None

    def generation(self) -> int | None:
        return self._administrator.password_generation()


@once
def monitor_sessions() -> Sessions:
    from shared.monitor.sessions import DynamoSessions, Sessions

    return Sessions(DynamoSessions(monitor_table()), monitor_passwords())


def sign_in_beside(response: Response) -> None:
    """For relay_api: whoever has just given the administrator's password is signed in to the monitor too, unless that
    takes a second factor or password login is off there."""
    from shared.monitor.api.answers import caller
    from shared.monitor.api.sign_in import with_session

    if monitor_settings().profile().second_factor_secret or monitor_settings().get().disable_password_login:
        return
    generation = monitor_passwords().generation()
    if generation is not None:
        with_session(response, monitor_sessions().open(generation, "password", caller()))


@once
def monitor_sign_in() -> SignIn:
    from shared.monitor.code_attempts import CodeAttempts
    from shared.monitor.sessions import SignIn

    attempts = CodeAttempts(monitor_table())
    return SignIn(monitor_sessions(), monitor_passwords(), monitor_settings(), attempts, settings().admin_username)


@once
def monitor_oauth() -> OAuthSignIn:
    from shared.monitor.oauth import OAuthSignIn
    from shared.monitor.oauth_providers import GithubAccounts, KookAccounts

    http = http_client()
    providers: dict[str, OAuthProvider] = {
        "kook": KookAccounts(http, settings().kook_api_base),
        "github": GithubAccounts(http),
    }
    return OAuthSignIn(monitor_settings(), monitor_sessions(), monitor_table(), providers)


@once
def monitor_audit() -> AuditLog:
    from shared.monitor.audit import AuditLog

    return AuditLog(monitor_table())


@once
def monitor_identities() -> Identities:
    from shared.monitor.identity import Identities

    return Identities(monitor_sessions(), monitor_nodes())


@once
def monitor_dashboard() -> Dashboard:
    from shared.monitor.charts import Charts
    from shared.monitor.dashboard import Dashboard

    charts = Charts(monitor_records(), monitor_pings(), monitor_ping_tasks())
    return Dashboard(monitor_nodes(), monitor_live(), charts, monitor_ping_tasks())


@once
def public_queries() -> PublicQueries:
    from shared.monitor.public_queries import PublicQueries

    return PublicQueries(monitor_dashboard(), monitor_settings().get)


def monitor_version() -> dict[str, str]:
    from shared.version import VERSION

    return {"hash": f"kook-relay-{VERSION}", "version": KOMARI_VERSION}


@once
def rpc_endpoint() -> RpcEndpoint:
    from shared.aws.logging import function_logger
    from shared.monitor.ping_board import PingBoard
    from shared.monitor.rpc.common import CommonMethods
    from shared.monitor.rpc.protocol import RpcEndpoint
    from shared.monitor.rpc.public import PublicMethods
    from shared.stack_traces import failure_fields

    log = function_logger("monitor_rpc")
    pings = PingBoard(monitor_pings(), monitor_ping_tasks())
    site, sign_in, version = monitor_settings().get, monitor_sign_in(), monitor_version()
    common = CommonMethods(monitor_dashboard(), pings, site, sign_in, version)
    public = PublicMethods(public_queries(), site, sign_in, version)
    return RpcEndpoint(
        (*common.methods(), *public.methods()),
        is_admin=lambda caller: caller.is_admin,
        failed=lambda error: log.error("a call failed", extra=failure_fields(error)),
    )


@once
def rpc_socket() -> RpcSocket:
    """For websocket."""
    from shared.monitor.rpc.socket import RpcSocket

    return RpcSocket(rpc_endpoint(), monitor_identities(), monitor_settings().get)


@once
def monitor_gate() -> MonitorGate:
    from shared.monitor.api.identity import MonitorGate

    return MonitorGate(monitor_settings(), monitor_identities())


@once
def monitor_api() -> Flask:
    """For monitor_api."""
    from shared import monitor_agents_composition
    from shared.aws.logging import function_logger
    from shared.monitor.api.admin_access import AccessViews
    from shared.monitor.api.admin_nodes import NodeViews
    from shared.monitor.api.admin_ping import PingViews
    from shared.monitor.api.admin_site import SiteViews
    from shared.monitor.api.admin_tasks import TaskViews
    from shared.monitor.api.application import build_monitor_api
    from shared.monitor.api.public import PublicViews
    from shared.monitor.api.rpc import rpc_blueprint
    from shared.monitor.api.sign_in import SignInViews
    from shared.monitor.node_administration import NodeAdministration
    from shared.monitor.ping_administration import PingAdministration

    gate = monitor_gate()
    audit = monitor_audit()
    public_url = settings().public_url
    sign_in = SignInViews(gate, monitor_sign_in(), monitor_sessions(), monitor_oauth(), audit, public_url)
    access = AccessViews(
        gate, monitor_sessions(), monitor_sign_in(), monitor_settings(), monitor_oauth(), audit, public_url
    )
    return build_monitor_api(
        gate,
        (
            PublicViews(gate, public_queries(), monitor_sign_in(), monitor_version()).blueprint(),
            sign_in.blueprint(),
            rpc_blueprint(gate, rpc_endpoint()),
            NodeViews(NodeAdministration(monitor_nodes()), audit).blueprint(),
            PingViews(PingAdministration(monitor_ping_tasks()), audit).blueprint(),
            TaskViews(monitor_agents_composition.remote_commands(), audit).blueprint(),
            SiteViews(monitor_settings(), audit).blueprint(),
            access.blueprint(),
            monitor_agents_composition.agent_views().blueprint(),
        ),
        request_log=function_logger("monitor_api"),
    )
