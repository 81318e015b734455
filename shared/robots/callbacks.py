"""Callbacks to third parties: every reported message and every finished command, posted to the owner's own server.

A callback goes through the tasks queue: whoever reports never waits for somebody else's server. It is tried at once
and three times more, after 1, 3 and 5 seconds; what then has not arrived is written down where its owner sees it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from shared.platforms.http import HttpClient, NoAnswer, NotSent
from shared.robots.callback_signing import SignatureForm, callback_body, signature
from shared.robots.command_states import CommandResult, reached
from shared.robots.models import Command
from shared.stack_traces import failure_fields
from shared.tasks.handlers import Continued, SecondsLeft
from shared.tasks.orders import TaskOrder, TaskQueue

logger = logging.getLogger("kook_relay.robots")

TASK_KIND = "robots.callback"
ANSWER_WITHIN_SECONDS = 3.0
RETRY_DELAYS_SECONDS = (1, 3, 5)
# A receiver has nothing to say but {"code": 0}.
MAX_ANSWER_BYTES = 64 * 1024

CallbackKind = Literal["message", "result"]
# The open client's numbers for what a command does.
_OPERATION_TYPES = {"text": 203, "image": 218, "file": 218}


class CallbackConfiguration(Protocol):
    """shared.robots.third_party.ThirdParty: an empty URL means that nobody is told."""

    @property
    def message_callback_url(self) -> str: ...
    @property
    def result_callback_url(self) -> str: ...
    @property
    def enable_signature(self) -> bool: ...
    @property
    def signature_form(self) -> SignatureForm: ...
    @property
    def secret_key(self) -> str: ...


class CallbackConfigurations(Protocol):
    def of(self, robot_id: str) -> CallbackConfiguration:
        """May raise StoreUnavailable."""


class CallbackPayloads(Protocol):
    """What is told, built anew for every try from the records: a queue message has no room for a picture."""

    def payload(self, kind: CallbackKind, robot_id: str, record_id: str) -> Mapping[str, Any] | None:
        """None for a record that is gone. May raise StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class CallbackFailure:
    """``reason`` is stable and short, and quotes nothing of the receiver's."""

    robot_id: str
    kind: CallbackKind
    record_id: str
    reason: str
    failed_at_ms: int


class CallbackFailures(Protocol):
    """Where the owner finds what could not be delivered. May raise StoreUnavailable."""

    def note(self, failure: CallbackFailure) -> None: ...


class Callbacks:
    """Orders callbacks, and carries them out as the task ``robots.callback``.

    ``http`` goes through the outbound guard, which judges the address at every try.
    """

    def __init__(
        self,
        configurations: CallbackConfigurations,
        payloads: CallbackPayloads,
        failures: CallbackFailures,
        http: HttpClient,
        tasks: TaskQueue,
        clock_ms: Callable[[], int],
        *,
        answer_within_seconds: float = ANSWER_WITHIN_SECONDS,
    ) -> None:
        self._answer_within_seconds = answer_within_seconds
        self._configurations = configurations
        self._payloads = payloads
        self._failures = failures
        self._http = http
        self._tasks = tasks
        self._clock_ms = clock_ms

    def order(self, kind: CallbackKind, robot_id: str, record_id: str) -> None:
        """Have a record told, if its robot has a callback of this kind. Never raises: a report is worth more than
        its callback, and a queue that is down is in the log."""
        try:
            if _url(self._configurations.of(robot_id), kind):
                self._tasks.order(_order(kind, robot_id, record_id, attempt=1))
        except Exception as error:  # noqa: BLE001 - see above
            logger.error("a callback was not ordered", extra=failure_fields(error, callback=kind))

    def finished(self, command: Command, result: CommandResult) -> None:
        """Implements shared.robots.dispatch.Finished."""
        self.order("result", command.robot_id, command.command_id)

    @staticmethod
    def order_of(command: Command) -> TaskOrder:
        """The task that tells a finished command, where its robot has a callback for results."""
        return _order("result", command.robot_id, command.command_id, attempt=1)

    def carry_out(self, payload: Mapping[str, Any], seconds_left: SecondsLeft) -> Continued | None:
        """One try. A table that is down raises, and the task comes back with the same try to make."""
        kind: CallbackKind = "result" if payload["kind"] == "result" else "message"
        robot_id, record_id, attempt = str(payload["robot_id"]), str(payload["record_id"]), int(payload["attempt"])
        configuration = self._configurations.of(robot_id)
        url = _url(configuration, kind)
        told = self._payloads.payload(kind, robot_id, record_id) if url else None
        if told is None:
            return None
        reason, final = self._post(url, configuration, robot_id, told)
        if not reason:
            return None
        if not final and attempt <= len(RETRY_DELAYS_SECONDS):
            delay_seconds = RETRY_DELAYS_SECONDS[attempt - 1]
            return Continued(_order(kind, robot_id, record_id, attempt + 1), delay_seconds)
        logger.error("a callback failed for good", extra={"callback": kind, "reason": reason, "attempts": attempt})
        self._failures.note(CallbackFailure(robot_id, kind, record_id, reason, self._clock_ms()))
        return None

    def _post(
        self, url: str, configuration: CallbackConfiguration, robot_id: str, payload: Mapping[str, Any]
    ) -> tuple[str, bool]:
        """Why it did not arrive, "" when it did, and whether no retry can help."""
        body, timestamp_ms = callback_body(payload), self._clock_ms()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Robot-Id": robot_id,
            "X-Timestamp": str(timestamp_ms),
        }
        if configuration.enable_signature:
            form, secret = configuration.signature_form, configuration.secret_key
            headers["X-Signature"] = signature(form, secret, robot_id, body, timestamp_ms)
        try:
            answer = self._http.request(
                "POST",
                url,
                data=body,
                headers=headers,
                timeout_seconds=self._answer_within_seconds,
                max_response_bytes=MAX_ANSWER_BYTES,
            )
        except NotSent as failure:
            return failure.code, failure.permanent
        except NoAnswer as failure:
            return failure.code, False
        if not 200 <= answer.status < 300:
            return f"http_{answer.status}", False
        return ("" if _is_accepted(answer.body) else "refused"), False


def result_payload(command: Command) -> dict[str, Any]:
    """What is told of a finished command. ``runTime``: epoch milliseconds, ``timeCost``: seconds."""
    params = dict(command.params)
    success_list, fail_list = reached(command)
    started_ms = command.sent_at_ms or command.created_at_ms
    cost_ms = command.execution_time_ms
    if cost_ms is None:
        cost_ms = max(0, (command.finished_at_ms or started_ms) - started_ms)
    seconds = cost_ms / 1000
    return {
        "robotId": command.robot_id,
        "messageId": command.command_id,
        "commandId": command.command_id,
        "errorCode": command.error_code or 0,
        "errorReason": command.error_reason,
        "runTime": started_ms,
        # Receivers that rebuild the body write 1.0 as 1.
        "timeCost": int(seconds) if seconds.is_integer() else seconds,
        "type": _OPERATION_TYPES.get(str(params.get("type")), 0),
        "rawMsg": json.dumps(params, ensure_ascii=False, separators=(",", ":")),
        "successList": success_list,
        "failList": fail_list,
    }


def _order(kind: CallbackKind, robot_id: str, record_id: str, attempt: int) -> TaskOrder:
    return TaskOrder(TASK_KIND, {"kind": kind, "robot_id": robot_id, "record_id": record_id, "attempt": attempt})


def _url(configuration: CallbackConfiguration, kind: CallbackKind) -> str:
    return configuration.message_callback_url if kind == "message" else configuration.result_callback_url


def _is_accepted(body: bytes) -> bool:
    """A 2xx counts, unless its JSON says otherwise: ``{"code": 0}`` is the contract's yes."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return True
    return not isinstance(answer, dict) or answer.get("code", 0) in (0, 200, "0")
