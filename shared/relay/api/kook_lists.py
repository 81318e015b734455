"""/api/accounts/{id}/servers and /channels, and the same lists under /api/smart-mapping."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response

from shared.relay.api.answers import success
from shared.relay.kook_directory import KookChannel, KookDirectory, KookServer, ServerChannels
from shared.web.errors import ApiError, FieldProblem
from shared.web.parameters import MAX_ID, path_id, query_integer, query_text

MAX_SERVER_ID_CHARACTERS = 128


class KookListViews:
    def __init__(self, directory: KookDirectory) -> None:
        self._directory = directory

    def account_blueprint(self) -> Blueprint:
        blueprint = Blueprint("kook_lists", __name__, url_prefix="/api/accounts")
        blueprint.get("/<account_id>/servers")(self.servers)
        blueprint.get("/<account_id>/channels")(self.channels)
        return blueprint

    def smart_mapping_blueprint(self) -> Blueprint:
        blueprint = Blueprint("smart_mapping_lists", __name__, url_prefix="/api/smart-mapping")
        blueprint.get("/kook-servers")(self.mappable_servers)
        blueprint.get("/kook-channels")(self.mappable_channels)
        return blueprint

    def servers(self, account_id: str) -> Response:
        return _servers(self._directory.servers(path_id("account_id", account_id)))

    def channels(self, account_id: str) -> Response:
        """Text and voice channels."""
        number = path_id("account_id", account_id)
        return _channels(self._directory.channels(number, _required_server_id()))

    def mappable_servers(self) -> Response:
        return _servers(self._directory.servers(_required_account_id()))

    def mappable_channels(self) -> Response:
        """Text channels only: those that messages are relayed from."""
        number, server_id = _required_account_id(), _required_server_id()
        listed = self._directory.channels(number, server_id, ("text",))
        return success(channels=[_shown_channel(channel) for channel in listed.channels])


def _servers(servers: Iterable[KookServer]) -> Response:
    return success(servers=[{"id": one.id, "name": one.name, "icon": one.icon} for one in servers])


def _channels(listed: ServerChannels) -> Response:
    return success(
        channels=[_shown_channel(channel) for channel in listed.channels],
        categories=[{"id": category.id, "name": category.name} for category in listed.categories],
    )


def _shown_channel(channel: KookChannel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "type": channel.kind,
        "server_id": channel.server_id,
        "category_id": channel.category_id or None,
        "category_name": channel.category_name or None,
    }


def _required_account_id() -> int:
    number = query_integer("account_id", minimum=1, maximum=MAX_ID)
    if number is None:
        raise _missing("account_id")
    return number


def _required_server_id() -> str:
    server_id = query_text("server_id", max_length=MAX_SERVER_ID_CHARACTERS)
    if server_id is None:
        raise _missing("server_id")
    return server_id


def _missing(name: str) -> ApiError:
    return ApiError("MISSING_PARAMETER", problems=[FieldProblem(name, "missing")])
