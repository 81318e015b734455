"""Stopping and starting: what is wanted, what the event sources do, and who makes them follow."""

from __future__ import annotations

import pytest

from shared.aws.queue_depths import QueueDepth
from shared.relay.chores import Chores, ChoresFailed
from shared.relay.errors import Refusal, RelayError
from shared.relay.service_switch import EventSourcesUnavailable, ServiceSwitch
from shared.relay.system_status import SystemOverview
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.service import FakeConnections, FakeDepths, FakeEventSources, FakeServiceStore


class Scene:
    def __init__(self) -> None:
        self.store = FakeServiceStore()
        self.sources = FakeEventSources()
        self.clock = FakeClock()
        self.told: list[str] = []
        self.cleared = 0
        self.switch = ServiceSwitch(
            self.store, self.sources, self.clock.ms, changed=self.told.append, clear_caches=self._clear
        )

    def _clear(self) -> None:
        self.cleared += 1


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_relay_that_was_never_touched_runs_since_it_was_first_seen(scene: Scene) -> None:
    assert scene.switch.is_running()
    assert scene.switch.state().word == "running"
    scene.clock.advance(90)
    assert scene.switch.state().uptime_seconds == 90
    assert scene.switch.settle() == 0
    assert scene.sources.requests == []


def test_the_uptime_does_not_wait_for_somebody_to_ask_for_it(scene: Scene) -> None:
    assert scene.switch.settle() == 0  # what maintenance does every minute
    scene.clock.advance(3600)
    assert scene.switch.state().uptime_seconds == 3600


def test_the_uptime_counts_from_the_last_start_of_the_machine(scene: Scene) -> None:
    scene.switch.state()
    scene.clock.advance(3600)
    scene.switch.began()
    scene.clock.advance(10)
    assert scene.switch.state().uptime_seconds == 10


def test_a_relay_that_was_stopped_stays_so_over_a_reboot(scene: Scene) -> None:
    scene.switch.stop()
    scene.switch.began()
    assert (scene.switch.state().running, scene.switch.state().word) == (False, "stopped")


def test_stopping_and_starting(scene: Scene) -> None:
    scene.switch.state()
    scene.clock.advance(100)
    stopped = scene.switch.stop()
    assert (stopped.running, stopped.word, stopped.uptime_seconds) == (False, "stopped", 0)
    assert not scene.switch.is_running()
    scene.clock.advance(100)
    started = scene.switch.start()
    assert (started.running, started.word, started.uptime_seconds) == (True, "running", 0)
    assert scene.told == ["stopped", "running"]
    assert scene.sources.requests == [False, True]


def test_starting_what_runs_keeps_its_uptime_and_tells_nobody(scene: Scene) -> None:
    scene.switch.state()
    scene.clock.advance(100)
    assert scene.switch.start().uptime_seconds == 100
    assert scene.told == []


def test_a_restart_begins_anew_and_clears_caches(scene: Scene) -> None:
    scene.switch.state()
    scene.clock.advance(100)
    assert scene.switch.restart().uptime_seconds == 0
    assert scene.sources.requests == [False, True]
    assert scene.cleared == 1


def test_until_the_event_sources_follow_it_is_on_its_way(scene: Scene) -> None:
    scene.sources.slow = True
    assert scene.switch.stop().word == "stopping"
    assert scene.switch.settle() == 1
    assert scene.sources.requests == [False, False]  # asked once more
    scene.sources.reading = False
    assert scene.switch.state().word == "stopped"
    assert scene.switch.settle() == 1
    assert scene.switch.settle() == 0  # seen to follow: nothing is left to do
    scene.switch.start()
    assert scene.switch.state().word == "starting"


def test_event_sources_that_refuse_are_reported_and_asked_again_later(scene: Scene) -> None:
    scene.sources.failure = EventSourcesUnavailable("AccessDeniedException")
    with pytest.raises(RelayError) as caught:
        scene.switch.stop()
    assert caught.value.refusal is Refusal.SERVICE_SWITCH_FAILED
    assert scene.switch.state().word == "stopping"
    scene.sources.failure = None
    scene.switch.settle()
    assert scene.switch.state().word == "stopped"


# --- status ---


def overview(scene: Scene, store: FakeConfiguration, depths: FakeDepths) -> SystemOverview:
    return SystemOverview(store, depths, scene.switch, FakeConnections())


def test_the_queue_size_is_everything_not_yet_done(scene: Scene) -> None:
    depths = FakeDepths(QueueDepth("events", 1, 2, 4, 100), QueueDepth("discord", 8, 16, 32, 1))
    assert overview(scene, FakeConfiguration(), depths).status().queue_size == 63


def test_a_status_says_what_does_not_answer(scene: Scene) -> None:
    depths = FakeDepths()
    depths.broken = True
    store = FakeConfiguration()
    status = overview(scene, store, depths).status()
    assert (status.store_reachable, status.queues_reachable, status.queue_size) == (True, False, 0)
    store.broken = True
    status = overview(scene, store, depths).status()
    assert (status.store_reachable, status.service) == (False, None)


# --- chores ---


def test_a_chore_that_fails_keeps_no_other_from_being_done() -> None:
    done: list[str] = []

    def fails() -> int:
        raise OSError("no")

    def works() -> int:
        done.append("second")
        return 3

    with pytest.raises(ChoresFailed) as caught:
        Chores({"first": fails, "second": works}).run()
    assert caught.value.names == ["first"]
    assert done == ["second"]
    assert Chores({"second": works}).run() == {"second": 3}


def test_a_run_may_be_for_some_chores_only() -> None:
    chores = Chores({"first": lambda: 1, "second": lambda: 2})
    assert chores.run(["second"]) == {"second": 2}
    with pytest.raises(ValueError, match="third"):
        chores.run(["third"])
