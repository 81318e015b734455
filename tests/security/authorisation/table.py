"""Who may call what: the one table. A route, a socket or a method without a line here fails the build.

In paths, queries and bodies ``{name}`` stands for what the cast fills in (tests.security.authorisation.cast).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.security.authorisation import access
from tests.security.authorisation.access import Access, Caller


@dataclass(frozen=True)
class Route:
    """``rule`` is Flask's, or the template's for a function without Flask. ``ends``: callers whose call ends what they
    or others need, so that it is made anew afterwards. ``served_by``: the function that the template gives the path
    to, where it hands this area's callers on."""

    function: str
    method: str
    rule: str
    access: Access
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    ends: frozenset[Caller] = frozenset()
    shut_when_private: bool = False
    served_by: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.function, self.method, self.rule

    @property
    def name(self) -> str:
        return f"{self.method} {self.rule} ({self.function})"


def _lines(function: str, wanted: Access, text: str, **options: Any) -> list[Route]:
    """One route a line: METHOD rule."""
    pairs = (line.split(maxsplit=1) for line in text.strip().splitlines())
    return [Route(function, method, rule.strip(), wanted, **options) for method, rule in pairs]


RELAY_ROUTES = [
    *_lines(
        "relay_api",
        access.OPEN,
        """
        GET /health
        POST /api/auth/login
        """,
    ),
    Route("relay_api", "POST", "/api/auth/verify", access.OPEN, body={"token": 1}),
    Route("relay_api", "POST", "/api/auth/logout", access.RELAY_SESSION_ONLY, ends=frozenset({Caller.SESSION})),
    Route("relay_api", "POST", "/api/auth/reset-password", access.RELAY_TOKEN_ONLY),
    *_lines(
        "relay_api",
        access.RELAY,
        """
        GET /api/accounts
        POST /api/accounts
        DELETE /api/accounts/<account_id>
        GET /api/accounts/<account_id>
        PATCH /api/accounts/<account_id>
        PUT /api/accounts/<account_id>
        GET /api/accounts/<account_id>/backfill
        POST /api/accounts/<account_id>/backfill
        GET /api/accounts/<account_id>/channels
        GET /api/accounts/<account_id>/kook
        POST /api/accounts/<account_id>/kook/<path:call>
        GET /api/accounts/<account_id>/servers
        POST /api/accounts/<account_id>/start
        POST /api/accounts/<account_id>/stop
        GET /api/audit
        POST /api/auth/change-password
        DELETE /api/backup/<backup_id>
        GET /api/backup/<backup_id>/download
        POST /api/backup/create
        GET /api/backup/list
        POST /api/backup/restore
        POST /api/backup/upload
        GET /api/bots
        POST /api/bots
        DELETE /api/bots/<bot_id>
        GET /api/bots/<bot_id>
        PATCH /api/bots/<bot_id>
        PUT /api/bots/<bot_id>
        POST /api/bots/<bot_id>/test
        GET /api/cache/stats
        GET /api/deliveries
        GET /api/deliveries/<delivery_id>
        POST /api/deliveries/<delivery_id>/retry
        POST /api/deliveries/retry
        GET /api/deliveries/retry/<job_id>
        GET /api/health/check
        GET /api/logs
        POST /api/logs/clear
        GET /api/logs/clear/<job_id>
        GET /api/logs/stats
        GET /api/logs/stats/trend
        GET /api/mappings
        POST /api/mappings
        DELETE /api/mappings/<mapping_id>
        GET /api/mappings/<mapping_id>
        PATCH /api/mappings/<mapping_id>
        PUT /api/mappings/<mapping_id>
        POST /api/mappings/batch
        GET /api/mappings/export
        POST /api/mappings/import
        POST /api/smart-mapping/apply
        POST /api/smart-mapping/auto-match
        GET /api/smart-mapping/kook-channels
        GET /api/smart-mapping/kook-servers
        POST /api/system/restart
        POST /api/system/start
        GET /api/system/status
        POST /api/system/stop
        GET /api/updates/check
        POST /api/ws/ticket
        """,
    ),
]

_TEXT = {"robotId": "{robot_id}", "type": "text", "titleList": ["x"], "content": "y"}
_REPORT = {
    "robotId": "{robot_id}",
    "receivedName": "n",
    "groupName": "g",
    "groupRemark": "r",
    "roomType": 1,
    "atMe": False,
    "textType": 1,
    "spoken": "s",
    "rawSpoken": "s",
    "timestamp": "2024-12-01T12:00:00Z",
}
_RESULT = {"robotId": "{robot_id}", "commandId": "cmd_none", "errorCode": 0}
_PERIOD = {"startDate": "2024-12-01", "endDate": "2024-12-31"}

ROBOTS_ROUTES = [
    *_lines(
        "robots_api",
        access.OPEN,
        """
        POST /api/user/login
        POST /api/user/send-sms
        POST /api/robot-ids/activate
        POST /api/robot/refresh-token
        GET /appUpdate/checkUpdate
        GET /fileUpload/files/<name>
        GET /test
        """,
    ),
    *_lines(
        "robots_api",
        access.WORKTOOL,
        """
        GET /robot/robotInfo/get
        GET /robot/robotInfo/online
        GET /robot/robotInfo/onlineInfos
        GET /robot/qaLog/list
        GET /robot/wework/group/list
        POST /robot/robotInfo/update
        POST /wework/sendRawMessage
        GET /robot/rawMsg/list
        GET /wework/listRawMessage
        GET /robot/robotInfo/callBack/get
        POST /robot/robotInfo/callBack/bind
        POST /robot/robotInfo/callBack/deleteByType
        POST /fileUpload/upload
        """,
        query={"robotId": "{worktool_robot_id}"},
    ),
    *_lines(
        "robots_api",
        access.ROBOTS_USER,
        """
        GET /api/robots
        POST /api/robots
        GET /api/user/info
        """,
    ),
    Route("robots_api", "GET", "/api/user/statistics", access.ROBOTS_USER, query=_PERIOD),
    *_lines(
        "robots_api",
        access.ROBOTS_OWNER,
        """
        GET /api/robots/<robot_id>
        GET /api/robots/<robot_id>/records
        GET /api/robot/third-party/config/<robot_id>
        """,
    ),
    Route("robots_api", "DELETE", "/api/robots/<robot_id>", access.ROBOTS_OWNER, ends=frozenset({Caller.USER})),
    Route("robots_api", "PUT", "/api/robots/<robot_id>", access.ROBOTS_OWNER, body={"name": "renamed"}),
    Route("robots_api", "GET", "/api/robots/<robot_id>/statistics", access.ROBOTS_OWNER, query=_PERIOD),
    Route("robots_api", "POST", "/api/robot/send-message", access.ROBOTS_OWNER, body=_TEXT),
    Route("robots_api", "POST", "/api/robot/third-party/config", access.ROBOTS_OWNER, body={"robotId": "{robot_id}"}),
    Route("robots_api", "GET", "/api/robot/commands", access.ROBOTS_DEVICE, query={"robotId": "{robot_id}"}),
    Route("robots_api", "POST", "/api/robot/messages", access.ROBOTS_DEVICE, body=_REPORT),
    Route("robots_api", "POST", "/api/robot/command-result", access.ROBOTS_DEVICE, body=_RESULT),
    *_lines(
        "robots_api",
        access.ROBOTS_ADMIN,
        """
        GET /api/admin/activation-codes
        POST /api/admin/activation-codes
        POST /api/admin/activation-codes/<code>/disable
        POST /api/admin/unbind-device
        GET /api/admin/users
        POST /api/admin/users/<user_id>/disable
        """,
    ),
    Route("robots_api", "GET", "/api/admin/logs", access.TWO_ADMINISTRATORS),
]

ACCOUNTS_ROUTES = _lines(
    "accounts_api",
    access.RELAY,
    """
    GET /api/v1/accounts
    POST /api/v1/accounts
    DELETE /api/v1/accounts/<account_id>
    GET /api/v1/accounts/<account_id>
    PATCH /api/v1/accounts/<account_id>
    PUT /api/v1/accounts/<account_id>
    GET /api/v1/accounts/<account_id>/cookies
    POST /api/v1/accounts/<account_id>/health-check
    GET /api/v1/accounts/<account_id>/stats
    POST /api/v1/accounts/<account_id>/usage
    POST /api/v1/accounts/batch-health-check
    GET /api/v1/accounts/batch-health-check/<job_id>
    POST /api/v1/login/callback
    GET /api/v1/login/qrcode
    GET /api/v1/login/status
    GET /api/v1/pools
    POST /api/v1/pools
    DELETE /api/v1/pools/<pool_id>
    GET /api/v1/pools/<pool_id>
    PUT /api/v1/pools/<pool_id>
    POST /api/v1/pools/<pool_id>/members
    DELETE /api/v1/pools/<pool_id>/members/<account_id>
    POST /api/v1/pools/<pool_id>/select
    """,
)

MONITOR_ROUTES = [
    *_lines(
        "monitor_api",
        access.MONITOR_ADMIN,
        """
        POST /api/admin/2fa/disable
        POST /api/admin/2fa/enable
        GET /api/admin/2fa/generate
        GET /api/admin/client/<uuid>
        POST /api/admin/client/<uuid>/edit
        POST /api/admin/client/<uuid>/remove
        GET /api/admin/client/<uuid>/token
        POST /api/admin/client/add
        GET /api/admin/client/list
        POST /api/admin/client/order
        GET /api/admin/oauth2/bind
        POST /api/admin/oauth2/unbind
        GET /api/admin/ping/
        POST /api/admin/ping/add
        POST /api/admin/ping/delete
        POST /api/admin/ping/edit
        POST /api/admin/ping/order
        GET /api/admin/session/get
        POST /api/admin/session/remove
        GET /api/admin/settings/
        POST /api/admin/settings/
        GET /api/admin/settings/oidc
        POST /api/admin/settings/oidc
        GET /api/admin/task/<task_id>
        GET /api/admin/task/<task_id>/result
        GET /api/admin/task/<task_id>/result/<uuid>
        GET /api/admin/task/all
        GET /api/admin/task/client/<uuid>
        POST /api/admin/task/exec
        POST /api/admin/update/user
        """,
    ),
    # The template gives this path to the robots' function, which hands the monitor's own callers on.
    Route("monitor_api", "GET", "/api/admin/logs", access.TWO_ADMINISTRATORS, served_by="robots_api"),
    Route(
        "monitor_api", "POST", "/api/admin/session/remove/all", access.MONITOR_ADMIN, ends=access.MONITOR_ADMINISTRATORS
    ),
    Route(
        "monitor_api",
        "GET",
        "/api/logout",
        access.MONITOR_PAGE,
        ends=frozenset({Caller.MONITOR_SESSION}),
        shut_when_private=True,
    ),
    *_lines(
        "monitor_api",
        access.MONITOR_PAGE,
        """
        GET /api/me
        GET /api/public
        GET /api/oauth
        GET /api/oauth_callback
        GET /api/recent/<uuid>
        GET /api/version
        """,
    ),
    # The password is in the body, and wrong: 401 for its sake alone, so it is asked without one.
    Route("monitor_api", "POST", "/api/login", access.MONITOR_PAGE, body={"username": 1}),
    *_lines(
        "monitor_api",
        access.MONITOR_PAGE,
        """
        GET /api/nodes
        GET /api/records/load
        GET /api/records/ping
        GET /api/task/ping
        GET /api/rpc2
        """,
        shut_when_private=True,
    ),
    Route(
        "monitor_api",
        "POST",
        "/api/rpc2",
        access.MONITOR_PAGE,
        body={"jsonrpc": "2.0", "id": 1, "method": "rpc.ping"},
        shut_when_private=True,
    ),
    # Sockets asked for without an upgrade: nothing is told.
    Route("monitor_api", "GET", "/api/clients", access.MONITOR_PAGE, shut_when_private=True),
    Route("monitor_api", "GET", "/api/clients/report", access.OPEN),
    Route("monitor_api", "GET", "/api/clients/v2/rpc", access.OPEN),
    *_lines(
        "monitor_api",
        access.MONITOR_AGENT,
        """
        GET /api/clients/ping/tasks
        POST /api/clients/ping/result
        POST /api/clients/report
        POST /api/clients/task/result
        POST /api/clients/uploadBasicInfo
        POST /api/clients/v2/rpc
        """,
    ),
    Route("monitor_api", "POST", "/api/clients/register", access.MONITOR_REGISTRATION, query={"name": "discovered"}),
]

KOOK_ROUTES = [
    Route("kook_webhook", "POST", "/webhook", access.KOOK, body={"s": 0, "d": {"verify_token": "wrong"}}),
    Route(
        "kook_webhook",
        "POST",
        "/webhook/{account_id}",
        access.KOOK,
        body={"s": 0, "d": {"verify_token": "wrong"}},
    ),
]

ROUTES = [*KOOK_ROUTES, *RELAY_ROUTES, *ROBOTS_ROUTES, *ACCOUNTS_ROUTES, *MONITOR_ROUTES]
