"""Whether everything the relay needs is there, measured: stores, queues, KOOK's view of the accounts."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from shared.aws.queue_depths import QueueDepth, QueuesUnavailable
from shared.aws.store_failures import StoreUnavailable
from shared.relay.destination_health import BotList, DestinationsHealth, StatesOf, destinations_health
from shared.relay.health_hints import Hint
from shared.relay.kook_presence import Presence
from shared.relay.machine_health import MachineList, MachinesHealth, machines_health
from shared.relay.models import Account
from shared.relay.service_switch import ServiceState
from shared.relay.time_limits import within

logger = logging.getLogger("kook_relay.health")

Overall: TypeAlias = Literal["healthy", "degraded", "unhealthy"]
StoreStatus: TypeAlias = Literal["up", "down"]
WorkerStatus: TypeAlias = Literal["running", "starting", "stopping", "stopped", "unknown"]


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """``latency_ms`` of one read; None when there was no answer."""

    status: StoreStatus
    table: str
    latency_ms: int | None
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """``oldest_at`` is when the oldest open delivery of the platform was created (UTC ISO 8601), None for none."""

    depth: QueueDepth
    oldest_at: str | None


@dataclass(frozen=True, slots=True)
class WorkerHealth:
    status: WorkerStatus
    queues: tuple[QueueHealth, ...]
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountHealth:
    """``status`` is what the operator wants, ``kook`` what KOOK says."""

    account_id: int
    status: str
    kook: Presence


@dataclass(frozen=True, slots=True)
class ScrapersHealth:
    """The KOOK accounts, by the contract's name. ``active`` ones are running and not known to be offline at KOOK.
    ``last_event_at`` is UTC ISO 8601, None before the first event."""

    total: int
    active: int
    accounts: tuple[AccountHealth, ...]
    last_event_at: str | None
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True)
class HealthReport:
    overall: Overall
    configuration: StoreHealth
    deliveries: StoreHealth
    worker: WorkerHealth
    scrapers: ScrapersHealth
    destinations: DestinationsHealth
    machines: MachinesHealth


class Probe(Protocol):
    """One table: a read of it that costs next to nothing."""

    table: str

    def read(self) -> None:
        """Raises StoreUnavailable."""


class OldestOpen(Protocol):
    def oldest_open_at(self, platform: str) -> str | None:
        """When the oldest open delivery was created, UTC ISO 8601. Raises StoreUnavailable."""


class Depths(Protocol):
    def depths(self) -> Sequence[QueueDepth]:
        """Raises QueuesUnavailable."""


class Service(Protocol):
    def state(self) -> ServiceState:
        """Raises StoreUnavailable."""


class AccountList(Protocol):
    def accounts(self) -> Sequence[Account]:
        """Raises StoreUnavailable."""


class Presences(Protocol):
    def of(self, accounts: Sequence[Account]) -> Mapping[int, Presence]: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until a component that says nothing counts as not answering. A stalled store is retried for longer than
    a gateway waits; all of these together stay well below its 29 seconds. KOOK is asked for up to 9 of them."""

    store_seconds: float = 3.0
    worker_seconds: float = 3.0
    scrapers_seconds: float = 10.0
    machines_seconds: float = 3.0
    destinations_seconds: float = 3.0


class HealthCheck:
    """``platforms`` are the queues that hold deliveries, ``machines`` those that other areas look after; ``stopwatch``
    is monotonic, in seconds."""

    def __init__(
        self,
        *,
        configuration: Probe,
        deliveries: Probe,
        oldest: OldestOpen,
        depths: Depths,
        service: Service,
        accounts: AccountList,
        presences: Presences,
        bots: BotList,
        destination_states: StatesOf,
        platforms: Sequence[str],
        machines: Sequence[MachineList] = (),
        stopwatch: Callable[[], float] = time.perf_counter,
        patience: Patience = Patience(),
    ) -> None:
        self._configuration = configuration
        self._deliveries = deliveries
        self._oldest = oldest
        self._depths = depths
        self._service = service
        self._accounts = accounts
        self._presences = presences
        self._bots = bots
        self._destination_states = destination_states
        self._platforms = frozenset(platforms)
        self._machines = tuple(machines)
        self._stopwatch = stopwatch
        self._patience = patience

    def report(self) -> HealthReport:
        """Never raises for what a component does: saying so is what it is for."""
        configuration = self._store(self._configuration)
        deliveries = self._store(self._deliveries)
        worker = self._worker()
        scrapers = self._scrapers()
        patience = self._patience.destinations_seconds
        destinations = destinations_health(self._bots, self._destination_states, patience)
        down = "down" in (configuration.status, deliveries.status) or worker.status == "unknown"
        # A relay that was given no account yet has nothing wrong with it.
        amiss = [hint for hint in (*worker.hints, *scrapers.hints, *destinations.hints) if hint.key != "no_accounts"]
        overall: Overall = "unhealthy" if down else "degraded" if amiss else "healthy"
        # A machine that was switched off is worth knowing and nothing that keeps the relay from its work.
        machines = machines_health(self._machines, self._patience.machines_seconds)
        return HealthReport(overall, configuration, deliveries, worker, scrapers, destinations, machines)

    def _store(self, probe: Probe) -> StoreHealth:
        started_at = self._stopwatch()
        try:
            within(self._patience.store_seconds, probe.read)
        except (StoreUnavailable, TimeoutError):
            return StoreHealth("down", probe.table, None, (Hint("store_down", {"table": probe.table}),))
        return StoreHealth("up", probe.table, round((self._stopwatch() - started_at) * 1000))

    def _worker(self) -> WorkerHealth:
        try:
            depths = within(self._patience.worker_seconds, self._depths.depths)
        except TimeoutError:
            return WorkerHealth("unknown", (), (Hint("queues_unreachable"),))
        except QueuesUnavailable as error:
            logger.warning("queues not seen", extra={"detail": error.detail})
            return WorkerHealth("unknown", (), (Hint("queues_unreachable"),))
        try:
            state, queues = within(
                self._patience.worker_seconds,
                lambda: (
                    self._service.state(),
                    tuple(QueueHealth(depth, self._oldest_of(depth.name)) for depth in depths),
                ),
            )
        except (StoreUnavailable, TimeoutError):
            return WorkerHealth("unknown", tuple(QueueHealth(depth, None) for depth in depths))
        hints = [] if state.running else [Hint("service_stopped")]
        hints += [
            Hint("dead_letters", {"queue": depth.name, "count": depth.dead_letters})
            for depth in depths
            if depth.dead_letters
        ]
        return WorkerHealth(state.word, queues, tuple(hints))

    def _oldest_of(self, queue: str) -> str | None:
        return self._oldest.oldest_open_at(queue) if queue in self._platforms else None

    def _scrapers(self) -> ScrapersHealth:
        try:
            accounts, running, presences = within(self._patience.scrapers_seconds, self._asked_accounts)
        except StoreUnavailable:  # the store's own light is red
            return ScrapersHealth(0, 0, (), None)
        except TimeoutError:
            return ScrapersHealth(0, 0, (), None, (Hint("accounts_not_seen"),))
        active = [account for account in running if presences[account.id] not in ("offline", "refused")]
        shown = tuple(AccountHealth(one.id, one.status, presences.get(one.id, "unknown")) for one in accounts)
        seen = [account.last_active for account in accounts if account.last_active]
        hints = _account_hints(accounts, running, presences)
        return ScrapersHealth(len(accounts), len(active), shown, max(seen, default=None), hints)

    def _asked_accounts(self) -> tuple[Sequence[Account], list[Account], Mapping[int, Presence]]:
        """All accounts, the running ones, and what KOOK says of those."""
        accounts = self._accounts.accounts()
        running = [account for account in accounts if account.status == "online"]
        return accounts, running, self._presences.of(running)


def _account_hints(
    accounts: Sequence[Account], running: Sequence[Account], presences: Mapping[int, Presence]
) -> tuple[Hint, ...]:
    if not accounts:
        return (Hint("no_accounts"),)
    if not running:
        return (Hint("none_running"),)
    words: Mapping[Presence, str] = {
        "offline": "offline_at_kook",
        "refused": "kook_refused",
        "unreachable": "kook_unreachable",
    }
    hints = []
    for presence, key in words.items():
        ids = [str(account.id) for account in running if presences[account.id] == presence]
        if ids:
            hints.append(Hint(key, {"accounts": ", ".join(ids)}))
    return tuple(hints)
