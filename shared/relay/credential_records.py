"""The administrator's API token in the configuration table: its digest, never the token."""

from __future__ import annotations

from collections.abc import Callable

from shared.relay.configuration_rows import SECURITY, SecurityRow
from shared.relay.configuration_table import ConfigurationTable, conditional, database
from shared.relay.times import iso_utc
from shared.security.tokens import new_token, token_digest

API_TOKEN = "api_token"  # noqa: S105 - the item's key


class CredentialRecords:
    """Item ``security/api_token``, attribute ``token_sha256`` (lower-case hex)."""

    def __init__(self, table: ConfigurationTable, clock_ms: Callable[[], int]) -> None:
        self._table = table
        self._clock_ms = clock_ms

    def api_token_digests(self) -> tuple[str, ...]:
        """What ApiTokenVerifier compares with; empty before the first start. Raises StoreUnavailable."""
        row = self._table.get(SecurityRow, SECURITY, API_TOKEN)
        return () if row is None or not row.token_sha256 else (str(row.token_sha256),)

    def make_first_api_token(self) -> str | None:
        """A fresh token when there is none yet, else None. Of several callers at once one gets it. It is given back
        this once and kept only as a digest. Raises StoreUnavailable."""
        token = new_token()
        try:
            with conditional("make API token", _TokenExists()):
                self._row(token).save(condition=SecurityRow.token_sha256.does_not_exist())
        except _TokenExists:
            return None
        return token

    def replace_api_token(self) -> str:
        """A fresh token in the place of the present one, which is void from then on. Raises StoreUnavailable."""
        token = new_token()
        with database("replace API token"):
            self._row(token).save()
        return token

    def _row(self, token: str) -> SecurityRow:
        created_at = iso_utc(self._clock_ms())
        return SecurityRow(SECURITY, API_TOKEN, token_sha256=token_digest(token), created_at=created_at)


class _TokenExists(Exception):
    pass
