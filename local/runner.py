"""The embedded stack: engines, tables, queues, functions and front door in one process, from start to clean stop."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import socket
import sys
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from botocore.exceptions import BotoCoreError, ClientError

from local.configuration import (
    BINARY_PATHS,
    AdminPassword,
    ApiToken,
    Endpoints,
    FunctionEnvironment,
    adopt_environment,
    embedded_variables,
    ensure_admin_password,
    ensure_api_token,
    ensure_data_key,
    operator_variables,
)
from local.data_folder import DataFolder
from local.engines.layout import EngineKind, EngineLayout, EnginesMissing, InstalledEngines, installed_engines
from local.engines.process import LOOPBACK
from local.environment import variables_set
from local.event_sources import STOPPABLE_LONG_POLL_SECONDS, EventSourceSwitch
from local.front_pages import FrontPages
from local.gateway import FrontDoor
from local.http_routes import RouteTable
from local.intrinsics import TemplateError
from local.invoke import Calls, FunctionRunner, ThreadCalls, concurrency_of, load_handler, threads_for
from local.listening import address_error, claim_address
from local.messages import EmbeddedStackError
from local.missed_events import backfill_gap, begin_backfills
from local.pollers import QueuePoller
from local.provision import engine_client, provision
from local.queue_client import LONG_POLL_SECONDS, SqsJsonClient
from local.sandboxes import SandboxContents, SandboxDidNotStart, SandboxPool, available_cores, default_sandbox_count
from local.schedules import ScheduleRunner
from local.state_engines import StateEngines, engine_session
from local.sweeper import Sweeper
from local.template import Addresses, Template
from local.template_reader import read_template
from local.websockets import WebSocketGateway
from shared.aws.settings import Settings

_BACKLOG: Final = 512
_REQUEST_DRAIN_SECONDS: Final = 10.0
_MAX_REQUEST_LINE_BYTES: Final = 64 * 1024
_FUNCTION_DRAIN_SECONDS: Final = 20.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunnerOptions:
    """``port`` 0 takes a free one."""

    template_path: Path
    data_dir: Path
    port: int
    host: str = LOOPBACK


@dataclass(frozen=True)
class Started:
    """What the operator is told once the stack is ready. ``api_token`` and ``admin_password`` are None for a template
    without the relay."""

    base_url: str
    websocket_url: str
    data_dir: Path
    engine_kind: EngineKind
    api_token: ApiToken | None
    seconds: float
    admin_password: AdminPassword | None = None


class Runner:
    """One run of the embedded stack. Use ``start``, then ``wait``, and always ``stop``."""

    def __init__(self, options: RunnerOptions, settings: Settings) -> None:
        self._options = options
        self._settings = settings
        self._cleanup = contextlib.AsyncExitStack()
        self._functions: dict[str, FunctionRunner] = {}
        self._pollers: list[QueuePoller] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> Started:
        """Start everything. Raises EmbeddedStackError for what the operator can mend; ``stop`` cleans up then too."""
        started_at = time.monotonic()
        template = self._read_template()
        template_digest = hashlib.sha256(self._options.template_path.read_bytes()).hexdigest()
        folder = DataFolder.open(self._options.data_dir)
        self._cleanup.callback(folder.close)
        listener = claim_address(self._options.host, self._options.port)
        self._cleanup.callback(listener.close)
        port = listener.getsockname()[1]
        session = await self._cleanup.enter_async_context(engine_session())
        installed = self._installed_engines(folder)
        self._engines = StateEngines(installed, template, folder.path, session, self._handles_in_hand)
        self._cleanup.push_async_callback(self._engines.stop)
        dynamodb_url, sqs_url = await self._engines.start()

        websockets = None
        management_url = ""
        if template.websocket_api is not None:
            websockets = WebSocketGateway(template.websocket_api, self._functions)
            management_url = await self._serve_management(websockets)
        base_url = f"http://{LOOPBACK}:{port}"
        websocket_url = f"ws://{LOOPBACK}:{port}/ws" if websockets is not None else ""
        endpoints = Endpoints(dynamodb_url, sqs_url, management_url)
        dynamodb, sqs = engine_client("dynamodb", dynamodb_url), engine_client("sqs", sqs_url)
        queue_urls = await asyncio.to_thread(provision, template, dynamodb, sqs, sqs_url)
        addresses = Addresses(queue_urls, base_url, websocket_url, management_url)
        api_token, admin_password = await self._prepare_relay(
            template, addresses, endpoints, folder.path, port, dynamodb
        )

        if api_token is not None:
            await asyncio.to_thread(begin_backfills)
        self._start_background(template, queue_urls, SqsJsonClient(session, sqs_url), dynamodb)
        if installed.kind is EngineKind.DURABLE:
            self._spawn(Sweeper(template.tables.values(), dynamodb).run(), "sweeper")
        if api_token is not None:
            self._start_kook_gateways()
        await self._serve_front_door(template, websockets, listener)
        self._write_status(folder, port, base_url, template_digest)
        seconds = time.monotonic() - started_at
        return Started(base_url, websocket_url, folder.path, installed.kind, api_token, seconds, admin_password)

    async def wait(self, stop: asyncio.Event) -> None:
        """Return when asked to stop. Raises what broke a background task."""
        waiting = asyncio.create_task(stop.wait())
        pending = {waiting, *self._tasks, *self._engines.watchers}
        try:
            while not waiting.done():
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            waiting.cancel()

    async def stop(self) -> None:
        """Stop in reverse order of start: no new requests, running work ends, then the engines."""
        await self._cleanup.aclose()

    def still_running(self) -> int:
        """Calls that did not end although their time was up; their threads keep the interpreter from exiting."""
        return sum(function.running for function in self._functions.values())

    # --- parts of the start ---

    def _read_template(self) -> Template:
        try:
            return read_template(self._options.template_path)
        except TemplateError as error:
            raise EmbeddedStackError("bad_template", reason=error) from None

    def _installed_engines(self, folder: DataFolder) -> InstalledEngines:
        try:
            engines = installed_engines(EngineLayout.from_environment())
        except EnginesMissing as error:
            raise EmbeddedStackError("engines_missing", reason=error) from None
        folder.claim_for_engine(engines.kind)
        return engines

    async def _serve_management(self, websockets: WebSocketGateway) -> str:
        """Serve ``@connections`` on a loopback port of its own, where no client of the front door can reach it."""
        runner = web.AppRunner(websockets.management_application(), access_log=None)
        await runner.setup()
        self._cleanup.push_async_callback(runner.cleanup)
        listener = claim_address(LOOPBACK, 0)
        await web.SockSite(runner, listener, backlog=_BACKLOG).start()
        return f"http://{LOOPBACK}:{listener.getsockname()[1]}"

    async def _prepare_relay(
        self, template: Template, addresses: Addresses, endpoints: Endpoints, data_dir: Path, port: int, dynamodb: Any
    ) -> tuple[ApiToken | None, AdminPassword | None]:
        """Set the functions' environment, make keys, token and password, import the functions."""
        environment = FunctionEnvironment(template, addresses, operator_variables(self._settings, os.environ))
        embedded = embedded_variables(self._settings, data_dir, port, endpoints)
        adopt_environment({**environment.shared, **embedded})
        ensure_data_key(embedded["DATA_KEY_FILE"])
        api_token = admin_password = None
        config_table = environment.shared.get("CONFIG_TABLE")
        if config_table in {table.name for table in template.tables.values()}:
            try:
                api_token = ensure_api_token(dynamodb, config_table, self._settings.api_token)
                admin_password = ensure_admin_password(dynamodb, config_table, self._settings.admin_password)
            except (ClientError, BotoCoreError) as error:
                raise EmbeddedStackError("provisioning_failed", reason=error) from None
        if str(template.root) not in sys.path:
            sys.path.insert(0, str(template.root))
        await self._load_functions(template, environment)
        return api_token, admin_password

    async def _load_functions(self, template: Template, environment: FunctionEnvironment) -> None:
        """What reads queues runs in sandboxes, everything else in threads of this process."""
        wanted = self._settings.function_processes
        count = default_sandbox_count(available_cores()) if wanted is None else wanted
        sandboxed = [function for function in template.functions.values() if function.queue_sources and count]
        pool = SandboxPool(SandboxContents(sandboxed, environment.per_function, template.root), count)
        if sandboxed:
            self._cleanup.push_async_callback(pool.stop)
            await pool.spawn()
        # They import theirs while this process imports its own.
        for function in template.functions.values():
            concurrency = concurrency_of(function)
            where: Calls = pool
            if function not in sandboxed:
                with variables_set(environment.per_function[function.logical_id]):
                    handler = load_handler(function, template.root)
                where = ThreadCalls(function.logical_id, handler, threads_for(concurrency))
            runner = FunctionRunner(function, where, concurrency)
            self._functions[function.logical_id] = runner
            self._cleanup.callback(runner.close)
        if sandboxed:
            try:
                await pool.wait_ready()
            except SandboxDidNotStart as error:
                raise EmbeddedStackError("sandbox_failed", reason=error) from None

    def _start_background(
        self, template: Template, queue_urls: Mapping[str, str], client: SqsJsonClient, dynamodb: Any
    ) -> None:
        self._cleanup.push_async_callback(self._drain_functions)
        stoppable = frozenset(filter(None, os.environ.get("EVENT_SOURCE_MAPPINGS", "").split(",")))
        stoppable_pollers: list[QueuePoller] = []
        for function in template.functions.values():
            invoke = self._functions[function.logical_id].invoke
            for source in function.queue_sources:
                stops = source.mapping_id in stoppable
                wait_seconds = STOPPABLE_LONG_POLL_SECONDS if stops else LONG_POLL_SECONDS
                queue, url = template.queues[source.queue], queue_urls[source.queue]
                poller = QueuePoller(source, queue, url, client, invoke, wait_seconds)
                self._pollers.append(poller)
                if stops:
                    stoppable_pollers.append(poller)
            for schedule in function.schedules:
                try:
                    scheduled = ScheduleRunner(schedule, invoke)
                except TemplateError as error:
                    raise EmbeddedStackError("bad_template", reason=error) from None
                self._spawn(scheduled.run(), f"schedule {schedule.name}")
        self._follow_switch(stoppable_pollers, dynamodb)
        for number, poller in enumerate(self._pollers, 1):
            self._spawn(poller.run(), f"poller {number}")

    def _start_kook_gateways(self) -> None:
        """Connect the accounts whose events come from KOOK's gateway; in a stop they are the first to end."""
        # Imported here: a template without the relay needs nothing of it.
        from local.kook_gateway_composition import run_kook_gateways

        self._spawn(run_kook_gateways(events_missed=backfill_gap), "kook gateways")
        self._cleanup.push_async_callback(_end, self._tasks[-1])

    def _follow_switch(self, pollers: Sequence[QueuePoller], dynamodb: Any) -> None:
        """A service that was stopped stays stopped: before the first poll, not a second after it."""
        if not pollers:
            return
        switch = EventSourceSwitch(dynamodb, os.environ["CONFIG_TABLE"], pollers)
        try:
            switch.follow(switch.wanted())
        except (ClientError, BotoCoreError) as error:
            raise EmbeddedStackError("provisioning_failed", reason=error) from None
        self._spawn(switch.run(), "event source switch")

    async def _serve_front_door(
        self, template: Template, websockets: WebSocketGateway | None, listener: socket.socket
    ) -> None:
        routes = RouteTable(
            (route, function.logical_id) for function in template.functions.values() for route in function.http_routes
        )
        pages = FrontPages(self._settings.monitor_theme_dir)
        front_door = FrontDoor(routes, self._functions, websockets, BINARY_PATHS, pages)
        # Without auto_decompress=False aiohttp would unpack bodies, which API Gateway does not, and without a bound.
        runner = web.AppRunner(
            front_door.application(),
            access_log=None,
            auto_decompress=False,
            # aiohttp refuses a longer line with a text of its own, before any area could answer in its contract's form.
            max_line_size=_MAX_REQUEST_LINE_BYTES,
            max_field_size=_MAX_REQUEST_LINE_BYTES,
            shutdown_timeout=_REQUEST_DRAIN_SECONDS,
        )
        await runner.setup()
        self._cleanup.push_async_callback(runner.cleanup)
        if websockets is not None:
            self._cleanup.push_async_callback(websockets.close_all)
        site = web.SockSite(runner, listener, backlog=_BACKLOG)
        try:
            await site.start()
        except OSError as error:  # another program bound the same port before either of the two listened
            raise address_error(error, self._options.host, listener.getsockname()[1]) from None
        self._cleanup.push_async_callback(site.stop)

    def _write_status(self, folder: DataFolder, port: int, base_url: str, template_digest: str) -> None:
        folder.write_status(
            {
                "pid": os.getpid(),
                "port": port,
                "base_url": base_url,
                "engines": self._engines.pids,
                "template_sha256": template_digest,
            }
        )
        self._cleanup.callback(folder.clear_status)

    # --- background ---

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))

    def _handles_in_hand(self) -> set[str]:
        return {handle for poller in self._pollers for handle in poller.receipt_handles_in_hand}

    async def _drain_functions(self) -> None:
        """Let pollers and schedules finish what they are at, within a bound."""
        await asyncio.gather(*(poller.drain(_FUNCTION_DRAIN_SECONDS) for poller in self._pollers))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(function.drain(_FUNCTION_DRAIN_SECONDS) for function in self._functions.values()))
        if self.still_running():
            logger.warning(
                "%d calls did not end in time; what they had not finished is done again", self.still_running()
            )


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
