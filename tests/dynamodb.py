"""A real DynamoDB engine for tests: dynoxide in memory on a free port, with the tables of template.yaml.

The binary comes from the embedded stack's engines (``python -m local.engines.install``); tests that need it are
skipped, by name, where it is not installed.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.config import Config
from botocore.session import Session
from pynamodb.connection import base as pynamodb_connections

from shared.aws.service_models import without_search

REPOSITORY = Path(__file__).resolve().parent.parent
ENGINES = Path(os.environ.get("KOOK_RELAY_ENGINES", REPOSITORY / ".engines"))
DYNOXIDE = ENGINES / "node_modules" / "@dynoxide" / "linux-x64" / "dynoxide"
READY_WITHIN_SECONDS = 60
START_ATTEMPTS = 5

_AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}


class _TemplateLoader(yaml.SafeLoader):
    """Reads CloudFormation's short forms (!Ref, !Sub …) as plain values: table schemas use none of them."""


def _plain(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


_TemplateLoader.add_multi_constructor("!", _plain)


@cache
def _template_resources() -> dict[str, Any]:
    document = yaml.load((REPOSITORY / "template.yaml").read_text("utf-8"), _TemplateLoader)
    resources: dict[str, Any] = document["Resources"]
    return resources


class DynamoEngine:
    """A running engine: its address, a low-level client, and tables made from the template under fresh names."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self.client: Any = boto3.client(
            "dynamodb",
            endpoint_url=endpoint_url,
            region_name=_AWS_ENVIRONMENT["AWS_REGION"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}),
        )

    def create_table(self, logical_id: str) -> str:
        """The table of that logical id in template.yaml, empty and under a name of its own."""
        properties = _template_resources()[logical_id]["Properties"]
        wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        name = f"{logical_id}-{uuid.uuid4().hex}"
        self.client.create_table(TableName=name, **{key: properties[key] for key in wanted if key in properties})
        return name

    def environment(self) -> dict[str, str]:
        """What points botocore (and so pynamodb) at the engine."""
        return {**_AWS_ENVIRONMENT, "AWS_ENDPOINT_URL_DYNAMODB": self.endpoint_url}


@contextmanager
def running_engine() -> Iterator[DynamoEngine]:
    """An engine of its own; for benchmarks, tests have the fixtures."""
    process, endpoint_url = _start()
    try:
        yield DynamoEngine(endpoint_url)
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _start() -> tuple[subprocess.Popen[bytes], str]:
    """Another process may take the port between the probe and the start: then the engine exits and it is tried anew."""
    for _ in range(START_ATTEMPTS):
        port = _free_port()
        process = subprocess.Popen(
            [str(DYNOXIDE), "serve", "--host", "127.0.0.1", "--port", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
                continue
            if process.poll() is None:
                return process, f"http://127.0.0.1:{port}"
        process.kill()
        process.wait()
    raise RuntimeError("dynoxide did not start")


@pytest.fixture(scope="session")
def dynamodb_engine() -> Iterator[DynamoEngine]:
    """One engine for the whole session (of one xdist worker)."""
    if not DYNOXIDE.exists():
        if os.environ.get("CI"):
            pytest.fail("dynoxide is not installed: in CI nothing is skipped for that")
        pytest.skip("dynoxide is not installed: run `python -m local.engines.install`")
    with running_engine() as engine:
        yield engine


@pytest.fixture
def dynamodb(dynamodb_engine: DynamoEngine, monkeypatch: pytest.MonkeyPatch) -> DynamoEngine:
    """The engine, with the environment pointing botocore (and so pynamodb) at it. A test binds models to tables of its
    own, each with a connection and a session: what these read of botocore's files is read once a process."""
    monkeypatch.setattr(pynamodb_connections, "get_session", lambda: without_search(Session()))
    for name, value in dynamodb_engine.environment().items():
        monkeypatch.setenv(name, value)
    return dynamodb_engine
