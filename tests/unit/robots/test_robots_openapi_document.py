"""docs/api/robots.json holds together. That it is what the code says is checked with the relay's document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from shared.robots.api.openapi.document import OPERATIONS
from shared.robots.api.texts import ERRORS
from shared.web.operations import Operation

COMMITTED = Path(__file__).parents[3] / "docs" / "api" / "robots.json"
WITH_EXAMPLES = [operation for operation in OPERATIONS if operation.body is not None and operation.body.examples]


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(COMMITTED.read_text("utf-8"))
    return document


def test_the_committed_document_is_valid_openapi(committed: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(committed).iter_errors()) == []


def test_models_have_names_of_their_own(committed: dict[str, Any]) -> None:
    assert [name for name in committed["components"]["schemas"] if "__" in name] == []


@pytest.mark.parametrize("operation", WITH_EXAMPLES, ids=lambda operation: operation.id)
def test_examples_of_requests_would_be_taken(operation: Operation, committed: dict[str, Any]) -> None:
    body = committed["paths"][operation.path][operation.methods[0].lower()]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    resource = Resource(contents=committed, specification=DRAFT202012)
    validator = Draft202012Validator(
        {"$ref": f"urn:document{schema['$ref']}"}, registry=Registry().with_resource("urn:document", resource)
    )
    assert operation.body is not None
    assert operation.body.model is not None
    for example in operation.body.examples.values():
        validator.validate(example)
        operation.body.model.model_validate(example)


def test_every_error_code_belongs_to_a_route() -> None:
    text = COMMITTED.read_text("utf-8")
    assert [code for code in ERRORS if f"`{code}`" not in text] == []


def test_texts_are_there_in_both_languages() -> None:
    for operation in OPERATIONS:
        texts = [operation.summary, *(answer.text for answer in operation.answers)]
        texts += [parameter.text for parameter in operation.query]
        texts += [operation.description] if operation.description else []
        for text in texts:
            assert text.en.isascii(), f"{operation.id}: {text.en}"
            assert any("\u4e00" <= character <= "\u9fff" for character in text.zh), f"{operation.id}: {text.zh}"
