"""What arrived where: each post once, in order, and the same for every wire form. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from local.demo.posts import marker
from tests.standins.server import ReceivedMessage

_MARKER = re.compile(r"#(\d{2})\b")


@dataclass(slots=True)
class Arrival:
    """The messages one post became on one platform. A message without an author's name continues the one before."""

    number: int
    messages: list[ReceivedMessage] = field(default_factory=list)

    @property
    def arrived_at(self) -> float:
        return self.messages[-1].arrived_at

    @property
    def shape(self) -> tuple[tuple[str, tuple[tuple[str, int], ...]], ...]:
        """What is the same for every post of one kind."""
        return tuple(
            (
                message.text.replace(marker(self.number), "#"),
                tuple((file.mime_type, file.size_bytes) for file in message.files),
            )
            for message in self.messages
        )


def number_of(message: ReceivedMessage) -> int | None:
    found = _MARKER.search(message.author) or _MARKER.search(message.text)
    return int(found.group(1)) if found else None


def group_arrivals(messages: Sequence[ReceivedMessage]) -> list[Arrival]:
    """In the order of arrival; a post that came twice is there twice."""
    arrivals: list[Arrival] = []
    for message in messages:
        number = number_of(message)
        if number is not None and (not arrivals or arrivals[-1].number != number or _begins(message, arrivals[-1])):
            arrivals.append(Arrival(number, [message]))
        elif arrivals:
            arrivals[-1].messages.append(message)
        else:
            arrivals.append(Arrival(0, [message]))
    return arrivals


def _begins(message: ReceivedMessage, arrival: Arrival) -> bool:
    """Whether a message with the same number is the same one over again."""
    return (message.text, message.files) == (arrival.messages[0].text, arrival.messages[0].files)


def problems(kinds: Mapping[int, str], arrivals: Mapping[str, Sequence[Arrival]]) -> list[str]:
    """What is wrong with the arrivals, in words; nothing when all came, once, in order.

    ``kinds`` names each post's kind by its number; ``arrivals`` are by platform.
    """
    found = []
    for platform, here in arrivals.items():
        numbers = [arrival.number for arrival in here]
        found += [f"{platform}: {marker(number)} did not arrive" for number in kinds if number not in numbers]
        found += [
            f"{platform}: {marker(number)} arrived {numbers.count(number)} times"
            for number in sorted(set(numbers))
            if numbers.count(number) > 1 or number not in kinds
        ]
        if numbers != sorted(numbers):
            found.append(f"{platform}: out of order: {' '.join(marker(number) for number in numbers)}")
        shapes = defaultdict(set)
        for arrival in here:
            shapes[kinds.get(arrival.number, "?")].add(arrival.shape)
        found += [f"{platform}: {kind} arrived in different forms" for kind, seen in shapes.items() if len(seen) > 1]
    return found
