"""boto3 clients as the functions use them, made once a process."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config
from botocore.session import Session

from shared.aws.service_models import without_search
from shared.aws.user_agent import USER_AGENT

_making = Lock()


@cache
def _session() -> Any:
    return boto3.session.Session(botocore_session=without_search(Session()))


@cache
def _make(service: str) -> Any:
    config = Config(
        connect_timeout=2,
        read_timeout=10,
        retries={"total_max_attempts": 4, "mode": "standard"},
        max_pool_connections=50,
        user_agent=USER_AGENT,
    )
    return _session().client(service, config=config)


def client(service: str) -> Any:
    """A shared, thread-safe low-level client. Endpoint, region and credentials come from botocore's environment."""
    with _making:  # making clients is not thread-safe, using them is
        return _make(service)
