"""One account's gateway client against a stand-in gateway that drops, reorders, repeats, lies and stays silent."""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Iterator

import pytest

from shared.kook.codec import MAX_BODY_BYTES
from shared.kook.webhook import AccountCredentials, WebhookReceiver
from tests.fakes.gateway import FakeEventsQueue
from tests.standins.kook_gateway import Mischief
from tests.standins.kook_wire import encode
from tests.standins.webhook_doubles import InMemoryCredentials, directory_of
from tests.unit.local.gateway_stage import GatewayStage, event, gateway_stage, ids


@pytest.fixture
def stage() -> Iterator[GatewayStage]:
    with gateway_stage() as built:
        yield built


def test_events_reach_the_queue_in_order(stage: GatewayStage) -> None:
    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push(*(event(number) for number in range(100)))
        stage.wait_for_events(*range(100))

    stage.played(scene)
    assert stage.kook.gateways_asked_for == 1
    assert stage.gateway.opened[0].query["compress"] == "1"
    assert stage.records.sessions[1][1].sn == 100


def test_an_event_is_enqueued_exactly_as_the_webhook_does(stage: GatewayStage) -> None:
    posted = FakeEventsQueue()

    sent = event(1, content="😀 \ud800 x", extra={"type": 9, "guild_id": "7", "code": ""})
    credentials = InMemoryCredentials(directory_of(AccountCredentials(1, "vt-EXAMPLE", "")))
    frame = {"s": 0, "sn": 1, "d": {**sent, "verify_token": "vt-EXAMPLE"}}
    answer = WebhookReceiver(credentials, posted, lambda: 1.0).receive(encode(frame, "zlib"), "1")
    assert answer.status == 200

    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push({**sent, "verify_token": "never passed on"})
        stage.wait(lambda: stage.queue.messages)

    stage.played(scene)
    came, expected = stage.queue.messages[0], posted.messages[0]
    assert {**came, "received_at_ms": 0} == {**expected, "received_at_ms": 0}


@pytest.mark.parametrize(
    "mischief",
    [
        Mischief(reorder_window=8),
        Mischief(repeat_every=2),
        Mischief(drop_every=23),
        Mischief(reorder_window=5, repeat_every=3, drop_every=31),
    ],
    ids=["reorders", "repeats", "drops", "everything"],
)
def test_whatever_happens_to_events_each_is_enqueued_once_and_in_order(stage: GatewayStage, mischief: Mischief) -> None:
    def scene() -> None:
        stage.wait_connected()
        stage.gateway.mischief = mischief
        for start in range(0, 200, 20):
            stage.gateway.push(*(event(number) for number in range(start, start + 20)))
            stage.wait(lambda start=start: len(stage.queue.ids) >= start + 20)

    stage.played(scene)
    assert stage.queue.ids == ids(*range(200))
    assert stage.missed == []


def test_a_lost_event_is_asked_for_on_the_open_connection(stage: GatewayStage) -> None:
    def scene() -> None:
        stage.wait_connected()
        stage.gateway.mischief = Mischief(lose_every=7)
        stage.gateway.push(*(event(number) for number in range(10)))
        stage.wait_for_events(*range(10))

    stage.played(scene)
    assert [frame for frame in stage.gateway.received if frame["s"] == 4] == [{"s": 4, "sn": 6}]
    assert len(stage.gateway.opened) == 1


def test_a_dropped_connection_is_resumed_with_what_was_processed(stage: GatewayStage) -> None:
    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0), event(1))
        stage.wait_for_events(0, 1)
        stage.gateway.drop()
        stage.gateway.push(event(2), event(3))
        stage.wait_for_events(0, 1, 2, 3)

    stage.played(scene)
    assert [(one.is_resume, one.query.get("sn")) for one in stage.gateway.opened] == [(False, None), (True, "2")]
    assert stage.kook.gateways_asked_for == 1


def test_no_number_of_dropped_connections_wears_it_out(stage: GatewayStage) -> None:
    def scene() -> None:
        for number in range(80):
            stage.wait_connected()
            stage.gateway.push(event(number))
            stage.wait_for_events(*range(number + 1))
            stage.gateway.drop()

    stage.played(scene)
    assert stage.kook.gateways_asked_for == 1


def test_asked_to_reconnect_it_begins_anew_at_another_address(stage: GatewayStage) -> None:
    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0))
        stage.wait_for_events(0)
        stage.gateway.ask_to_reconnect()
        stage.gateway.push(event(1), event(2))
        stage.wait_for_events(0, 1, 2)

    stage.played(scene)
    first, second = stage.gateway.opened
    assert not second.is_resume
    assert first.query["token"] != second.query["token"]
    assert stage.missed == [1]


@pytest.mark.parametrize("code", [40106, 40107, 40108])
def test_a_session_that_is_not_resumed_is_replaced(stage: GatewayStage, code: int) -> None:
    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0))
        stage.wait_for_events(0)
        stage.gateway.resume_code = code
        stage.gateway.drop()
        stage.wait(lambda: len(stage.gateway.opened) == 3 and stage.gateway.is_connected)
        stage.gateway.push(event(1))
        stage.wait_for_events(0, 1)

    stage.played(scene)
    assert [one.is_resume for one in stage.gateway.opened] == [False, True, False]
    assert stage.missed == [1]


def test_refused_handshakes_and_hellos_are_got_over(stage: GatewayStage) -> None:
    stage.gateway.refused_handshakes = 2
    stage.gateway.hello_codes = [40103, 40101]

    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0))
        stage.wait_for_events(0)

    stage.played(scene)
    assert len(stage.gateway.opened) == 5
    assert stage.kook.gateways_asked_for == 5


def test_no_pongs_lead_to_a_resume(stage: GatewayStage) -> None:
    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0))
        stage.wait_for_events(0)
        stage.gateway.pongs = False
        for number, seconds in enumerate((25.0, 6.0, 2.0, 4.0), 1):
            stage.jump(seconds)
            stage.gateway.push(event(number))  # whatever arrives lets the client look at its clock
            stage.wait(lambda number=number: len(stage.queue.ids) == number + 1)
        stage.gateway.pongs = True
        stage.wait(lambda: len(stage.gateway.opened) == 2 and stage.gateway.is_connected)

    stage.played(scene)
    assert len(stage.gateway.pings) == 3
    assert stage.gateway.opened[1].is_resume
    assert stage.queue.ids == ids(*range(5))


def test_pings_acknowledge_only_what_is_on_the_queue_and_saved(stage: GatewayStage) -> None:
    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0), event(1), event(2))
        stage.wait_for_events(0, 1, 2)
        stage.jump(25.0)
        stage.gateway.push(event(3))
        stage.wait(lambda: stage.gateway.pings)
        assert stage.gateway.pings[0] in (3, 4)
        saved = [one.sn for one in stage.records.saved if one is not None]
        assert stage.gateway.pings[0] in saved

    stage.played(scene)


def test_while_the_queue_fails_nothing_is_acknowledged_and_nothing_lost(stage: GatewayStage) -> None:
    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0))
        stage.wait_for_events(0)
        stage.queue.failing = True
        stage.gateway.push(event(1), event(2))
        stage.wait(lambda: "waiting_for_storage" in stage.records.states_seen)
        stage.wait(lambda: not stage.gateway.is_connected)
        stage.gateway.push(event(3))
        assert stage.records.sessions[1][1].sn <= 1
        stage.queue.failing = False
        stage.wait_for_events(0, 1, 2, 3)
        stage.wait_connected()

    stage.played(scene)
    assert all(one.is_resume for one in stage.gateway.opened[1:])


def test_a_queue_that_took_an_event_and_did_not_say_so_gets_it_once(stage: GatewayStage) -> None:
    def scene() -> None:
        stage.wait_connected()
        stage.queue.hesitating = 3
        stage.gateway.push(*(event(number) for number in range(10)))
        stage.wait_for_events(*range(10))

    stage.played(scene)
    assert stage.queue.calls >= 13


def test_while_the_table_fails_nothing_is_acknowledged(stage: GatewayStage) -> None:
    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0))
        stage.wait_for_events(0)
        stage.records.broken = True
        stage.jump(25.0)
        stage.gateway.push(event(1))
        stage.wait(lambda: len(stage.gateway.opened) > 1)
        assert stage.gateway.pings == []
        stage.records.broken = False
        stage.wait_connected()
        stage.gateway.push(event(2))
        stage.wait_for_events(0, 1, 2)

    stage.played(scene)


def test_an_event_the_queue_never_takes_is_passed_over(stage: GatewayStage) -> None:
    stage.queue.refused_ids = {"m0001"}

    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0), event(1), event(2))
        stage.wait_for_events(0, 2)

    stage.played(scene)
    assert stage.records.sessions[1][1].sn == 3


@pytest.mark.parametrize(
    "message",
    [
        b"\x78\x9c garbage",
        "not json",
        "[1,2]",
        zlib.compress(b"[" * 5000),
        zlib.compress(b" " * 40_000_000),
        b"x" * (MAX_BODY_BYTES + 1),
    ],
    ids=["garbage", "text", "array", "deep", "bomb", "oversized"],
)
def test_what_is_no_frame_costs_a_resume_and_nothing_else(stage: GatewayStage, message: bytes | str) -> None:
    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0))
        stage.wait_for_events(0)
        stage.gateway.send_raw(message)
        stage.gateway.push(event(1))
        stage.wait_for_events(0, 1)
        stage.wait(lambda: len(stage.gateway.opened) == 2)

    stage.played(scene)
    assert stage.gateway.opened[1].is_resume
    assert stage.missed == []


def test_unknown_signals_are_passed_over(stage: GatewayStage) -> None:
    def scene() -> None:
        stage.wait_connected()
        for strange in ({"s": 7, "d": {"sn_list": [1]}}, {"s": "x"}, {"s": 99, "sn": -1, "d": None}, {}):
            stage.gateway.send_raw(zlib.compress(json.dumps(strange).encode()))
        stage.gateway.push(event(0))
        stage.wait_for_events(0)

    stage.played(scene)
    assert len(stage.gateway.opened) == 1


def test_a_restart_resumes_where_the_last_run_ended(stage: GatewayStage) -> None:
    def first() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0), event(1))
        stage.wait_for_events(0, 1)

    def second() -> None:
        stage.wait_for_events(0, 1, 2, 3)

    stage.played(first)
    stage.gateway.push(event(2), event(3))
    stage.played(second)
    assert [one.is_resume for one in stage.gateway.opened] == [False, True]
    assert stage.kook.gateways_asked_for == 1


def test_another_holder_does_not_resume(stage: GatewayStage) -> None:
    def first() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0))
        stage.wait_for_events(0)

    stage.played(first)
    stage.played(lambda: stage.wait(lambda: len(stage.gateway.opened) == 2), holder="holder-2")
    assert not stage.gateway.opened[1].is_resume


def test_a_refused_bot_token_is_shown(stage: GatewayStage) -> None:
    def scene() -> None:
        stage.wait(lambda: 1 in stage.records.statuses and stage.records.statuses[1].state == "refused")
        assert stage.records.statuses[1].problem == "token_refused"

    stage.played(scene, bot_token="1/unknown/token==")
    assert stage.gateway.opened == []


def test_a_gateway_in_this_machines_network_is_not_connected_to(stage: GatewayStage) -> None:
    stage.allowed = ()

    def scene() -> None:
        stage.wait(lambda: stage.records.statuses.get(1) and stage.records.statuses[1].problem)
        assert stage.records.statuses[1].problem == "address_not_allowed"

    stage.played(scene)
    assert stage.gateway.opened == []


def test_the_state_says_since_when_and_when_the_last_event_came(stage: GatewayStage) -> None:
    def scene() -> None:
        stage.wait(lambda: stage.records.statuses.get(1) and stage.records.statuses[1].state == "connected")
        stage.gateway.push(event(0))
        stage.wait_for_events(0)
        stage.jump(30.0)
        stage.gateway.push(event(1))
        stage.wait(lambda: stage.records.statuses[1].last_event_at)
        assert stage.records.statuses[1].since <= stage.records.statuses[1].last_event_at

    stage.played(scene)
    assert stage.records.statuses[1].state == "stopped"


def test_nothing_secret_is_logged(stage: GatewayStage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0))
        stage.wait_for_events(0)
        stage.gateway.send_raw(b"garbage")
        stage.wait(lambda: len(stage.gateway.opened) == 2)
        stage.queue.failing = True
        stage.gateway.push(event(1))
        stage.wait(lambda: "waiting_for_storage" in stage.records.states_seen)
        stage.queue.failing = False
        stage.gateway.ask_to_reconnect()
        stage.wait(lambda: len(stage.queue.ids) == 2)

    stage.played(scene)
    logged = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("asyncio"))
    for secret in ("vt-SECRET", "ek-SECRET", "token=", "MTAw", "session-", "message 0"):
        assert secret not in logged
