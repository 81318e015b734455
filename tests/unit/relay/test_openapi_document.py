"""docs/api/relay.openapi.json is what the code says, and what it says holds together."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from shared.relay.api.control_texts import CONTROL_ERRORS
from shared.relay.api.openapi.document import OPERATIONS
from shared.relay.api.texts import ERRORS
from shared.web.operations import Operation

ROOT = Path(__file__).parents[3]
COMMITTED = ROOT / "docs" / "api" / "relay.openapi.json"
WITH_EXAMPLES = [operation for operation in OPERATIONS if operation.body is not None and operation.body.examples]


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(COMMITTED.read_text("utf-8"))
    return document


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_committed_document_is_the_generated_one() -> None:
    checked = run("-m", "scripts.make_openapi", "--check")
    assert checked.returncode == 0, checked.stderr


def test_the_committed_document_is_valid_openapi(committed: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(committed).iter_errors()) == []


def test_models_have_names_of_their_own(committed: dict[str, Any]) -> None:
    """Two models of one name would be told apart by the names of their modules, which are no names for a reader."""
    assert [name for name in committed["components"]["schemas"] if "__" in name] == []


def test_the_functions_do_not_pay_for_the_document() -> None:
    probe = (
        "import sys, os; os.environ.update(AWS_REGION='us-east-1'); import functions.relay_api.handler;"
        "import shared.relay.api.application;"
        "print([name for name in sys.modules if 'openapi' in name and name.startswith('shared.')"
        " or name == 'shared.web.operations'])"
    )
    assert run("-c", probe).stdout.strip() == "[]"


@pytest.mark.parametrize("operation", WITH_EXAMPLES, ids=lambda operation: operation.id)
def test_examples_of_requests_would_be_taken(operation: Operation, committed: dict[str, Any]) -> None:
    body = committed["paths"][operation.path][operation.methods[0].lower()]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    resource = Resource(contents=committed, specification=DRAFT202012)
    validator = Draft202012Validator(
        {"$ref": f"urn:document{schema['$ref']}"}, registry=Registry().with_resource("urn:document", resource)
    )
    assert operation.body is not None
    for example in operation.body.examples.values():
        validator.validate(example)
        operation.body.model.model_validate(example)


def test_every_error_code_belongs_to_a_route() -> None:
    text = COMMITTED.read_text("utf-8")
    assert [str(code) for code in (*ERRORS, *CONTROL_ERRORS) if f'"{code}"' not in text] == []


def test_texts_are_there_in_both_languages() -> None:
    for operation in OPERATIONS:
        texts = [operation.summary, *(answer.text for answer in operation.answers)]
        texts += [parameter.text for parameter in operation.query]
        texts += [operation.description] if operation.description else []
        for text in texts:
            assert text.en.isascii() or "…" in text.en, f"{operation.id}: {text.en}"
            assert any("\u4e00" <= character <= "\u9fff" for character in text.zh), f"{operation.id}: {text.zh}"
