"""Brings tables and queues to what the template says. Idempotent: run at every start, it adds what is missing."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.messages import EmbeddedStackError
from local.template import REGION, Queue, Table, Template

# What emulators of SQS let a caller change on an existing queue; the rest is fixed when the queue is made.
_CHANGEABLE_ATTRIBUTES: Final = (
    "VisibilityTimeout",
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "ContentBasedDeduplication",
)
# DynamoDB creates indexes on an existing table one at a time.
_INDEX_POLLS: Final = 600
_INDEX_POLL_PAUSE_SECONDS: Final = 0.1

logger = logging.getLogger(__name__)


def engine_client(service: str, endpoint: str) -> Any:
    """A boto3 client of an engine on loopback."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="embedded",
        aws_secret_access_key="embedded",  # noqa: S106 - the engines ask for none
        config=Config(connect_timeout=2, read_timeout=30, retries={"max_attempts": 3}, proxies={}),
    )


def provision(template: Template, dynamodb: Any, sqs: Any, sqs_endpoint: str) -> dict[str, str]:
    """Create or complete every table and queue. Returns the queues' URLs by logical id.

    Raises EmbeddedStackError when an engine refuses.
    """
    try:
        provision_tables(template.tables.values(), dynamodb)
        return provision_queues(template.queues, sqs, sqs_endpoint)
    except (ClientError, BotoCoreError) as error:
        raise EmbeddedStackError("provisioning_failed", reason=error) from None


def provision_tables(tables: Iterable[Table], dynamodb: Any) -> None:
    """Create missing tables and add missing indexes; a table's own key never changes.

    Raises EmbeddedStackError for a table whose key in the data folder is not the template's.
    """
    existing = {name for page in dynamodb.get_paginator("list_tables").paginate() for name in page["TableNames"]}
    for table in tables:
        if table.name not in existing:
            _create_table(table, dynamodb)
        else:
            _complete_table(table, dynamodb)


def _create_table(table: Table, dynamodb: Any) -> None:
    indexes = {"GlobalSecondaryIndexes": list(table.global_secondary_indexes)} if table.global_secondary_indexes else {}
    dynamodb.create_table(
        TableName=table.name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=list(table.key_schema),
        AttributeDefinitions=list(table.attribute_definitions),
        **indexes,
    )
    dynamodb.get_waiter("table_exists").wait(TableName=table.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    if table.ttl_attribute is not None:
        specification = {"Enabled": True, "AttributeName": table.ttl_attribute}
        dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=specification)


def _complete_table(table: Table, dynamodb: Any) -> None:
    described = dynamodb.describe_table(TableName=table.name)["Table"]
    if _as_pairs(described["KeySchema"]) != _as_pairs(table.key_schema):
        reason = f"table {table.name} has another key than the template says"
        raise EmbeddedStackError("provisioning_failed", reason=reason)
    present = {index["IndexName"]: index for index in described.get("GlobalSecondaryIndexes", ())}
    for index in table.global_secondary_indexes:
        name = index["IndexName"]
        if name in present and _index_shape(present[name]) == _index_shape(index):
            continue
        if name in present:
            logger.info("index %s of table %s has changed, making it anew", name, table.name)
            dynamodb.update_table(TableName=table.name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": name}}])
        logger.info("adding index %s to table %s", name, table.name)
        dynamodb.update_table(
            TableName=table.name,
            AttributeDefinitions=list(table.attribute_definitions),
            GlobalSecondaryIndexUpdates=[{"Create": dict(index)}],
        )
        _wait_for_index(table.name, name, dynamodb)


def _index_shape(index: Mapping[str, Any]) -> tuple[Any, ...]:
    projection = index.get("Projection", {})
    attributes = frozenset(projection.get("NonKeyAttributes", ()))
    return _as_pairs(index["KeySchema"]), projection.get("ProjectionType", "ALL"), attributes


def _wait_for_index(table: str, index: str, dynamodb: Any) -> None:
    for _ in range(_INDEX_POLLS):
        described = dynamodb.describe_table(TableName=table)["Table"].get("GlobalSecondaryIndexes", ())
        if any(found["IndexName"] == index and found.get("IndexStatus") == "ACTIVE" for found in described):
            return
        time.sleep(_INDEX_POLL_PAUSE_SECONDS)
    raise EmbeddedStackError("provisioning_failed", reason=f"index {index} of table {table} does not become active")


def _as_pairs(key_schema: Iterable[Mapping[str, str]]) -> set[tuple[str, str]]:
    return {(part["AttributeName"], part["KeyType"]) for part in key_schema}


def provision_queues(queues: Mapping[str, Queue], sqs: Any, endpoint: str) -> dict[str, str]:
    """Create missing queues and bring the attributes of the others up to date. Returns URLs by logical id."""
    existing = _existing_queue_names(sqs)
    urls: dict[str, str] = {}
    # Dead-letter queues first: a redrive policy must name a queue that is there.
    for queue in sorted(queues.values(), key=lambda queue: queue.dead_letter_queue is not None):
        attributes = _queue_attributes(queue, queues)
        if queue.name in existing:
            url = sqs.get_queue_url(QueueName=queue.name)["QueueUrl"]
            _update_attributes(url, attributes, sqs)
        else:
            url = sqs.create_queue(QueueName=queue.name, Attributes=attributes)["QueueUrl"]
        urls[queue.logical_id] = _with_endpoint(url, endpoint)
    return urls


def _existing_queue_names(sqs: Any) -> set[str]:
    pages = sqs.get_paginator("list_queues").paginate(PaginationConfig={"PageSize": 1000})
    return {url.rpartition("/")[2] for page in pages for url in page.get("QueueUrls", ())}


def _queue_attributes(queue: Queue, queues: Mapping[str, Queue]) -> dict[str, str]:
    attributes = dict(queue.attributes)
    if queue.dead_letter_queue is not None:
        policy = {
            "deadLetterTargetArn": queues[queue.dead_letter_queue].arn,
            "maxReceiveCount": queue.max_receive_count,
        }
        attributes["RedrivePolicy"] = json.dumps(policy, sort_keys=True)
    return attributes


def _update_attributes(url: str, wanted: Mapping[str, str], sqs: Any) -> None:
    present = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]).get("Attributes", {})
    changed = {
        name: wanted[name] for name in _CHANGEABLE_ATTRIBUTES if name in wanted and present.get(name) != wanted[name]
    }
    if changed:
        logger.info("updating %s of queue %s", ", ".join(changed), url.rpartition("/")[2])
        sqs.set_queue_attributes(QueueUrl=url, Attributes=changed)


def _with_endpoint(url: str, endpoint: str) -> str:
    """The URL at today's port: an engine may hand out the one of the day the queue was made."""
    path = "/" + url.split("://", 1)[1].split("/", 1)[1]
    return endpoint.rstrip("/") + path
