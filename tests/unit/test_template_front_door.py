"""The routes of template.yaml, and the front door before them, whose function runs in Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

from local.console_pages import HEADERS as CONSOLE_HEADERS
from scripts.upload_console import CACHE_CONTROL
from tests.unit.template_document import FUNCTIONS, RESOURCES, TEMPLATE, resources


def test_http_routes() -> None:
    routes = {
        (event["Properties"]["Method"], event["Properties"]["Path"]): function
        for function, properties in FUNCTIONS.items()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }
    assert routes == {
        ("POST", "/webhook"): "KookWebhookFunction",
        ("POST", "/webhook/{account_id}"): "KookWebhookFunction",
        ("GET", "/health"): "RelayApiFunction",
        ("ANY", "/api/{proxy+}"): "RelayApiFunction",
        ("GET", "/api/me"): "MonitorApiFunction",
        ("GET", "/api/public"): "MonitorApiFunction",
        ("GET", "/api/version"): "MonitorApiFunction",
        ("POST", "/api/login"): "MonitorApiFunction",
        ("GET", "/api/logout"): "MonitorApiFunction",
        ("GET", "/api/oauth"): "MonitorApiFunction",
        ("GET", "/api/oauth_callback"): "MonitorApiFunction",
        ("GET", "/api/nodes"): "MonitorApiFunction",
        ("GET", "/api/recent/{uuid}"): "MonitorApiFunction",
        ("GET", "/api/records/{proxy+}"): "MonitorApiFunction",
        ("GET", "/api/task/ping"): "MonitorApiFunction",
        ("GET", "/api/clients"): "MonitorApiFunction",
        ("ANY", "/api/clients/{proxy+}"): "MonitorApiFunction",
        ("ANY", "/api/rpc2"): "MonitorApiFunction",
        ("ANY", "/api/admin/{proxy+}"): "MonitorApiFunction",
        ("ANY", "/api/v1/{proxy+}"): "AccountsApiFunction",
        ("ANY", "/api/user/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/api/robot-ids/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/api/robot/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/api/robots"): "RobotsApiFunction",
        ("ANY", "/api/robots/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/api/admin/activation-codes"): "RobotsApiFunction",
        ("ANY", "/api/admin/activation-codes/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/api/admin/unbind-device"): "RobotsApiFunction",
        ("ANY", "/api/admin/users"): "RobotsApiFunction",
        ("ANY", "/api/admin/users/{proxy+}"): "RobotsApiFunction",
        ("GET", "/api/admin/logs"): "RobotsApiFunction",
        ("GET", "/test"): "RobotsApiFunction",
        ("GET", "/appUpdate/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/robot/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/wework/{proxy+}"): "RobotsApiFunction",
        ("ANY", "/fileUpload/{proxy+}"): "RobotsApiFunction",
    }


def test_websocket_routes_lead_to_the_websocket_function() -> None:
    routes = resources("AWS::ApiGatewayV2::Route")
    assert {route["RouteKey"] for route in routes.values()} == {"$connect", "$disconnect", "$default"}
    assert {route["Target"]["Fn::Sub"] for route in routes.values()} == {"integrations/${WebSocketIntegration}"}
    assert "${WebsocketFunction.Arn}" in RESOURCES["WebSocketIntegration"]["Properties"]["IntegrationUri"]["Fn::Sub"]


@pytest.mark.parametrize("branch", [1, 2])
def test_the_webhook_url_given_out_asks_kook_not_to_compress(branch: int) -> None:
    value = TEMPLATE["Outputs"]["WebhookUrl"]["Value"]["Fn::If"][branch]["Fn::Sub"]
    assert value.endswith("/webhook?compress=0")


def front_door(request: dict[str, Any]) -> dict[str, Any]:
    """Run the viewer-request function in Node: {"request": as changed, "origin": the origin picked or None}."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js to run the front door's function")
    code = RESOURCES["FrontDoorRouter"]["Properties"]["FunctionCode"]
    first_line, body = code.split("\n", 1)
    assert first_line == "import cf from 'cloudfront';"
    event = {"version": "1.0", "viewer": {"ip": "203.0.113.9"}, "request": request}
    script = f"""
        let origin = null;
        const cf = {{ selectRequestOriginById: id => {{ origin = id; }} }};
        {body}
        console.log(JSON.stringify({{ request: handler({json.dumps(event)}), origin }}));
    """
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, timeout=60, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _request(uri: str, **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): {"value": value} for name, value in headers.items()}
    return {"method": "GET", "uri": uri, "querystring": {}, "headers": {"host": {"value": "relay.example"}} | named}


def test_front_door_sends_handshakes_to_the_websocket_api_whatever_their_path() -> None:
    answer = front_door(_request("/api/clients", sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ=="))
    assert answer["origin"] == "websocket"
    assert answer["request"]["uri"] == "/" + RESOURCES["WebSocketStage"]["Properties"]["StageName"]
    assert answer["request"]["headers"]["x-relay-original-path"] == {"value": "/api/clients"}
    origins = RESOURCES["FrontDoorDistribution"]["Properties"]["DistributionConfig"]["Origins"]
    assert "websocket" in {origin["Id"] for origin in origins}


def test_front_door_leaves_the_same_path_without_upgrade_to_the_http_api() -> None:
    answer = front_door(_request("/api/clients/report", content_type="application/json"))
    assert answer["origin"] is None
    assert answer["request"]["uri"] == "/api/clients/report"
    assert answer["request"]["headers"]["content-type"] == {"value": "application/json"}


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_front_door_leads_to_the_apis_documents_where_the_embedded_stack_does(path: str) -> None:
    answer = front_door(_request(path))["request"]
    assert (answer["statusCode"], answer["headers"]["location"]["value"]) == (302, "/console/docs/index.html")


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/webhook", "application/octet-stream"),
        ("/webhook/7", "application/octet-stream"),
        ("/api/clients/v2/rpc", "application/octet-stream"),
        ("/webhooks", "application/json"),
        ("/api/webhook", "application/json"),
    ],
)
def test_front_door_marks_webhook_bodies_as_bytes(path: str, content_type: str) -> None:
    answer = front_door(_request(path, content_type="application/json"))
    assert answer["request"]["headers"]["content-type"] == {"value": content_type}


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/", "/console/"),
        ("/console", "/console/"),
        ("/docs", "/console/docs/index.html"),
        ("/docs/", "/console/docs/index.html"),
    ],
)
def test_front_door_leads_a_person_to_the_console(path: str, page: str) -> None:
    answer = front_door(_request(path))["request"]
    assert (answer["statusCode"], answer["headers"]["location"]) == (302, {"value": page})
    assert front_door(_request(path, sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ=="))["origin"] == "websocket"


def test_front_door_serves_the_console_from_its_bucket_with_the_headers_of_one_machine() -> None:
    distribution = RESOURCES["FrontDoorDistribution"]["Properties"]["DistributionConfig"]
    behaviour = distribution["CacheBehaviors"][0]
    origin = next(one for one in distribution["Origins"] if one["Id"] == behaviour["TargetOriginId"])
    assert behaviour["PathPattern"] == "/console/*"
    assert origin["DomainName"] == {"Fn::GetAtt": "ConsoleBucket.RegionalDomainName"}
    policy = RESOURCES["ConsoleHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    security, custom = policy["SecurityHeadersConfig"], policy["CustomHeadersConfig"]["Items"]
    sent = {
        "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "X-Content-Type-Options": "nosniff" if security["ContentTypeOptions"]["Override"] else "",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        **{item["Header"]: item["Value"] for item in custom},
    }
    assert {"Cache-Control": CACHE_CONTROL, **sent} == CONSOLE_HEADERS


def test_nobody_but_the_front_door_reads_the_consoles_bucket() -> None:
    assert all(RESOURCES["ConsoleBucket"]["Properties"]["PublicAccessBlockConfiguration"].values())
    allowed = RESOURCES["ConsoleBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert "${FrontDoorDistribution}" in allowed["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"]


def test_front_door_replaces_what_a_client_claims_about_itself() -> None:
    answer = front_door(
        _request(
            "/health", x_relay_client_address="127.0.0.1", x_relay_original_host="evil", x_relay_original_path="/x"
        )
    )
    headers = answer["request"]["headers"]
    assert headers["x-relay-client-address"] == {"value": "203.0.113.9"}
    assert headers["x-relay-original-host"] == {"value": "relay.example"}
    assert headers["x-relay-original-path"] == {"value": "/health"}
