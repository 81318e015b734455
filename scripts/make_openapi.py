"""Write the documents of docs/api from the code, the copies that the page at /docs shows, and the
collection for HTTP clients made of them. ``python -m scripts.make_openapi [--check]``.

The applications are those the composition roots build; building one opens no connection. With ``--check`` nothing is
written: the exit code is 1, and the difference is shown, when a committed document is not the generated one.
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

from scripts.error_reference import error_references
from scripts.http_collection import collection
from shared.version import VERSION

ROOT = Path(__file__).parents[1]
DOCUMENTS = ROOT / "docs" / "api"
COLLECTION = "kook-relay.postman_collection.json"
SERVED = ROOT / "console" / "docs" / "openapi"
_SHOWN_DIFFERENCE_LINES = 60
_SHOWN_LINE_CHARACTERS = 300
# What the builders read before any request; nothing of it is used.
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def generated_documents() -> dict[str, dict[str, Any]]:
    """By file name. Builds the applications in a scratch environment: for a process of its own. Raises
    DeclarationsWrong."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.clear()
        os.environ.update(_ENVIRONMENT, DATA_KEY_FILE=str(Path(folder) / "data.key"))
        from shared import accounts_composition, composition, monitor_composition, robots_composition
        from shared.accounts.api.openapi.document import accounts_document
        from shared.monitor.api.openapi.document import monitor_document
        from shared.relay.api.openapi.document import relay_document
        from shared.robots.api.openapi.document import robots_document

        return {
            "relay.openapi.json": relay_document(composition.relay_api(), VERSION),
            "accounts.json": accounts_document(accounts_composition.accounts_api(), VERSION),
            "robots.json": robots_document(robots_composition.robots_api(), VERSION),
            "monitor.json": monitor_document(monitor_composition.monitor_api(), VERSION),
        }


def generated_files() -> dict[Path, str]:
    """Every file that is written, with its text."""
    documents = generated_documents()
    files = {ROOT / "docs" / name: text for name, text in error_references().items()}
    by_area = {name.partition(".")[0]: document for name, document in documents.items()}
    files[DOCUMENTS / COLLECTION] = _indented(collection(by_area))
    for name, document in documents.items():
        files[DOCUMENTS / name] = _indented(document)
        files[SERVED / f"{name.partition('.')[0]}.json"] = _served(document)
    return files


def _indented(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _served(document: dict[str, Any]) -> str:
    """For readers of a running relay: called where it was loaded from, and small. Lines are for merging."""
    served = {**document, "servers": [{"url": "/"}]}
    return json.dumps(served, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.make_openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed documents, write nothing")
    options = parser.parse_args(arguments)
    from shared.web.openapi import DeclarationsWrong

    try:
        files = generated_files()
    except DeclarationsWrong as wrong:
        sys.stderr.write(f"routes and declarations (the openapi package of an area) do not match:\n{wrong}\n")
        return 1
    if not options.check:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return 0
    different = [path for path, text in files.items() if _differs(path, text)]
    return 1 if different else 0


def _differs(path: Path, text: str) -> bool:
    """Whether the committed file is another one; then the difference is shown."""
    name = path.relative_to(ROOT)
    committed = path.read_text("utf-8") if path.exists() else ""
    difference = list(
        difflib.unified_diff(
            committed.splitlines(), text.splitlines(), f"committed {name}", f"generated {name}", lineterm="", n=2
        )
    )
    if difference:
        shown = [line[:_SHOWN_LINE_CHARACTERS] for line in difference[:_SHOWN_DIFFERENCE_LINES]]
        sys.stderr.write("\n".join([*shown, "run `make openapi`", ""]))
    return bool(difference)


if __name__ == "__main__":
    raise SystemExit(main())
