"""KOOK's message history as backfill reads it, on the REST client."""

from __future__ import annotations

from collections.abc import Sequence

from shared.kook.client.arguments import ListFlag
from shared.kook.client.client import KookClient, KookClients
from shared.kook.client.errors import InvalidCall, KookApiError, KookError, KookRateLimited
from shared.kook.client.results import Message, User
from shared.kook.listed_messages import is_chat_code
from shared.relay.backfill import HistoryRefused, HistoryUnavailable
from shared.relay.models import Account


class KookHistory:
    """Implements shared.relay.backfill.History."""

    def __init__(self, clients: KookClients) -> None:
        self._clients = clients

    def page(self, account: Account, channel_id: str, before: str | None) -> Sequence[Message]:
        client = self._clients.of_bot(account.bot_token)
        flag: ListFlag | None = None if before is None else "before"
        try:
            if is_chat_code(channel_id):
                page = client.direct_message_list(chat_code=channel_id, msg_id=before, flag=flag)
                page = _with_authors(client, page)
            else:
                page = client.message_list(channel_id, msg_id=before, flag=flag)
        except KookRateLimited as error:
            raise HistoryUnavailable(str(error), error.retry_after_seconds) from None
        except KookApiError as error:
            if error.http_status >= 500:
                raise HistoryUnavailable(str(error)) from None
            raise HistoryRefused(str(error)) from None
        except InvalidCall as error:
            raise HistoryRefused(str(error)) from None
        except KookError as error:
            raise HistoryUnavailable(str(error)) from None
        # KOOK documents no order within a page.
        return sorted(page, key=lambda message: message["create_at"])


def _with_authors(client: KookClient, page: Sequence[Message]) -> list[Message]:
    """Private messages name their authors by id alone: two people, looked up once a page."""
    users: dict[str, User] = {}
    for author_id in {message["author_id"] for message in page if message["author"] is None} - {""}:
        users[author_id] = client.user_view(author_id)
    return [
        message if message["author"] is not None else _by(message, users.get(message["author_id"])) for message in page
    ]


def _by(message: Message, author: User | None) -> Message:
    named = message.copy()
    named["author"] = author
    return named
