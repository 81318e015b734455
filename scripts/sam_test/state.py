"""The stack's tables and queues on the state engines of `make run`, for as long as the test runs."""

# ruff: noqa: S603

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from local.engines.dynoxide import dynoxide_spec
from local.engines.fauxqs import fauxqs_spec
from local.engines.layout import EngineKind, EngineLayout, EnginesMissing, installed_engines
from local.engines.process import EngineSpec, free_port
from local.provision import engine_client, provision
from local.template import Template
from local.template_reader import read_template
from scripts.sam_test.sam import ROOT
from scripts.trial_processes import end_process

_STOP_SECONDS = 15


class StateUnavailable(Exception):
    """The state engines cannot be used; the text says why."""


class State:
    """Empty tables and queues as the template describes them. The ports are the engines' own, on loopback."""

    def __init__(self, template: Template, dynamodb_port: int, sqs_port: int) -> None:
        self.dynamodb_port = dynamodb_port
        self.sqs_port = sqs_port
        sqs_endpoint = f"http://127.0.0.1:{sqs_port}"
        self._sqs = engine_client("sqs", sqs_endpoint)
        dynamodb = engine_client("dynamodb", f"http://127.0.0.1:{dynamodb_port}")
        self._urls = provision(template, dynamodb, self._sqs, sqs_endpoint)
        self._tables = {table.logical_id: table.name for table in template.tables.values()}

    @property
    def logical_ids(self) -> dict[str, str]:
        """The template's logical id of each table's name and queue's URL."""
        return {place: logical_id for logical_id, place in (self._tables | self._urls).items()}

    def variables(self, names: Mapping[str, Any]) -> dict[str, str]:
        """The given environment variables (name: reference) that lead to a table or queue, with their real values."""
        places = self._tables | self._urls
        references = {name: value["Ref"] for name, value in names.items() if isinstance(value, dict) and "Ref" in value}
        return {name: places[target] for name, target in references.items() if target in places}

    def take(self, queue: str) -> list[str]:
        """Receive and delete what is in a queue now. Returns the bodies."""
        bodies = []
        url = self._urls[queue]
        while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                bodies.append(message["Body"])
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies


@contextlib.contextmanager
def state(folder: Path) -> Iterator[State]:
    """Start the engines with their data under ``folder``. Raises StateUnavailable."""
    try:
        engines = installed_engines(EngineLayout.from_environment())
    except EnginesMissing as error:
        raise StateUnavailable(str(error)) from None
    if engines.kind is not EngineKind.DURABLE:
        raise StateUnavailable("dynoxide and fauxqs are not installed here, only their stand-in")
    specs = (dynoxide_spec(engines.layout, folder, free_port()), fauxqs_spec(engines, folder, free_port()))
    with contextlib.ExitStack() as stack:
        for spec in specs:
            stack.enter_context(_running(spec))
        for spec in specs:
            _wait_until_it_listens(spec)
        yield State(read_template(ROOT / "template.yaml"), specs[0].port, specs[1].port)


@contextlib.contextmanager
def _running(spec: EngineSpec) -> Iterator[None]:
    spec.log_file.parent.mkdir(parents=True, exist_ok=True)
    with spec.log_file.open("wb") as log:
        process = subprocess.Popen(
            list(spec.command), env=dict(spec.environment), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield
    finally:
        end_process(process, _STOP_SECONDS)


def _wait_until_it_listens(spec: EngineSpec) -> None:
    deadline = time.monotonic() + spec.ready_deadline_seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", spec.port), timeout=1):
            return
        time.sleep(0.05)
    raise StateUnavailable(f"{spec.name} does not start; see {spec.log_file}")
