"""The relay at a glance: what GET /api/system/status answers."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.aws.queue_depths import QueueDepth, QueuesUnavailable
from shared.aws.store_failures import StoreUnavailable
from shared.relay.account_connections import AccountConnection
from shared.relay.models import Account, Bot
from shared.relay.models import Mapping as ChannelMapping
from shared.relay.service_switch import ServiceState
from shared.relay.time_limits import within

logger = logging.getLogger("kook_relay.system")

# Each of the queues and the store; what is stalled is retried for longer than a gateway waits.
ANSWER_LIMIT_SECONDS = 5.0


class Inventory(Protocol):
    """Every method may raise StoreUnavailable."""

    def accounts(self) -> Sequence[Account]: ...

    def bots(self) -> Sequence[Bot]: ...

    def mappings(self) -> Sequence[ChannelMapping]: ...


class Depths(Protocol):
    def depths(self) -> Sequence[QueueDepth]:
        """Raises QueuesUnavailable."""


class Service(Protocol):
    def state(self) -> ServiceState:
        """Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """Figures of a store or queue that does not answer are 0, and ``…_reachable`` says so; ``service`` is None when
    nobody can tell. ``offline_at_kook`` are the accounts that run and that KOOK has offline or refuses."""

    store_reachable: bool
    queues_reachable: bool
    service: ServiceState | None = None
    queue_size: int = 0
    account_count: int = 0
    active_accounts: int = 0
    bot_count: int = 0
    mapping_count: int = 0
    offline_at_kook: tuple[int, ...] = ()


class Connections(Protocol):
    def of(self, accounts: Sequence[Account]) -> Mapping[int, AccountConnection]:
        """How each account's events come in; never raises."""


# What the watch and the gateway say of accounts that run and whose events do not come.
_OFF = frozenset({"offline", "refused"})


class SystemOverview:
    def __init__(
        self,
        inventory: Inventory,
        depths: Depths,
        service: Service,
        connections: Connections,
        *,
        limit_seconds: float = ANSWER_LIMIT_SECONDS,
    ) -> None:
        self._inventory = inventory
        self._depths = depths
        self._service = service
        self._connections = connections
        self._limit_seconds = limit_seconds

    def status(self) -> SystemStatus:
        """Never raises for what the store or the queues do: saying so is what a status is for."""
        try:
            depths = within(self._limit_seconds, self._depths.depths)
            queue_size, queues_reachable = sum(depth.size for depth in depths), True
        except (QueuesUnavailable, TimeoutError) as error:
            detail = error.detail if isinstance(error, QueuesUnavailable) else "no answer in time"
            logger.warning("queues not seen", extra={"detail": detail})
            queue_size, queues_reachable = 0, False
        try:
            return within(self._limit_seconds, lambda: self._of_store(queue_size, queues_reachable))
        except (StoreUnavailable, TimeoutError):
            return SystemStatus(store_reachable=False, queues_reachable=queues_reachable, queue_size=queue_size)

    def _of_store(self, queue_size: int, queues_reachable: bool) -> SystemStatus:
        """Raises StoreUnavailable."""
        accounts = self._inventory.accounts()
        connections = self._connections.of(accounts)
        return SystemStatus(
            store_reachable=True,
            queues_reachable=queues_reachable,
            service=self._service.state(),
            queue_size=queue_size,
            account_count=len(accounts),
            active_accounts=sum(account.status == "online" for account in accounts),
            bot_count=len(self._inventory.bots()),
            mapping_count=len(self._inventory.mappings()),
            offline_at_kook=tuple(number for number, found in connections.items() if found.state in _OFF),
        )
