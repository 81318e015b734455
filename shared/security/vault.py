"""Secrets at rest: AES-256-GCM under one data key.

A sealed value is ``v1.`` and the URL-safe base64 of nonce (12 random bytes), ciphertext and tag (16 bytes). The
record and field it belongs to are authenticated with it, so a sealed value moved to another record or field does not
open. With random 96-bit nonces one key is good for 2^32 values (NIST SP 800-38D, section 8.3), far beyond what a
relay's configuration ever holds.

The data key is a file readable by its owner alone, or, on AWS, an item of the configuration table that only KMS can
open.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
import stat
import tempfile
from typing import Any

from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF

DATA_KEY_BYTES = 32
_VERSION_PREFIX = "v1."
_NONCE_BYTES = 12
_TAG_BYTES = 16
_KEY_ITEM = {"pk": {"S": "security"}, "sk": {"S": "data_key"}}


class SealBroken(Exception):
    """A sealed value does not open: damaged, of another record or field, or sealed under another key."""


class DataKeyUnavailable(Exception):
    """The data key could not be had. The message names the file or setting and never the key."""


class Vault:
    """Seals and opens short texts. Safe to use from several threads at once.

    Raises:
        ValueError: the key is not 32 bytes long.
    """

    __slots__ = ("_data_key",)

    def __init__(self, data_key: bytes) -> None:
        if len(data_key) != DATA_KEY_BYTES:
            raise ValueError(f"the data key must have {DATA_KEY_BYTES} bytes")
        self._data_key = data_key

    def seal(self, plaintext: str, *, record: str, field: str) -> str:
        """Seal a text for one field of one record. Empty text stays empty: it marks a secret that is not set."""
        if not plaintext:
            return ""
        cipher = self._cipher(secrets.token_bytes(_NONCE_BYTES), record, field)
        ciphertext, tag = cipher.encrypt_and_digest(plaintext.encode("utf-8", "surrogatepass"))
        return _VERSION_PREFIX + base64.urlsafe_b64encode(cipher.nonce + ciphertext + tag).decode("ascii")

    def unseal(self, sealed: str, *, record: str, field: str) -> str:
        """Open what ``seal`` made for the same record and field. Raises SealBroken."""
        if not sealed:
            return ""
        if not sealed.startswith(_VERSION_PREFIX):
            raise SealBroken("not a sealed value of a known version")
        try:
            # Not urlsafe_b64decode: it skips characters that are not base64.
            stored = base64.b64decode(sealed.removeprefix(_VERSION_PREFIX), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise SealBroken("a sealed value is damaged") from None
        if len(stored) < _NONCE_BYTES + _TAG_BYTES:
            raise SealBroken("a sealed value is cut short")
        nonce, ciphertext, tag = stored[:_NONCE_BYTES], stored[_NONCE_BYTES:-_TAG_BYTES], stored[-_TAG_BYTES:]
        try:
            plaintext: bytes = self._cipher(nonce, record, field).decrypt_and_verify(ciphertext, tag)
        except ValueError:
            raise SealBroken("a sealed value was changed, moved, or sealed under another key") from None
        return plaintext.decode("utf-8", "surrogatepass")

    def derived_key(self, purpose: str) -> bytes:
        """A key of 32 bytes for another purpose (HKDF with SHA-256, RFC 5869): it tells nothing of the data key."""
        key: Any = HKDF(self._data_key, DATA_KEY_BYTES, salt=b"", hashmod=SHA256, context=purpose.encode())
        return bytes(key)

    def _cipher(self, nonce: bytes, record: str, field: str) -> Any:
        if "\0" in record or "\0" in field:
            raise ValueError("record and field names must not contain NUL, which separates them")
        cipher = AES.new(self._data_key, AES.MODE_GCM, nonce=nonce, mac_len=_TAG_BYTES)
        cipher.update(f"{record}\0{field}".encode())
        return cipher


def load_data_key(
    *,
    data_key_file: str,
    kms_key_id: str,
    config_table: str,
    dynamodb: Any = None,
    kms: Any = None,
    create_if_missing: bool = True,
) -> bytes:
    """The data key, 32 bytes: from the file when one is named, else the KMS-sealed item of the configuration table.

    A missing key is made, unless ``create_if_missing`` is off (a function that only reads secrets must never mint a
    key nothing was sealed with). When several processes make it at once, all of them end up with the same one.

    Args:
        dynamodb: low-level DynamoDB client; made from the environment when needed and not given.
        kms: low-level KMS client, likewise.

    Raises:
        DataKeyUnavailable: no key and none may be made, a damaged or unprotected file, or AWS refused.
    """
    if data_key_file:
        return _data_key_from_file(data_key_file, create_if_missing)
    if kms_key_id:
        return _data_key_from_kms(
            kms_key_id,
            config_table,
            dynamodb or _aws_client("dynamodb"),
            kms or _aws_client("kms"),
            create_if_missing,
        )
    raise DataKeyUnavailable("set DATA_KEY_FILE or KMS_KEY_ID: without one of them there is no data key")


def _data_key_from_file(path: str, create_if_missing: bool) -> bytes:
    try:
        if create_if_missing and not os.path.exists(path):
            _write_new_key_file(path)
        with open(path, encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode
            stored = file.read(4 * DATA_KEY_BYTES).strip()
    except FileNotFoundError:
        raise DataKeyUnavailable(f"the data key file {path} does not exist") from None
    except UnicodeDecodeError:
        raise DataKeyUnavailable(f"the data key file {path} is damaged") from None
    except OSError as error:
        raise DataKeyUnavailable(f"the data key file {path} cannot be used: {error.strerror}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise DataKeyUnavailable(f"the data key file {path} is open to other users: run chmod 600 on it")
    try:
        data_key = bytes.fromhex(stored)
    except ValueError:
        data_key = b""
    if len(data_key) != DATA_KEY_BYTES:
        raise DataKeyUnavailable(f"the data key file {path} is damaged: it must hold {2 * DATA_KEY_BYTES} hex digits")
    return data_key


def _write_new_key_file(path: str) -> None:
    """Make the file whole or not at all: linking a finished file fails when another process was first."""
    directory = os.path.dirname(os.path.abspath(path))
    descriptor, unfinished = tempfile.mkstemp(prefix=".data-key-", dir=directory)  # mkstemp makes it 0600
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(DATA_KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        os.unlink(unfinished)
    directory_descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(directory_descriptor)
    finally:
        os.close(directory_descriptor)


def _data_key_from_kms(kms_key_id: str, config_table: str, dynamodb: Any, kms: Any, create_if_missing: bool) -> bytes:
    from botocore.exceptions import BotoCoreError, ClientError

    encryption_context = {"table": config_table, "purpose": "data_key"}
    try:
        sealed_key = _stored_sealed_key(dynamodb, config_table)
        if sealed_key is None and create_if_missing:
            made = kms.generate_data_key_without_plaintext(
                KeyId=kms_key_id, KeySpec="AES_256", EncryptionContext=encryption_context
            )
            try:
                dynamodb.put_item(
                    TableName=config_table,
                    Item={**_KEY_ITEM, "sealed_key": {"B": made["CiphertextBlob"]}},
                    ConditionExpression="attribute_not_exists(pk)",
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise
            # Read back rather than trusted: another process may have been first.
            sealed_key = _stored_sealed_key(dynamodb, config_table)
        if sealed_key is None:
            raise DataKeyUnavailable(f"the table {config_table} holds no data key yet")
        opened = kms.decrypt(KeyId=kms_key_id, CiphertextBlob=sealed_key, EncryptionContext=encryption_context)
    except ClientError as error:
        raise DataKeyUnavailable(f"AWS refused the data key: {error.response['Error']['Code']}") from None
    except BotoCoreError as error:
        raise DataKeyUnavailable(f"the data key could not be fetched: {type(error).__name__}") from None
    data_key: bytes = opened["Plaintext"]
    return data_key


def _stored_sealed_key(dynamodb: Any, config_table: str) -> bytes | None:
    item = dynamodb.get_item(TableName=config_table, Key=_KEY_ITEM, ConsistentRead=True).get("Item")
    if item is None:
        return None
    sealed_key: bytes = item["sealed_key"]["B"]
    return sealed_key


def _aws_client(service: str) -> Any:
    import boto3

    return boto3.client(service)
