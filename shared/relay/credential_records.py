"""The administrator's API token in the configuration table: its digest, never the token.

Written where the token is made: by the embedded runner at its first start (local/configuration.py). On AWS the token is
a parameter of the stack and nothing is stored.
"""

from __future__ import annotations

from shared.relay.configuration_rows import SECURITY, SecurityRow
from shared.relay.configuration_table import ConfigurationTable

API_TOKEN = "api_token"  # noqa: S105 - the item's key


class CredentialRecords:
    """Item ``security/api_token``, attribute ``token_sha256`` (lower-case hex)."""

    def __init__(self, table: ConfigurationTable) -> None:
        self._table = table

    def api_token_digests(self) -> tuple[str, ...]:
        """What ApiTokenVerifier compares with; empty before the first start. Raises StoreUnavailable."""
        row = self._table.get(SecurityRow, SECURITY, API_TOKEN)
        return () if row is None or not row.token_sha256 else (str(row.token_sha256),)
