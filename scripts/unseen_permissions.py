"""Permissions that functions have and the tests on the embedded stack never use, each with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Unseen:
    """Patterns of fnmatch, separated by blanks. ``places`` are logical ids, with ``/index`` for a table's indexes."""

    actions: str
    why: str
    places: str = "*"
    functions: str = "*"

    def covers(self, function: str, action: str, place: str) -> bool:
        pairs = ((action, self.actions), (place, self.places), (function, self.functions))
        return all(any(fnmatchcase(name, pattern) for pattern in patterns.split()) for name, patterns in pairs)


_POLLING = "sqs:ReceiveMessage sqs:DeleteMessage sqs:ChangeMessageVisibility sqs:GetQueueAttributes"
_PLATFORM_QUEUES = "DiscordQueue TelegramQueue FeishuQueue WebhookQueue KookQueue WecomQueue"
_ELSEWHERE = "the embedded stack does without this service"
_GATHERED = "the embedded stack gathers the announcements of all functions, in threads of nobody's"
_CONTESTED = "a delivery is read and changed again when two calls work on it at once, which unit tests arrange"
_OVERDUE = "what nobody else noticed is overdue only after minutes or days, which unit tests let pass"
_DATA_KEY = "the data key, wrapped by KMS, is made or read; the embedded stack has a key file"

UNSEEN: Sequence[Unseen] = (
    # What is done in the role's name, or on AWS alone.
    Unseen("logs:*", "Lambda writes the log in the role's name"),
    Unseen("xray:*", "Lambda sends the traces in the role's name"),
    Unseen(_POLLING, "the event source mapping polls in the role's name", places="*Queue"),
    Unseen("kms:*", f"{_ELSEWHERE}; make sam-test makes the calls"),
    Unseen("s3:*", f"{_ELSEWHERE}; it has folders"),
    Unseen("sns:*", f"{_ELSEWHERE}; it shows login codes on its console"),
    Unseen("lambda:*", f"{_ELSEWHERE}; it switches its own pollers"),
    Unseen("dynamodb:GetItem dynamodb:PutItem", _DATA_KEY, "ConfigTable", "KookWebhook* RobotsApi*"),
    # What one thread of the embedded stack does for all functions.
    Unseen("dynamodb:Query", _GATHERED, "ConnectionsTable/index"),
    Unseen("sqs:SendMessage", _GATHERED, "PushQueue"),
    Unseen("dynamodb:BatchGetItem", _GATHERED, "DeliveriesTable", "Deliver*"),
    # What only goes wrong.
    Unseen("sqs:SendMessage", "only what cannot be handled at all is put aside", "*DeadLetters"),
    Unseen("dynamodb:GetItem", _CONTESTED, "DeliveriesTable", "DeliverKook* DeliverWebhook* DeliverWecom*"),
    Unseen("dynamodb:UpdateItem", _CONTESTED, "DeliveriesTable", "RouteEvent*"),
    Unseen(
        "dynamodb:UpdateItem",
        "dead destinations are switched off alike for all platforms; Discord's, Telegram's and webhooks' die in tests",
        "ConfigTable",
        "DeliverFeishu* DeliverKook* DeliverWecom*",
    ),
    Unseen(
        "dynamodb:ConditionCheckItem dynamodb:DeleteItem dynamodb:PutItem dynamodb:Query",
        "a group becomes a supergroup: unit tests of the configuration store move its mappings",
        "ConfigTable",
        "DeliverTelegram*",
    ),
    Unseen(
        "dynamodb:BatchGetItem",
        "only a robot that took no further command is asked how many it has, which unit tests arrange",
        "RobotsTable",
        "DeliverWecom* RunTask*",
    ),
    Unseen("dynamodb:UpdateItem", "only a client that does not read is slow", "ConnectionsTable", "Push*"),
    # What takes longer than tests do.
    Unseen("dynamodb:UpdateItem", _OVERDUE, "DeliveriesTable", "Maintenance*"),
    Unseen("dynamodb:BatchWriteItem", _OVERDUE, "ConfigTable MonitorTable", "Maintenance*"),
    Unseen(
        "dynamodb:GetItem dynamodb:PutItem dynamodb:Query dynamodb:UpdateItem",
        _OVERDUE,
        "RobotsTable",
        "Maintenance* Push*",
    ),
    Unseen("dynamodb:BatchGetItem", _OVERDUE, "RobotsTable", "RelayApi*"),
    Unseen("sqs:SendMessage", _OVERDUE, "TasksQueue", "Push*"),
    Unseen("dynamodb:DeleteItem dynamodb:GetItem", _OVERDUE, "ConnectionsTable", "Maintenance*"),
    Unseen("execute-api:ManageConnections", _OVERDUE, functions="Maintenance*"),
    Unseen("dynamodb:DeleteItem dynamodb:Query", _OVERDUE, "DeliveriesTable", "RunTask*"),
    Unseen("dynamodb:PutItem dynamodb:Query", _OVERDUE, "AccountsTable AccountsTable/index", "RunTask*"),
    Unseen("dynamodb:PutItem", "a session is noted as seen every five minutes", "MonitorTable", "RobotsApi*"),
    # What tests do for one of several that are alike.
    Unseen("sqs:SendMessage", "tests order Discord's deliveries", _PLATFORM_QUEUES, "Maintenance* RelayApi* RunTask*"),
    Unseen(
        "dynamodb:PutItem dynamodb:UpdateItem",
        "a WeCom destination's test message is a command",
        "RobotsTable",
        "RelayApi*",
    ),
    Unseen("dynamodb:GetItem dynamodb:PutItem", "backfilled messages pass the loop guard", "PacingTable", "RunTask*"),
    # What a statement grants beside what is used.
    Unseen("dynamodb:Query", "one statement for the table and its index", "ConfigTable/index", "RelayApi*"),
    Unseen("dynamodb:Query", "one statement for the table and its index", "ConnectionsTable", "Websocket*"),
)
