"""Echoes messages through @connections; notes connects and disconnects."""

import json
import os
import time
from functools import cache

import boto3
from botocore.exceptions import ClientError


@cache
def client(service):
    return boto3.client(service, endpoint_url=os.environ["MANAGEMENT_URL"] if "management" in service else None)


def note(what, detail):
    item = {"pk": {"S": "socket"}, "sk": {"S": f"{time.time_ns():020d}"}, "what": {"S": what}, "detail": {"S": detail}}
    client("dynamodb").put_item(TableName=os.environ["RESULTS_TABLE"], Item=item)


def handler(event, context):
    connection = event["requestContext"]["connectionId"]
    route = event["requestContext"]["routeKey"]
    if route == "$connect":
        if (event.get("queryStringParameters") or {}).get("token") != "right":
            return {"statusCode": 401}
        note("connect", json.dumps({"early_post": post(connection, b"too early"), "headers": event["headers"]}))
    elif route == "$disconnect":
        note("disconnect", str(event["requestContext"]["disconnectStatusCode"]))
    elif event["body"] == "raise":
        raise RuntimeError("on request")
    elif event["body"] == "close me":
        client("apigatewaymanagementapi").delete_connection(ConnectionId=connection)
    elif event["body"] == "describe me":
        answer = client("apigatewaymanagementapi").get_connection(ConnectionId=connection)
        post(connection, json.dumps(answer["Identity"]).encode())
    else:
        post(connection, f"echo {event['body']}".encode())
    return {"statusCode": 200}


def post(connection, data):
    try:
        client("apigatewaymanagementapi").post_to_connection(ConnectionId=connection, Data=data)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "sent"
