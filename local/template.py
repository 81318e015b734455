"""What the embedded stack runs of a SAM template: functions and their triggers, queues, tables, a WebSocket API.

local/template_reader.py fills these in; they know nothing of what the functions do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from local.intrinsics import ACCOUNT_ID, Intrinsics

STACK_NAME: Final = "kook-relay"
REGION: Final = "us-east-1"
_DEFAULT_VISIBILITY_SECONDS: Final = 30  # SQS's own


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """One HttpApi event. ``method`` is upper case or ``ANY``; ``path`` is ``$default`` for the catch-all."""

    method: str
    path: str

    @property
    def key(self) -> str:
        """The route key of an API Gateway event."""
        return self.path if self.path == "$default" else f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class QueueSource:
    """One SQS event source mapping; ``queue`` is the queue's logical id, ``mapping_id`` that of the mapping SAM makes,
    which stands for its UUID."""

    queue: str
    batch_size: int
    maximum_concurrency: int | None = None
    reports_item_failures: bool = False
    mapping_id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ScheduleSource:
    """One Schedule or ScheduleV2 event. ``input_json`` replaces the event when given; ``every_seconds`` takes the
    expression's place in a schedule of one machine, which AWS could not keep."""

    name: str
    expression: str
    scheduler: bool = False
    input_json: str | None = None
    every_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """``environment`` still holds intrinsic functions: see Template.environment."""

    logical_id: str
    code_path: Path
    handler: str
    timeout_seconds: int
    memory_mb: int
    reserved_concurrency: int | None
    environment: Mapping[str, Any]
    http_routes: tuple[HttpRoute, ...] = ()
    queue_sources: tuple[QueueSource, ...] = ()
    schedules: tuple[ScheduleSource, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """``attributes`` are SQS attributes as strings, without the redrive policy."""

    logical_id: str
    name: str
    attributes: Mapping[str, str]
    dead_letter_queue: str | None = None
    max_receive_count: int | None = None

    @property
    def arn(self) -> str:
        return queue_arn(self.name)

    @property
    def fifo(self) -> bool:
        return self.name.endswith(".fifo")

    @property
    def visibility_timeout_seconds(self) -> int:
        return int(self.attributes.get("VisibilityTimeout", _DEFAULT_VISIBILITY_SECONDS))


@dataclass(frozen=True, slots=True)
class Table:
    """Key schema, attribute definitions and indexes in the shape of DynamoDB's CreateTable."""

    logical_id: str
    name: str
    key_schema: tuple[Mapping[str, str], ...]
    attribute_definitions: tuple[Mapping[str, str], ...]
    global_secondary_indexes: tuple[Mapping[str, Any], ...] = ()
    ttl_attribute: str | None = None


@dataclass(frozen=True, slots=True)
class WebSocketApi:
    """``routes`` maps route keys to functions; ``two_way_routes`` send back what the function returns."""

    logical_id: str
    stage: str
    route_selection_expression: str
    routes: Mapping[str, str]
    two_way_routes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Addresses:
    """Where the embedded stack's counterparts of the template's APIs and queues are."""

    queue_urls: Mapping[str, str] = field(default_factory=dict)
    http_base_url: str = ""
    websocket_base_url: str = ""
    websocket_management_url: str = ""


@dataclass(frozen=True)
class Template:
    path: Path
    functions: Mapping[str, Function]
    queues: Mapping[str, Queue]
    tables: Mapping[str, Table]
    websocket_api: WebSocketApi | None
    intrinsics: Intrinsics
    http_api_ids: tuple[str, ...] = ()

    @property
    def root(self) -> Path:
        return self.path.parent

    def environment(self, function: Function, addresses: Addresses) -> dict[str, str]:
        """The function's environment variables with names and URLs of the embedded stack in them."""
        refs = dict(self.intrinsics.refs)
        attributes = dict(self.intrinsics.attributes)
        for logical_id, url in addresses.queue_urls.items():
            refs[logical_id] = url
            attributes[logical_id, "QueueUrl"] = url
        for logical_id in self.http_api_ids:
            attributes[logical_id, "ApiEndpoint"] = addresses.http_base_url
        if self.websocket_api is not None:
            attributes[self.websocket_api.logical_id, "ApiEndpoint"] = addresses.websocket_base_url
        resolver = Intrinsics(refs, attributes, self.intrinsics.conditions, self.intrinsics.mappings)
        where = f"Resources.{function.logical_id}.Properties.Environment.Variables"
        resolved = resolver.resolve(dict(function.environment), where)
        return {name: self._localise(environment_text(value), addresses) for name, value in resolved.items()}

    def _localise(self, value: str, addresses: Addresses) -> str:
        """Replace the public address that a template composes for an API by the embedded one."""
        host = f".execute-api.{REGION}.amazonaws.com"
        for logical_id in self.http_api_ids:
            value = value.replace(f"https://{logical_id}{host}", addresses.http_base_url)
        api = self.websocket_api
        if api is not None:
            for scheme, base in (("https", addresses.websocket_management_url), ("wss", addresses.websocket_base_url)):
                value = value.replace(f"{scheme}://{api.logical_id}{host}/{api.stage}", base)
        return value


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}"


def function_arn(logical_id: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{logical_id}"


def environment_text(value: Any) -> str:
    """Scalars as CloudFormation writes them: booleans in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)
