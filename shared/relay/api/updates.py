"""/api/updates/check: whether there is a newer version."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from shared.relay.api import control_texts as texts
from shared.relay.api.answers import said
from shared.relay.updates import UpdateFeed


def updates_blueprint(feed: UpdateFeed) -> Blueprint:
    blueprint = Blueprint("updates", __name__, url_prefix="/api/updates")

    @blueprint.get("/check")
    def check() -> Response:
        found = feed.check()
        body = {
            "current_version": found.current_version,
            "latest_version": found.latest.version,
            "update_available": found.update_available,
            "release_notes": found.latest.notes,
            "download_url": found.latest.url,
        }
        if found.note == "not_configured":
            body["note"] = said(texts.NOT_CHECKED)
        elif found.note == "unreachable":
            body["note"] = said(texts.FEED_UNREACHABLE, reason=found.reason)
        return jsonify(body)

    return blueprint
