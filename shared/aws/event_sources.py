"""Lambda's event source mappings: what reads the queues on AWS.

https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html: a mapping passes through Disabling and
Enabling, and takes no update meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.relay.service_switch import EventSourcesUnavailable

_SETTLED_STATES = {True: "Enabled", False: "Disabled"}
_TOWARDS = {True: ("Enabled", "Enabling"), False: ("Disabled", "Disabling")}


class LambdaEventSources:
    """Implements shared.relay.service_switch.EventSources.

    ``uuids`` are those of the mappings to switch; ``client`` makes or gives the low-level client, which most
    processes never need.
    """

    def __init__(self, client: Callable[[], Any], uuids: Sequence[str]) -> None:
        self._client = client
        self._uuids = tuple(uuids)

    def request(self, enabled: bool) -> None:
        failures: list[str] = []
        # Each of them, whatever becomes of the others: half a stop is nearer to a stop than none.
        for uuid in self._uuids:
            try:
                if self._state(uuid) not in _TOWARDS[enabled]:
                    self._update(uuid, enabled)
            except EventSourcesUnavailable as error:
                failures.append(error.detail)
        if failures:
            raise EventSourcesUnavailable(failures[0])

    def follow(self, enabled: bool) -> bool:
        return all(self._state(uuid) == _SETTLED_STATES[enabled] for uuid in self._uuids)

    def _state(self, uuid: str) -> str:
        try:
            return str(self._client().get_event_source_mapping(UUID=uuid)["State"])
        except ClientError as error:
            raise EventSourcesUnavailable(f"GetEventSourceMapping: {_code(error)}") from None
        except BotoCoreError as error:
            raise EventSourcesUnavailable(f"GetEventSourceMapping: {type(error).__name__}") from None

    def _update(self, uuid: str, enabled: bool) -> None:
        try:
            self._client().update_event_source_mapping(UUID=uuid, Enabled=enabled)
        except ClientError as error:
            # In the middle of the opposite change: it is asked again in a minute.
            if _code(error) != "ResourceInUseException":
                raise EventSourcesUnavailable(f"UpdateEventSourceMapping: {_code(error)}") from None
        except BotoCoreError as error:
            raise EventSourcesUnavailable(f"UpdateEventSourceMapping: {type(error).__name__}") from None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))
