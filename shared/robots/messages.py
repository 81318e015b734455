"""What a robot's device saw: reported messages, kept for thirty days, their pictures apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from shared.robots.device_requests import IMAGE_TEXT_TYPE, ReportMessage
from shared.robots.ids import stamped_id
from shared.robots.models import Robot

MESSAGE_KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Message:
    """A reported message. ``room_type`` and ``text_type`` are the contract's numbers; ``picture`` names the stored
    picture, empty without one; ``said_at_ms`` is the device's clock, ``received_at_ms`` ours."""

    message_id: str
    robot_id: str
    spoken: str = field(repr=False)
    raw_spoken: str = field(repr=False)
    received_name: str
    group_name: str
    group_remark: str
    room_type: int
    at_me: bool
    text_type: int
    said_at_ms: int
    received_at_ms: int
    picture: str = ""


class MessageStore(Protocol):
    def add_message(self, message: Message, robot: Robot) -> None:
        """Keep the message and count it, both or none."""

    def latest_messages(self, robot_id: str, limit: int) -> Sequence[Message]:
        """The latest first."""


class PictureStore(Protocol):
    def save(self, name: str, content: bytes) -> None:
        """Raises PicturesUnavailable."""

    def load(self, name: str) -> bytes:
        """Raises PictureMissing and PicturesUnavailable."""


class Messages:
    """Every method may raise StoreUnavailable."""

    def __init__(self, store: MessageStore, pictures: PictureStore, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._pictures = pictures
        self._clock_ms = clock_ms

    def report(self, robot: Robot, report: ReportMessage) -> Message:
        """Keep what the device saw. Raises PicturesUnavailable."""
        now_ms = self._clock_ms()
        message = Message(
            message_id=stamped_id("msg", now_ms),
            robot_id=robot.robot_id,
            spoken=report.spoken,
            raw_spoken=report.raw_spoken,
            received_name=report.received_name,
            group_name=report.group_name,
            group_remark=report.group_remark,
            room_type=report.room_type,
            at_me=report.at_me,
            text_type=report.text_type,
            said_at_ms=round(report.timestamp.timestamp() * 1000),
            received_at_ms=now_ms,
        )
        picture = report.picture if report.text_type == IMAGE_TEXT_TYPE else b""
        if picture:
            # The picture first: a picture nobody names expires, a name without its picture would stay.
            self._pictures.save(message.message_id, picture)
            message = replace(message, picture=message.message_id)
        self._store.add_message(message, robot)
        return message

    def latest(self, robot_id: str, limit: int) -> Sequence[Message]:
        """The latest first."""
        return self._store.latest_messages(robot_id, limit)

    def picture_of(self, message: Message) -> bytes:
        """Empty without one. Raises PictureMissing and PicturesUnavailable."""
        return self._pictures.load(message.picture) if message.picture else b""
