from __future__ import annotations

import json
import math
import threading

import pytest

from shared.push.broadcast import Broadcaster, Publication
from shared.push.connections import ConnectionsUnavailable
from shared.push.posting import PostResult
from tests.fakes.clock import FakeClock
from tests.unit.push.fakes import MemoryConnections, ScriptedPoster, connection


class Scene:
    def __init__(self, *ids: str) -> None:
        self.clock = FakeClock()
        self.connections = MemoryConnections(self.clock, *(connection(one) for one in ids))
        self.poster = ScriptedPoster()
        self.broadcaster = Broadcaster(self.connections, self.poster, self.clock)


MESSAGES = [{"type": "log", "number": number} for number in range(3)]


def test_everyone_who_listens_gets_every_message_in_order() -> None:
    scene = Scene("a", "b")
    scene.connections.add(connection("elsewhere", topic="robot:R1"))
    scene.connections.add(connection("unauthenticated", topic=""))
    assert scene.broadcaster.publish_all("relay", MESSAGES) == Publication(served=2)
    assert scene.poster.posted == {"a": MESSAGES, "b": MESSAGES}


def test_one_message_can_be_published_by_itself() -> None:
    scene = Scene("a")
    assert scene.broadcaster.publish("relay", MESSAGES[0]).served == 1
    assert scene.poster.posted == {"a": MESSAGES[:1]}


def test_nobody_listening_is_nothing_to_do() -> None:
    scene = Scene()
    assert scene.broadcaster.publish_all("relay", MESSAGES) == Publication()


def test_a_gone_connection_is_removed_and_the_others_are_served() -> None:
    scene = Scene("a", "gone", "b")
    scene.poster.script["gone"] = [PostResult.GONE]
    assert scene.broadcaster.publish_all("relay", MESSAGES) == Publication(served=2, gone=1)
    assert set(scene.connections.rows) == {"a", "b"}


def test_a_connection_that_is_still_being_opened_is_not_taken_for_gone() -> None:
    scene = Scene()
    scene.connections.add(connection("opening", connected_at=int(scene.clock())))
    scene.poster.script["opening"] = [PostResult.GONE]
    assert scene.broadcaster.publish_all("relay", MESSAGES).gone == 1
    assert "opening" in scene.connections.rows
    scene.broadcaster.publish_all("relay", MESSAGES)
    assert scene.poster.posted["opening"] == MESSAGES


@pytest.mark.parametrize("failure", [PostResult.FAILED, RuntimeError("wss://secret")])
def test_a_failing_connection_stops_nobody_and_is_kept(failure: PostResult | Exception) -> None:
    scene = Scene("a", "bad", "b")
    scene.poster.script["bad"] = [failure]
    assert scene.broadcaster.publish_all("relay", MESSAGES) == Publication(served=2, failed=1)
    assert scene.connections.rows["bad"].strikes == 0


def test_a_slow_reader_rests_longer_each_time_and_is_dropped_at_last() -> None:
    scene = Scene("slow", "quick")
    for rest_seconds in (1, 10, 60):
        scene.poster.script["slow"] = [PostResult.BUSY]
        assert scene.broadcaster.publish_all("relay", MESSAGES) == Publication(served=1, slow=1)
        assert scene.connections.rows["slow"].resting_until == math.ceil(scene.clock()) + rest_seconds
        scene.clock.advance(rest_seconds - 0.5)
        assert scene.broadcaster.publish_all("relay", MESSAGES) == Publication(served=1)
        assert "slow" not in scene.poster.posted
        scene.clock.advance(2)
    scene.poster.script["slow"] = [PostResult.BUSY]
    scene.broadcaster.publish_all("relay", MESSAGES)
    assert set(scene.connections.rows) == {"quick"}


def test_a_reader_that_caught_up_is_forgiven() -> None:
    scene = Scene("slow")
    scene.poster.script["slow"] = [PostResult.BUSY]
    scene.broadcaster.publish_all("relay", MESSAGES)
    scene.clock.advance(11)
    scene.broadcaster.publish_all("relay", MESSAGES)
    assert (scene.connections.rows["slow"].strikes, scene.connections.rows["slow"].resting_until) == (0, 0)
    assert scene.poster.posted["slow"] == MESSAGES


def test_one_publication_costs_a_connection_a_bounded_time() -> None:
    scene = Scene("crawling")

    def crawl() -> PostResult:
        scene.clock.advance(0.9)
        return PostResult.POSTED

    scene.poster.script["crawling"] = [crawl] * 50
    messages = [{"type": "log", "number": number} for number in range(50)]
    assert scene.broadcaster.publish_all("relay", messages).slow == 1
    assert len(scene.poster.posted["crawling"]) == 5
    assert scene.connections.rows["crawling"].strikes == 1


def test_connections_are_posted_to_side_by_side() -> None:
    scene = Scene("a", "b", "c")
    # Breaks, and fails the posts, unless all three are under way at once.
    together = threading.Barrier(3, timeout=10)

    def meet() -> PostResult:
        together.wait()
        return PostResult.POSTED

    scene.poster.script = {one: [meet] for one in ("a", "b", "c")}
    assert scene.broadcaster.publish_all("relay", MESSAGES[:1]) == Publication(served=3)


def test_a_publication_takes_a_bounded_time_however_many_do_not_answer() -> None:
    scene = Scene(*(f"c{number:02d}" for number in range(20)))
    scene.broadcaster = Broadcaster(scene.connections, scene.poster, scene.clock, max_parallel_posts=1)

    def time_out() -> PostResult:
        scene.clock.advance(2)
        return PostResult.BUSY

    scene.poster.script = {one: [time_out] for one in scene.connections.rows}
    assert scene.broadcaster.publish_all("relay", MESSAGES) == Publication(slow=6, failed=14)
    # Those whose turn did not come are not to blame.
    assert sum(row.strikes for row in scene.connections.rows.values()) == 6


def test_a_long_message_is_cut_to_what_the_gateway_takes() -> None:
    scene = Scene("a")
    scene.broadcaster.publish("relay", {"type": "log", "data": {"content": "x" * 300_000}})
    (sent,) = scene.poster.posted["a"]
    assert sent["truncated"] is True
    assert len(json.dumps(sent)) < 128 * 1024 + 100


def test_not_knowing_who_listens_is_told_to_the_caller() -> None:
    scene = Scene("a")
    scene.connections.down = True
    with pytest.raises(ConnectionsUnavailable):
        scene.broadcaster.publish_all("relay", MESSAGES)


def test_a_row_that_cannot_be_removed_does_not_matter() -> None:
    scene = Scene("gone")

    def gone() -> PostResult:
        scene.connections.down = True
        return PostResult.GONE

    scene.poster.script["gone"] = [gone]
    assert scene.broadcaster.publish_all("relay", MESSAGES).gone == 1
