"""Write the documents in docs/api, one an area, from the code. ``python -m scripts.make_openapi [--check]``.

The applications are those the composition root builds; building them opens no connection. With ``--check`` nothing is
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

from shared.version import VERSION

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "api" / "relay.openapi.json"
ACCOUNTS_DOCUMENT = ROOT / "docs" / "api" / "accounts.json"
_SHOWN_DIFFERENCE_LINES = 60
# What the builders read before any request; nothing of it is used.
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def generated_documents() -> dict[Path, dict[str, Any]]:
    """Builds the applications in a scratch environment: for a process of its own. Raises DeclarationsWrong."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.clear()
        os.environ.update(_ENVIRONMENT, DATA_KEY_FILE=str(Path(folder) / "data.key"))
        from shared import accounts_composition, composition
        from shared.accounts.api.openapi.document import accounts_document
        from shared.relay.api.openapi.document import relay_document

        return {
            DOCUMENT: relay_document(composition.relay_api(), VERSION),
            ACCOUNTS_DOCUMENT: accounts_document(accounts_composition.accounts_api(), VERSION),
        }


def as_text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.make_openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed document, write nothing")
    options = parser.parse_args(arguments)
    from shared.web.openapi import DeclarationsWrong

    try:
        texts = {path: as_text(document) for path, document in generated_documents().items()}
    except DeclarationsWrong as wrong:
        sys.stderr.write(f"routes and declarations (shared/<area>/api/openapi) do not match:\n{wrong}\n")
        return 1
    if not options.check:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return 0
    difference = [line for path, text in texts.items() for line in _difference(path, text)]
    if difference:
        sys.stderr.write("\n".join([*difference[:_SHOWN_DIFFERENCE_LINES], "run `make openapi`", ""]))
    return 1 if difference else 0


def _difference(path: Path, text: str) -> list[str]:
    committed = path.read_text("utf-8") if path.exists() else ""
    names = (f"committed {path.name}", f"generated {path.name}")
    return list(difflib.unified_diff(committed.splitlines(), text.splitlines(), *names, lineterm="", n=2))


if __name__ == "__main__":
    raise SystemExit(main())
