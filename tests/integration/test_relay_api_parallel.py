"""Two thousand calls side by side while events flow: afterwards counters, statistics and lists are exact."""

from __future__ import annotations

import copy
import datetime as dt
import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests import documented
from tests.durable_engines import needs_durable_engines
from tests.e2e.stage import VERIFY_TOKEN, Relay, running_relay
from tests.embedded import REPOSITORY_ROOT
from tests.integration.relay_caller import Caller, configured
from tests.standins.discord import DEFAULT_WEBHOOK_URL
from tests.standins.server import Answer, Fault

WORKERS = 8
CALLS_PER_WORKER = 250
CHANNELS = ("5823400000000001", "5823400000000002", "5823400000000003")
EVENTS_PER_CHANNEL = 20
REFUSED_BY_DISCORD = 7
PLATFORMS = ("discord", "telegram", "feishu")
BOT = {"platform": "discord", "name": "contended", "config": {"webhook_url": DEFAULT_WEBHOOK_URL}}
# The log's filters, and the columns they are about.
COLUMNS = {"status": "status", "platform": "target_platform", "channel_id": "kook_channel_id"}
QUERIES: list[dict[str, str]] = [
    *({"status": status} for status in ("success", "failed", "pending")),
    *({"platform": platform} for platform in PLATFORMS),
    *({"channel_id": channel_id} for channel_id in CHANNELS),
    {"status": "failed", "platform": "discord"},
    {"status": "success", "platform": "discord", "channel_id": CHANNELS[0]},
]
_FRAME = json.loads((REPOSITORY_ROOT / "events" / "kook" / "text.json").read_text("utf-8"))


pytestmark = [
    needs_durable_engines,
    # Half a minute on an idle machine; the first test pays for all of it.
    pytest.mark.timeout(300),
]


def zone_at_noon() -> str:
    """A time zone in which no midnight comes up while the test runs. (Etc/GMT-3 is three hours *ahead*.)"""
    hours_ahead = 12 - dt.datetime.now(dt.UTC).hour
    return f"Etc/GMT{-hours_ahead:+d}" if hours_ahead else "Etc/GMT"


@dataclass(frozen=True, slots=True)
class Busy:
    """A relay after the storm. ``before`` are the ids of what nobody in ``callers`` made, ``contended`` the answers
    to calls that were the same for all of them."""

    relay: Relay
    callers: list[Caller]
    before: dict[str, list[int]]
    posted: list[str]
    contended: dict[str, list[requests.Response]]

    def rows(self) -> list[dict[str, Any]]:
        """The whole log by cursor."""
        found, cursor = [], ""
        while True:
            page = self.relay.logs(limit=50, **({"cursor": cursor} if cursor else {}))
            found += page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return found

    def get(self, path: str) -> Any:
        answer = self.relay.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def event(account_id: int, channel_id: str, relay: Relay) -> str:
    """Posted twice, as KOOK does when an answer is lost."""
    frame = copy.deepcopy(_FRAME)
    message_id = str(uuid.uuid4())
    frame["d"] |= {"target_id": channel_id, "msg_id": message_id, "verify_token": VERIFY_TOKEN}
    frame["d"]["content"] = f"event {message_id}"
    for _ in range(2):
        answer = requests.post(f"{relay.stack.base_url}/webhook/{account_id}", json=frame, timeout=30)
        assert answer.status_code == 200, answer.text
    return message_id


def contend(callers: list[Caller], pool: ThreadPoolExecutor) -> dict[str, list[requests.Response]]:
    """All at once: the same e-mail address, the same mapping, and changes of one mapping."""
    bot_id = callers[0].done("POST", "/api/bots", BOT)["id"]
    mapping = {
        "kook_server_id": "7001",
        "kook_channel_id": "contended",
        "kook_channel_name": "contended",
        "target_platform": "discord",
        "target_bot_id": bot_id,
        "target_channel_id": "1",
    }

    def at_once(make: Callable[[Caller], requests.Response]) -> list[requests.Response]:
        ready = threading.Barrier(len(callers), timeout=30)

        def one(caller: Caller) -> requests.Response:
            ready.wait()
            return make(caller)

        return list(pool.map(one, callers))

    account = {"email": "contended@example.com", "verify_token": VERIFY_TOKEN}
    emails = at_once(lambda caller: caller.call("POST", "/api/accounts", account))
    mappings = at_once(lambda caller: caller.call("POST", "/api/mappings", mapping))
    number = mappings[0].json()["id"]
    changes = at_once(
        lambda caller: caller.call(
            "PUT",
            f"/api/mappings/{number}",
            {"kook_channel_name": caller.name, "name_format": f"{caller.name} {{name}}"},
        )
    )
    return {"email": emails, "mapping": mappings, "change": changes}


def post_events(relay: Relay, account_id: int, channel_id: str) -> list[str]:
    return [event(account_id, channel_id, relay) for _ in range(EVENTS_PER_CHANNEL)]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    contract = documented.load()
    with running_relay(tmp_path_factory.mktemp("parallel"), {"TIME_ZONE": zone_at_noon()}) as relay:
        account_id = relay.add_account("events@example.com")["account_id"]
        for channel_id in CHANNELS:
            relay.configure_destinations(channel_id)
        refusal = Fault(answer=Answer.of_json({"code": 50006, "message": "Cannot send an empty message"}, status=400))
        relay.stage.platforms["discord"].script(*[refusal] * REFUSED_BY_DISCORD)
        callers = [Caller(relay, f"caller{number}", contract) for number in range(WORKERS)]
        with ThreadPoolExecutor(WORKERS + len(CHANNELS)) as pool:
            contended = contend(callers, pool)
            kinds = ("accounts", "bots", "mappings")
            before = {kind: [row["id"] for row in relay.call("GET", f"/api/{kind}").json()["data"]] for kind in kinds}
            posting = [pool.submit(post_events, relay, account_id, channel_id) for channel_id in CHANNELS]
            working = [pool.submit(caller.work, CALLS_PER_WORKER) for caller in callers]
            posted = [message_id for one in posting for message_id in one.result()]
            for one in working:
                one.result()
        relay.wait_until_idle(len(posted) * len(PLATFORMS), deadline_seconds=60)
        yield Busy(relay, callers, before, posted, contended)


def test_two_thousand_calls_were_made_and_none_failed(busy: Busy) -> None:
    statuses = sum((caller.statuses for caller in busy.callers), Counter())
    assert statuses.total() >= WORKERS * CALLS_PER_WORKER
    assert set(statuses) <= {200, 201, 204, 404, 409}


@pytest.mark.parametrize("kind", ["accounts", "bots", "mappings"])
def test_the_lists_hold_what_was_made_and_not_deleted(busy: Busy, kind: str) -> None:
    expected = {key: row for caller in busy.callers for key, row in caller.kept[kind].items()}
    assert len(expected) == sum(len(caller.kept[kind]) for caller in busy.callers), "an id was given out twice"
    found = {row["id"]: row for row in configured(busy.get(f"/api/{kind}")["data"])}
    assert {key: row for key, row in found.items() if key not in busy.before[kind]} == expected
    assert set(busy.before[kind]) <= set(found)


def test_every_event_arrived_once_on_every_platform(busy: Busy) -> None:
    for platform in PLATFORMS:
        texts = [message.text for message in busy.relay.received(platform)]
        arrived = Counter(message_id for message_id in busy.posted for text in texts if message_id in text)
        assert set(arrived.values()) == {1}
        assert len(arrived) == len(busy.posted) - (REFUSED_BY_DISCORD if platform == "discord" else 0)


def test_the_log_holds_every_delivery_once(busy: Busy) -> None:
    rows = busy.rows()
    deliveries = Counter((row["kook_message_id"], row["target_platform"]) for row in rows)
    assert set(deliveries) == {(message_id, platform) for message_id in busy.posted for platform in PLATFORMS}
    assert set(deliveries.values()) == {1}
    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)


def test_totals_are_those_of_the_rows(busy: Busy) -> None:
    rows = busy.rows()
    assert Counter(row["status"] for row in rows) == {
        "success": len(busy.posted) * len(PLATFORMS) - REFUSED_BY_DISCORD,
        "failed": REFUSED_BY_DISCORD,
    }
    assert busy.relay.logs(limit=1)["total"] == len(rows)
    for query in QUERIES:
        wanted = {COLUMNS[name]: value for name, value in query.items()}
        expected = sum(wanted.items() <= {key: row[key] for key in wanted}.items() for row in rows)
        assert busy.relay.logs(limit=1, **query)["total"] == expected, query


def test_statistics_are_those_of_the_rows(busy: Busy) -> None:
    rows = busy.rows()
    delivered = [row["latency_ms"] for row in rows if row["status"] == "success"]
    for period in ("today", "week", "month"):
        statistics = busy.get(f"/api/logs/stats?period={period}")
        assert statistics["total"] == len(rows)
        assert (statistics["success"], statistics["failed"]) == (len(delivered), REFUSED_BY_DISCORD)
        assert statistics["success_rate"] == round(100 * len(delivered) / len(rows), 1)
        assert statistics["avg_latency_ms"] == pytest.approx(sum(delivered) / len(delivered), abs=1)
        assert {platform: statistics["by_platform"][platform] for platform in PLATFORMS} == Counter(
            row["target_platform"] for row in rows
        )


def test_the_systems_counts_are_those_of_the_lists(busy: Busy) -> None:
    status = busy.get("/api/system/status")
    for kind, name in (("accounts", "account_count"), ("bots", "bot_count"), ("mappings", "mapping_count")):
        assert status[name] == len(busy.get(f"/api/{kind}")["data"])
    assert status["queue_size"] == 0


def test_of_the_same_thing_made_at_once_there_is_one(busy: Busy) -> None:
    contended = busy.contended
    assert Counter(answer.status_code for answer in contended["email"]) == {201: 1, 409: WORKERS - 1}
    assert Counter(answer.status_code for answer in contended["mapping"]) == {201: 1, 200: WORKERS - 1}
    assert len({answer.json()["id"] for answer in contended["mapping"]}) == 1


def test_of_changes_made_at_once_one_stands_whole(busy: Busy) -> None:
    answers = [answer.json()["data"] for answer in busy.contended["change"]]
    number = answers[0]["id"]
    stands = busy.get(f"/api/mappings/{number}")["data"]
    assert stands["name_format"] == f"{stands['kook_channel_name']} {{name}}"
    assert stands in answers
