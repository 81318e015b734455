"""The generator: what it adds by itself, and that routes and declarations cannot drift apart."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

import pytest
from flask import Blueprint, Response
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel, Field

from shared.web.application import create_app
from shared.web.authentication import ApiTokenVerifier, Authenticator, open_route
from shared.web.catalogue import Catalogue, ErrorText, Text
from shared.web.envelopes import RelayEnvelope
from shared.web.error_bodies import RelayErrorBody
from shared.web.openapi import DeclarationsWrong, DocumentInfo, openapi_document
from shared.web.operations import Answer, Operation, QueryParameter, RequestBody

CATALOGUE = Catalogue(
    {
        "THING_GONE": ErrorText(404, Text("没有", "no thing {id}"), Text("找", "look")),
        "THING_BUSY": ErrorText(503, Text("忙", "busy"), Text("等", "wait")),
        "THING_BREWING": ErrorText(418, Text("茶", "tea"), Text("喝", "drink")),
    }
)
DONE = Text("好了", "Done")


class Thing(BaseModel):
    """A thing."""

    size: int = 3
    colour: Literal["red", "green"]


class ThingShown(BaseModel):
    success: Literal[True]
    data: Thing
    notes: list[str] = Field(default_factory=list)
    nickname: str = ""


ADD = Operation(
    id="things.add",
    methods=("POST",),
    path="/api/things",
    summary=Text("添加", "Add a thing"),
    body=RequestBody(Thing, examples={"red": {"colour": "red"}}),
    answers=(Answer(201, DONE, ThingShown),),
)
SHOW = Operation(
    id="things.show",
    methods=("GET",),
    path="/api/things/{thing_id}",
    path_kinds={"thing_id": Annotated[int, Field(ge=1)]},
    query=(
        QueryParameter("depth", Annotated[int, Field(ge=1, le=5)], Text("深度", "How deep"), default=2),
        QueryParameter("view", Literal["short", "long"], Text("视图", "Which view"), required=True),
    ),
    summary=Text("查看", "Show a thing"),
    answers=(Answer(200, DONE, ThingShown, headers={"ETag": Text("版本", "Its version")}),),
    errors=("THING_GONE",),
)
CHANGE = Operation(
    id="things.change",
    methods=("PUT", "PATCH"),
    path="/api/things/{thing_id}",
    path_kinds={"thing_id": int},
    summary=Text("修改", "Change a thing"),
    body=RequestBody(Thing, required=False),
    answers=(Answer(204, DONE),),
    errors=("THING_GONE", "THING_BUSY"),
)
PICTURE = Operation(
    id="things.picture",
    methods=("GET",),
    path="/picture",
    summary=Text("图片", "A picture"),
    answers=(Answer(200, DONE, media_type="image/png"),),
)
OPERATIONS = (ADD, SHOW, CHANGE, PICTURE)


def view(**_parameters: str) -> Response:
    return Response()


@open_route
def open_view() -> Response:
    return Response()


def document(*operations: Operation, **options: Any) -> dict[str, Any]:
    blueprint = Blueprint("things", __name__)
    blueprint.post("/api/things")(view)
    blueprint.get("/api/things/<thing_id>")(view)
    blueprint.route("/api/things/<int:thing_id>", methods=["PUT", "PATCH"])(view)
    blueprint.get("/picture")(open_view)
    app = create_app(
        "test",
        [blueprint],
        envelope=RelayEnvelope(CATALOGUE),
        authenticator=Authenticator([ApiTokenVerifier("token", list)]),
        shown_time=str,
    )
    info = DocumentInfo("Things", "1.2.3", Text("东西", "All about things"), "https://example.com", {"things": DONE})
    return openapi_document(
        app,
        operations or OPERATIONS,
        **{"info": info, "catalogue": CATALOGUE, "error_body": RelayErrorBody, "guarded_errors": ["THING_BUSY"]}
        | options,
    )


def codes(found: dict[str, Any], path: str, method: str) -> dict[str, list[str]]:
    """Status to error codes, shared responses followed."""
    answers = {}
    for status, answer in found["paths"][path][method]["responses"].items():
        if "$ref" in answer:  # errors that are the same on several routes are written once
            answer = found["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        if "allOf" in schema:
            assert schema["allOf"][0] == {"$ref": "#/components/schemas/RelayErrorBody"}
            answers[status] = schema["allOf"][1]["properties"]["error_code"]["enum"]
    return answers


def test_the_document_is_valid_openapi() -> None:
    found = document()
    assert found["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(found).iter_errors()) == []


def test_the_head_names_the_api_in_both_languages() -> None:
    found = document()
    assert found["info"] == {
        "title": "Things",
        "version": "1.2.3",
        "description": "All about things",
        "x-description-zh": "东西",
    }
    add = found["paths"]["/api/things"]["post"]
    assert (add["summary"], add["x-summary-zh"], add["tags"]) == ("Add a thing", "添加", ["things"])


def test_parameters_carry_their_types() -> None:
    show = document()["paths"]["/api/things/{thing_id}"]["get"]
    thing_id, depth, view_parameter = show["parameters"]
    assert (thing_id["in"], thing_id["required"], thing_id["schema"]) == (
        "path",
        True,
        {"type": "integer", "minimum": 1},
    )
    assert (depth["in"], depth["required"]) == ("query", False)
    assert depth["schema"] == {"type": "integer", "minimum": 1, "maximum": 5, "default": 2}
    assert (view_parameter["required"], view_parameter["schema"]["enum"]) == (True, ["short", "long"])
    assert (depth["description"], depth["x-description-zh"]) == ("How deep", "深度")


def test_bodies_come_from_the_models() -> None:
    found = document()
    body = found["paths"]["/api/things"]["post"]["requestBody"]
    assert body["required"] is True
    content = body["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/Thing"}
    assert content["examples"] == {"red": {"value": {"colour": "red"}}}
    shown = found["components"]["schemas"]["ThingShown"]
    assert shown["required"] == ["success", "data"]
    assert shown["properties"]["nickname"] == {"type": "string", "default": ""}
    assert found["paths"]["/api/things/{thing_id}"]["put"]["requestBody"]["required"] is False


def test_errors_follow_from_a_routes_form() -> None:
    found = document()
    assert codes(found, "/api/things", "post") == {
        "400": ["INVALID_PARAMETER", "MISSING_PARAMETER", "BODY_MISSING", "BODY_NOT_JSON", "BODY_NOT_OBJECT"],
        "401": ["UNAUTHORIZED", "INVALID_TOKEN"],
        "413": ["BODY_TOO_LARGE"],
        "500": ["INTERNAL_ERROR"],
        "503": ["THING_BUSY"],
    }
    show, change = codes(found, "/api/things/{thing_id}", "get"), codes(found, "/api/things/{thing_id}", "patch")
    assert (show["400"], show["404"]) == (["INVALID_PARAMETER", "MISSING_PARAMETER"], ["THING_GONE"])
    assert "413" not in show
    assert "BODY_MISSING" not in change["400"]
    assert change["503"] == ["THING_BUSY"]


def test_whether_a_route_is_open_is_read_from_its_view() -> None:
    found = document()
    picture, add = found["paths"]["/picture"]["get"], found["paths"]["/api/things"]["post"]
    assert picture["security"] == []
    assert codes(found, "/picture", "get") == {"500": ["INTERNAL_ERROR"]}
    assert "security" not in add
    assert found["security"] == [{"apiToken": []}, {"bearer": []}]


def test_answers_other_than_json() -> None:
    found = document()
    assert found["paths"]["/picture"]["get"]["responses"]["200"]["content"] == {"image/png": {}}
    assert "content" not in found["paths"]["/api/things/{thing_id}"]["put"]["responses"]["204"]


def test_a_body_of_bytes_has_neither_schema_nor_errors_of_json() -> None:
    upload = changed(ADD, body=RequestBody(None, media_type="application/zip"))
    found = document(upload, SHOW, CHANGE, PICTURE)
    assert found["paths"]["/api/things"]["post"]["requestBody"] == {
        "required": True,
        "content": {"application/zip": {}},
    }
    assert codes(found, "/api/things", "post")["400"] == ["BODY_MISSING"]


def test_one_route_may_serve_several_paths() -> None:
    index = changed(SHOW, id="things.index", path="/api/things/index", route=SHOW.path, path_kinds={})
    found = document(*OPERATIONS, index)
    assert found["paths"]["/api/things/index"]["get"]["operationId"] == "things.index"
    with pytest.raises(DeclarationsWrong, match=r"GET /api/things/\{thing_id\} has no declaration"):
        document(ADD, CHANGE, PICTURE)


def test_headers_worth_knowing_are_named() -> None:
    found = document()
    shown = found["paths"]["/api/things/{thing_id}"]["get"]["responses"]["200"]
    assert shown["headers"]["ETag"]["description"] == "Its version"
    assert "Unauthorized" in found["components"]["responses"]
    assert set(found["components"]["responses"]["Unauthorized"]["headers"]) == {"WWW-Authenticate"}
    assert set(found["components"]["responses"]["Unavailable"]["headers"]) == {"Retry-After"}


def test_a_second_method_has_an_operation_of_its_own() -> None:
    item = document()["paths"]["/api/things/{thing_id}"]
    assert (item["put"]["operationId"], item["patch"]["operationId"]) == ("things.change", "things.change.patch")


def changed(operation: Operation, **fields: Any) -> Operation:
    values = {name: getattr(operation, name) for name in Operation.__slots__}
    return Operation(**{**values, **fields})


class Other:
    """Another model of the same name."""

    class Thing(BaseModel):
        weight: int


@pytest.mark.parametrize(
    ("operations", "complaint"),
    [
        ((ADD, SHOW, CHANGE), "GET /picture has no declaration"),
        ((*OPERATIONS, changed(ADD, id="things.more", path="/more")), "POST /more is declared and has no route"),
        ((*OPERATIONS, changed(ADD, id="things.again")), "POST /api/things is declared twice"),
        ((ADD, changed(SHOW, id="things.add"), CHANGE, PICTURE), "the id things.add is used twice"),
        ((changed(ADD, errors=("NO_SUCH",)), SHOW, CHANGE, PICTURE), "things.add: no text for NO_SUCH"),
        ((changed(ADD, errors=("THING_BREWING",)), SHOW, CHANGE, PICTURE), "things.add: no words for status 418"),
        ((changed(ADD, id="others.add"), SHOW, CHANGE, PICTURE), "others.add: no text for the tag others"),
        ((ADD, changed(SHOW, path_kinds={}), CHANGE, PICTURE), "things.show: path_kinds do not name the parameters"),
    ],
)
def test_a_mismatch_fails_the_generation(operations: tuple[Operation, ...], complaint: str) -> None:
    with pytest.raises(DeclarationsWrong, match=complaint):
        document(*operations)


def test_all_mismatches_are_told_at_once() -> None:
    with pytest.raises(DeclarationsWrong) as wrong:
        document(ADD, changed(PICTURE, path="/elsewhere"))
    assert len(str(wrong.value).splitlines()) == 5


def test_two_models_of_one_name_are_told_apart() -> None:
    found = document(ADD, SHOW, changed(CHANGE, body=RequestBody(Other.Thing)), PICTURE)
    first = found["paths"]["/api/things"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    second = found["paths"]["/api/things/{thing_id}"]["put"]["requestBody"]["content"]["application/json"]["schema"]
    assert first != second
    components = found["components"]["schemas"]
    properties = [set(components[schema["$ref"].rpartition("/")[2]]["properties"]) for schema in (first, second)]
    assert properties == [{"size", "colour"}, {"weight"}]


def test_a_refusal_in_a_form_of_its_own_stands_beside_the_areas() -> None:
    found = document(dataclasses.replace(ADD, error_shapes={400: Thing, 409: Thing}), SHOW, CHANGE, PICTURE)
    responses = found["paths"]["/api/things"]["post"]["responses"]
    own = {"$ref": "#/components/schemas/Thing"}

    def schema(status: str) -> Any:
        name = responses[status]["$ref"].rpartition("/")[2]
        return found["components"]["responses"][name]["content"]["application/json"]["schema"]

    assert schema("400")["anyOf"][0] == own
    assert len(schema("400")["anyOf"]) == 2
    assert schema("409") == own
    assert (
        "anyOf" not in document()["components"]["responses"]["things.add.400"]["content"]["application/json"]["schema"]
    )


def test_a_refusal_of_its_own_needs_words_for_its_status() -> None:
    with pytest.raises(DeclarationsWrong, match="418"):
        document(dataclasses.replace(ADD, error_shapes={418: Thing}), SHOW, CHANGE, PICTURE)


def test_a_parameter_that_may_be_left_out_may_be_empty() -> None:
    parameters = {each["name"]: each for each in document()["paths"]["/api/things/{thing_id}"]["get"]["parameters"]}
    assert parameters["depth"]["allowEmptyValue"] is True
    assert "allowEmptyValue" not in parameters["view"]
