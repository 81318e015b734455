"""Nothing deployed opens a connection but by the guard, and every request of it is made by a place in the table."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.embedded import REPOSITORY_ROOT
from tests.security.outbound.places import PLACES

NETWORK_MODULES = frozenset(
    {
        "aiohttp", "asyncio", "asyncore", "boto3", "botocore", "ftplib", "grpc", "http.client", "httpx", "imaplib",
        "multiprocessing", "nntplib", "paramiko", "poplib", "pycurl", "requests", "selectors", "smtplib", "socket",
        "socketserver", "ssl", "subprocess", "telnetlib", "urllib.request", "urllib3", "webbrowser", "websocket",
        "websockets", "xmlrpc",
    }
)  # fmt: skip
# Errors are no connections.
HARMLESS = frozenset({"botocore.exceptions", "urllib3.exceptions"})
ALLOWED: Mapping[str, tuple[str, str]] = {
    "shared/security/outbound.py": ("requests", "the guard's own session"),
    "shared/security/outbound_guard.py": ("socket urllib3", "the guard: name lookup and reading URLs"),
    "shared/security/outbound_transport.py": ("http.client socket requests urllib3", "the guard's transport"),
    "shared/security/response_deadline.py": ("http.client socket", "the guard's deadline on answers"),
    "shared/platforms/http.py": ("requests", "sends by the guarded session it is given"),
    "shared/aws/clients.py": ("boto3 botocore", "AWS, at botocore's own endpoints"),
    "shared/push/impatient_clients.py": ("boto3 botocore", "AWS, at botocore's own endpoints"),
    "shared/aws/service_models.py": ("botocore", "reads the services' models, and connects nowhere"),
    "shared/aws/tables.py": ("botocore", "AWS, at botocore's own endpoints"),
    "shared/kook/webhook_composition.py": ("botocore", "AWS, at botocore's own endpoints"),
    "shared/security/vault.py": ("boto3", "AWS KMS, at botocore's own endpoint"),
}


def network_imports(source: str) -> set[str]:
    """The network modules that a file imports, at whatever depth of it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            if not any(name == each or name.startswith(f"{each}.") for each in HARMLESS):
                found |= {each for each in NETWORK_MODULES if name == each or name.startswith(f"{each}.")}
    return found


def sends_requests(source: str) -> bool:
    """Whether a file calls ``request`` of an HttpClient, by whatever name it has it."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "request"
        and ast.unparse(node.func.value).rpartition(".")[2].lstrip("_") in ("http", "session", "client")
        for node in ast.walk(ast.parse(source))
    )


def deployed_files() -> Iterator[Path]:
    for folder in ("shared", "functions"):
        yield from sorted((REPOSITORY_ROOT / folder).rglob("*.py"))


def test_network_modules_are_imported_only_where_it_is_allowed() -> None:
    found = {}
    for path in deployed_files():
        imported = network_imports(path.read_text("utf-8"))
        if imported:
            found[str(path.relative_to(REPOSITORY_ROOT))] = imported
    assert found == {path: set(modules.split()) for path, (modules, _) in ALLOWED.items()}


def test_every_module_that_sends_is_a_place_of_the_table() -> None:
    sending = {
        str(path.relative_to(REPOSITORY_ROOT).with_suffix("")).replace("/", ".")
        for path in deployed_files()
        if sends_requests(path.read_text("utf-8"))
    }
    # The client itself is what all the places send by.
    assert sending - {"shared.platforms.http"} == {module for place in PLACES for module in place.modules}


def test_one_client_is_made_and_it_is_guarded() -> None:
    making = [path for path in deployed_files() if "RequestsHttpClient(" in path.read_text("utf-8")]
    assert [str(path.relative_to(REPOSITORY_ROOT)) for path in making] == ["shared/outside_composition.py"]
    assert "RequestsHttpClient(guarded_session(guard" in making[0].read_text("utf-8")


# --- that these checks can fail ---


def test_an_import_anywhere_in_a_file_is_found() -> None:
    assert network_imports("def f():\n    import urllib.request as u\n    from http import client\n") == {
        "urllib.request",
        "http.client",
    }
    assert network_imports("from urllib.parse import quote\nfrom botocore.exceptions import ClientError\n") == set()


def test_a_request_anywhere_in_a_file_is_found() -> None:
    assert sends_requests("class A:\n    def f(self):\n        return self._http.request('GET', url)\n")
    assert not sends_requests("from flask import request\nrequest.args.get('x')\n")
