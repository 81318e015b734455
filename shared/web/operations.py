"""What an area declares about its routes for the OpenAPI document: summaries, parameters, bodies and errors.

Declarations live beside the views in modules that only the generator (shared.web.openapi) imports, so that they cost
a function nothing. Whether a route asks for a token is not declared: it is read from the view itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, Field

from shared.web.catalogue import Text
from shared.web.parameters import MAX_QUERY_TEXT_CHARACTERS

# What shared.web.parameters.query_text takes when no other limit is given.
QueryText = Annotated[str, Field(max_length=MAX_QUERY_TEXT_CHARACTERS)]


@dataclass(frozen=True, slots=True)
class QueryParameter:
    """``kind`` is a type annotation (``int``, ``Literal[...]``, ``Annotated[int, Field(ge=1)]``)."""

    name: str
    kind: Any
    text: Text
    required: bool = False
    default: Any = None


@dataclass(frozen=True, slots=True)
class RequestBody:
    """A JSON object, or bytes of another ``media_type``, which have no model. ``required`` False means that no body at
    all counts as ``{}``. ``examples`` are by name."""

    model: type[BaseModel] | None
    required: bool = True
    examples: Mapping[str, Any] = field(default_factory=dict)
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """One way in which a route succeeds. Without a ``body`` the answer has none; a ``media_type`` other than JSON is
    answered as bytes. ``headers`` are those worth knowing, by name."""

    status: int
    text: Text
    body: type[BaseModel] | None = None
    media_type: str = "application/json"
    headers: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route.

    Attributes:
        id: the operation's name, ``accounts.add``; what stands before the first dot is its tag.
        methods: the first is the documented one, further ones do the same.
        path: with parameters in braces, ``/api/accounts/{account_id}``.
        route: the path of the route that serves it, where that is a wider one: ``/api/files/{name}`` serves
            ``/api/files/index``.
        path_kinds: a type annotation for each parameter of the path.
        errors: codes of the catalogue, beside those that follow from the route's form (see shared.web.openapi).
        error_shapes: bodies, by HTTP status, of refusals that a view words in a form of its own, beside the area's.
    """

    id: str
    methods: tuple[str, ...]
    path: str
    summary: Text
    answers: tuple[Answer, ...]
    description: Text | None = None
    route: str = ""
    path_kinds: Mapping[str, Any] = field(default_factory=dict)
    query: tuple[QueryParameter, ...] = ()
    body: RequestBody | None = None
    errors: tuple[str, ...] = ()
    error_shapes: Mapping[int, type[BaseModel]] = field(default_factory=dict)

    @property
    def served_by(self) -> str:
        return self.route or self.path

    @property
    def tag(self) -> str:
        return self.id.partition(".")[0]
