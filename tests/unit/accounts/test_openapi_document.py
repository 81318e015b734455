"""docs/api/accounts.json: valid, of the contract's routes, and free for the function. That it is what the code gives is
checked with the relay's document (tests/unit/relay/test_openapi_document.py)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.api_documents import assert_models_have_names_of_their_own, assert_valid, committed_document

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return committed_document("accounts.json")


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert_valid(document)


def test_every_entry_of_the_contract_is_in_it(document: dict[str, Any]) -> None:
    contract = json.loads((ROOT / "tests" / "data" / "contracts" / "accounts.json").read_text("utf-8"))
    for entry in contract["endpoints"]:
        path = entry["path"].replace("{id}", "{account_id}")
        assert entry["method"].lower() in document["paths"][path], entry["id"]


def test_models_have_names_of_their_own(document: dict[str, Any]) -> None:
    assert_models_have_names_of_their_own(document)


def test_only_one_endpoint_shows_cookies(document: dict[str, Any]) -> None:
    shown = [
        path
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters" and "CookiesAnswer" in json.dumps(operation["responses"]["200"])
    ]
    assert shown == ["/api/v1/accounts/{account_id}/cookies"]


def test_the_function_does_not_pay_for_the_document() -> None:
    probe = (
        "import sys, os; os.environ.update(AWS_REGION='us-east-1'); import functions.accounts_api.handler;"
        "import shared.accounts.api.application;"
        "print([name for name in sys.modules if 'openapi' in name and name.startswith('shared.')])"
    )
    found = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
