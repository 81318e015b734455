"""The state engines with the template's tables and queues, and the functions in this process: one at a time, or as many
side by side as a benchmark wants. It takes the process's environment for good, so a benchmark uses one stage at most.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.machine import REPOSITORY_ROOT
from benchmarks.result import NotRun
from local.configuration import (
    Endpoints,
    FunctionEnvironment,
    adopt_environment,
    embedded_variables,
    ensure_data_key,
    load_settings,
    operator_variables,
)
from local.engines.dynoxide import dynoxide_spec
from local.engines.fauxqs import fauxqs_spec
from local.engines.layout import EngineKind, EngineLayout, EnginesMissing, installed_engines
from local.engines.process import EngineProcess, free_port
from local.invoke import Handler, LambdaContext, load_handler
from local.provision import engine_client, provision
from local.template import Addresses, Template
from local.template_reader import read_template

NOWHERE = "http://127.0.0.1:9"
API_TOKEN = "benchmark-token-5b1c7e-8d02af"


@dataclass(frozen=True)
class EngineStage:
    template: Template
    dynamodb_url: str
    sqs_url: str
    queue_urls: Mapping[str, str]

    def handler(self, name: str) -> Handler:
        return load_handler(self.template.functions[name], REPOSITORY_ROOT)

    def context(self, name: str) -> LambdaContext:
        function = self.template.functions[name]
        return LambdaContext(name, function.memory_mb, function.timeout_seconds)


@asynccontextmanager
async def engine_stage(
    folder: Path,
    environment: Mapping[str, str],
    in_front: Callable[[str], AbstractContextManager[str]] = nullcontext,
) -> AsyncIterator[EngineStage]:
    """``in_front`` is entered with an engine's address and gives the one that the functions are told.

    Raises NotRun where the engines are not installed."""
    try:
        engines = installed_engines(EngineLayout.from_environment())
    except EnginesMissing as missing:
        raise NotRun(f"{missing}: python -m local.engines.install") from None
    if engines.kind is not EngineKind.DURABLE:
        raise NotRun("dynoxide and fauxqs are not installed: python -m local.engines.install")
    specs = [dynoxide_spec(engines.layout, folder, free_port()), fauxqs_spec(engines, folder, free_port())]
    running: list[EngineProcess] = []
    async with aiohttp.ClientSession(trust_env=False) as session:
        fronts = ExitStack()
        try:
            for spec in specs:
                running.append(await EngineProcess.spawn(spec))
            for engine in running:
                await engine.wait_ready(session)
            dynamodb_url, sqs_url = (fronts.enter_context(in_front(spec.base_url)) for spec in specs)
            yield await asyncio.to_thread(_furnish, folder, environment, dynamodb_url, sqs_url)
        finally:
            fronts.close()
            for engine in running:
                await engine.stop()


def _furnish(folder: Path, environment: Mapping[str, str], dynamodb_url: str, sqs_url: str) -> EngineStage:
    os.environ.update({"API_TOKEN": API_TOKEN, **environment})
    template = read_template(REPOSITORY_ROOT / "template.yaml")
    settings = load_settings(Path(os.devnull))
    dynamodb: Any = engine_client("dynamodb", dynamodb_url)
    queue_urls = provision(template, dynamodb, engine_client("sqs", sqs_url), sqs_url)
    addresses = Addresses(queue_urls, NOWHERE, NOWHERE, NOWHERE)
    functions = FunctionEnvironment(template, addresses, operator_variables(settings, os.environ))
    embedded = embedded_variables(settings, folder, 1, Endpoints(dynamodb_url, sqs_url, NOWHERE))
    adopt_environment({**functions.shared, **embedded})
    ensure_data_key(embedded["DATA_KEY_FILE"])
    return EngineStage(template, dynamodb_url, sqs_url, queue_urls)
