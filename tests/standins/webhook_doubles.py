"""In-memory neighbours of the webhook receiver: credentials, queue and clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.kook.webhook import AccountCredentials, AccountDirectory, CredentialsUnavailable, WebhookReceiver
from shared.relay.queue_messages import IncomingEvent

NOW_SECONDS = 1_772_587_200.25


def directory_of(*accounts: AccountCredentials, default_account_id: int | None = None) -> AccountDirectory:
    """The directory of these accounts; the first is the default one unless another is named."""
    by_id = {account.account_id: account for account in accounts}
    return AccountDirectory(by_id, default_account_id or next(iter(by_id), None))


class InMemoryCredentials:
    """Serves the first directory; each re-read that is asked for gives the next one, while there is one."""

    def __init__(self, *directories: AccountDirectory) -> None:
        self.directories = list(directories)
        self.forced_reads = 0

    def current(self) -> AccountDirectory:
        if not self.directories:
            raise CredentialsUnavailable("the accounts could not be read")
        return self.directories[0]

    def newer_than(self, directory: AccountDirectory) -> AccountDirectory | None:
        self.forced_reads += 1
        later = self.directories[self.directories.index(directory) + 1 :]
        return later[0] if later else None


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    body: str
    group_id: str
    deduplication_id: str

    @property
    def incoming(self) -> IncomingEvent:
        return IncomingEvent.from_body(self.body)


@dataclass(slots=True)
class InMemoryFifoQueue:
    """Keeps what SQS would keep: a repeated deduplication id is dropped in silence."""

    messages: list[QueuedMessage] = field(default_factory=list)
    calls: int = 0
    failure: Exception | None = None

    def __call__(self, *, body: str, group_id: str, deduplication_id: str) -> None:
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        if all(message.deduplication_id != deduplication_id for message in self.messages):
            self.messages.append(QueuedMessage(body, group_id, deduplication_id))


def receiver_for(
    accounts: Sequence[AccountCredentials], queue: InMemoryFifoQueue, default_account_id: int | None = None
) -> WebhookReceiver:
    """A receiver for fixed accounts, at NOW_SECONDS."""
    credentials = InMemoryCredentials(directory_of(*accounts, default_account_id=default_account_id))
    return WebhookReceiver(credentials, queue, lambda: NOW_SECONDS)
