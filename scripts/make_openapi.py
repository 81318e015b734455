"""Write the OpenAPI documents in docs/api from the code. ``python -m scripts.make_openapi [--check]``.

The applications are the ones the composition root builds; building them opens no connection. With ``--check`` nothing
is written: the exit code is 1, and the difference is shown, when a committed document is not the generated one.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.version import VERSION

ROOT = Path(__file__).parents[1]
DOCUMENTS = ROOT / "docs" / "api"
_SHOWN_DIFFERENCE_LINES = 60
# What the builders read before any request; nothing of it is used.
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def _relay() -> dict[str, Any]:
    from shared import composition
    from shared.relay.api.openapi.document import relay_document

    return relay_document(composition.relay_api(), VERSION)


def _robots() -> dict[str, Any]:
    from shared import robots_composition
    from shared.robots.api.openapi.document import robots_document

    return robots_document(robots_composition.robots_api(), VERSION)


# An area adds its document here.
_GENERATORS = {"relay.openapi.json": _relay, "robots.json": _robots}


def generated_documents() -> dict[str, dict[str, Any]]:
    """By file name. Builds the applications in a scratch environment: for a process of its own.

    Raises DeclarationsWrong.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ.clear()
        os.environ.update(_ENVIRONMENT, DATA_KEY_FILE=str(Path(folder) / "data.key"))
        return {name: generate() for name, generate in _GENERATORS.items()}


def as_text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.make_openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed documents, write nothing")
    options = parser.parse_args(arguments)
    from shared.web.openapi import DeclarationsWrong

    try:
        texts = {name: as_text(document) for name, document in generated_documents().items()}
    except DeclarationsWrong as wrong:
        sys.stderr.write(f"routes and declarations (shared/*/api/openapi) do not match:\n{wrong}\n")
        return 1
    if options.check:
        return max(_compared(DOCUMENTS / name, text) for name, text in texts.items())
    DOCUMENTS.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (DOCUMENTS / name).write_text(text, encoding="utf-8")
    return 0


def _compared(path: Path, text: str) -> int:
    """1 when the committed document is another one, and shows the difference."""
    committed = path.read_text("utf-8") if path.exists() else ""
    difference = list(
        difflib.unified_diff(
            committed.splitlines(), text.splitlines(), f"committed {path.name}", "generated", lineterm="", n=2
        )
    )
    if difference:
        sys.stderr.write("\n".join([*difference[:_SHOWN_DIFFERENCE_LINES], "run `make openapi`", ""]))
    return 1 if difference else 0


if __name__ == "__main__":
    raise SystemExit(main())
