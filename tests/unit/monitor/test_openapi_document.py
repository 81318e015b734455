"""docs/api/monitor.json is valid and says of each route who may call it. That it is the generated one is checked with
the relay's (tests/unit/relay/test_openapi_document.py)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.monitor.api.openapi.document import OPERATIONS
from shared.monitor.api.texts import ERRORS
from tests.api_documents import assert_models_have_names_of_their_own, assert_valid, committed_document

ROOT = Path(__file__).parents[3]
# What follows from a route's form, and so is declared nowhere.
IMPLIED = {
    "INVALID_PARAMETER",
    "MISSING_PARAMETER",
    "BODY_MISSING",
    "BODY_NOT_JSON",
    "BODY_NOT_OBJECT",
    "UNAUTHORIZED",
    "STORE_UNAVAILABLE",
    # A damaged or replaced data key may meet any route that opens a secret.
    "SECRETS_UNREADABLE",
}


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    return committed_document("monitor.json")


def test_the_committed_document_is_valid_openapi(committed: dict[str, Any]) -> None:
    assert_valid(committed)


def test_models_have_names_of_their_own(committed: dict[str, Any]) -> None:
    assert_models_have_names_of_their_own(committed)


def test_administration_asks_for_a_session_or_a_key_and_nothing_else_does(committed: dict[str, Any]) -> None:
    assert committed["security"] == [{"session": []}, {"apiKey": []}]
    for path, item in committed["paths"].items():
        for method in set(item) & {"get", "post"}:
            assert ("security" in item[method]) is not path.startswith("/api/admin"), path


def test_every_error_code_is_named_by_a_route() -> None:
    named = {code for operation in OPERATIONS for code in operation.errors}
    assert set(ERRORS) - IMPLIED <= named


def test_the_function_does_not_pay_for_the_document() -> None:
    probe = (
        "import sys, os, tempfile; os.environ.update(AWS_REGION='us-east-1', AWS_DEFAULT_REGION='us-east-1',"
        "AWS_ACCESS_KEY_ID='n', AWS_SECRET_ACCESS_KEY='n'); from shared import monitor_composition;"
        "monitor_composition.monitor_api();"
        "print([name for name in sys.modules if 'openapi' in name and name.startswith('shared.')])"
    )
    found = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert found.stdout.strip().splitlines()[-1:] == ["[]"], found.stderr
