"""What the tests of robots on the embedded stack share: whether the engines are there, and some commands."""

from __future__ import annotations

from typing import Any

import pytest

from local.engines.layout import EngineKind, EngineLayout, EnginesMissing, installed_engines

GROUP = "客户群"
TEXT: dict[str, Any] = {"type": "text", "titleList": [GROUP], "content": "text"}
IMAGE: dict[str, Any] = {
    "type": "image",
    "titleList": [GROUP],
    "fileUrl": "https://example.com/p.png",
    "fileType": "image",
    "objectName": "p.png",
}
FILE: dict[str, Any] = {
    "type": "file",
    "titleList": [GROUP],
    "fileUrl": "https://example.com/r.pdf",
    "fileType": "*",
    "objectName": "r.pdf",
}


def _durable_engines_are_installed() -> bool:
    try:
        return installed_engines(EngineLayout.from_environment()).kind is EngineKind.DURABLE
    except EnginesMissing:
        return False


needs_engines = pytest.mark.skipif(
    not _durable_engines_are_installed(), reason="run `python -m local.engines.install` first"
)
