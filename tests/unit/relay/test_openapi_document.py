"""docs/api/relay.openapi.json is what the code says, and what it says holds together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.relay.api.control_texts import CONTROL_ERRORS
from shared.relay.api.openapi.document import OPERATIONS
from shared.relay.api.texts import ERRORS
from shared.web.operations import Operation
from tests.api_documents import (
    FOLDER,
    assert_examples_would_be_taken,
    assert_models_have_names_of_their_own,
    assert_texts_in_both_languages,
    assert_valid,
    committed_document,
    with_examples,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    return committed_document("relay.openapi.json")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_committed_document_is_the_generated_one() -> None:
    checked = run("-m", "scripts.make_openapi", "--check")
    assert checked.returncode == 0, checked.stderr


def test_the_committed_document_is_valid_openapi(committed: dict[str, Any]) -> None:
    assert_valid(committed)


def test_models_have_names_of_their_own(committed: dict[str, Any]) -> None:
    assert_models_have_names_of_their_own(committed)


def test_the_functions_do_not_pay_for_the_document() -> None:
    probe = (
        "import sys, os; os.environ.update(AWS_REGION='us-east-1'); import functions.relay_api.handler;"
        "import shared.relay.api.application;"
        "print([name for name in sys.modules if 'openapi' in name and name.startswith('shared.')"
        " or name == 'shared.web.operations'])"
    )
    assert run("-c", probe).stdout.strip() == "[]"


@pytest.mark.parametrize("operation", with_examples(OPERATIONS), ids=lambda operation: operation.id)
def test_examples_of_requests_would_be_taken(operation: Operation, committed: dict[str, Any]) -> None:
    assert_examples_would_be_taken(operation, committed)


def test_every_error_code_belongs_to_a_route() -> None:
    text = (FOLDER / "relay.openapi.json").read_text("utf-8")
    assert [str(code) for code in (*ERRORS, *CONTROL_ERRORS) if f'"{code}"' not in text] == []


def test_texts_are_there_in_both_languages() -> None:
    assert_texts_in_both_languages(OPERATIONS)
