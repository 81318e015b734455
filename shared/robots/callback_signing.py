"""Signatures of callbacks: HMAC-SHA256 in hexadecimal over UTF-8.

Two forms are in use among receivers: ``body`` signs the JSON body, ``robot_body_time`` signs
``robotId:body:timestamp``. Receivers rebuild the body from its JSON, so it is written as JavaScript's JSON.stringify
would: compact, in the order of insertion, with characters unescaped and whole numbers as such.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Literal

from shared.platforms.unicode_text import well_formed

SignatureForm = Literal["body", "robot_body_time"]


def callback_body(payload: Mapping[str, Any]) -> bytes:
    """The very bytes that are signed and sent."""
    return well_formed(json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)).encode()


def signature(form: SignatureForm, secret: str, robot_id: str, body: bytes, timestamp_ms: int) -> str:
    signed = body if form == "body" else b"%s:%s:%d" % (robot_id.encode(), body, timestamp_ms)
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
