"""Taking in what KOOK posts: prove the request genuine, put the event on the queue, answer.

KOOK gives one second and about five tries within two minutes, and takes a bot offline whose webhook keeps failing.
So nothing else happens here, and a status of 5xx is kept for our own faults: only those are worth KOOK's retry.

    200  challenge answered, or event on the queue
    400  no KOOK frame            401  not provably from KOOK, or no such account
    413  larger than a frame, or than the queue's messages, may be
    503  the queue or the accounts cannot be reached
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.kook.codec import Frame, Malformed, OpenedBody, Oversized, Unverifiable, open_body, read_frame
from shared.kook.events import parse_event
from shared.relay.queue_messages import SQS_MAX_MESSAGE_BYTES, IncomingEvent, deduplication_id, group_id

CHALLENGE_CHANNEL_TYPE = "WEBHOOK_CHALLENGE"
MAX_CHALLENGE_CHARACTERS = 1024
_ACCOUNT_ID = re.compile(r"[1-9][0-9]{0,11}\Z")


@dataclass(frozen=True, slots=True)
class AccountCredentials:
    """What proves a request genuine for one account. Neither secret shows in a repr.

    An account with an empty ``verify_token`` cannot verify anything; with an empty ``encrypt_key`` it takes frames
    in the clear.
    """

    account_id: int
    verify_token: str
    encrypt_key: str

    def __repr__(self) -> str:
        return f"AccountCredentials(account_id={self.account_id})"


class AccountDirectory:
    """The accounts' credentials as they were at one moment."""

    def __init__(self, accounts: Mapping[int, AccountCredentials], default_account_id: int | None) -> None:
        self._accounts = accounts
        self._default_account_id = default_account_id

    def find(self, account_id: int | None) -> AccountCredentials | None:
        """The account of that id; with None the one that ``/webhook`` serves. None when there is no such account."""
        wanted = self._default_account_id if account_id is None else account_id
        return None if wanted is None else self._accounts.get(wanted)


class CredentialsUnavailable(Exception):
    """The accounts cannot be read and none were read before. The message holds no secret."""


class Credentials(Protocol):
    """Where the accounts' credentials come from; see webhook_credentials.py."""

    def current(self) -> AccountDirectory:
        """The accounts as last read. Raises CredentialsUnavailable."""

    def newer_than(self, directory: AccountDirectory) -> AccountDirectory | None:
        """A directory read after that one, or None when reading again is not due or did not work."""


class QueueUnavailable(Exception):
    """The queue did not take the event, and may take it later."""


class MessageRefused(Exception):
    """The queue will never take this event, for its size or content."""


class Enqueue(Protocol):
    def __call__(self, *, body: str, group_id: str, deduplication_id: str) -> None:
        """Put one message on the events queue; when this returns, it is stored.

        Raises:
            QueueUnavailable, MessageRefused
        """


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to KOOK. ``outcome`` and ``reason`` are for our log: stable words, and text free of any content."""

    status: int
    body: str
    outcome: str
    reason: str = ""
    account_id: int | None = None
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class WebhookReceiver:
    """The use case behind ``POST /webhook`` and ``POST /webhook/{account_id}``.

    Safe to use from several threads at once. ``clock`` gives seconds since the epoch. ``challenge_answered`` is told
    of every challenge that was answered: the account's id and the moment in milliseconds.
    """

    credentials: Credentials
    enqueue: Enqueue
    clock: Callable[[], float]
    challenge_answered: Callable[[int, int], None] = lambda account_id, answered_at_ms: None

    def receive(self, raw: bytes, path_account_id: str | None) -> Response:
        """Answer one request. ``path_account_id`` is the last path segment as it came, None for bare ``/webhook``.

        Never raises for anything a request can contain.
        """
        try:
            opened = open_body(raw)
            account, frame = self._verify(opened, path_account_id)
            return self._answer(account, frame["d"])
        except Unverifiable as refusal:
            return Response(401, "{}", "unverifiable", str(refusal))
        except Malformed as refusal:
            return _refused(400, "malformed", str(refusal))
        except (Oversized, MessageRefused) as refusal:
            return _refused(413, "oversized", str(refusal))
        except (CredentialsUnavailable, QueueUnavailable) as failure:
            return Response(503, '{"error":"temporarily unavailable"}', "unavailable", str(failure))

    def _verify(self, opened: OpenedBody, path_account_id: str | None) -> tuple[AccountCredentials, Frame]:
        """The account and its verified frame. An account made, or a token changed, a moment ago is not refused: what
        fails against the cached credentials is tried once against newer ones, where there are any."""
        directory = self.credentials.current()
        try:
            return _verified(opened, _find(directory, path_account_id))
        except Unverifiable:
            newer = self.credentials.newer_than(directory)
            if newer is None:
                raise
        return _verified(opened, _find(newer, path_account_id))

    def _answer(self, account: AccountCredentials, d: dict[str, Any]) -> Response:
        if d.get("channel_type") == CHALLENGE_CHANNEL_TYPE:
            answer = _challenge_answer(account, d.get("challenge"))
            self.challenge_answered(account.account_id, int(self.clock() * 1000))
            return answer
        event_id = enqueue_event(self.enqueue, account.account_id, d, int(self.clock() * 1000))
        return Response(200, "{}", "enqueued", account_id=account.account_id, event_id=event_id)


def enqueue_event(enqueue: Enqueue, account_id: int, d: Mapping[str, Any], received_at_ms: int) -> str:
    """Put the ``d`` of a verified event frame on the events queue, and return the event's id.

    Both ways in, webhook and gateway, end here: the same event has the same body, group and deduplication id
    whichever way it came.

    Raises:
        QueueUnavailable, MessageRefused
    """
    # Only d goes on, and without its token: the rest of a frame can hold the console's secrets ("extra").
    event = {key: value for key, value in d.items() if key != "verify_token"}
    parsed = parse_event(event)
    body = IncomingEvent(account_id, parsed.event_id, received_at_ms, event).to_body()
    if len(body.encode("utf-8")) > SQS_MAX_MESSAGE_BYTES:
        raise MessageRefused(f"the event is larger than the {SQS_MAX_MESSAGE_BYTES} bytes of a queue message")
    enqueue(
        body=body,
        group_id=group_id(parsed.channel_key),
        deduplication_id=deduplication_id(account_id, parsed.event_id),
    )
    return parsed.event_id


def _find(directory: AccountDirectory, path_account_id: str | None) -> AccountCredentials | None:
    if path_account_id is None:
        return directory.find(None)
    return directory.find(int(path_account_id)) if _ACCOUNT_ID.match(path_account_id) else None


def _verified(opened: OpenedBody, account: AccountCredentials | None) -> tuple[AccountCredentials, Frame]:
    if account is None:
        raise Unverifiable("no such account")
    if not account.verify_token:
        raise Unverifiable("the account has no usable Verify Token")
    frame = read_frame(opened, account.encrypt_key)
    token = frame["d"].get("verify_token")
    if not isinstance(token, str):
        raise Unverifiable("the frame carries no verify token")
    expected = account.verify_token.encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(token.encode("utf-8", "surrogatepass"), expected):
        raise Unverifiable("the verify token differs")
    return account, frame


def _challenge_answer(account: AccountCredentials, challenge: Any) -> Response:
    if not isinstance(challenge, str) or not 1 <= len(challenge) <= MAX_CHALLENGE_CHARACTERS:
        raise Malformed(f"the challenge is not a string of 1 to {MAX_CHALLENGE_CHARACTERS} characters")
    return Response(200, json.dumps({"challenge": challenge}), "challenge", account_id=account.account_id)


def _refused(status: int, outcome: str, reason: str) -> Response:
    return Response(status, json.dumps({"error": reason}), outcome, reason)
