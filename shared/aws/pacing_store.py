"""Pacing state in DynamoDB: one small row a scope, replaced under its version."""

from __future__ import annotations

from collections.abc import Callable, Collection

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.models import Model

from shared.aws.database import database
from shared.aws.tables import is_conditional_failure
from shared.platforms.pacing import ScopeState


class PacingRow(Model):
    class Meta:
        table_name = "unbound"

    pk = UnicodeAttribute(hash_key=True)
    state = UnicodeAttribute()
    version = NumberAttribute()
    expires_at = NumberAttribute()


class DynamoPacingStore:
    """Implements shared.platforms.pacing.PacingStore."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def load(self, scope: str) -> ScopeState:
        try:
            row = PacingRow.get(scope, consistent_read=True)
        except PacingRow.DoesNotExist:
            return ScopeState()
        return ScopeState.from_json(row.state, int(row.version))

    def load_many(self, scopes: Collection[str]) -> dict[str, ScopeState]:
        """Of those scopes that are stored, as of a moment ago. Raises StoreUnavailable."""
        with database("read circuits"):
            rows = PacingRow.batch_get(list(scopes)) if scopes else ()
            return {row.pk: ScopeState.from_json(row.state, int(row.version)) for row in rows}

    def save(self, scope: str, state: ScopeState, keep_seconds: float) -> bool:
        row = PacingRow(
            scope,
            state=state.to_json(),
            version=state.version + 1,
            expires_at=int(self._clock() + keep_seconds) + 60,
        )
        unchanged = PacingRow.pk.does_not_exist() if state.version == 0 else PacingRow.version == state.version
        try:
            row.save(condition=unchanged)
        except PutError as error:
            if is_conditional_failure(error):
                return False
            raise
        return True
