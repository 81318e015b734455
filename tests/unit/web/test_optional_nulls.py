"""Nulls for optional fields: taken, and said so in the JSON schema."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from shared.web.optional_nulls import NullsAreAbsent


class _Order(NullsAreAbsent):
    model_config = ConfigDict(strict=True, alias_generator=to_camel)

    item_name: str
    how_many: Annotated[int, Field(ge=1)] = 1
    note: str | None = Field(None, description="For the kitchen")


def test_a_null_for_an_optional_field_counts_as_left_out() -> None:
    order = _Order.model_validate({"itemName": "tea", "howMany": None, "note": None})
    assert (order.how_many, order.note) == (1, None)
    assert order.model_fields_set == {"item_name"}


def test_a_null_for_a_required_field_stays_a_mistake() -> None:
    with pytest.raises(ValidationError, match="itemName"):
        _Order.model_validate({"itemName": None})


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(ValidationError):
        _Order.model_validate(["tea"])


def test_the_schema_allows_null_where_the_model_does() -> None:
    properties = _Order.model_json_schema()["properties"]
    assert properties["itemName"] == {"title": "Itemname", "type": "string"}
    assert properties["howMany"] == {
        "anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}],
        "default": 1,
        "title": "Howmany",
    }
    assert properties["note"]["anyOf"] == [{"type": "string"}, {"type": "null"}]
    assert properties["note"]["description"] == "For the kitchen"
