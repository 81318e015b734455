"""Platforms' keys of uploaded files, in the pacing table: small rows that expire after a day."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from shared.aws.database import database
from shared.platforms.media_keys import KEPT_SECONDS
from shared.stack_traces import failure_fields

logger = logging.getLogger("kook_relay.media")


class MediaKeyRow(Model):
    class Meta:
        table_name = "unbound"

    pk = UnicodeAttribute(hash_key=True)
    media_key = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)


class DynamoMediaKeys:
    """Implements shared.platforms.media_keys.MediaKeys. ``clock``: epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def find(self, credential: str, urls: Sequence[str]) -> dict[str, str]:
        by_key = {_pk(credential, url): url for url in urls}
        try:
            with database("find media keys"):
                rows = list(MediaKeyRow.batch_get(list(by_key)))
        except Exception as error:  # noqa: BLE001 - then it is uploaded once more
            logger.warning("media keys not read", extra=failure_fields(error))
            return {}
        now = self._clock()
        return {by_key[row.pk]: row.media_key for row in rows if row.media_key and now < int(row.expires_at or 0)}

    def keep(self, credential: str, keys: Mapping[str, str]) -> None:
        expires_at = int(self._clock()) + KEPT_SECONDS
        try:
            for url, media_key in keys.items():
                with database("keep media keys"):
                    MediaKeyRow(_pk(credential, url), media_key=media_key, expires_at=expires_at).save()
        except Exception as error:  # noqa: BLE001 - then it is uploaded once more
            logger.warning("media keys not kept", extra=failure_fields(error))


def _pk(credential: str, url: str) -> str:
    """Of fixed length, and without the address: it can let in whoever knows it."""
    owned = f"{credential}\0{url}".encode("utf-8", "surrogatepass")
    return f"media:{hashlib.sha256(owned).hexdigest()}"
