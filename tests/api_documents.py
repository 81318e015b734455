"""What every OpenAPI document under docs/api has to be, whichever area it is of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from shared.web.operations import Operation
from tests.embedded import REPOSITORY_ROOT

FOLDER = REPOSITORY_ROOT / "docs" / "api"


def committed_document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / name).read_text("utf-8"))
    return document


def assert_valid(document: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def assert_models_have_names_of_their_own(document: dict[str, Any]) -> None:
    """Two models of one name would be told apart by the names of their modules, which are no names for a reader."""
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


def with_examples(operations: Sequence[Operation]) -> list[Operation]:
    found = [operation for operation in operations if operation.body is not None and operation.body.examples]
    assert found
    return found


def assert_examples_would_be_taken(operation: Operation, document: dict[str, Any]) -> None:
    """By the document, and by the code."""
    body = document["paths"][operation.path][operation.methods[0].lower()]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    resource = Resource(contents=document, specification=DRAFT202012)
    validator = Draft202012Validator(
        {"$ref": f"urn:document{schema['$ref']}"}, registry=Registry().with_resource("urn:document", resource)
    )
    assert operation.body is not None
    assert operation.body.model is not None
    for example in operation.body.examples.values():
        validator.validate(example)
        operation.body.model.model_validate(example)


def assert_texts_in_both_languages(operations: Sequence[Operation]) -> None:
    for operation in operations:
        texts = [operation.summary, *(answer.text for answer in operation.answers)]
        texts += [parameter.text for parameter in operation.query]
        texts += [operation.description] if operation.description else []
        for text in texts:
            assert text.en.replace("…", "").isascii(), f"{operation.id}: {text.en}"
            assert any("\u4e00" <= character <= "\u9fff" for character in text.zh), f"{operation.id}: {text.zh}"
