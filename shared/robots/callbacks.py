"""Callbacks to third parties: every reported message, every finished command, and of WorkTool's robots also that they
came and went and the QR codes of groups, posted to the owner's own server.

A callback goes through the tasks queue: whoever reports never waits for somebody else's server. It is tried at once
and three times more, after 1, 3 and 5 seconds; what then has not arrived is written down where its owner sees it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args

from shared.platforms.http import HttpClient, NoAnswer, NotSent
from shared.robots.callback_answers import answered_text, is_accepted
from shared.robots.callback_signing import SignatureForm, callback_body, signature
from shared.robots.command_states import CommandResult
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

CallbackKind = Literal["message", "result", "online", "offline", "group_qr"]
_KINDS: Mapping[str, CallbackKind] = {kind: kind for kind in get_args(CallbackKind)}


class CallbackConfiguration(Protocol):
    """shared.robots.third_party.ThirdParty: an empty URL means that nobody is told."""

    @property
    def message_callback_url(self) -> str: ...
    @property
    def result_callback_url(self) -> str: ...
    @property
    def online_callback_url(self) -> str: ...
    @property
    def offline_callback_url(self) -> str: ...
    @property
    def group_qr_callback_url(self) -> str: ...
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

    def payload(self, kind: CallbackKind, robot_id: str, record_id: str, url: str) -> Mapping[str, Any] | None:
        """None for a record that is gone. May raise StoreUnavailable."""


class MessageOutcomes(Protocol):
    """What became of the callbacks of messages. Both methods may raise StoreUnavailable."""

    def note(self, robot_id: str, message_id: str, time_cost_ms: int, reason: str) -> None:
        """The try that counts took so long; ``reason`` says why it failed, "" where it did not."""

    def answer(self, robot_id: str, message_id: str, text: str) -> None:
        """The third party answered the message with this text."""


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


@dataclass(frozen=True, slots=True)
class _Tried:
    """Why it did not arrive ("" when it did), whether no retry can help, and what it was answered with."""

    reason: str = ""
    final: bool = False
    answer: str = field(default="", repr=False)


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
        outcomes: MessageOutcomes | None = None,
        answer_within_seconds: float = ANSWER_WITHIN_SECONDS,
    ) -> None:
        self._outcomes = outcomes
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

    @staticmethod
    def order_of_change(change: Literal["online", "offline"], robot_id: str, online_at_ms: int) -> TaskOrder:
        """The task that tells that a robot came or went, where its owner wants to know."""
        return _order(change, robot_id, str(online_at_ms), attempt=1)

    def carry_out(self, payload: Mapping[str, Any], seconds_left: SecondsLeft) -> Continued | None:
        """One try. A table that is down raises, and the task comes back with the same try to make."""
        kind = _KINDS[payload["kind"]]
        robot_id, record_id, attempt = str(payload["robot_id"]), str(payload["record_id"]), int(payload["attempt"])
        configuration = self._configurations.of(robot_id)
        url = _url(configuration, kind)
        told = self._payloads.payload(kind, robot_id, record_id, url) if url else None
        if told is None:
            return None
        began_ms = self._clock_ms()
        tried = self._post(url, configuration, robot_id, told)
        if tried.reason and not tried.final and attempt <= len(RETRY_DELAYS_SECONDS):
            delay_seconds = RETRY_DELAYS_SECONDS[attempt - 1]
            return Continued(_order(kind, robot_id, record_id, attempt + 1), delay_seconds)
        if tried.reason:
            extra = {"callback": kind, "reason": tried.reason, "attempts": attempt}
            logger.error("a callback failed for good", extra=extra)
            self._failures.note(CallbackFailure(robot_id, kind, record_id, tried.reason, self._clock_ms()))
        if kind == "message" and self._outcomes is not None:
            if tried.answer:
                self._outcomes.answer(robot_id, record_id, tried.answer)
            self._outcomes.note(robot_id, record_id, self._clock_ms() - began_ms, tried.reason)
        return None

    def _post(
        self, url: str, configuration: CallbackConfiguration, robot_id: str, payload: Mapping[str, Any]
    ) -> _Tried:
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
            return _Tried(failure.code, failure.permanent)
        except NoAnswer as failure:
            return _Tried(failure.code)
        if not 200 <= answer.status < 300:
            return _Tried(f"http_{answer.status}")
        return _Tried(answer=answered_text(answer.body)) if is_accepted(answer.body) else _Tried("refused")


def _order(kind: CallbackKind, robot_id: str, record_id: str, attempt: int) -> TaskOrder:
    return TaskOrder(TASK_KIND, {"kind": kind, "robot_id": robot_id, "record_id": record_id, "attempt": attempt})


def _url(configuration: CallbackConfiguration, kind: CallbackKind) -> str:
    url: str = getattr(configuration, f"{kind}_callback_url")
    return url
