"""Where the gateway connections meet the relay's services. To be called once the functions' environment is set."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from local.kook_gateway import KookGateways
from local.kook_gateway_client import GatewayServices
from local.kook_gateway_socket import AiohttpDialer
from shared.aws import clients
from shared.aws.settings import settings
from shared.kook.webhook_composition import EventsQueue
from shared.outside_composition import clock_ms, kook_clients, vault
from shared.relay.configuration_store import ConfigurationStore
from shared.relay.gateway_records import DynamoGatewayRecords
from shared.security.outbound import OutboundGuard
from shared.state_composition import configuration_store, configuration_table

# Queue and table calls of all accounts, a few milliseconds each.
_THREADS: Final = 8


async def run_kook_gateways(events_missed: Callable[[int], None]) -> None:
    """Keep the gateway connections of the accounts until cancelled.

    ``events_missed`` is called in a thread with the id of an account when events may have been lost between two
    sessions, for a backfill; it must not raise.
    """
    store, records = await asyncio.to_thread(_stores)
    dialer = AiohttpDialer(OutboundGuard(settings().outbound_allow), settings().outbound_proxy)
    threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="gateway")
    services = GatewayServices(
        find_gateway=lambda bot_token: kook_clients().of_bot(bot_token).gateway_index(compress=True),
        dialer=dialer,
        enqueue=EventsQueue(clients.client("sqs"), settings().events_queue_url),
        records=records,
        events_missed=events_missed,
        clock_ms=clock_ms,
        threads=threads,
        monotonic=time.monotonic,
        random=random.random,
    )
    try:
        await KookGateways(store.accounts, services).run()
    finally:
        await dialer.close()
        threads.shutdown(wait=False, cancel_futures=True)


def _stores() -> tuple[ConfigurationStore, DynamoGatewayRecords]:
    store = configuration_store()
    records = DynamoGatewayRecords(configuration_table(), vault(), clock_ms)
    return store, records
