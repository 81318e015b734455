"""AWS clients that give up soon: what is pushed live is worth nothing later, and nobody may be kept waiting for it."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config
from botocore.session import Session

from shared.aws.service_models import without_search

_CONNECT_TIMEOUT_SECONDS = 1
_READ_TIMEOUT_SECONDS = 2


def impatient_client(service: str, *, endpoint_url: str = "", max_attempts: int = 1, max_connections: int = 10) -> Any:
    """A low-level client of its own, safe to use from several threads. Without ``endpoint_url`` botocore's environment
    says where the service is, for example AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI."""
    config = Config(
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        read_timeout=_READ_TIMEOUT_SECONDS,
        retries={"total_max_attempts": max_attempts, "mode": "standard"},
        max_pool_connections=max_connections,
    )
    session = boto3.session.Session(botocore_session=without_search(Session()))
    return session.client(service, endpoint_url=endpoint_url or None, config=config)
