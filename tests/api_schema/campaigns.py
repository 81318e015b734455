"""What Schemathesis is told: which document, in whose name, with which values that exist.

A campaign is written as a configuration file of Schemathesis
(https://schemathesis.readthedocs.io/en/stable/reference/configuration/) and run by its command line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.api_schema.seeded_stack import Seeded
from tests.embedded import REPOSITORY_ROOT

HOOKS = "tests.api_schema.media_types"
# How often a parameter is one that exists; otherwise it is made up.
_KNOWN_PROBABILITY = 0.5
_OWN_PROBABILITY = 0.9
# Ids from other answers would lead to what the other calls need.
_OWN_IDS_ONLY: Mapping[str, Any] = {
    "phases": {name: {"extra-data-sources": {"responses": False}} for name in ("examples", "coverage", "fuzzing")}
}
# Not asked for: a well-formed value may be refused (400, 422) for what it says, which is not in a schema; which methods
# a path has is API Gateway's to say on AWS, and its own answer is 404.
_CHECKS_NOT_ASKED_FOR = ("positive_data_acceptance", "unsupported_method", "allow_header_conformance")
# A batch is carried out row by row, and a bad row is told in the answer; so does JSON-RPC with its batches.
_TAKES_BAD_ROWS = ("smart_mapping.apply", "mappings.import", "rpc.call")
# In these answers the failure is the contract's: an empty pool is 503, an outside service that fails is 502.
_DOCUMENTED_SERVER_ERRORS: Mapping[str, int] = {
    "pools.select": 503,
    "login.qrcode": 502,
    "sign_in.oauth_callback": 502,
}
# Whoever calls these ends the session or changes the password or key that the others are called with.
_LOCKS_RELAY = ("auth.reset_password", "auth.change_password")
_LOCKS_MONITOR = ("sign_in.logout", "access.remove_session", "access.remove_all", "access.update_user")
_CHANGES_THE_KEY = ("settings.set", "settings.set_provider")


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is asked, and in whose name.

    Attributes:
        credentials: by security scheme of the document.
        headers: go with every request.
        headers_of: go with those whose path fits a pattern.
        known: by parameter (``path.bot_id``) the seeded values that it may have.
        known_to: the same for single operations.
        fixed_to: by operation, the seeded value that a parameter always has: a credential of the operation's own.
        only, without: operation ids.
        may_be_refused: labels (``GET /api/oauth``) of what a right credential alone does not open.
        is_guest: every request is refused that asks for a token, so a few of each will do.
    """

    document: str
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    headers_of: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    known_to: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fixed_to: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    only: Sequence[str] = ()
    without: Sequence[str] = ()
    may_be_refused: frozenset[str] = frozenset()
    is_guest: bool = False

    @property
    def path(self) -> Path:
        return REPOSITORY_ROOT / "docs" / "api" / self.document

    def operation_ids(self) -> list[str]:
        """Those that it has to call."""
        found = [
            operation["operationId"]
            for item in json.loads(self.path.read_text("utf-8"))["paths"].values()
            for method, operation in item.items()
            if method != "parameters"
        ]
        return [name for name in found if (not self.only or name in self.only) and name not in self.without]

    def configuration(self, values: Mapping[str, Sequence[Any]], *, thorough: bool) -> str:
        """``values`` by the names that ``known`` uses; ``thorough`` is for a run without a limit of time."""
        tables: list[tuple[str, Mapping[str, Any]]] = [("headers", self.headers)] if self.headers else []
        tables += [(f"auth.openapi.{name}", secret) for name, secret in self.credentials.items()]
        tables += [(f"checks.{name}", {"enabled": False}) for name in _CHECKS_NOT_ASKED_FOR]
        sources = {*self.known.values(), *(name for own in self.known_to.values() for name in own.values())}
        tables += [(f"dictionaries.{name}", {"values": values[name]}) for name in sorted(sources)]
        tables.append(("parameters", _bindings(self.known)))
        text = f'hooks = "{HOOKS}"\n' + "".join(_table(f"[{name}]", entries) for name, entries in tables)
        return text + "".join(_table("[[operations]]", entries) for entries in self._operations(values, thorough))

    def _operations(self, values: Mapping[str, Sequence[Any]], thorough: bool) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = [
            {"include-path-regex": pattern, "headers": headers} for pattern, headers in self.headers_of.items()
        ]
        here = set(self.operation_ids())
        if not thorough:
            # KOOK's own calls share one way through the relay: boundary values of each add nothing to a short run.
            found.append({"include-tag": "kook", "phases": {"coverage": {"enabled": False}}})
        found += [
            {"include-operation-id": name, "parameters": _bindings(own, _OWN_PROBABILITY), **_OWN_IDS_ONLY}
            for name, own in self.known_to.items()
        ]
        found += [
            {"include-operation-id": name, "parameters": {key: values[source][0] for key, source in own.items()}}
            for name, own in self.fixed_to.items()
        ]
        found += [
            {"include-operation-id": name, "checks": {"negative_data_rejection": {"enabled": False}}}
            for name in _TAKES_BAD_ROWS
            if name in here
        ]
        found += [
            {
                "include-operation-id": name,
                "checks": {"not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", status]}},
            }
            for name, status in _DOCUMENTED_SERVER_ERRORS.items()
            if name in here
        ]
        return found

    def arguments(self) -> list[str]:
        """Arguments of the command line: which operations, and how."""
        chosen = [part for name in self.only for part in ("--include-operation-id", name)]
        chosen += [part for name in self.without for part in ("--exclude-operation-id", name)]
        return chosen + (["--phases", "examples,fuzzing"] if self.is_guest else [])


def _bindings(known: Mapping[str, str], probability: float = _KNOWN_PROBABILITY) -> Mapping[str, Any]:
    return {name: {"dictionary": source, "probability": probability} for name, source in known.items()}


def _table(heading: str, entries: Mapping[str, Any]) -> str:
    lines = [f"{json.dumps(name)} = {_value(value)}" for name, value in entries.items()]
    return "\n".join(["", heading, *lines, ""])


def _value(value: Any) -> str:
    """As TOML: JSON but for objects."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)} = {_value(entry)}" for name, entry in value.items()) + "}"
    return json.dumps(value)


def campaigns(seeded: Seeded) -> dict[str, Campaign]:
    """By name: each area in the name of those who may use it, each area in nobody's name, and what locks out."""
    token = {"apiToken": {"api_key": seeded.stack.api_token}}
    key = {"apiKey": {"bearer": seeded.monitor_api_key}}
    found = {
        "relay": Campaign(
            "relay.openapi.json",
            token,
            known=_RELAY,
            known_to=_RELAY_DELETES,
            without=_LOCKS_RELAY,
            may_be_refused=frozenset({"POST /api/auth/login", "POST /api/auth/verify"}),
        ),
        "accounts": Campaign("accounts.json", token, known=_ACCOUNTS, known_to=_ACCOUNTS_DELETES),
        "robots": Campaign(
            "robots.json",
            headers=_bearer(seeded.user_token),
            headers_of={
                "^/api/admin/": _bearer(seeded.robots_admin_token),
                "^/api/robot/(messages|commands|command-result)$": _bearer(seeded.device_token),
            },
            known=_ROBOTS,
            known_to=_ROBOTS_OWN,
            # A login code is sent to the phone; the document's example of a result names another robot.
            may_be_refused=frozenset({"POST /api/user/login", "POST /api/robot/command-result"}),
        ),
        "monitor": Campaign(
            "monitor.json",
            key,
            known=_MONITOR,
            known_to={"admin.remove": {"path.uuid": "node_to_remove"}},
            fixed_to={f"agents.{name}": {"query.token": "agent_token"} for name in _AGENT_CALLS},
            without=(*_LOCKS_MONITOR, *_CHANGES_THE_KEY),
            may_be_refused=_MONITOR_NEEDS_MORE,
        ),
    }
    guests = {
        f"guests of {name}": Campaign(area.document, known=area.known, is_guest=True) for name, area in found.items()
    }
    locking_out = {
        "locking out of the relay": Campaign(
            "relay.openapi.json",
            token,
            only=_LOCKS_RELAY,
            may_be_refused=frozenset({"POST /api/auth/change-password"}),
        ),
        "locking out of the monitor": Campaign("monitor.json", key, only=_LOCKS_MONITOR),
        # Once the key is another one, all further calls are refused.
        "changing the monitor's key": Campaign(
            "monitor.json",
            key,
            only=_CHANGES_THE_KEY,
            may_be_refused=frozenset({"POST /api/admin/settings/", "POST /api/admin/settings/oidc"}),
        ),
    }
    return {**found, **guests, **locking_out}


_RELAY = {
    "path.account_id": "relay_account_id",
    "query.account_id": "relay_account_id",
    "body.account_id": "relay_account_id",
    "path.bot_id": "bot_id",
    "body.target_bot_id": "bot_id",
    "path.mapping_id": "mapping_id",
    "path.delivery_id": "delivery_id",
    "path.backup_id": "backup_id",
    "query.server_id": "guild_id",
    "body.guild_id": "guild_id",
    "body.channel_id": "channel_id",
    "body.user_id": "user_id_of_kook",
}
_RELAY_DELETES = {name: {"path.account_id": "relay_account_to_delete"} for name in ("accounts.delete", "accounts.stop")}
_ACCOUNTS = {
    "path.account_id": "content_account_id",
    "path.pool_id": "pool_id",
    "query.platform": "content_platform",
    "body.platform": "content_platform",
}
_ACCOUNTS_DELETES = {
    "accounts.delete": {"path.account_id": "content_account_to_delete"},
    "pools.delete": {"path.pool_id": "pool_to_delete"},
}
_ROBOTS = {
    "path.robot_id": "robot_id",
    "body.robotId": "robot_id",
    "query.robotId": "device_robot_id",
    "path.user_id": "user_id",
    "path.code": "activation_code",
}
_ROBOTS_OWN = {
    "robots.delete": {"path.robot_id": "robot_to_delete"},
    "devices.report_message": {"body.robotId": "device_robot_id"},
    "devices.command_result": {"body.robotId": "device_robot_id"},
}
# An OAuth provider that is set up, a password, the auto-discovery key, a command that was given.
_MONITOR_NEEDS_MORE = frozenset(
    {
        "GET /api/admin/oauth2/bind",
        "GET /api/oauth",
        "GET /api/oauth_callback",
        "POST /api/clients/register",
        "POST /api/clients/task/result",
        "POST /api/login",
    }
)
_AGENT_CALLS = ("basic_info", "report", "ping_tasks", "ping_result", "command_result", "rpc")
_MONITOR = {"path.uuid": "node_uuid", "query.uuid": "node_uuid", "query.token": "agent_token"}


def _bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}
