"""The page's socket: who may open it, what it answers, and that an answer always fits a frame."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from shared.monitor.fitting import MAX_SOCKET_RESULT_BYTES
from shared.monitor.identity import GUEST, Identity
from shared.monitor.live_board import LiveBoard
from shared.monitor.live_page import live_answer
from shared.monitor.models import LiveReport
from shared.monitor.page_socket import PageSocket
from shared.push.frames import MAX_FRAME_BYTES, encode_frame
from shared.push.handshake import Handshake
from shared.push.sockets import Admission, Refusal
from tests.unit.monitor.agent_doubles import REPORT, MemoryLive, World, node
from tests.unit.push.fakes import connection

NOW_MS = 1_800_000_000_000


class Rules:
    """Implements PageRules."""

    def __init__(self, identity: Identity = GUEST, *, shut: bool = False, admits: bool = True) -> None:
        self.identity = identity
        self.shut = shut
        self.admits = admits

    def identity_of(self, handshake: Handshake) -> Identity:
        return self.identity

    def is_shut(self, handshake: Handshake, identity: Identity) -> bool:
        return self.shut

    def admits_origin(self, handshake: Handshake) -> bool:
        return self.admits


def live(uuid: str, age_seconds: float = 0, **report: Any) -> LiveReport:
    return LiveReport(uuid, NOW_MS - round(age_seconds * 1000), {**REPORT, **report}, "post")


def page(world: World, rules: Rules | None = None) -> PageSocket:
    board = LiveBoard(world.nodes, world.live, world.clock.ms)
    return PageSocket(lambda: board, rules or Rules())


def asked(socket: PageSocket, text: str, principal: str = "guest") -> Any:
    return socket.receive(connection(kind=socket.name, principal=principal), text).message


HANDSHAKE = Handshake("c1", "/api/clients", {}, {}, ())


def test_the_handshake_follows_the_rules_of_the_site() -> None:
    world = World()
    assert page(world).serves(HANDSHAKE)
    assert not page(world).serves(dataclasses.replace(HANDSHAKE, path="/api/clients/report"))
    admission = page(world).connect(HANDSHAKE)
    assert isinstance(admission, Admission) and admission.principal == "guest"
    admission = page(world, Rules(Identity("admin"))).connect(HANDSHAKE)
    assert isinstance(admission, Admission) and admission.principal == "admin"
    assert page(world, Rules(shut=True, admits=False)).connect(HANDSHAKE) == Refusal(401)
    assert page(world, Rules(admits=False)).connect(HANDSHAKE) == Refusal(403)


def test_get_answers_every_node_and_get_uuid_one() -> None:
    world = World()
    world.nodes.rows["node-b"] = node("node-b", "b" * 22)
    for uuid in ("node-a", "node-b"):
        world.agents.report(uuid, REPORT, via="websocket", connection_id=uuid)
    socket = page(world)
    answer = asked(socket, "get")
    assert answer["status"] == "success"
    assert answer["data"]["online"] == ["node-a", "node-b"]
    shown = dict(answer["data"]["data"]["node-a"])
    assert shown.pop("updated_at").endswith("Z")
    assert shown == REPORT
    answer = asked(socket, "get node-b\n")
    assert (answer["data"]["online"], list(answer["data"]["data"])) == (["node-b"], ["node-b"])
    assert asked(socket, "get nobody")["data"] == {"online": [], "data": {}}


@pytest.mark.parametrize("text", ["", "GET", "gets", "{}", '{"type":"get"}', "get " + "x" * 500, "\x00", "中"])
def test_anything_else_is_an_invalid_message(text: str) -> None:
    assert asked(page(World()), text) == {"status": "error", "error": "Invalid message"}


def test_hidden_nodes_are_for_the_administrator() -> None:
    world = World()
    world.nodes.rows["node-a"] = node(hidden=True)
    world.agents.report("node-a", REPORT, via="post")
    assert asked(page(world), "get")["data"] == {"online": [], "data": {}}
    assert asked(page(world), "get node-a")["data"] == {"online": [], "data": {}}
    assert asked(page(world), "get", "client")["data"] == {"online": [], "data": {}}
    assert asked(page(world), "get", "admin")["data"]["online"] == ["node-a"]


def test_a_removed_node_is_not_shown() -> None:
    world = World()
    world.agents.report("node-a", REPORT, via="post")
    world.nodes.rows.clear()
    assert asked(page(world), "get")["data"] == {"online": [], "data": {}}


def test_offline_nodes_keep_their_last_report_and_a_processor_at_rest_is_shown() -> None:
    answer = live_answer([live("gone", 36), live("here", 34, cpu={"usage": 0})], NOW_MS)
    assert answer["data"]["online"] == ["here"]
    assert set(answer["data"]["data"]) == {"gone", "here"}
    assert answer["data"]["data"]["here"]["cpu"] == {"usage": 0.01}


def test_when_the_store_is_down_the_page_is_told() -> None:
    world = World()
    world.live.down = True
    assert asked(page(world), "get")["status"] == "error"


def test_two_hundred_nodes_fit_whole() -> None:
    answer = live_answer([live(f"00000000-0000-4000-8000-{n:012}") for n in range(200)], NOW_MS)
    assert len(answer["data"]["data"]) == 200
    assert len(encode_frame(answer)) <= MAX_FRAME_BYTES


def test_what_does_not_fit_goes_in_order_of_its_use() -> None:
    gpu = {"count": 1, "average_usage": 1, "detailed_info": [{"name": "x" * 200}]}
    here = [live(f"here-{n:05}", gpu=gpu, message="x" * 100) for n in range(150)]
    answer = live_answer(here, NOW_MS, 80_000)
    assert len(answer["data"]["data"]) == 150
    assert answer["data"]["data"]["here-00000"]["gpu"] == {**gpu, "detailed_info": []}
    gone = [live(f"gone-{n:05}", 100) for n in range(400)]
    answer = live_answer([*gone, *here], NOW_MS)
    assert len(answer["data"]["online"]) == 150
    assert {f"here-{n:05}" for n in range(150)} <= set(answer["data"]["data"])
    assert len(answer["data"]["data"]) < 550


@pytest.mark.parametrize("nodes", [250, 1_000, 3_000])
def test_an_answer_never_exceeds_a_frame_and_says_nothing_half(nodes: int) -> None:
    answer = live_answer([live(f"00000000-0000-4000-8000-{n:012}") for n in range(nodes)], NOW_MS)
    assert len(json.dumps(answer, separators=(",", ":"))) <= MAX_SOCKET_RESULT_BYTES + 100
    frame = encode_frame(answer)
    assert len(frame) <= MAX_FRAME_BYTES
    assert json.loads(frame) == answer
    assert len(answer["data"]["online"]) == nodes


def test_many_pages_cost_one_read() -> None:
    world = World()
    reads = []
    everything = world.live.all
    world.live.all = lambda: reads.append(1) or everything()  # type: ignore[method-assign, func-returns-value]
    socket = page(world)
    for _ in range(20):
        asked(socket, "get")
    assert len(reads) == 1
    world.clock.advance(1)
    asked(socket, "get")
    assert len(reads) == 2


class SlowLive(MemoryLive):
    """Answers when it is told to, from the second time on."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.asked = threading.Event()
        self.released = threading.Event()

    def all(self) -> Mapping[str, LiveReport]:
        self.reads += 1
        if self.reads > 1:
            self.asked.set()
            assert self.released.wait(20)
        return super().all()


def test_while_one_page_waits_for_the_table_others_get_what_was_read_before() -> None:
    world = World()
    world.live = SlowLive()
    world.agents = world.process()
    world.agents.report("node-a", REPORT, via="post")
    socket = page(world)
    asked(socket, "get")
    world.clock.advance(1.5)
    waiting = threading.Thread(target=asked, args=(socket, "get"))
    waiting.start()
    try:
        assert world.live.asked.wait(20)
        assert asked(socket, "get")["data"]["online"] == ["node-a"]
        assert world.live.reads == 2
    finally:
        world.live.released.set()
        waiting.join()
