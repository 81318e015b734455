"""docs/api/robots.json holds together. That it is what the code says is checked with the relay's document."""

from __future__ import annotations

from typing import Any

import pytest

from shared.robots.api.openapi.document import OPERATIONS
from shared.robots.api.texts import ERRORS
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


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    return committed_document("robots.json")


def test_the_committed_document_is_valid_openapi(committed: dict[str, Any]) -> None:
    assert_valid(committed)


def test_models_have_names_of_their_own(committed: dict[str, Any]) -> None:
    assert_models_have_names_of_their_own(committed)


@pytest.mark.parametrize("operation", with_examples(OPERATIONS), ids=lambda operation: operation.id)
def test_examples_of_requests_would_be_taken(operation: Operation, committed: dict[str, Any]) -> None:
    assert_examples_would_be_taken(operation, committed)


def test_every_error_code_belongs_to_a_route() -> None:
    text = (FOLDER / "robots.json").read_text("utf-8")
    assert [code for code in ERRORS if f"`{code}`" not in text] == []


def test_texts_are_there_in_both_languages() -> None:
    assert_texts_in_both_languages(OPERATIONS)
