"""The template as `make deploy-test` gives it to the AWS emulator, and what an upgrade must keep."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.deploy_test.scenario import holds
from scripts.deploy_test.unrolled import as_the_emulator_wants

INTEGRATION = "x-amazon-apigateway-integration"


def _operation(function: str) -> dict[str, Any]:
    arn = f"arn:aws:apigateway:lambda:path/2015-03-31/functions/${{{function}.Arn}}/invocations"
    return {INTEGRATION: {"uri": {"Fn::Sub": arn}, "payloadFormatVersion": "2.0"}}


def _resources() -> dict[str, Any]:
    paths = {
        "/health": {"get": _operation("RelayApi")},
        "/api/{proxy+}": {"x-amazon-apigateway-any-method": _operation("RelayApi"), "parameters": []},
        "/webhook": {"post": _operation("Webhook")},
        "/$default": {"x-amazon-apigateway-any-method": _operation("RelayApi")},
    }
    body = {"info": {"title": "relay"}, "paths": {path: dict(methods) for path, methods in paths.items()}}
    body["paths"]["/api/{proxy+}"].pop("parameters")
    statements = [
        {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"], "Resource": "q"},
        {"Effect": "Allow", "Action": ["lambda:GetEventSourceMapping"], "Resource": "m"},
    ]
    return {
        "HttpApi": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": body, "FailOnWarnings": True}},
        "Sockets": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "sockets"}},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"Policies": [{"PolicyDocument": {"Statement": statements}}]},
        },
    }


def test_every_route_is_a_resource_that_leads_to_its_functions_integration() -> None:
    made = as_the_emulator_wants({"Resources": _resources()})["Resources"]
    assert "Body" not in made["HttpApi"]["Properties"]
    assert made["HttpApi"]["Properties"]["Name"] == "relay"
    assert made["Sockets"]["Properties"] == {"Name": "sockets"}
    routes = [resource["Properties"] for resource in made.values() if resource["Type"].endswith("::Route")]
    assert {route["RouteKey"] for route in routes} == {"GET /health", "ANY /api/{proxy+}", "POST /webhook", "$default"}
    functions = {
        route["RouteKey"]: made[route["Target"]["Fn::Join"][1][1]["Ref"]]["Properties"]["IntegrationUri"]["Fn::Sub"]
        for route in routes
    }
    assert "${Webhook.Arn}" in functions.pop("POST /webhook")
    assert all("${RelayApi.Arn}" in uri for uri in functions.values())


def test_only_what_the_emulator_asks_for_is_added_to_a_policy() -> None:
    made = as_the_emulator_wants({"Resources": _resources()})["Resources"]
    send, look, listing = made["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert send["Action"] == ["sqs:SendMessage", "sqs:GetQueueUrl", "sqs:SendMessageBatch"]
    assert look["Action"] == ["lambda:GetEventSourceMapping"]
    assert listing["Action"] == ["lambda:ListEventSourceMappings"]


@pytest.mark.parametrize(
    ("after", "is_held"),
    [
        ({"rows": [{"id": 1, "name": "a", "new": None}], "total": 1}, True),
        ({"rows": [{"id": 1, "name": "b"}], "total": 1}, False),
        ({"rows": [{"id": 1}], "total": 1}, False),
        ({"rows": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], "total": 1}, False),
        ({"rows": [], "total": 1}, False),
    ],
)
def test_an_upgrade_may_add_fields_and_change_nothing(after: dict[str, Any], is_held: bool) -> None:
    assert holds(after, {"rows": [{"id": 1, "name": "a"}], "total": 1}) is is_held
