"""The machine's way of handling events: order, storage, gaps, and frames that cannot be read."""

from __future__ import annotations

import pytest

from shared.kook.gateway.actions import Connect, Disconnect, EventsMissed, FindGateway, Save, Send, Store
from shared.kook.gateway.backlog import MAX_WAITING_EVENTS
from shared.kook.gateway.machine import Phase
from shared.kook.gateway.ordering import MAX_BUFFERED_EVENTS
from shared.kook.gateway.states import GatewayState
from tests.unit.kook.gateway.driven_machine import ADDRESS, SESSION, DrivenMachine


def resume(driven: DrivenMachine, session_id: str = "session-1") -> None:
    assert driven.of(Connect)
    driven.connected()
    driven.hello(session_id=session_id)


def processed(driven: DrivenMachine) -> int:
    assert driven.machine.session is not None
    return driven.machine.session.sn


# --- order and storage ---


def test_an_event_is_stored_and_only_then_processed() -> None:
    driven = DrivenMachine().live()
    driven.event(1)
    assert [action.event.sn for action in driven.of(Store)] == [1]
    assert processed(driven) == 0
    driven.take(driven.machine.event_stored(driven.now))
    assert processed(driven) == 1


def test_events_are_stored_one_after_another_in_order() -> None:
    driven = DrivenMachine().live()
    driven.event(2)
    driven.event(3)
    assert not driven.of(Store)
    driven.event(1)
    assert driven.store_everything() == [1, 2, 3]
    assert processed(driven) == 3


def test_repeats_are_stored_once() -> None:
    driven = DrivenMachine().live()
    driven.event(1)
    driven.event(1)
    assert not driven.of(Store)
    driven.take(driven.machine.event_stored(driven.now))
    driven.event(1)
    assert driven.last == []


def test_an_event_without_a_number_is_stored_and_acknowledges_nothing() -> None:
    driven = DrivenMachine().live()
    driven.event(None)
    assert driven.store_everything() == [None]
    assert processed(driven) == 0


def test_the_session_is_saved_within_a_second_of_progress_and_not_for_each_event() -> None:
    driven = DrivenMachine().live()
    for sn in range(1, 50):
        driven.event(sn)
        driven.store_everything()
    driven.at(0.9)
    assert not driven.of(Save)
    driven.at(0.1)
    assert [action.session.sn for action in driven.of(Save) if action.session] == [49]
    driven.at(5)
    assert not driven.of(Save)


def test_a_resume_asks_for_what_is_not_processed_and_drops_what_was_received() -> None:
    driven = DrivenMachine().live()
    for sn in (1, 2, 3):
        driven.event(sn)
    driven.take(driven.machine.event_stored(driven.now))
    driven.lost()
    assert "resume=1&sn=1&" in driven.of(Connect)[0].url
    driven.take(driven.machine.event_stored(driven.now))  # the second, meanwhile
    third = driven.of(Store)
    driven.connected()
    driven.hello()
    for sn in (2, 3, 4):
        driven.event(sn)
    assert [action.event.sn for action in third] == [3]
    driven.take(driven.machine.event_stored(driven.now))
    assert driven.store_everything() == [4]
    driven.frame(6, {"session_id": "session-1"})
    assert processed(driven) == 4


def test_reading_stops_while_the_queue_is_behind_and_no_pong_is_missed() -> None:
    driven = DrivenMachine().live()
    for sn in range(1, MAX_WAITING_EVENTS + 1):
        assert driven.machine.wants_frames
        driven.event(sn)
    assert not driven.machine.wants_frames
    driven.at(300)
    assert driven.phase is Phase.LIVE
    driven.take(driven.machine.event_stored(driven.now))
    assert driven.machine.wants_frames
    driven.at(60)
    assert driven.phase is not Phase.LIVE, "once it reads again, a pong is missed again"


# --- the queue or the table does not answer ---


def test_when_the_queue_fails_it_disconnects_and_acknowledges_nothing() -> None:
    driven = DrivenMachine(random=1.0).live()
    driven.event(1)
    driven.take(driven.machine.event_not_stored(driven.now))
    assert driven.kinds() == ["Disconnect"]
    assert (driven.phase, driven.machine.state) == (Phase.HOLDING, GatewayState.WAITING_FOR_STORAGE)
    assert (driven.machine.problem, processed(driven)) == ("storage_unavailable", 0)


def test_the_queue_is_tried_with_growing_pauses_and_then_the_session_is_resumed() -> None:
    driven = DrivenMachine(random=1.0).live()
    driven.event(1)
    pauses = []
    for _ in range(7):
        driven.take(driven.machine.event_not_stored(driven.now))
        pauses.append(driven.machine.deadline - driven.now)
        driven.at(pauses[-1])
        assert [action.event.sn for action in driven.of(Store)] == [1], "the same event, first as before"
    assert pauses == [2, 4, 8, 16, 32, 60, 60]
    driven.take(driven.machine.event_stored(driven.now))
    assert "resume=1&sn=1&" in driven.of(Connect)[0].url


def test_events_that_wait_behind_a_failed_one_keep_their_order() -> None:
    driven = DrivenMachine(random=1.0).live()
    for sn in (1, 2, 3):
        driven.event(sn)
    driven.take(driven.machine.event_not_stored(driven.now))
    driven.at(2)
    assert driven.store_everything() == [1, 2, 3]
    assert driven.phase is Phase.CONNECTING


def test_a_session_that_cannot_be_saved_holds_the_acknowledgement_back() -> None:
    driven = DrivenMachine(random=1.0).live()
    driven.event(1)
    driven.store_everything()
    driven.at(1)
    driven.take(driven.machine.session_not_saved(driven.now))
    assert driven.phase is Phase.HOLDING
    assert not driven.of(Send)
    driven.at(2)
    assert driven.of(Connect), "nothing waits for the queue: the save of the next connection is the try"
    driven.connected()
    driven.hello()
    driven.take(driven.machine.session_not_saved(driven.now))
    assert driven.machine.deadline - driven.now == 4
    driven.at(4)
    driven.connected()
    driven.hello()
    driven.pong()
    driven.event(2)
    driven.take(driven.machine.event_not_stored(driven.now))
    assert driven.machine.deadline - driven.now == 2, "after a pong a failure is a first one"


def test_an_event_under_way_to_the_queue_while_a_save_fails_is_not_stored_twice() -> None:
    driven = DrivenMachine(random=1.0).live()
    driven.event(1)
    driven.take(driven.machine.session_not_saved(driven.now))
    driven.at(2)
    assert not driven.of(Store)
    driven.take(driven.machine.event_stored(driven.now))
    assert not driven.of(Store)
    assert "resume=1&sn=1&" in driven.of(Connect)[0].url


def test_an_event_stored_while_holding_does_not_cut_the_pause_short() -> None:
    driven = DrivenMachine(random=1.0).live()
    driven.event(1)
    driven.take(driven.machine.session_not_saved(driven.now))
    driven.take(driven.machine.event_stored(driven.now))
    assert driven.last == []
    assert driven.phase is Phase.HOLDING
    driven.at(2)
    assert driven.of(Connect)


def test_events_received_before_a_stop_are_still_stored() -> None:
    driven = DrivenMachine().live()
    for sn in (1, 2, 3):
        driven.event(sn)
    driven.take(driven.machine.stop())
    assert not driven.of(Store), "the first is under way already"
    driven.take(driven.machine.event_stored(driven.now))
    assert driven.store_everything() == [2, 3]
    assert (processed(driven), driven.machine.has_unstored_events) == (3, False)


def test_a_queue_that_fails_during_a_stop_is_not_tried_for_ever() -> None:
    driven = DrivenMachine().live()
    driven.event(1)
    driven.take(driven.machine.stop())
    driven.take(driven.machine.event_not_stored(driven.now))
    assert not driven.of(Store)
    assert driven.phase is Phase.STOPPED
    assert processed(driven) == 0


# --- sessions that end ---


def test_what_was_received_is_stored_although_its_session_ended() -> None:
    driven = DrivenMachine().live()
    for sn in (1, 2, 5, 4):
        driven.event(sn)
    driven.frame(5, {})
    assert driven.of(EventsMissed)
    driven.take(driven.machine.event_stored(driven.now))
    assert driven.store_everything() == [2, 4, 5]
    assert driven.machine.session is None


def test_the_numbers_of_an_ended_session_do_not_count_in_the_next() -> None:
    driven = DrivenMachine().live()
    for sn in (1, 2, 3):
        driven.event(sn)
    driven.frame(5, {})
    driven.found()
    driven.connected()
    driven.hello(session_id="session-2")
    driven.event(1)
    driven.take(driven.machine.event_stored(driven.now))
    assert driven.store_everything() == [2, 3, 1]
    assert driven.machine.session is not None
    assert (driven.machine.session.session_id, processed(driven)) == ("session-2", 1)


def test_a_resumed_connection_that_turns_out_to_be_a_new_session_is_taken_as_one() -> None:
    driven = DrivenMachine(SESSION)
    driven.start()
    resume(driven, "session-2")
    driven.event(1)
    assert driven.of(EventsMissed)
    assert driven.store_everything() == [1]
    driven.event(2)
    assert driven.store_everything() == [2]
    assert driven.machine.session is not None
    assert (driven.machine.session.session_id, processed(driven)) == ("session-2", 2)


def test_a_repeat_of_the_first_event_in_a_confirmed_session_is_only_a_repeat() -> None:
    driven = DrivenMachine(SESSION)
    driven.start()
    resume(driven, "session-2")
    driven.frame(6, {"session_id": "session-2"})
    assert driven.event(1) == []
    driven.event(11)
    assert driven.store_everything() == [11]


# --- gaps ---


def test_a_gap_is_asked_for_then_resumed_for_then_passed_over() -> None:
    driven = DrivenMachine().live()
    driven.event(1)
    driven.store_everything()
    driven.event(3)
    driven.at(2)
    assert [action.text for action in driven.of(Send)] == ['{"s":4,"sn":1}']
    driven.at(10)
    assert driven.kinds() == ["Disconnect", "Connect"]
    driven.connected()
    driven.hello()
    driven.at(10)
    assert driven.of(EventsMissed)
    assert driven.store_everything() == [3]
    assert processed(driven) == 3


def test_a_gap_that_is_filled_in_time_loses_nothing() -> None:
    driven = DrivenMachine().live()
    driven.event(2)
    driven.at(2)
    assert driven.of(Send)
    driven.event(1)
    assert driven.store_everything() == [1, 2]
    driven.at(20)
    assert not driven.of(EventsMissed)


def test_a_gap_that_a_resume_fills_loses_nothing() -> None:
    driven = DrivenMachine().live()
    driven.event(2)
    driven.at(12)
    assert driven.of(Connect)
    driven.connected()
    driven.hello()
    driven.event(1)
    assert driven.store_everything() == [1, 2]
    driven.event(2)
    assert driven.last == []
    driven.at(20)
    assert not driven.of(EventsMissed)


def test_too_many_early_events_are_asked_for_again() -> None:
    driven = DrivenMachine().live()
    for sn in range(2, MAX_BUFFERED_EVENTS + 3):
        driven.event(sn)
    assert driven.kinds() == ["Disconnect", "Connect"]
    assert driven.machine.problem == "too_many_early_events"
    driven.connected()
    driven.hello()
    driven.event(1)
    assert driven.store_everything() == [1]
    driven.event(2)
    assert driven.store_everything() == [2]


# --- frames that cannot be read ---


def test_an_unreadable_frame_is_asked_for_once_more() -> None:
    driven = DrivenMachine().live()
    driven.event(1)
    driven.store_everything()
    driven.unreadable()
    assert driven.kinds() == ["Disconnect", "Connect"]
    assert driven.machine.problem == "malformed_frame"
    driven.connected()
    driven.hello()
    driven.event(2)
    assert driven.store_everything() == [2]


@pytest.mark.parametrize("problem", ["malformed_frame", "oversized_frame"])
def test_a_frame_that_stays_unreadable_ends_its_session(problem: str) -> None:
    driven = DrivenMachine().live()
    driven.event(1)
    driven.store_everything()
    driven.unreadable(problem)
    driven.connected()
    driven.hello()
    driven.unreadable(problem)
    assert "Disconnect" in driven.kinds() and driven.of(EventsMissed) and driven.of(Disconnect)
    assert driven.machine.session is None
    driven.at(10)
    assert driven.of(FindGateway) or driven.phase is Phase.FINDING


def test_an_unreadable_frame_in_place_of_a_hello_is_a_failed_connection() -> None:
    driven = DrivenMachine(random=1.0)
    driven.start()
    driven.found()
    driven.connected()
    driven.unreadable()
    assert driven.phase is Phase.WAITING
    assert driven.machine.session is None


def test_a_new_session_starts_at_its_first_event() -> None:
    driven = DrivenMachine().live()
    assert driven.machine.session is not None
    assert (driven.machine.session.url, processed(driven)) == (ADDRESS, 0)
    driven.event(1)
    assert driven.store_everything() == [1]
