"""Reading multipart/form-data the way a strict server does."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from tests.standins.server import RecordedRequest


class MalformedForm(ValueError):
    """The body is not the form its Content-Type says, or two parts have one name."""


@dataclass(frozen=True)
class FormFile:
    """``mime_type`` is empty when the part named none."""

    file_name: str
    mime_type: str
    content: bytes


@dataclass(frozen=True)
class Form:
    fields: dict[str, str]
    files: dict[str, FormFile]


def is_multipart(request: RecordedRequest) -> bool:
    return request.headers.get_content_type() == "multipart/form-data"


def read_form(request: RecordedRequest) -> Form:
    """Parts with a file name are files, the others fields. Raises MalformedForm."""
    mime_type, options = parse_options_header(request.headers.get("Content-Type", ""))
    parser = FormDataParser(silent=False, max_form_memory_size=None)
    try:
        _, fields, files = parser.parse(BytesIO(request.body), mime_type, len(request.body), options)
    except ValueError as problem:
        raise MalformedForm(str(problem)) from None
    if any(len(values) > 1 for values in [*fields.listvalues(), *files.listvalues()]) or set(fields) & set(files):
        raise MalformedForm("two parts of one name")
    return Form(
        dict(fields.items()),
        {
            name: FormFile(file.filename or "", file.headers.get("Content-Type", ""), file.stream.read())
            for name, file in files.items()
        },
    )
