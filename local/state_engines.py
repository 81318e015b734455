"""The engines that hold the tables and queues of the embedded stack, and what fauxqs has to be told after it died."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path

import aiohttp

from local.engines.dynoxide import dynoxide_spec
from local.engines.fauxqs import FAUXQS, fauxqs_spec, release_interrupted_messages
from local.engines.layout import EngineKind, InstalledEngines
from local.engines.ministack import ministack_spec
from local.engines.process import EngineSpec, free_port
from local.engines.supervisor import EngineSupervisor
from local.template import Template

logger = logging.getLogger(__name__)


def engine_session() -> aiohttp.ClientSession:
    # Each queue has a long poll open; none may keep another from deleting.
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), trust_env=False)


class StateEngines:
    """``handles_in_hand`` tells the receipt handles of the messages that are being worked on."""

    def __init__(
        self,
        installed: InstalledEngines,
        template: Template,
        data_dir: Path,
        session: aiohttp.ClientSession,
        handles_in_hand: Callable[[], Set[str]],
    ) -> None:
        self._installed = installed
        self._data_dir = data_dir
        self._timeouts = _timeouts_by_queue(template)
        self._handles_in_hand = handles_in_hand
        self._supervisor = EngineSupervisor(
            make_specs=self._specs,
            before_start=lambda: release_interrupted_messages(data_dir, self._timeouts),
            before_restart=self._release_lost_messages,
            data_dir=data_dir,
            session=session,
        )

    @property
    def pids(self) -> Mapping[str, int]:
        return self._supervisor.pids

    @property
    def watchers(self) -> Sequence[asyncio.Task[None]]:
        """One task an engine; none of them ends by itself."""
        return self._supervisor.watchers

    async def start(self) -> tuple[str, str]:
        """The base URLs of DynamoDB and SQS. Raises EmbeddedStackError."""
        specs = await self._supervisor.start()
        return specs[0].base_url, specs[-1].base_url

    async def stop(self) -> None:
        await self._supervisor.stop()

    def _specs(self) -> Sequence[EngineSpec]:
        layout = self._installed.layout
        if self._installed.kind is EngineKind.MINISTACK:
            return [ministack_spec(layout, self._data_dir, free_port())]
        return [
            dynoxide_spec(layout, self._data_dir, free_port()),
            fauxqs_spec(self._installed, self._data_dir, free_port()),
        ]

    def _release_lost_messages(self, engine: str) -> None:
        """Messages that fauxqs died with before they reached a poller must not wait for their visibility timeout."""
        if engine != FAUXQS:
            return
        in_hand = self._handles_in_hand()
        released = release_interrupted_messages(self._data_dir, self._timeouts, still_worked_on=in_hand)
        logger.info("%d messages were on their way to nobody when the engine ended", released)


def _timeouts_by_queue(template: Template) -> dict[str, int]:
    """How long the function that reads a queue may take, by the queue's name."""
    return {
        template.queues[source.queue].name: function.timeout_seconds
        for function in template.functions.values()
        for source in function.queue_sources
    }
