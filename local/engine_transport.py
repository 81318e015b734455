"""The short way from functions to the state engines: AWS calls of this process over connections kept open to loopback.

botocore takes half a millisecond of processor time for a call, nine tenths of it for what an engine on the same machine
has no use for: signing, endpoint discovery for retries, hooks, a general HTTP client. The functions keep their clients
and their answers are read by botocore's own parser; only sending is done here. Whatever is not a plain success (a
refusal, an engine that is being restarted) is left to botocore: it makes the call again in its own way, with its
retries, and says what was wrong in its own exceptions. To make a refused call again changes nothing, and one whose
answer was lost is what botocore would repeat as well.
"""

from __future__ import annotations

import http.client
import select
import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import botocore
from botocore.parsers import create_parser
from botocore.session import Session

# Those of the engines that speak JSON, as botocore's events call them.
ENGINE_SERVICES: Final = ("dynamodb", "sqs")
# More than the threads of a process that are in a call at once are never kept.
_KEPT_CONNECTIONS: Final = 64


@dataclass(frozen=True, slots=True)
class EngineAnswer:
    """What botocore's handlers look at of an HTTP response."""

    url: str
    status_code: int
    headers: Mapping[str, str]
    content: bytes


class EngineTransport:
    """A handler of botocore's ``before-call``. Safe to use from several threads at once."""

    def __init__(self) -> None:
        self._idle: defaultdict[tuple[str, int], deque[http.client.HTTPConnection]] = defaultdict(deque)
        self._lock = threading.Lock()

    def register(self, session: Session) -> None:
        for service in ENGINE_SERVICES:
            session.register(f"before-call.{service}", self.before_call)

    def before_call(
        self, model: Any, params: Mapping[str, Any], context: Mapping[str, Any], **_: Any
    ) -> tuple[EngineAnswer, Any] | None:
        """The answer and what it says, or None for botocore to make the call."""
        address = _loopback_address(params["url"])
        if address is None or model.service_model.resolved_protocol != "json" or _may_be_made_once(context):
            return None
        answer = self._send(address, model, params, context)
        if answer is None or answer.status_code != 200:
            return None
        response = {
            "headers": answer.headers,
            "status_code": answer.status_code,
            "body": answer.content,
            "context": {"operation_name": model.name},
        }
        return answer, _parser().parse(response, model.output_shape)

    def _send(
        self, address: tuple[str, int], model: Any, params: Mapping[str, Any], context: Mapping[str, Any]
    ) -> EngineAnswer | None:
        config = context["client_config"]
        connection = self._take(address) or http.client.HTTPConnection(*address, timeout=config.connect_timeout)
        headers = {**params["headers"], **_credentials(context["client_region"], model.service_model.signing_name)}
        try:
            connection.request(params["method"], params["url_path"], params["body"], headers)
            if connection.sock is not None:
                connection.sock.settimeout(config.read_timeout)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return None
        if response.will_close:
            connection.close()
        else:
            self._keep(address, connection)
        found = {name.lower(): value for name, value in response.headers.items()}
        return EngineAnswer(params["url"], response.status, found, content)

    def _take(self, address: tuple[str, int]) -> http.client.HTTPConnection | None:
        while True:
            with self._lock:
                idle = self._idle[address]
                if not idle:
                    return None
                connection = idle.pop()
            if not _was_hung_up(connection):
                return connection
            connection.close()

    def _keep(self, address: tuple[str, int], connection: http.client.HTTPConnection) -> None:
        with self._lock:
            idle = self._idle[address]
            if len(idle) < _KEPT_CONNECTIONS:
                idle.append(connection)
                return
        connection.close()


def use_engine_transport() -> None:
    """For all AWS clients that this process makes from now on."""
    botocore.register_initializer(EngineTransport().register)


@cache
def _loopback_address(url: str) -> tuple[str, int] | None:
    parts = urlsplit(url)
    try:
        if parts.scheme == "http" and parts.port and ip_address(parts.hostname or "").is_loopback:
            return str(parts.hostname), parts.port
    except ValueError:
        pass
    return None


def _may_be_made_once(context: Mapping[str, Any]) -> bool:
    """Whether the client asks for a single attempt: what fails here, botocore makes again."""
    retries = context["client_config"].retries or {}
    return bool(retries.get("total_max_attempts") == 1)


@cache
def _parser() -> Any:
    return create_parser("json")


@cache
def _credentials(region: str, service: str) -> dict[str, str]:
    # The engines want headers of this form, read the region out of the credential's scope and check no signature.
    scope = f"embedded/20260101/{region}/{service}/aws4_request"
    return {
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none",
    }


def _was_hung_up(connection: http.client.HTTPConnection) -> bool:
    """Whether an idle connection has anything to read: its end, as nothing was asked."""
    if connection.sock is None:
        return True
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
