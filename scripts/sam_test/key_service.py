"""A stand-in for AWS KMS with the calls the vault makes.

Protocol: AWS JSON 1.1, https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html
and API_Decrypt.html. A ciphertext opens only under the encryption context it was made with, as on AWS.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from Crypto.Cipher import AES

_NONCE_BYTES = 12
_TAG_BYTES = 16
_MAX_REQUEST_BYTES = 65_536


class _Refused(Exception):
    """Answered with the name of a KMS exception."""


class KeyService:
    """Serves on a free port of 127.0.0.1 while the context is open. ``calls`` counts them by name."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self.calls: dict[str, int] = {}
        self._master_key = secrets.token_bytes(32)
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service._answer(self)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing: requests carry ciphertexts."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> KeyService:
        threading.Thread(target=self._server.serve_forever, daemon=True, name="key service").start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        length = min(int(request.headers.get("Content-Length", 0)), _MAX_REQUEST_BYTES)
        name = request.headers.get("X-Amz-Target", "").removeprefix("TrentService.")
        self.calls[name] = self.calls.get(name, 0) + 1
        try:
            status, answer = 200, self._call(name, json.loads(request.rfile.read(length)))
        except _Refused as refusal:
            status, answer = 400, {"__type": str(refusal), "message": str(refusal)}
        body = json.dumps(answer).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/x-amz-json-1.1")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        context = arguments.get("EncryptionContext", {})
        if name == "GenerateDataKeyWithoutPlaintext":
            if arguments.get("KeyId") != self.key_id:
                raise _Refused("NotFoundException")
            return {"KeyId": self.key_id, "CiphertextBlob": self._seal(secrets.token_bytes(32), context)}
        if name == "Decrypt":
            return {
                "KeyId": self.key_id,
                "Plaintext": self._open(arguments.get("CiphertextBlob", ""), context),
                "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            }
        raise _Refused("UnknownOperationException")

    def _cipher(self, nonce: bytes, context: dict[str, str]) -> Any:
        cipher = AES.new(self._master_key, AES.MODE_GCM, nonce=nonce)
        cipher.update(json.dumps(context, sort_keys=True).encode())
        return cipher

    def _seal(self, plaintext: bytes, context: dict[str, str]) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        ciphertext, tag = self._cipher(nonce, context).encrypt_and_digest(plaintext)
        return base64.b64encode(nonce + ciphertext + tag).decode("ascii")

    def _open(self, sealed: str, context: dict[str, str]) -> str:
        try:
            stored = base64.b64decode(sealed, validate=True)
            nonce, ciphertext, tag = stored[:_NONCE_BYTES], stored[_NONCE_BYTES:-_TAG_BYTES], stored[-_TAG_BYTES:]
            plaintext: bytes = self._cipher(nonce, context).decrypt_and_verify(ciphertext, tag)
        except (ValueError, binascii.Error):
            raise _Refused("InvalidCiphertextException") from None
        return base64.b64encode(plaintext).decode("ascii")
