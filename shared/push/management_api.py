"""Posting to connections through API Gateway's management API.

https://docs.aws.amazon.com/apigatewaymanagementapi/latest/dg/API_PostToConnection.html
"""

from __future__ import annotations

import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from shared.push.posting import PostResult

logger = logging.getLogger("kook_relay.push")

_BUSY_CODES = frozenset({"LimitExceededException", "TooManyRequestsException"})


class ApiGatewayPoster:
    """Implements shared.push.posting.Poster. ``client`` is an impatient one (shared.push.impatient_clients)."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def post(self, connection_id: str, frame: bytes) -> PostResult:
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=frame)
        except ClientError as error:
            return self._refused(error)
        except ReadTimeoutError:
            return PostResult.BUSY  # taken by the gateway, not by the client behind it
        except BotoCoreError as error:
            logger.warning("the connections' endpoint cannot be reached", extra={"exception": type(error).__name__})
            return PostResult.FAILED
        return PostResult.POSTED

    def close(self, connection_id: str) -> None:
        """End a connection; one that has ended already stays so. What fails is logged: it is tried again or expires."""
        try:
            self._client.delete_connection(ConnectionId=connection_id)
        except ClientError as error:
            self._refused(error)
        except BotoCoreError as error:
            logger.warning("a connection was not closed", extra={"exception": type(error).__name__})

    def _refused(self, error: ClientError) -> PostResult:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == 410 or code == "GoneException":
            return PostResult.GONE
        # "… or the WebSocket client side buffer is full", says the reference.
        if status == 429 or code in _BUSY_CODES:
            return PostResult.BUSY
        logger.warning("a post to a connection was refused", extra={"error_code": code, "status": status})
        return PostResult.FAILED
