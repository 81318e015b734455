"""The accounts table's items. The composition root binds ``AccountsRow`` to its name (shared.aws.tables.bind).

pk "account#<id>"       sk "record"             an account                 in the three listings
pk "account#<id>"       sk "cookie"             its sealed cookie, apart so that no listing ever reads it
pk "account#<id>"       sk "usage#<ms>#<rand>"  a reported use             leaves after thirty days
pk "account#<id>"       sk "pool#<poolId>"      that it is in that pool
pk "counts"             sk "<platform>#<status>#<shard>#"                  how many accounts
pk "counts#user#<id>"   sk "<platform>#<status>#<shard>#<projectId>"       … of that user
pk "counts#project#<id>" sk "<platform>#<status>#<shard>#"                 … of that project
pk "pools"              sk the pool's id        a pool
pk "pool#<id>"          sk "member#<accountId>" a member
pk "pool#<id>"          sk "turn"               how often round_robin has chosen
pk "logins#<platform>"  sk the session's id     an open login, its state sealed
pk "job#<id>"           sk "record"             a batch of health checks
pk "job#<id>"           sk "part#<number>"      the accounts it is about
pk "schedule"           sk "health"             when the next scheduled batch is due
pk "sequence"           sk the kind             the last number given out
"""

from __future__ import annotations

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from shared.aws.tables import UnboundTable

RECORD = "record"


class ByState(GlobalSecondaryIndex["AccountsRow"]):  # type: ignore[no-untyped-call]
    """Accounts by ``<platform>#<status>``, by priority, then age."""

    class Meta:
        index_name = "by_state"
        projection = KeysOnlyProjection()

    state_key = UnicodeAttribute(hash_key=True)
    listing_order = UnicodeAttribute(range_key=True)


class ByUser(GlobalSecondaryIndex["AccountsRow"]):  # type: ignore[no-untyped-call]
    """Accounts of a user by ``<platform>#<status>#<project>#<user>``."""

    class Meta:
        index_name = "by_user"
        projection = KeysOnlyProjection()

    user_key = UnicodeAttribute(hash_key=True)
    listing_order = UnicodeAttribute(range_key=True)


class ByProject(GlobalSecondaryIndex["AccountsRow"]):  # type: ignore[no-untyped-call]
    """Accounts of a project by ``<platform>#<status>#<project>``."""

    class Meta:
        index_name = "by_project"
        projection = KeysOnlyProjection()

    project_key = UnicodeAttribute(hash_key=True)
    listing_order = UnicodeAttribute(range_key=True)


class AccountsRow(Model):
    class Meta(UnboundTable):
        pass

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    revision = NumberAttribute(null=True)
    body = JSONAttribute(null=True)
    sealed = UnicodeAttribute(null=True)
    platform = UnicodeAttribute(null=True)
    status = UnicodeAttribute(null=True)
    use_count = NumberAttribute(null=True)
    success_count = NumberAttribute(null=True)
    fail_count = NumberAttribute(null=True)
    failures_in_a_row = NumberAttribute(null=True)
    last_used_at_ms = NumberAttribute(null=True)
    member_count = NumberAttribute(null=True)
    priority = NumberAttribute(null=True)
    counter = NumberAttribute(null=True)
    is_done = BooleanAttribute(null=True)
    state_key = UnicodeAttribute(null=True)
    user_key = UnicodeAttribute(null=True)
    project_key = UnicodeAttribute(null=True)
    listing_order = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)  # epoch seconds: the table's time to live
    by_state = ByState()
    by_user = ByUser()
    by_project = ByProject()


def account_key(account_id: str) -> str:
    return f"account#{account_id}"


def pool_key(pool_id: str) -> str:
    return f"pool#{pool_id}"
