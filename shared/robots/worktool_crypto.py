"""Frames that a WorkTool client encrypted: AES-128 in CBC mode with PKCS#7, in hexadecimal, under the key that is in
its source (github.com/gallonyin/worktool: Constant.kt). That hides nothing from anybody: what protects a frame is TLS.
"""

from __future__ import annotations

import binascii
import json
from typing import Any

from Crypto.Cipher import AES
from Crypto.Util.Padding import unpad

_KEY = b"9876543210abcdef"
_IV = b"0123456789abcdef"


def decrypted_list(encrypted: str) -> list[Any]:
    """The list of a frame with ``encryptType`` 1, empty for what is none."""
    try:
        cipher = AES.new(_KEY, AES.MODE_CBC, iv=_IV)
        plain = unpad(cipher.decrypt(binascii.unhexlify(encrypted)), AES.block_size)
        items = json.loads(plain)
    except (ValueError, RecursionError):
        return []
    return items if isinstance(items, list) else []
