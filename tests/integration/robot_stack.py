"""Commands that the tests of robots on the embedded stack give."""

from __future__ import annotations

from typing import Any

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
