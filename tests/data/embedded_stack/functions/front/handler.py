"""Answers HTTP: shows the event it got, enqueues work, reads results, fails on request."""

import json
import os
import time
from functools import cache

import boto3

GREETING = os.environ["GREETING"]
SERVICE_NAME = os.environ["POWERTOOLS_SERVICE_NAME"]


@cache
def client(service):
    return boto3.client(service)


def handler(event, context):
    route = event["routeKey"]
    if route == "GET /health":
        return {"status": "ok", "greeting": GREETING, "service": SERVICE_NAME}
    if route == "POST /enqueue":
        return enqueue(json.loads(event["body"]))
    if route == "GET /results/{name}":
        return results(event["pathParameters"]["name"])
    if route == "GET /fail/{how}":
        return fail(event["pathParameters"]["how"])
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json", "x-one": "1"},
        "cookies": ["a=1; HttpOnly", "b=2"],
        "body": json.dumps({"event": event, "remaining_ms": context.get_remaining_time_in_millis()}),
    }


def enqueue(messages):
    for message in messages:
        client("sqs").send_message(
            QueueUrl=os.environ["WORK_QUEUE_URL"],
            MessageBody=json.dumps(message),
            MessageGroupId=message["group"],
            MessageDeduplicationId=f"{message['group']}-{message['number']}",
        )
    return {"statusCode": 202, "body": str(len(messages))}


def results(name):
    answer = client("dynamodb").query(
        TableName=os.environ["RESULTS_TABLE"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": name}},
        ConsistentRead=True,
    )
    return [{key: next(iter(value.values())) for key, value in item.items()} for item in answer["Items"]]


def fail(how):
    if how == "raise":
        raise RuntimeError("on request")
    if how == "hang":
        time.sleep(4)
    return {"statusCode": "not a number"} if how == "malformed" else {"statusCode": 204}
