"""GET /api/admin/logs has two owners: whose log is answered is decided by what the caller presents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.embedded import EmbeddedStack

PASSWORD = "shared-paths-password"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    folder = tmp_path_factory.mktemp("shared") / "data"
    with EmbeddedStack(folder, environment={"ADMIN_PASSWORD": PASSWORD}) as running:
        yield running


def test_one_sign_in_opens_the_relay_the_robots_and_the_monitor(stack: EmbeddedStack) -> None:
    browser = requests.Session()
    browser.trust_env = False
    signed_in = browser.post(f"{stack.base_url}/api/auth/login", json={"password": PASSWORD}, timeout=30)
    assert signed_in.status_code == 200, signed_in.text
    body = signed_in.json()
    assert browser.cookies.get("session_token")
    relay = requests.get(
        f"{stack.base_url}/api/accounts", headers={"Authorization": f"Bearer {body['token']}"}, timeout=30
    )
    assert relay.status_code == 200
    me = browser.get(f"{stack.base_url}/api/me", timeout=30).json()
    assert me["logged_in"] is True

    path = f"{stack.base_url}/api/admin/logs"
    robots = requests.get(path, headers={"Authorization": f"Bearer {body['robots_admin_token']}"}, timeout=30)
    assert (robots.status_code, robots.json()["code"]) == (200, 0)
    monitor = browser.get(path, timeout=30)
    assert (monitor.status_code, monitor.json()["status"]) == (200, "success")
    nobody = requests.get(path, timeout=30)
    assert nobody.status_code == 401
    assert PASSWORD not in stack.output()
    assert body["token"] not in stack.output()
