"""WeCom in the conformance suite, as far as it applies: nothing goes over HTTP, media go by their address, and there
is no credential. What the robots' area answers is checked in tests/unit/platforms/test_wecom_send.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pytest

from shared.platforms.wecom import WecomPlatform
from shared.robots.send_requests import send_request
from tests.contract.platforms.harness import Harness
from tests.contract.platforms.test_platforms import (  # noqa: F401 - the suite's tests, run again here
    test_a_message_without_anything_to_show_still_arrives,
    test_a_valid_configuration_is_stable_and_drops_what_it_does_not_know,
    test_any_author_name_is_taken,
    test_each_kind_of_media_arrives,
    test_every_kind_of_markup_is_taken,
    test_hostile_text_is_delivered,
    test_limits_and_keys_are_there,
    test_long_code_stays_code_in_every_piece,
    test_long_text_is_split_in_order_and_nothing_is_lost_or_repeated,
    test_many_media_all_arrive,
    test_media_without_text_arrive,
    test_text_arrives_once_with_its_author,
    test_the_message_replied_to_is_quoted,
    test_the_test_message_really_arrives,
)
from tests.standins.assets import AssetStandIn
from tests.standins.server import ReceivedFile, ReceivedMessage, StandInServer

ROBOT_ID = "robot_1703123456789_abc123abc123abc1"


class RobotStandIn(StandInServer):
    """A robot that does each command at once. Nobody talks HTTP to it: it implements RobotCommands itself."""

    name: ClassVar[str] = "wecom-robot"

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[str, ReceivedMessage] = {}

    def send(self, robot_id: str, command: Mapping[str, Any], idempotency_key: str, reference: str) -> str:
        params = send_request({**command, "robotId": robot_id}).command_params()
        files: tuple[ReceivedFile, ...] = ()
        if params["type"] != "text":
            files = (ReceivedFile(params["objectName"], params["fileType"], 0),)
        target = ",".join(params["titleList"])
        self.messages[idempotency_key] = ReceivedMessage(
            f"cmd_{idempotency_key}", target, "", params.get("content", ""), files, 0.0
        )
        return f"cmd_{idempotency_key}"

    def received(self) -> list[ReceivedMessage]:
        return list(self.messages.values())


@pytest.fixture
def harness() -> Iterator[Harness]:
    with RobotStandIn() as robot, AssetStandIn() as assets:
        platform = WecomPlatform(lambda: robot)
        config = platform.validate_config({"robot_id": ROBOT_ID, "target_groups": ["客户群"]})
        yield Harness(
            name="wecom",
            platform=platform,
            destination=platform.destination(7, config, "any label"),
            stand_in=robot,
            assets=assets,
            secrets=(),
            posts=lambda request: True,
            visible_text=lambda text: text,
            rate_limits=(),
            dead_destinations=(),
            server_errors=(),
            unreachable=lambda: platform,
        )
        assert {message.target for message in robot.received()} <= {"客户群"}
