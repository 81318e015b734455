"""WeCom as a destination: a robot posts each message into the groups its bot names.

WeCom has no interface for posting into a customer group; a robot's device does what a person would. A message is
delivered here when its command is accepted: the robot's area then sees it through, and the platform's message id is
the command's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol
from uuid import uuid4

from shared.message.model import RelayMessage
from shared.platforms.base import Ability, Destination, InvalidConfig, Limits, Part, RateLimit, SendContext, SentPart
from shared.platforms.outcomes import ChangeOutcome, Delivered, Outcome, Permanent, RetryAfter, Unchangeable
from shared.platforms.wecom_parts import compose_wecom, text_part
from shared.platforms.wecom_settings import validate_wecom_config, wanted_groups

TEST_TEXT = "KOOK Relay: this is a test message."

# A try without a result has failed after a minute: then there may be room again.
QUEUE_FULL_SECONDS = 60.0
# What the open client's own servers allow a robot; a person types no faster either.
_MESSAGES_PER_MINUTE = 60


class RobotGone(Exception):
    """There is no such robot (any more): nothing will ever reach it."""


class CommandRejected(Exception):
    """The robot's area will never take this command. ``detail`` says why, in English."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class CommandsUnavailable(Exception):
    """The command may or may not have been taken; sending it again under its id makes no second one."""


class CommandQueueFull(Exception):
    """The robot has as many commands that have not ended as it may have: this one was not taken."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the robot has {limit} commands that have not ended")
        self.limit = limit


class RobotCommands(Protocol):
    """What the robots' area offers to this platform; named in the composition root."""

    def send(self, robot_id: str, command: Mapping[str, Any], idempotency_key: str, reference: str) -> str:
        """Accept a send-message command, the same one for the same key; its id. Should it fail in the end, whoever
        knows the ``reference`` is told; "" for nobody.

        ``command`` is the body of POST /api/robot/send-message without the robot's id. Raises RobotGone,
        CommandRejected, CommandQueueFull and CommandsUnavailable.
        """


class WecomPlatform:
    """``robots`` gives the robots' commands: composing needs none of what they are made of."""

    name: ClassVar[str] = "wecom"
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    made_fields: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, robots: Callable[[], RobotCommands]) -> None:
        self._robots = robots

    def validate_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        return validate_wecom_config(config)

    def destination(self, bot_id: int, config: Mapping[str, Any], target_channel_id: str) -> Destination:
        """``target_id`` is the groups' names, one a line. One robot is one destination: its device does one thing
        after another. Raises InvalidConfig."""
        robot_id = config.get("robot_id")
        if not isinstance(robot_id, str) or not robot_id:
            raise InvalidConfig("robot_id", "missing", "the bot names no robot")
        groups = wanted_groups(config, target_channel_id)
        key = f"wecom:{hashlib.sha256(robot_id.encode()).hexdigest()[:32]}"
        return Destination(self.name, bot_id, config, "\n".join(groups), key, key)

    def limits(self, destination: Destination) -> Limits:
        return Limits(destination=(RateLimit(_MESSAGES_PER_MINUTE, 60.0),))

    def compose(self, message: RelayMessage, destination: Destination, author_label: str) -> Sequence[Part]:
        return compose_wecom(message, author_label)

    def send(self, part: Part, destination: Destination, context: SendContext) -> Outcome:
        command = {"titleList": destination.target_id.split("\n"), **_content(part)}
        try:
            robot_id = str(destination.config["robot_id"])
            command_id = self._robots().send(robot_id, command, context.idempotency_key, context.reference)
        except RobotGone:
            return Permanent("robot_gone", "there is no such robot", disables_destination=True)
        except CommandRejected as rejected:
            return Permanent("command_rejected", rejected.detail)
        except CommandQueueFull as full:
            detail = f"the robot has {full.limit} commands that have not ended"
            return RetryAfter("robot_queue_full", detail, QUEUE_FULL_SECONDS, scope="destination")
        except CommandsUnavailable:
            # Under the same key it stays one command, so that it may be sent again without fear of a second one.
            return RetryAfter("robots_unavailable", "the robots' commands could not be written")
        return Delivered((command_id,))

    def abilities(self, destination: Destination) -> frozenset[Ability]:
        """None: what a person posted by hand, only that person can take back."""
        return frozenset()

    def edit(self, sent: SentPart, part: Part, destination: Destination, context: SendContext) -> ChangeOutcome:
        return Unchangeable("not_supported", "WeCom messages cannot be changed by a robot")

    def delete(self, sent: SentPart, destination: Destination, context: SendContext) -> ChangeOutcome:
        return Unchangeable("not_supported", "WeCom messages cannot be taken back by a robot")

    def test(self, destination: Destination) -> Outcome:
        return self.send(text_part(TEST_TEXT), destination, SendContext(uuid4().hex))


def _content(part: Part) -> dict[str, Any]:
    if part.kind == "text":
        return {"type": "text", "content": part.text}
    return {"type": part.kind, **part.options}
