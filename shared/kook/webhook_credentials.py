"""The accounts' verify tokens and encrypt keys, kept at hand for the webhook function.

A warm request costs no read: the whole directory (a handful of accounts) is cached for a minute. A stranger with a
wrong token can force a re-read only once per five seconds. While DynamoDB is away the last directory goes on serving.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from shared.kook.webhook import AccountCredentials, AccountDirectory, CredentialsUnavailable
from shared.security.vault import DataKeyUnavailable, SealBroken, Vault

CACHE_SECONDS = 60.0
FORCED_READ_INTERVAL_SECONDS = 5.0
# After a failed read, requests are served from the cache (or refused at once) rather than each waiting for a timeout.
FAILED_READ_PAUSE_SECONDS = 2.0

_log = logging.getLogger(__name__)


class AccountSource(Protocol):
    def read(self) -> AccountDirectory:
        """Read every account. Raises CredentialsUnavailable."""


class CachedCredentials:
    """Credentials for WebhookReceiver, out of a cache. Safe to use from several threads at once.

    ``monotonic`` gives seconds of a clock that never goes back.
    """

    def __init__(self, source: AccountSource, monotonic: Callable[[], float]) -> None:
        self._source = source
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._directory: AccountDirectory | None = None
        self._read_due_at = float("-inf")
        self._forced_read_allowed_at = float("-inf")

    def current(self) -> AccountDirectory:
        """The cached directory, read anew when older than a minute. Raises CredentialsUnavailable when there is none.

        While one thread reads, the others go on with the directory there is.
        """
        directory = self._directory
        if directory is not None and self._monotonic() < self._read_due_at:
            return directory
        if not self._lock.acquire(blocking=directory is None):
            assert directory is not None
            return directory
        try:
            if self._monotonic() >= self._read_due_at:
                self._read()
            if self._directory is None:
                raise CredentialsUnavailable("the accounts could not be read")
            return self._directory
        finally:
            self._lock.release()

    def newer_than(self, directory: AccountDirectory) -> AccountDirectory | None:
        """A directory read after the given one: another thread's, or a fresh read if none was forced lately."""
        with self._lock:
            if self._directory is not directory:
                return self._directory
            now = self._monotonic()
            if now < self._forced_read_allowed_at:
                return None
            self._forced_read_allowed_at = now + FORCED_READ_INTERVAL_SECONDS
            return self._directory if self._read() else None

    def _read(self) -> bool:
        try:
            self._directory = self._source.read()
        except CredentialsUnavailable as failure:
            self._read_due_at = self._monotonic() + FAILED_READ_PAUSE_SECONDS
            _log.warning("account credentials not read, %s: %s", self._what_serves_instead(), failure)
            return False
        self._read_due_at = self._monotonic() + CACHE_SECONDS
        return True

    def _what_serves_instead(self) -> str:
        return "none known yet" if self._directory is None else "serving those last read"


@dataclass(frozen=True, slots=True)
class ConfigTableAccounts:
    """Reads the accounts of the configuration table (pk ``account``) with a low-level DynamoDB client.

    ``vault`` is called only when there is something to open: without accounts no data key is needed.
    """

    dynamodb: Any
    table_name: str
    vault: Callable[[], Vault]

    def read(self) -> AccountDirectory:
        """One consistent Query. An account whose secrets do not open is kept, but can verify nothing. One whose events
        come from KOOK's gateway is left out: what is posted for it is refused as for an account that is not there.

        Raises:
            CredentialsUnavailable: DynamoDB or the data key cannot be had.
        """
        try:
            items = list(self._items())
        except ClientError as error:
            raise CredentialsUnavailable(f"DynamoDB refused: {error.response['Error']['Code']}") from None
        except BotoCoreError as error:
            raise CredentialsUnavailable(f"DynamoDB did not answer: {type(error).__name__}") from None
        try:
            accounts = [
                (self._opened(account_id, item), item)
                for account_id, item in _numbered(items)
                if item.get("ingress", {}).get("S") != "gateway"
            ]
        except DataKeyUnavailable as error:
            raise CredentialsUnavailable(str(error)) from None
        return AccountDirectory(
            {account.account_id: account for account, _ in accounts},
            _default_account_id({account.account_id: item for account, item in accounts}),
        )

    def _items(self) -> Iterator[Mapping[str, Any]]:
        request: dict[str, Any] = {
            "TableName": self.table_name,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk",
            "ProjectionExpression": "sk, id, verify_token, encrypt_key, is_default, ingress",
            "ExpressionAttributeValues": {":pk": {"S": "account"}},
        }
        while True:
            page = self.dynamodb.query(**request)
            yield from page["Items"]
            if not page.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _opened(self, account_id: int, item: Mapping[str, Any]) -> AccountCredentials:
        record = f"account/{account_id}"
        try:
            return AccountCredentials(
                account_id,
                verify_token=self._unsealed(item, record, "verify_token"),
                encrypt_key=self._unsealed(item, record, "encrypt_key"),
            )
        except SealBroken as error:
            # Both are dropped: with the encrypt key alone missing, the account would take frames in the clear.
            _log.error("account %d can verify nothing: %s", account_id, error)
            return AccountCredentials(account_id, verify_token="", encrypt_key="")

    def _unsealed(self, item: Mapping[str, Any], record: str, field: str) -> str:
        attribute = item.get(field)
        if attribute is None or attribute.get("NULL"):
            return ""
        sealed = attribute.get("S")
        if not isinstance(sealed, str):
            raise SealBroken(f"{field} is not a string")
        return self.vault().unseal(sealed, record=record, field=field) if sealed else ""


def _numbered(items: list[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for item in items:
        digits = item.get("id", {}).get("N") or item.get("sk", {}).get("S", "")
        if digits.isdecimal():
            yield int(digits), item
        else:
            _log.error("an account item without a number was passed over")


def _default_account_id(items: Mapping[int, Mapping[str, Any]]) -> int | None:
    """What bare ``/webhook`` serves: the only account, else the one marked as default, else the lowest id."""
    marked = [account_id for account_id, item in items.items() if _is_marked_default(item)]
    return min(marked or items, default=None)


def _is_marked_default(item: Mapping[str, Any]) -> bool:
    marker = item.get("is_default", {})
    return marker.get("BOOL") is True or marker.get("N") == "1"
