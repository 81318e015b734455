"""For request models: a null where a field may be left out counts as left out, and the JSON schema says so.

Many clients send null for what they leave out, those in languages with nulls always. Where a field is required, null
stays a mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

_NULL: Mapping[str, Any] = {"type": "null"}
# What describes the field and not the kind of its values stays where it is.
_OF_THE_FIELD = frozenset({"default", "description", "title", "examples", "deprecated"})


class NullsAreAbsent(BaseModel):
    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        optional = {field.alias or name for name, field in cls.model_fields.items() if not field.is_required()}
        return {name: value for name, value in data.items() if value is not None or name not in optional}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        reference = handler(core_schema)
        schema = handler.resolve_ref_schema(reference)
        properties, required = schema.get("properties", {}), schema.get("required", ())
        schema["properties"] = {
            name: kind if name in required or _takes_null(kind) else _or_null(kind) for name, kind in properties.items()
        }
        return reference


def _takes_null(kind: Mapping[str, Any]) -> bool:
    return _NULL in kind.get("anyOf", ()) or not kind.keys() - _OF_THE_FIELD


def _or_null(kind: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: part for name, part in kind.items() if name not in _OF_THE_FIELD}
    about = {name: part for name, part in kind.items() if name in _OF_THE_FIELD}
    alternatives = values["anyOf"] if values.keys() == {"anyOf"} else [values]
    return {"anyOf": [*alternatives, dict(_NULL)], **about}
