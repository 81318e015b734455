"""The template without the SAM transform, and with three things put as the emulator wants them.

SAM writes an HTTP API's routes into one OpenAPI document: the emulator makes the API from it, but no routes, so each
route becomes a resource. It asks for permissions by the name of the call where AWS has one action for a call and its
batch form (sqs:SendMessage allows SendMessageBatch): the batch form is named beside it. And a look at one event source
mapping it takes for listing them all.
Run by .venv-deploy, which has the transform: ``python -m scripts.deploy_test.unrolled packaged.yaml plain.json``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_HTTP_API = "AWS::ApiGatewayV2::Api"
_WITH_BATCH_FORM = frozenset({"sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"})


def as_the_emulator_wants(plain: dict[str, Any]) -> dict[str, Any]:
    """``plain`` is a template after the transform; it is changed in place and returned."""
    resources = plain["Resources"]
    for api, resource in list(resources.items()):
        if resource["Type"] == _HTTP_API and "Body" in resource["Properties"]:
            resources |= _unroll(api, resource["Properties"])
        elif resource["Type"] == "AWS::IAM::Role":
            _allow_as_asked_for(resource["Properties"].get("Policies", []))
    return plain


def _allow_as_asked_for(policies: list[dict[str, Any]]) -> None:
    for policy in policies:
        statements = policy["PolicyDocument"]["Statement"]
        for statement in list(statements):
            allowed = statement["Action"]
            statement["Action"] = [*allowed, *(f"{action}Batch" for action in allowed if action in _WITH_BATCH_FORM)]
            if "lambda:GetEventSourceMapping" in allowed:
                look = {"Effect": "Allow", "Action": ["lambda:ListEventSourceMappings"], "Resource": "*"}
                statements.append(look)


def _unroll(api: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Takes the OpenAPI document out of ``properties``. Returns the resources that say the same."""
    document = properties.pop("Body")
    properties.pop("FailOnWarnings", None)
    properties |= {"Name": document["info"]["title"], "ProtocolType": "HTTP"}
    made: dict[str, Any] = {}
    for route_key, integration in _routes(document):
        name = f"{api}{re.sub('[^A-Za-z0-9]', '', integration['uri']['Fn::Sub'].partition('functions/')[2])}Integration"
        made[name] = {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": api},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": integration["uri"],
                "PayloadFormatVersion": integration["payloadFormatVersion"],
            },
        }
        made[f"{api}Route{len(made)}"] = {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": api},
                "RouteKey": route_key,
                "Target": {"Fn::Join": ["/", ["integrations", {"Ref": name}]]},
            },
        }
    return made


def _routes(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each route key (``GET /health``, ``ANY /api/{proxy+}``, ``$default``) with its integration."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if _INTEGRATION not in operation:
                continue
            verb = "ANY" if method == _ANY else method.upper()
            yield "$default" if path == "/$default" else f"{verb} {path}", operation[_INTEGRATION]


def main(source: Path, target: Path) -> None:
    """Read a packaged SAM template (YAML), write a CloudFormation one (JSON)."""
    # Only in .venv-deploy.
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.yaml_helper import yaml_parse

    packaged = yaml_parse(source.read_text(encoding="utf-8"))
    defaults = {name: parameter.get("Default", "") for name, parameter in packaged["Parameters"].items()}
    # No managed policies to look up: every function of the template has a role of its own.
    plain = Translator({}, Parser()).translate(packaged, defaults)
    target.write_text(json.dumps(as_the_emulator_wants(plain), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
