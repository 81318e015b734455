"""Works off messages: notes each attempt, and fails, raises or hangs where the message says so, the first time."""

import json
import os
import time
from functools import cache

import boto3


@cache
def table_client():
    return boto3.client("dynamodb")


def note(group, number, what):
    table_client().put_item(
        TableName=os.environ["RESULTS_TABLE"],
        Item={
            "pk": {"S": group},
            "sk": {"S": f"{time.time_ns():020d}"},
            "number": {"N": str(number)},
            "what": {"S": what},
            "kind": {"S": what},
        },
    )


def handler(event, context):
    failures = []
    for record in event["Records"]:
        message = json.loads(record["body"])
        group, number = message["group"], message["number"]
        first = record["attributes"]["ApproximateReceiveCount"] == "1"
        trouble = message.get("trouble") if first else None
        if trouble == "raise":
            note(group, number, "raised")
            raise RuntimeError("on request")
        if trouble == "fail":
            note(group, number, "failed")
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        if trouble == "hang":
            note(group, number, "hung")
            time.sleep(2)
            continue  # too late: this invocation has timed out, its success must not count
        time.sleep(message.get("seconds", 0))
        note(group, number, "done")
    return {"batchItemFailures": failures}
