"""A month's closed deliveries with their counters, and load records of monitored nodes: as many as wanted, the same
within a channel, a day and a chart whatever their number."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from shared import monitor_composition
from shared.monitor.models import LoadRecord, Node
from shared.monitor.resolutions import resolution_for, slot_start
from shared.platforms.base import Part
from shared.relay.counters import DAY_SHARDS, CounterRow
from shared.relay.deliveries import new_log_id
from shared.relay.delivery_rows import DeliveryRow, log_channel_scope, log_scope, pack_parts
from shared.relay.times import iso_utc
from shared.state_composition import delivery_counters, delivery_store

CHANNEL = "5823400000000000"
ROWS_OF_THE_CHANNEL = 150
NODE = "5b6e0c1a-0000-4000-8000-000000000001"
CHART_HOURS = 24
_DAYS = 30
_PLATFORMS = ("discord", "telegram", "feishu")
_FAILED_SHARE = 0.05
_PRESERVE_HOURS = 720
_NODES_BESIDES = 50


def load_deliveries(count: int) -> None:
    """ROWS_OF_THE_CHANNEL of them in CHANNEL, the others in two hundred more, spread over _DAYS days."""
    delivery_store()  # binds the rows
    dice = random.Random(count)
    now_ms = time.time_ns() // 1_000_000
    parts = pack_parts([Part("text", "An ordinary message, of about the length that people write in a chat.")])
    counters: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    with DeliveryRow.batch_write() as batch:
        for number in range(count):
            created_at_ms = now_ms - int((number + dice.random()) / count * _DAYS * 86_400_000)
            is_ours = number % max(1, count // ROWS_OF_THE_CHANNEL) == 0
            channel = CHANNEL if is_ours else f"{CHANNEL[:-3]}{1 + dice.randrange(200):03}"
            platform = dice.choice(_PLATFORMS)
            status = "failed" if dice.random() < _FAILED_SHARE else "success"
            batch.save(_delivery(number, created_at_ms, channel, platform, status, parts, dice))
            day = delivery_counters().day_of(created_at_ms)
            for key in (("day", f"{day}#{dice.randrange(DAY_SHARDS)}"), (f"channel#{channel}", day)):
                counters[key][f"{status}_{platform}"] += 1
                counters[key]["latency_ms_sum"] += 250
    with CounterRow.batch_write() as batch:
        for (pk, sk), numbers in counters.items():
            batch.save(CounterRow(pk, sk, expires_at=now_ms // 1000 + 90 * 86_400, **numbers))


def _delivery(
    number: int, created_at_ms: int, channel: str, platform: str, status: str, parts: bytes, dice: random.Random
) -> DeliveryRow:
    return DeliveryRow(
        f"message-{number:07}",
        1,
        generation=1,
        status=status,
        platform=platform,
        bot_id=1,
        account_id=1,
        destination_key=f"{platform}:1",
        target_channel="",
        parts=parts,
        sent_parts=1,
        platform_message_ids=[[str(1_300_000_000_000_000_000 + number)]],
        kook_channel_id=channel,
        kook_channel_name="频道",
        content="An ordinary message, of about the length that people write in a chat.",
        message_type="text",
        sender_name="测量员",
        received_at_ms=created_at_ms,
        created_at_ms=created_at_ms,
        created_at=iso_utc(created_at_ms),
        closed_at_ms=created_at_ms + 250,
        attempts=0,
        unknown_attempts=0,
        possible_duplicate=False,
        in_flight=False,
        latency_ms=250,
        notes=[],
        log_id=new_log_id(created_at_ms, dice.getrandbits(11)),
        log_scope=log_scope(status, platform),
        log_channel_scope=log_channel_scope(channel, status, platform),
        expires_at=created_at_ms // 1000 + 90 * 86_400,
    )


def load_nodes(count: int) -> None:
    """Load records: those of NODE's chart, the rest of other nodes."""
    records, now = monitor_composition.monitor_records(), int(time.time())
    made = iso_utc(now * 1000)
    node = Node(uuid=NODE, name="node", token="benchmark-token-of-a-node-1", created_at=made, updated_at=made)
    monitor_composition.monitor_nodes().add(node)
    resolution = resolution_for(CHART_HOURS * 3600)
    slots = list(range(slot_start(now - CHART_HOURS * 3600, resolution), now, resolution))
    records.put_all([_record(NODE, start) for start in slots], resolution, _PRESERVE_HOURS)
    rest = max(0, count - len(slots))
    for start in range(0, rest, 1000):
        some = range(start, min(start + 1000, rest))
        records.put_all(list(_records_of_others(some, now, resolution)), resolution, _PRESERVE_HOURS)


def _records_of_others(numbers: Iterable[int], now: int, resolution: int) -> Iterable[LoadRecord]:
    for number in numbers:
        uuid = f"{NODE[:-4]}{1000 + number % _NODES_BESIDES}"
        yield _record(uuid, slot_start(now, resolution) - number // _NODES_BESIDES * resolution)


def _record(uuid: str, at_seconds: int) -> LoadRecord:
    gib: Any = 2**30
    return LoadRecord(
        client=uuid,
        at_seconds=at_seconds,
        cpu=at_seconds % 100 + 0.25,
        ram=at_seconds % 16 * gib,
        ram_total=16 * gib,
        load=1.25,
        disk=100 * gib,
        disk_total=512 * gib,
        net_in=67_890,
        net_out=12_345,
        net_total_up=123_456_789_012,
        net_total_down=987_654_321_098,
        process=210,
        connections=at_seconds % 500,
    )
