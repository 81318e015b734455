"""Reads a SAM template. The template is the one truth about functions, routes, queues, tables and schedules.

Resource reference:
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-resources-and-properties.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from local.intrinsics import ACCOUNT_ID, Intrinsics, TemplateError, load_yaml
from local.template import (
    REGION,
    STACK_NAME,
    Function,
    HttpRoute,
    Queue,
    QueueSource,
    ScheduleSource,
    Table,
    Template,
    WebSocketApi,
    environment_text,
    function_arn,
    queue_arn,
)

_PSEUDO_PARAMETERS: Final = {
    "AWS::AccountId": ACCOUNT_ID,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NotificationARNs": [],
}
# AWS's own defaults and bounds.
_DEFAULT_TIMEOUT_SECONDS: Final = 3
_DEFAULT_MEMORY_MB: Final = 128
_DEFAULT_BATCH_SIZE: Final = 10


def read_template(path: Path, parameters: Mapping[str, str] | None = None) -> Template:
    """Read a SAM template. ``parameters`` overrides parameter defaults; one without either is empty.

    Raises TemplateError with one line that names the file and the place.
    """
    try:
        return _Reader(path, parameters or {}).read()
    except FileNotFoundError:
        raise TemplateError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path}: cannot be read: {error}") from None
    except TemplateError as error:
        raise TemplateError(f"{path.name}: {error}") from None


class _Reader:
    """One reading of one template file."""

    def __init__(self, path: Path, parameters: Mapping[str, str]) -> None:
        document = load_yaml(path.read_text("utf-8"))
        if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
            raise TemplateError("not a template: it has no Resources")
        self._path = path.resolve()
        self._globals = _mapping(_mapping(document.get("Globals"), "Globals").get("Function"), "Globals.Function")
        self._conditions = _mapping(document.get("Conditions"), "Conditions")
        declared = _mapping(document.get("Parameters"), "Parameters")
        refs: dict[str, Any] = {**_PSEUDO_PARAMETERS, "AWS::StackName": STACK_NAME, "AWS::StackId": STACK_NAME}
        for name, parameter in declared.items():
            refs[name] = parameters.get(name, _mapping(parameter, f"Parameters.{name}").get("Default", ""))
        self._intrinsics = Intrinsics(refs, {}, self._conditions, _mapping(document.get("Mappings"), "Mappings"))
        self._resources = self._active_resources(document["Resources"])
        self._name_resources(refs)

    def _active_resources(self, resources: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        active: dict[str, Mapping[str, Any]] = {}
        for logical_id, resource in resources.items():
            where = f"Resources.{logical_id}"
            if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
                raise TemplateError(f"{where}: needs a Type")
            condition = resource.get("Condition")
            if condition is None or self._intrinsics.condition(condition, where):
                active[logical_id] = resource
        return active

    def _name_resources(self, refs: dict[str, Any]) -> None:
        """Fill in what Ref and GetAtt of each resource stand for, as far as it does not depend on a port."""
        attributes: dict[tuple[str, str], str] = {}
        refs.update({logical_id: logical_id for logical_id in self._resources})
        for logical_id, resource in self._resources.items():
            kind, where = resource["Type"], f"Resources.{logical_id}"
            properties = _mapping(resource.get("Properties"), where)
            if kind == "AWS::SQS::Queue":
                suffix = ".fifo" if properties.get("FifoQueue") in (True, "true") else ""
                name = self._physical_name(properties.get("QueueName"), f"{logical_id}{suffix}", where)
                attributes[logical_id, "Arn"] = queue_arn(name)
                attributes[logical_id, "QueueName"] = name
            elif kind == "AWS::DynamoDB::Table":
                name = self._physical_name(properties.get("TableName"), logical_id, where)
                refs[logical_id] = name
                attributes[logical_id, "Arn"] = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{name}"
            elif kind == "AWS::ApiGatewayV2::Stage":
                refs[logical_id] = str(self._intrinsics.resolve(properties.get("StageName"), where))
            elif kind == "AWS::Serverless::Function":
                attributes[logical_id, "Arn"] = function_arn(logical_id)
                # SAM makes an event source mapping of each, under this logical id.
                events = _mapping(properties.get("Events"), f"{where}.Events")
                mappings = [name for name, event in events.items() if _mapping(event, where).get("Type") == "SQS"]
                refs.update({f"{logical_id}{name}": f"{logical_id}{name}" for name in mappings})
        self._attributes = attributes
        self._intrinsics = Intrinsics(refs, attributes, self._conditions, self._intrinsics.mappings)

    def _physical_name(self, given: Any, default: str, where: str) -> str:
        if given is None:
            return f"{STACK_NAME}-{default}"
        return str(self._intrinsics.resolve(given, where))

    def _of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            logical_id: _mapping(resource.get("Properties"), f"Resources.{logical_id}.Properties")
            for logical_id, resource in self._resources.items()
            if resource["Type"] == kind
        }

    def _resolve(self, value: Any, where: str) -> Any:
        return self._intrinsics.resolve(value, where)

    def read(self) -> Template:
        self._queues = {
            logical_id: self._queue(logical_id, properties)
            for logical_id, properties in self._of_type("AWS::SQS::Queue").items()
        }
        for queue in self._queues.values():
            if queue.dead_letter_queue is not None and queue.dead_letter_queue not in self._queues:
                raise TemplateError(f"Resources.{queue.logical_id}: its dead-letter queue is not in the template")
        functions = {
            logical_id: self._function(logical_id, properties)
            for logical_id, properties in self._of_type("AWS::Serverless::Function").items()
        }
        _refuse_duplicate_routes(functions)
        return Template(
            path=self._path,
            functions=functions,
            queues=self._queues,
            tables={
                logical_id: self._table(logical_id, properties)
                for logical_id, properties in self._of_type("AWS::DynamoDB::Table").items()
            },
            websocket_api=self._websocket_api(functions),
            intrinsics=self._intrinsics,
            http_api_ids=("ServerlessHttpApi", *self._of_type("AWS::Serverless::HttpApi")),
        )

    # --- queues and tables ---

    def _queue(self, logical_id: str, properties: Mapping[str, Any]) -> Queue:
        where = f"Resources.{logical_id}.Properties"
        resolved = self._resolve(dict(properties), where)
        redrive = _mapping(resolved.pop("RedrivePolicy", None), f"{where}.RedrivePolicy")
        for name in ("QueueName", "Tags", "RedriveAllowPolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds"):
            resolved.pop(name, None)
        # CloudFormation says MessageRetentionPeriod, VisibilityTimeout … exactly as SQS does.
        attributes = {name: environment_text(value) for name, value in resolved.items()}
        queue = Queue(logical_id, self._attributes[logical_id, "QueueName"], attributes)
        if queue.fifo != (attributes.get("FifoQueue") == "true"):
            raise TemplateError(f"{where}: a queue is FIFO exactly when its name ends in .fifo")
        if not redrive:
            return queue
        target = self._queue_with_arn(redrive.get("deadLetterTargetArn"), f"{where}.RedrivePolicy")
        count = _integer(redrive.get("maxReceiveCount"), f"{where}.RedrivePolicy.maxReceiveCount", 1, 1000)
        return Queue(logical_id, queue.name, attributes, target, count)

    def _queue_with_arn(self, arn: Any, where: str) -> str:
        for (logical_id, attribute), value in self._attributes.items():
            if attribute == "Arn" and value == arn and self._resources[logical_id]["Type"] == "AWS::SQS::Queue":
                return logical_id
        raise TemplateError(f"{where}: {arn!r} is not the Arn of a queue in this template")

    def _table(self, logical_id: str, properties: Mapping[str, Any]) -> Table:
        where = f"Resources.{logical_id}.Properties"
        resolved = self._resolve(dict(properties), where)
        for required in ("KeySchema", "AttributeDefinitions"):
            if not isinstance(resolved.get(required), list):
                raise TemplateError(f"{where}: needs {required}")
        ttl = _mapping(resolved.get("TimeToLiveSpecification"), f"{where}.TimeToLiveSpecification")
        return Table(
            logical_id,
            self._intrinsics.refs[logical_id],
            tuple(resolved["KeySchema"]),
            tuple(resolved["AttributeDefinitions"]),
            tuple(resolved.get("GlobalSecondaryIndexes", ())),
            str(ttl["AttributeName"]) if ttl.get("Enabled") in (True, "true") and "AttributeName" in ttl else None,
        )

    # --- functions and their triggers ---

    def _function(self, logical_id: str, properties: Mapping[str, Any]) -> Function:
        where = f"Resources.{logical_id}.Properties"
        merged = {**self._globals, **properties}
        variables: dict[str, Any] = {}
        for source in (self._globals, properties):
            environment = _mapping(source.get("Environment"), f"{where}.Environment")
            variables |= _mapping(environment.get("Variables"), f"{where}.Environment.Variables")
        code = self._resolve(merged.get("CodeUri"), f"{where}.CodeUri")
        if not isinstance(code, str):
            raise TemplateError(f"{where}: CodeUri must be a folder")
        timeout = self._resolve(merged.get("Timeout", _DEFAULT_TIMEOUT_SECONDS), where)
        memory = self._resolve(merged.get("MemorySize", _DEFAULT_MEMORY_MB), where)
        reserved = self._resolve(merged.get("ReservedConcurrentExecutions"), where)
        routes: list[HttpRoute] = []
        queues: list[QueueSource] = []
        schedules: list[ScheduleSource] = []
        for name, event in _mapping(properties.get("Events"), f"{where}.Events").items():
            place = f"{where}.Events.{name}"
            event = _mapping(event, place)
            settings = self._resolve(_mapping(event.get("Properties"), place), place)
            kind = event.get("Type")
            if kind == "HttpApi":
                routes.append(_http_route(settings, place))
            elif kind == "SQS":
                queues += self._queue_source(settings, place, f"{logical_id}{name}")
            elif kind in ("Schedule", "ScheduleV2"):
                schedules += _schedule(f"{logical_id}{name}", settings, kind == "ScheduleV2", place)
            else:
                raise TemplateError(f"{place}: events of type {kind!r} are not supported by the embedded stack")
        return Function(
            logical_id=logical_id,
            code_path=self._path.parent / code,
            handler=str(self._resolve(merged.get("Handler"), where)),
            timeout_seconds=_integer(timeout, f"{where}.Timeout", 1, 900),
            memory_mb=_integer(memory, f"{where}.MemorySize", 128, 10_240),
            reserved_concurrency=None if reserved is None else _integer(reserved, where, 1, 1000),
            environment=variables,
            http_routes=tuple(routes),
            queue_sources=tuple(queues),
            schedules=(*schedules, *self._embedded_schedules(logical_id)),
        )

    def _embedded_schedules(self, logical_id: str) -> Iterator[ScheduleSource]:
        """``Metadata.EmbeddedSchedules``: what one machine does more often than the minute that is AWS's shortest."""
        where = f"Resources.{logical_id}.Metadata"
        metadata = _mapping(self._resources[logical_id].get("Metadata"), where)
        for name, given in _mapping(metadata.get("EmbeddedSchedules"), f"{where}.EmbeddedSchedules").items():
            place = f"{where}.EmbeddedSchedules.{name}"
            settings = _mapping(given, place)
            seconds = _integer(settings.get("EverySeconds"), f"{place}.EverySeconds", 1, 3600)
            if not isinstance(settings.get("Input"), str):
                raise TemplateError(f"{place}: needs Input, the event as JSON")
            yield ScheduleSource(f"{logical_id}{name}", "", True, settings["Input"], seconds)

    def _queue_source(self, settings: Mapping[str, Any], where: str, mapping_id: str) -> list[QueueSource]:
        if settings.get("Enabled", True) in (False, "false"):
            return []
        if "FilterCriteria" in settings:
            raise TemplateError(f"{where}: FilterCriteria is not supported by the embedded stack")
        scaling = _mapping(settings.get("ScalingConfig"), f"{where}.ScalingConfig")
        concurrency = scaling.get("MaximumConcurrency")
        return [
            QueueSource(
                queue=self._queue_with_arn(settings.get("Queue"), f"{where}.Queue"),
                batch_size=_integer(settings.get("BatchSize", _DEFAULT_BATCH_SIZE), f"{where}.BatchSize", 1, 10_000),
                maximum_concurrency=None
                if concurrency is None
                else _integer(concurrency, f"{where}.ScalingConfig.MaximumConcurrency", 2, 1000),
                reports_item_failures="ReportBatchItemFailures" in (settings.get("FunctionResponseTypes") or ()),
                mapping_id=mapping_id,
            )
        ]

    # --- WebSocket API ---

    def _websocket_api(self, functions: Mapping[str, Function]) -> WebSocketApi | None:
        apis = [
            (logical_id, self._resolve(properties, f"Resources.{logical_id}"))
            for logical_id, properties in self._of_type("AWS::ApiGatewayV2::Api").items()
            if properties.get("ProtocolType") == "WEBSOCKET"
        ]
        if not apis:
            return None
        if len(apis) > 1:
            raise TemplateError("the embedded stack serves one WebSocket API, the template has several")
        logical_id, properties = apis[0]
        integrations = self._integrations(functions)
        routes: dict[str, str] = {}
        two_way: set[str] = set()
        answered = {
            str(self._resolve(response.get("RouteId"), response_id))
            for response_id, response in self._of_type("AWS::ApiGatewayV2::RouteResponse").items()
        }
        for route_id, route in self._of_type("AWS::ApiGatewayV2::Route").items():
            where = f"Resources.{route_id}.Properties"
            resolved = self._resolve(route, where)
            if resolved.get("ApiId") != logical_id:
                continue
            target = str(resolved.get("Target", "")).removeprefix("integrations/")
            if target not in integrations:
                raise TemplateError(f"{where}.Target: {target!r} is not an integration with a function")
            routes[str(resolved.get("RouteKey"))] = integrations[target]
            if route_id in answered:
                two_way.add(str(resolved.get("RouteKey")))
        stages = [
            str(self._resolve(stage.get("StageName"), stage_id))
            for stage_id, stage in self._of_type("AWS::ApiGatewayV2::Stage").items()
            if self._resolve(stage.get("ApiId"), stage_id) == logical_id
        ]
        selection = str(properties.get("RouteSelectionExpression", "$request.body.action"))
        return WebSocketApi(logical_id, stages[0] if stages else "$default", selection, routes, frozenset(two_way))

    def _integrations(self, functions: Mapping[str, Function]) -> dict[str, str]:
        found: dict[str, str] = {}
        for integration_id, integration in self._of_type("AWS::ApiGatewayV2::Integration").items():
            where = f"Resources.{integration_id}.Properties.IntegrationUri"
            uri = str(self._resolve(integration.get("IntegrationUri", ""), where))
            for logical_id in functions:
                if f"{function_arn(logical_id)}/" in f"{uri}/":
                    found[integration_id] = logical_id
        return found


def _http_route(settings: Mapping[str, Any], where: str) -> HttpRoute:
    if str(settings.get("PayloadFormatVersion", "2.0")) != "2.0":
        raise TemplateError(f"{where}: only payload format 2.0 is supported by the embedded stack")
    if "Path" not in settings:
        return HttpRoute("ANY", "$default")
    path, method = str(settings["Path"]), str(settings.get("Method", "ANY")).upper()
    if path != "$default" and not path.startswith("/"):
        raise TemplateError(f"{where}.Path: {path!r} must start with /")
    return HttpRoute("ANY" if method in ("*", "X-AMAZON-APIGATEWAY-ANY-METHOD") else method, path)


def _schedule(name: str, settings: Mapping[str, Any], scheduler: bool, where: str) -> list[ScheduleSource]:
    expression = settings.get("ScheduleExpression" if scheduler else "Schedule")
    if not isinstance(expression, str):
        raise TemplateError(f"{where}: needs {'ScheduleExpression' if scheduler else 'Schedule'}")
    if settings.get("Enabled", True) in (False, "false") or settings.get("State", "ENABLED") == "DISABLED":
        return []
    given = settings.get("Input")
    return [ScheduleSource(name, expression, scheduler, None if given is None else str(given))]


def _refuse_duplicate_routes(functions: Mapping[str, Function]) -> None:
    owners: dict[str, str] = {}
    for function in functions.values():
        for route in function.http_routes:
            other = owners.setdefault(route.key, function.logical_id)
            if other != function.logical_id:
                raise TemplateError(f"route {route.key} belongs to both {other} and {function.logical_id}")


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TemplateError(f"{where}: must be a mapping")
    return value


def _integer(value: Any, where: str, lowest: int, highest: int) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise TemplateError(f"{where}: {value!r} is not a whole number") from None
    if not lowest <= number <= highest:
        raise TemplateError(f"{where}: {number} is not between {lowest} and {highest}")
    return number
