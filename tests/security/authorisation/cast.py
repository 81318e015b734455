"""The callers of the matrix on one embedded stack: who they are, and what each presents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
import requests

from shared.robots.tokens import ACCESS_AUDIENCE
from shared.security.jwt_tokens import Claims, JwtTokens
from shared.security.tokens import token_digest
from shared.security.vault import Vault, load_data_key
from tests.contract.robots_api.robots_stack import ADMIN_PASSWORD, Activated, RobotsStack, SignedIn
from tests.embedded import EmbeddedStack
from tests.integration.test_websocket_push import engine
from tests.security.authorisation.access import Caller

PASSWORD = ADMIN_PASSWORD
ADMIN_PHONE = "13900008888"
MONITOR_KEY = "monitor-api-key-for-the-matrix"
DISCOVERY_KEY = "discovery-key-for-the-matrix"
SHARE_TOKEN = "share-link-for-the-matrix"
ENVIRONMENT = {
    "ADMIN_PASSWORD": PASSWORD,
    "ADMIN_PHONE": ADMIN_PHONE,
    "ROBOTS_RATE_LIMIT_PER_MINUTE": "1000000",
    "MONITOR_PULL_SECONDS": "0",
}
UNKNOWN = "900000001"
_FAR_FUTURE = 2**33


@dataclass(frozen=True)
class Credential:
    """What a request carries. Secrets stay out of the repr, and so out of a failed test's output."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def bearer(cls, token: str) -> Credential:
        return cls({"Authorization": f"Bearer {token}"})

    @classmethod
    def cookie(cls, name: str, value: str) -> Credential:
        return cls({"Cookie": f"{name}={value}"})


class Cast:
    """Everybody signed in, with a robot and a node each for two owners."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self.stack = stack
        self.robots = RobotsStack(stack)
        self.http = requests.Session()
        self.http.trust_env = False
        self.user, self.other_user = self.robots.new_user(), self.robots.new_user()
        self.robot, self.other_robot = self.robots.new_robot(self.user), self.robots.new_robot(self.other_user)
        created = self.robots.data("POST", "/api/robots", {"name": "WorkTool"}, token=self.user.token)
        self.worktool_robot_id = str(created["robotId"])
        self.session, self.monitor_session = self._sign_in()
        keys = {"api_key": MONITOR_KEY, "auto_discovery_key": DISCOVERY_KEY, "o_auth_enabled": True}
        self._monitor("/api/admin/settings/oidc?provider=github", {"client_id": "id", "client_secret": "secret"})
        self._monitor("/api/admin/settings/", keys)
        self.uuid, self.node_token = self._new_node("first")
        _, self.other_node_token = self._new_node("second")
        self.hidden_uuid, _ = self._new_node("hidden")
        self._monitor(f"/api/admin/client/{self.hidden_uuid}/edit", {"hidden": True})
        self.credentials: dict[Caller, Credential] = self._lasting() | self._over()
        self._refresh()

    # --- who presents what ---

    def _lasting(self) -> dict[Caller, Credential]:
        wrong = "w" * 32
        return {
            Caller.NOBODY: Credential(),
            Caller.WRONG_TOKENS: Credential(
                {"X-API-Token": wrong, "Authorization": f"Bearer {wrong}", "Cookie": f"session_token={wrong}"},
                {"token": wrong},
            ),
            Caller.API_TOKEN: Credential({"X-API-Token": self.stack.api_token}),
            Caller.USER: Credential.bearer(self.user.token),
            Caller.OTHER_USER: Credential.bearer(self.other_user.token),
            Caller.ROBOTS_ADMIN: Credential.bearer(self.robots.admin_token()),
            Caller.OTHER_ROBOT: Credential.bearer(self.other_robot.token),
            Caller.MONITOR_API_KEY: Credential.bearer(MONITOR_KEY),
            Caller.DISCOVERY_KEY: Credential.bearer(DISCOVERY_KEY),
            Caller.SHARED_LINK: Credential.cookie("temp_key", SHARE_TOKEN),
            Caller.NODE: Credential(query={"token": self.node_token}),
            Caller.OTHER_NODE: Credential(query={"token": self.other_node_token}),
        }

    def _over(self) -> dict[Caller, Credential]:
        """Credentials that were good once, or only look it."""
        claims = jwt.decode(self.user.token, options={"verify_signature": False})
        return {
            Caller.ENDED_SESSION: Credential.bearer(self._ended_session()),
            Caller.EXPIRED_SESSION: Credential.bearer(self._expired_session()),
            Caller.DISABLED_USER: Credential.bearer(self._disabled_user().token),
            Caller.DELETED_ROBOT: Credential.bearer(self._deleted_robot().token),
            Caller.EXPIRED_USER: Credential.bearer(self._expired_token()),
            Caller.UNSIGNED_TOKEN: Credential.bearer(jwt.encode(claims, None, algorithm="none")),
            Caller.FORGED_TOKEN: Credential.bearer(jwt.encode(claims, "k" * 32, algorithm="HS256")),
            Caller.ENDED_MONITOR_SESSION: Credential.cookie("session_token", self._ended_monitor_session()),
            Caller.REMOVED_NODE: Credential(query={"token": self._removed_node()}),
        }

    def _refresh(self) -> None:
        self.credentials |= {
            Caller.SESSION: Credential.bearer(self.session),
            Caller.MONITOR_SESSION: Credential.cookie("session_token", self.monitor_session),
            Caller.ROBOT: Credential.bearer(self.robot.token),
            Caller.REFRESH_TOKEN: Credential.bearer(self.robot.refresh_token),
        }

    def renew(self) -> None:
        """Make anew what a call has ended: sessions, and the first user's robot."""
        self.session, self.monitor_session = self._sign_in()
        known = self.robots.data("GET", "/api/robots", token=self.user.token, pageSize=100)["list"]
        if self.robot.robot_id not in {each["robotId"] for each in known}:
            self.robot = self.robots.new_robot(self.user)
        self._refresh()

    # --- calling ---

    @property
    def names(self) -> dict[str, str]:
        return {
            "robot_id": self.robot.robot_id,
            "worktool_robot_id": self.worktool_robot_id,
            "uuid": self.uuid,
            "hidden_uuid": self.hidden_uuid,
        }

    def filled(self, value: Any) -> Any:
        """The value with ``{name}`` replaced throughout."""
        if isinstance(value, str):
            return value.format(**self.names) if value.startswith(("{", "/")) else value
        if isinstance(value, Mapping):
            return {key: self.filled(each) for key, each in value.items()}
        return [self.filled(each) for each in value] if isinstance(value, list) else value

    def call(
        self, caller: Caller, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None
    ) -> requests.Response:
        credential = self.credentials[caller]
        return self.http.request(
            method,
            self.stack.base_url + path,
            params=dict(query or {}) | dict(credential.query),
            data=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json", **credential.headers},
            timeout=30,
            allow_redirects=False,
        )

    def set_private(self, private: bool) -> None:
        shared = {"tempory_share_token": SHARE_TOKEN, "tempory_share_token_expire_at": _FAR_FUTURE}
        self._monitor("/api/admin/settings/", {"private_site": private, **shared})

    # --- becoming somebody ---

    def _log_in(self) -> requests.Response:
        answer = self.http.post(f"{self.stack.base_url}/api/auth/login", json={"password": PASSWORD}, timeout=30)
        self.http.cookies.clear()
        assert answer.status_code == 200, answer.text
        return answer

    def _sign_in(self) -> tuple[str, str]:
        """A session of the relay's, and the monitor's that comes with it."""
        answer = self._log_in()
        return str(answer.json()["token"]), str(answer.cookies["session_token"])

    def _ended_session(self) -> str:
        session, _ = self._sign_in()
        self._done("POST", "/api/auth/logout", Credential.bearer(session))
        return session

    def _expired_session(self) -> str:
        session, _ = self._sign_in()
        engine(self.stack).update_item(
            TableName="kook-relay-ConfigTable",
            Key={"pk": {"S": "session"}, "sk": {"S": token_digest(session)}},
            UpdateExpression="SET expires_at = :past",
            ConditionExpression="attribute_exists(generation)",
            ExpressionAttributeValues={":past": {"N": "1000000000"}},
        )
        return session

    def _ended_monitor_session(self) -> str:
        _, session = self._sign_in()
        self._done("GET", "/api/logout", Credential.cookie("session_token", session))
        return session

    def _disabled_user(self) -> SignedIn:
        user = self.robots.new_user()
        admin = self.robots.admin_token()
        self.robots.data("POST", f"/api/admin/users/{user.user_id}/disable", {}, token=admin)
        return user

    def _deleted_robot(self) -> Activated:
        robot = self.robots.new_robot(self.other_user)
        self.robots.data("DELETE", f"/api/robots/{robot.robot_id}", token=self.other_user.token)
        return robot

    def _expired_token(self) -> str:
        """Signed with the stack's own key, about a user that exists, a minute past its time."""
        key = load_data_key(data_key_file=str(self.stack.data_dir / "data.key"), kms_key_id="", config_table="")
        payload = jwt.decode(self.user.token, options={"verify_signature": False})
        tokens = JwtTokens(Vault(key).derived_key("robots tokens"), lambda: payload["iat"] - 3600)
        claims = Claims(payload["kind"], payload["sub"], payload["ver"])
        fresh = tokens.sign(claims, ACCESS_AUDIENCE, payload["exp"]).text
        assert self.robots.send("GET", "/api/user/info", token=fresh).status_code == 200, "only its time is wrong"
        return tokens.sign(claims, ACCESS_AUDIENCE, payload["iat"] - 60).text

    def _new_node(self, name: str) -> tuple[str, str]:
        added = self._monitor("/api/admin/client/add", {"name": name})
        return added["uuid"], added["token"]

    def _removed_node(self) -> str:
        uuid, token = self._new_node("removed")
        self._monitor(f"/api/admin/client/{uuid}/remove", {})
        return token

    def _monitor(self, path: str, body: Any) -> Any:
        return self._done("POST", path, Credential.cookie("session_token", self.monitor_session), body).json()

    def _done(self, method: str, path: str, credential: Credential, body: Any = None) -> requests.Response:
        answer = self.http.request(
            method, self.stack.base_url + path, json=body, headers=credential.headers, timeout=30, allow_redirects=False
        )
        self.http.cookies.clear()
        assert answer.status_code < 400, (path, answer.status_code, answer.text)
        return answer
