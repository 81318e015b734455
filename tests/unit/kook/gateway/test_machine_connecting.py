"""The machine's way to a live connection, and back to one: every transition of connecting."""

from __future__ import annotations

import pytest

from shared.kook.gateway.actions import Connect, Disconnect, EventsMissed, FindGateway, Save, Send
from shared.kook.gateway.machine import TOKEN_REFUSED, Phase
from shared.kook.gateway.session import GatewaySession
from shared.kook.gateway.states import GatewayState
from tests.unit.kook.gateway.driven_machine import ADDRESS, SESSION, DrivenMachine

OTHER_ADDRESS = "wss://other.example/gateway?token=t2"


# --- the first connection ---


def test_without_a_session_it_finds_a_gateway_and_connects_there() -> None:
    driven = DrivenMachine()
    driven.start()
    assert (driven.kinds(), driven.phase, driven.machine.state) == (
        ["FindGateway"],
        Phase.FINDING,
        GatewayState.CONNECTING,
    )
    driven.found()
    assert [action.url for action in driven.of(Connect)] == [ADDRESS]
    driven.connected()
    assert (driven.kinds(), driven.phase) == ([], Phase.GREETING)
    driven.hello(session_id="session-9")
    assert [action.session for action in driven.of(Save)] == [GatewaySession(ADDRESS, "session-9", 0)]
    assert (driven.phase, driven.machine.state, driven.machine.problem) == (Phase.LIVE, GatewayState.CONNECTED, "")


def test_with_a_session_it_resumes_where_that_was() -> None:
    driven = DrivenMachine(SESSION)
    driven.start()
    assert [action.url for action in driven.of(Connect)] == [SESSION.resume_url()]
    driven.connected()
    driven.hello()
    assert driven.phase is Phase.LIVE
    assert driven.machine.session == SESSION
    assert not driven.of(EventsMissed)


def test_a_gateway_that_cannot_be_had_is_asked_for_with_growing_pauses() -> None:
    driven = DrivenMachine(random=1.0)
    driven.start()
    pauses = []
    for _ in range(8):
        driven.find_failed()
        assert driven.phase is Phase.WAITING
        pauses.append(driven.machine.deadline - driven.now)
        driven.at(pauses[-1])
        assert driven.of(FindGateway)
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_refused_token_is_shown_as_such_until_it_is_taken() -> None:
    driven = DrivenMachine()
    driven.start()
    driven.find_failed(TOKEN_REFUSED)
    assert (driven.machine.state, driven.machine.problem) == (GatewayState.REFUSED, TOKEN_REFUSED)
    driven.at(2)
    driven.found()
    driven.connected()
    driven.hello()
    assert (driven.machine.state, driven.machine.problem) == (GatewayState.CONNECTED, "")


def test_kooks_rate_limit_is_kept() -> None:
    driven = DrivenMachine()
    driven.start()
    driven.find_failed("rate_limited", retry_after_seconds=200.0)
    driven.at(199.9)
    assert driven.last == []
    driven.at(0.1)
    assert driven.of(FindGateway)


def test_an_answer_that_never_comes_is_asked_for_again() -> None:
    driven = DrivenMachine(random=1.0)
    driven.start()
    driven.at(30)
    assert (driven.phase, driven.machine.problem) == (Phase.WAITING, "gateway_timeout")
    assert driven.of(Disconnect)
    driven.at(2)
    assert driven.of(FindGateway)


def test_a_gateway_that_cannot_be_connected_to_is_replaced() -> None:
    driven = DrivenMachine(random=1.0)
    driven.start()
    driven.found()
    driven.lost("connect_failed")
    assert (driven.phase, driven.machine.problem) == (Phase.WAITING, "connect_failed")
    driven.at(2)
    assert driven.of(FindGateway)


def test_a_connection_is_given_ten_seconds() -> None:
    driven = DrivenMachine(random=1.0)
    driven.start()
    driven.found()
    driven.at(9.9)
    assert driven.phase is Phase.CONNECTING
    driven.at(0.1)
    assert (driven.phase, driven.machine.problem) == (Phase.WAITING, "connect_timeout")


def test_a_hello_is_given_six_seconds() -> None:
    driven = DrivenMachine(random=1.0)
    driven.start()
    driven.found()
    driven.connected()
    driven.at(5.9)
    assert driven.phase is Phase.GREETING
    driven.at(0.1)
    assert (driven.phase, driven.machine.problem) == (Phase.WAITING, "hello_timeout")
    assert driven.of(Disconnect)


@pytest.mark.parametrize("code", [40100, 40101, 40102, 40103, 1])
def test_a_hello_that_refuses_leads_to_another_gateway(code: int) -> None:
    driven = DrivenMachine(random=1.0)
    driven.start()
    driven.found()
    driven.connected()
    driven.hello(code)
    assert driven.machine.problem == f"hello_refused_{code}"
    assert driven.of(Disconnect)
    driven.at(2)
    assert driven.of(FindGateway)


# --- losing it ---


def test_a_lost_connection_is_resumed_at_once() -> None:
    driven = DrivenMachine().live()
    driven.event(1)
    driven.store_everything()
    driven.lost()
    assert driven.kinds() == ["Disconnect", "Connect"]
    assert [action.url for action in driven.of(Connect)] == [GatewaySession(ADDRESS, "session-1", 1).resume_url()]


def test_two_resumes_then_another_gateway_where_the_session_goes_on() -> None:
    driven = DrivenMachine(random=1.0).live()
    driven.pong()
    driven.lost()  # the first resume begins
    started = driven.now
    driven.lost("connect_failed")
    driven.at(8)
    assert driven.of(Connect), "the second resume begins eight seconds after the first"
    driven.lost("connect_failed")
    driven.at(16)
    assert driven.of(FindGateway)
    assert driven.now - started == 24
    driven.found(OTHER_ADDRESS)
    resumed = GatewaySession(ADDRESS, "session-1", 0).resume_url(OTHER_ADDRESS)
    assert [action.url for action in driven.of(Connect)] == [resumed]
    driven.connected()
    driven.hello()
    assert driven.machine.session == GatewaySession(OTHER_ADDRESS, "session-1", 0)
    assert not driven.of(EventsMissed)


def test_resumes_that_hang_are_cut_off_in_time() -> None:
    driven = DrivenMachine(random=1.0).live()
    driven.pong()
    driven.lost()
    actions = driven.at(24)
    kinds = [type(action).__name__ for action in actions]
    assert kinds == ["Disconnect", "Connect", "Disconnect", "FindGateway"]


def test_an_outage_of_an_hour_keeps_the_session() -> None:
    driven = DrivenMachine(random=1.0).live()
    driven.event(1)
    driven.store_everything()
    driven.lost()
    end = driven.now + 3600
    while driven.now < end:
        if driven.phase is Phase.FINDING:
            driven.find_failed()
        elif driven.phase is Phase.CONNECTING:
            driven.lost("connect_failed")
        else:
            driven.at(1)
    while driven.phase is not Phase.FINDING:
        driven.at(1)
    driven.found(OTHER_ADDRESS)
    assert "resume=1&sn=1&" in driven.of(Connect)[0].url


def test_a_session_that_no_gateway_greets_is_given_up() -> None:
    driven = DrivenMachine(SESSION, random=1.0)
    driven.start()
    driven.at(24)
    driven.found(OTHER_ADDRESS)
    driven.connected()
    driven.at(6)
    assert driven.machine.session is None
    assert [type(action) for action in driven.last if isinstance(action, EventsMissed | Save)] == [EventsMissed, Save]
    driven.at(10)
    driven.found(OTHER_ADDRESS)
    assert [action.url for action in driven.of(Connect)] == [OTHER_ADDRESS]


def test_an_expired_address_is_not_resumed_at_twice() -> None:
    driven = DrivenMachine(SESSION)
    driven.start()
    driven.connected()
    driven.hello(40103)
    assert driven.kinds() == ["Disconnect", "FindGateway"]
    driven.found(OTHER_ADDRESS)
    assert "resume=1&sn=10&" in driven.of(Connect)[0].url
    driven.connected()
    driven.hello(40103)
    assert driven.machine.session is None


@pytest.mark.parametrize("code", [40106, 40107, 40108])
def test_a_hello_that_does_not_know_the_session_leads_to_a_new_one(code: int) -> None:
    driven = DrivenMachine(SESSION)
    driven.start()
    driven.connected()
    driven.hello(code)
    assert driven.kinds() == ["Disconnect", "EventsMissed", "Save", "FindGateway"]
    assert [action.session for action in driven.of(Save)] == [None]


@pytest.mark.parametrize("code", [0, 40106, 40107, 40108, 41008])
@pytest.mark.parametrize("greeted", [False, True])
def test_signal_five_forgets_the_session_and_begins_anew(code: int, greeted: bool) -> None:
    driven = DrivenMachine(SESSION)
    driven.start()
    driven.connected()
    if greeted:
        driven.hello()
    driven.frame(5, {"code": code} if code else {})
    assert driven.kinds() == ["Disconnect", "EventsMissed", "Save", "FindGateway"]
    assert driven.machine.session is None
    driven.found(OTHER_ADDRESS)
    assert [action.url for action in driven.of(Connect)] == [OTHER_ADDRESS]
    driven.connected()
    driven.hello(session_id="session-2")
    driven.event(1)
    assert driven.store_everything() == [1]
    assert driven.machine.session == GatewaySession(OTHER_ADDRESS, "session-2", 1)


def test_a_gateway_that_keeps_asking_to_reconnect_is_not_hammered() -> None:
    driven = DrivenMachine(random=1.0).live()
    pauses = []
    for _ in range(6):
        driven.frame(5, {})
        pauses.append(max(0.0, driven.machine.deadline - driven.now) if driven.phase is Phase.WAITING else 0.0)
        driven.at(pauses[-1])
        driven.found()
        driven.connected()
        driven.hello()
    assert pauses == [2, 4, 8, 16, 32, 60]


def test_a_gateway_that_drops_right_after_hello_is_not_hammered() -> None:
    driven = DrivenMachine(random=1.0).live()
    began = driven.now
    for _ in range(8):
        driven.lost()
        while driven.phase is Phase.WAITING:
            driven.at(max(0.0, driven.machine.deadline - driven.now))
        if driven.phase is Phase.FINDING:
            driven.found()
        driven.connected()
        driven.hello()
    assert driven.now - began >= 8 + 16 + 2 + 4 + 8 + 16


def test_progress_makes_the_next_loss_a_first_one() -> None:
    driven = DrivenMachine(random=1.0).live()
    for sn in range(1, 20):
        driven.lost()
        assert driven.of(Connect), "a connection that brought an event is resumed at once"
        driven.connected()
        driven.hello()
        driven.event(sn)


def test_a_session_without_a_name_cannot_be_resumed() -> None:
    driven = DrivenMachine()
    driven.start()
    driven.found()
    driven.connected()
    driven.hello(session_id="")
    driven.event(1)
    driven.lost()
    assert driven.of(EventsMissed)
    assert driven.machine.session is None


# --- the heartbeat ---


def test_heartbeats_carry_the_highest_processed_number_after_saving_it() -> None:
    driven = DrivenMachine().live()
    for sn in (1, 2):
        driven.event(sn)
        driven.store_everything()
    driven.event(3)  # received, and not on the queue yet
    driven.at(30)
    saved, sent = driven.of(Save)[-1], driven.of(Send)[-1]
    assert saved.session is not None and saved.session.sn == 2
    assert sent.text == '{"s":2,"sn":2}'
    assert driven.kinds()[-2:] == ["Save", "Send"]


def test_a_heartbeat_without_events_carries_zero() -> None:
    driven = DrivenMachine().live()
    driven.at(30)
    assert [action.text for action in driven.of(Send)] == ['{"s":2,"sn":0}']


def test_no_pong_two_more_pings_then_a_resume() -> None:
    driven = DrivenMachine().live()
    driven.at(30)
    driven.at(6 + 2)
    assert [action.text for action in driven.of(Send)] == ['{"s":2,"sn":0}'] * 2
    assert driven.phase is Phase.LIVE
    driven.at(4)
    assert driven.kinds() == ["Disconnect", "Connect"]
    assert driven.machine.problem == "pong_timeout"


def test_pongs_keep_it_alive() -> None:
    driven = DrivenMachine().live()
    for _ in range(100):
        driven.at(30)
        assert len(driven.of(Send)) == 1
        driven.pong()
    assert driven.phase is Phase.LIVE


# --- tolerance ---


@pytest.mark.parametrize("signal", [None, 2, 4, 7, 99])
def test_unknown_signals_are_passed_over(signal: int | None) -> None:
    driven = DrivenMachine().live()
    assert driven.frame(signal, {"anything": 1}) == []
    assert driven.phase is Phase.LIVE


def test_before_the_hello_only_a_hello_counts() -> None:
    driven = DrivenMachine()
    driven.start()
    driven.found()
    driven.connected()
    assert driven.event(1) == []
    assert driven.pong() == []
    assert driven.phase is Phase.GREETING


def test_a_second_hello_changes_nothing() -> None:
    driven = DrivenMachine().live()
    driven.event(1)
    driven.store_everything()
    assert driven.hello(session_id="another") == []
    assert driven.machine.session == GatewaySession(ADDRESS, "session-1", 1)


def test_answers_to_an_earlier_attempt_are_ignored() -> None:
    driven = DrivenMachine().live()
    earlier = driven.attempt
    driven.lost()
    machine = driven.machine
    assert machine.connection_lost(earlier, driven.now, problem="late") == []
    assert machine.connected(earlier, driven.now) == []
    assert machine.gateway_found(earlier, ADDRESS, driven.now) == []
    assert machine.gateway_failed(earlier, driven.now, problem="late") == []
    assert machine.frame_unreadable(earlier, driven.now, problem="late") == []
    assert driven.phase is Phase.CONNECTING


def test_stopping_disconnects_and_nothing_is_due_any_more() -> None:
    driven = DrivenMachine().live()
    driven.take(driven.machine.stop())
    assert driven.kinds() == ["Disconnect"]
    assert driven.machine.state is GatewayState.STOPPED
    assert driven.machine.deadline == float("inf")
    assert driven.machine.connection_lost(driven.attempt, driven.now, problem="late") == []
