"""Deliveries that wait to be made: their records written and their orders queued, as routing leaves them."""

from __future__ import annotations

import itertools
import random
import time

from benchmarks.engine_stage import EngineStage
from benchmarks.relay_stage import configure_relay, kook_channel
from benchmarks.relayed_messages import control_api


class WaitingRecords:
    """For ``destinations`` webhooks of the receiver, each behind a channel of its own."""

    def __init__(self, stage: EngineStage, destinations: int) -> None:
        self._destinations = destinations
        self._dice = random.Random(20261121)
        configure_relay(control_api(stage), destinations)

    def add(self, name: str, count: int) -> None:
        """``count`` more, their texts "record NUMBER of NAME", spread evenly over the destinations."""
        from shared.aws.platform_queues import SqsPlatformQueues
        from shared.outside_composition import platform, queue
        from shared.platforms.base import Part
        from shared.relay.deliveries import NewDelivery, new_log_id
        from shared.relay.queue_messages import DeliveryOrder, Outgoing, group_id
        from shared.state_composition import configuration_store, delivery_store

        bots = {number: configuration_store().bot(number + 1) for number in range(self._destinations)}
        discord, store = platform("discord"), delivery_store()
        orders = []
        turns = itertools.cycle(range(self._destinations))
        for number in range(count):
            destination_number = next(turns)
            bot = bots[destination_number]
            assert bot is not None
            destination = discord.destination(bot.id, bot.config, "")
            text, now_ms = f"record {number} of {name}", time.time_ns() // 1_000_000
            new = NewDelivery(
                message_id=f"{name}-{number}",
                mapping_id=destination_number + 1,
                platform="discord",
                bot_id=bot.id,
                destination_key=destination.key,
                target_channel_id="",
                parts=[Part("text", text)],
                kook_channel_id=kook_channel(destination_number),
                kook_channel_name=f"频道 {destination_number}",
                content=text,
                message_kind="text",
                sender_name="测量员",
                account_id=1,
                received_at_ms=now_ms,
                created_at_ms=now_ms,
                log_id=new_log_id(now_ms, self._dice.getrandbits(11)),
            )
            store.create(new)
            order = DeliveryOrder(new.message_id, new.mapping_id, generation=1)
            orders.append(Outgoing(order.to_body(), group_id(new.destination_key), order.deduplication_id))
        SqsPlatformQueues(queue).send("discord", orders)
