"""What is really served, read from the code in a process of its own: the composition root caches what it builds.

``python -m tests.security.authorisation.route_tables`` prints it as JSON. No table and no queue is touched.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.embedded import REPOSITORY_ROOT

_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "DEPLOYMENT": "embedded",
}


@dataclass(frozen=True)
class Served:
    """``routes``: function, method and rule. ``http_functions``: those that the template gives HTTP routes."""

    http_functions: frozenset[str]
    routes: frozenset[tuple[str, str, str]]
    sockets: frozenset[str]
    rpc_methods: frozenset[str]
    agent_methods: frozenset[str]


def served() -> Served:
    """Raises CalledProcessError when the code cannot be loaded."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    found = subprocess.run(
        [sys.executable, "-m", __spec__.name],
        cwd=REPOSITORY_ROOT,
        env=inherited | _ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told = json.loads(found.stdout)
    routes = frozenset((function, method, rule) for function, method, rule in told.pop("routes"))
    return Served(routes=routes, **{name: frozenset(values) for name, values in told.items()})


def undeclared(found: frozenset[Any], declared: frozenset[Any]) -> list[str]:
    """What is served and has no line, and lines of what is no longer served."""
    new = [f"without a line: {each}" for each in sorted(found - declared)]
    return new + [f"no longer served: {each}" for each in sorted(declared - found)]


def _read() -> dict[str, Any]:
    from local.template_reader import read_template
    from shared import (
        accounts_composition,
        composition,
        monitor_agents_composition,
        monitor_composition,
        robots_composition,
    )

    applications = {
        "relay_api": composition.relay_api,
        "robots_api": robots_composition.robots_api,
        "accounts_api": accounts_composition.accounts_api,
        "monitor_api": monitor_composition.monitor_api,
    }
    routes = []
    template = read_template(REPOSITORY_ROOT / "template.yaml")
    http_functions = {
        function.code_path.name: function for function in template.functions.values() if function.http_routes
    }
    for name, function in http_functions.items():
        if name in applications:
            rules = applications[name]().url_map.iter_rules()
            methods = [(rule.rule, method) for rule in rules for method in rule.methods or ()]
            routes += [(name, method, rule) for rule, method in methods if method not in ("HEAD", "OPTIONS")]
        else:
            # A function without Flask answers what the template hands it.
            routes += [(name, route.method, route.path) for route in function.http_routes]
    return {
        "http_functions": sorted(http_functions),
        "routes": sorted(routes),
        "sockets": [kind.name for kind in composition.socket_kinds()],
        "rpc_methods": monitor_composition.rpc_endpoint().method_names(),
        "agent_methods": monitor_agents_composition.agent_calls().method_names(),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "data.key"
        key.write_text(secrets.token_hex(32), "ascii")
        key.chmod(0o600)
        os.environ |= {"DATA_KEY_FILE": str(key), "DATA_DIR": folder, "API_TOKEN": secrets.token_urlsafe(24)}
        print(json.dumps(_read()))
