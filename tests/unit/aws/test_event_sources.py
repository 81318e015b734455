"""Lambda's event source mappings, with a fake of the two calls."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.aws.event_sources import LambdaEventSources
from shared.relay.service_switch import EventSourcesUnavailable


class FakeLambda:
    """Mappings by UUID; an update begins a change that ``settle`` ends, and is refused while one is under way."""

    def __init__(self, **states: str) -> None:
        self.states = states
        self.updates: list[tuple[str, bool]] = []
        self.failure: Exception | None = None

    def get_event_source_mapping(self, *, UUID: str) -> dict[str, Any]:
        if self.failure is not None:
            raise self.failure
        return {"UUID": UUID, "State": self.states[UUID]}

    def update_event_source_mapping(self, *, UUID: str, Enabled: bool) -> dict[str, Any]:
        if self.states[UUID].endswith("ing"):
            raise ClientError({"Error": {"Code": "ResourceInUseException"}}, "UpdateEventSourceMapping")
        if self.states[UUID] == "forbidden":
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "UpdateEventSourceMapping")
        self.updates.append((UUID, Enabled))
        self.states[UUID] = "Enabling" if Enabled else "Disabling"
        return {}

    def settle(self) -> None:
        ends = {"Enabling": "Enabled", "Disabling": "Disabled"}
        self.states = {uuid: ends.get(state, state) for uuid, state in self.states.items()}


def test_every_mapping_is_switched_and_followed_to_its_end() -> None:
    fake = FakeLambda(a="Enabled", b="Enabled")
    sources = LambdaEventSources(lambda: fake, ["a", "b"])
    sources.request(False)
    assert fake.updates == [("a", False), ("b", False)]
    assert not sources.follow(False)
    fake.settle()
    assert sources.follow(False)
    assert not sources.follow(True)


def test_what_is_there_or_on_its_way_is_left_alone() -> None:
    fake = FakeLambda(a="Disabled", b="Disabling")
    LambdaEventSources(lambda: fake, ["a", "b"]).request(False)
    assert fake.updates == []


def test_one_in_the_middle_of_the_opposite_change_is_left_for_later() -> None:
    fake = FakeLambda(a="Disabling", b="Disabled")
    sources = LambdaEventSources(lambda: fake, ["a", "b"])
    sources.request(True)
    assert fake.updates == [("b", True)]
    fake.settle()
    sources.request(True)
    fake.settle()
    assert sources.follow(True)


def test_a_refusal_is_reported_after_the_others_were_switched() -> None:
    fake = FakeLambda(a="forbidden", b="Enabled")
    with pytest.raises(EventSourcesUnavailable, match="AccessDeniedException"):
        LambdaEventSources(lambda: fake, ["a", "b"]).request(False)
    assert fake.updates == [("b", False)]


def test_a_service_that_does_not_answer_is_reported() -> None:
    fake = FakeLambda(a="Enabled")
    fake.failure = EndpointConnectionError(endpoint_url="https://lambda.example")
    with pytest.raises(EventSourcesUnavailable):
        LambdaEventSources(lambda: fake, ["a"]).follow(True)
