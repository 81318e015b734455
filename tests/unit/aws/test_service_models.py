"""Sessions that find the models of their services without searching."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.session import Session

from shared.aws.service_models import SERVICES, without_search

ROOT = Path(__file__).parents[3]
CLIENT_MAKERS = ("client", "make_client", "create_client", "impatient_client", "_aws_client")


def services_asked_for() -> set[str]:
    """The literal service names given to whatever makes clients in shared/ and functions/."""
    calls = [
        node
        for folder in ("shared", "functions")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and node.args
    ]
    names = [(getattr(call.func, "attr", getattr(call.func, "id", "")), call.args[0]) for call in calls]
    return {
        str(first.value)
        for name, first in names
        if name in CLIENT_MAKERS and isinstance(first, ast.Constant) and isinstance(first.value, str)
    }


def test_every_service_the_code_asks_for_is_known() -> None:
    asked = services_asked_for()

    assert {"dynamodb", "sqs", "kms"} <= asked
    assert asked <= set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_known_service_has_the_model_botocore_would_find(service: str) -> None:
    loader = without_search(Session()).get_component("data_loader")

    assert loader.load_service_model(service, "service-2") == Loader().load_service_model(service, "service-2")


def test_a_client_is_made_without_looking_for_all_services(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Loader, type_name: str) -> list[str]:
        raise AssertionError("botocore searched for services")

    monkeypatch.setattr(Loader, "list_available_services", refuse)
    client = without_search(Session()).create_client("sqs", region_name="us-east-1")

    assert client.meta.service_model.service_name == "sqs"


def test_another_service_is_refused_by_name() -> None:
    with pytest.raises(UnknownServiceError, match="ec2"):
        without_search(Session()).create_client("ec2", region_name="us-east-1")
