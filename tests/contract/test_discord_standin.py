"""The Discord stand-in refuses what Discord refuses: a check that lets everything pass proves nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.standins.discord import (
    DEFAULT_CHANNEL_ID,
    DEFAULT_WEBHOOK_ID,
    DEFAULT_WEBHOOK_TOKEN,
    DiscordStandIn,
    StandInWebhook,
)

AGENT = {"User-Agent": "DiscordBot (https://example.com, 1)"}
EMBED = {"description": "x" * 4000}


@pytest.fixture
def discord() -> Iterator[DiscordStandIn]:
    with DiscordStandIn(max_file_bytes=1000) as running:
        yield running


def webhook_url(discord: DiscordStandIn, webhook: str = DEFAULT_WEBHOOK_ID, token: str = DEFAULT_WEBHOOK_TOKEN) -> str:
    return f"{discord.api_base}/webhooks/{webhook}/{token}"


def post(discord: DiscordStandIn, payload: Any = None, query: str = "?wait=true", **options: Any) -> requests.Response:
    if payload is not None:
        options["json"] = payload
    return requests.post(webhook_url(discord) + query, headers=AGENT, timeout=30, **options)


def post_files(discord: DiscordStandIn, payload: Any, *files: tuple[str, str, bytes]) -> requests.Response:
    parts: list[Any] = [("payload_json", (None, json.dumps(payload), "application/json"))]
    parts += [(field, (name, content, "image/png")) for field, name, content in files]
    return post(discord, files=parts)


def test_a_message_is_answered_as_an_object_and_kept(discord: DiscordStandIn) -> None:
    answer = post(discord, {"content": "hi", "username": "ming"})
    body = answer.json()
    assert answer.status_code == 200
    assert (body["content"], body["channel_id"]) == ("hi", DEFAULT_CHANNEL_ID)
    assert answer.headers["X-RateLimit-Limit"] == "5"
    (message,) = discord.received()
    assert (message.message_id, message.author, message.text) == (body["id"], "ming", "hi")


def test_without_wait_there_is_no_answer(discord: DiscordStandIn) -> None:
    answer = post(discord, {"content": "hi"}, query="")
    assert (answer.status_code, answer.content) == (204, b"")
    assert len(discord.received()) == 1


@pytest.mark.parametrize(
    ("payload", "code", "field"),
    [
        ({}, 50006, None),
        ({"content": " \n "}, 50006, None),
        ({"content": "x" * 2001}, 50035, "content"),
        ({"content": "a", "username": "x" * 81}, 50035, "username"),
        ({"content": "a", "username": "My Discord"}, 50035, "username"),
        ({"content": "a", "username": "clyde"}, 50035, "username"),
        ({"content": "a", "username": "Everyone"}, 50035, "username"),
        ({"content": "a", "avatar_url": "not a url"}, 50035, "avatar_url"),
        ({"content": "a", "embeds": [EMBED, EMBED]}, 50035, "embeds"),
        ({"content": "a", "embeds": [{}] * 11}, 50035, "embeds"),
        ({"content": "a", "flags": 1}, 50035, "flags"),
        ({"content": "a", "allowed_mentions": {"parse": ["nobody"]}}, 50035, "allowed_mentions"),
        ({"content": "a", "message_reference": {}}, 50035, "_errors"),
        ({"content": "a", "attachments": [{"id": "0"}]}, 50035, "attachments"),
        ({"content": "a", "thread_name": "post"}, 220003, None),
        ([], 50035, "_errors"),
    ],
)
def test_what_discord_refuses_is_refused(discord: DiscordStandIn, payload: Any, code: int, field: str | None) -> None:
    answer = post(discord, payload)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    if field is not None:
        assert list(answer.json()["errors"]) == [field]
    assert discord.received() == []


def test_limits_are_counted_in_code_points_after_trimming(discord: DiscordStandIn) -> None:
    assert post(discord, {"content": " " + "😀" * 2000 + "\n", "username": " " + "长" * 80}).status_code == 200


def test_files_must_be_named_and_announced(discord: DiscordStandIn) -> None:
    one = [{"id": "0", "filename": "a.png"}]
    assert post_files(discord, {"attachments": one}, ("files[0]", "a.png", b"x")).status_code == 200
    assert post_files(discord, {"attachments": one}, ("files[1]", "a.png", b"x")).status_code == 400
    assert post_files(discord, {"attachments": one}, ("file", "a.png", b"x")).status_code == 400
    assert post_files(discord, {"attachments": one}, ("files[0]", "b.png", b"x")).status_code == 400
    assert post_files(discord, {"attachments": [{"id": 0}]}, ("files[0]", "a.png", b"x")).status_code == 400
    assert post_files(discord, {}, ("files[0]", "a.png", b"x")).status_code == 400
    large = post_files(discord, {"attachments": one}, ("files[0]", "a.png", bytes(1001)))
    assert (large.status_code, large.json()["code"]) == (413, 40005)
    (message,) = discord.received()
    assert [(file.name, file.size_bytes) for file in message.files] == [("a.png", 1)]


def test_strangers_are_turned_away(discord: DiscordStandIn) -> None:
    def status_and_code(url: str, agent: dict[str, str]) -> tuple[int, int]:
        answer = requests.post(url, json={"content": "a"}, headers=agent, timeout=30)
        return answer.status_code, answer.json()["code"]

    assert status_and_code(webhook_url(discord, webhook="99"), AGENT) == (404, 10015)
    assert status_and_code(webhook_url(discord, token="wrong"), AGENT) == (401, 50027)
    assert status_and_code(webhook_url(discord), {}) == (403, 40333)
    assert status_and_code(discord.base_url + "/elsewhere", AGENT) == (404, 0)


@pytest.mark.parametrize("options", [{"data": b"{", "json": None}, {"data": b"content=hi"}])
def test_bodies_that_are_no_json_are_refused(discord: DiscordStandIn, options: dict[str, Any]) -> None:
    headers = {**AGENT, "Content-Type": "application/json" if "json" in options else "text/plain"}
    answer = requests.post(webhook_url(discord), data=options["data"], headers=headers, timeout=30)
    assert answer.status_code == 400


def test_forums_need_a_thread(discord: DiscordStandIn) -> None:
    discord.add_webhook(StandInWebhook(DEFAULT_WEBHOOK_ID, DEFAULT_WEBHOOK_TOKEN, "5", is_forum=True))
    assert post(discord, {"content": "a"}).json()["code"] == 220001
    opened = post(discord, {"content": "a", "thread_name": "post"}).json()["channel_id"]
    thread = f"?wait=true&thread_id={opened}"
    assert post(discord, {"content": "b"}, query=thread).json()["channel_id"] == opened
    assert post(discord, {"content": "b", "thread_name": "post"}, query=thread).json()["code"] == 220002
    assert post(discord, {"content": "b"}, query="?wait=true&thread_id=404").json()["code"] == 10003


def test_messages_can_be_read_edited_and_deleted(discord: DiscordStandIn) -> None:
    url = f"{webhook_url(discord)}/messages/{post(discord, {'content': 'a'}).json()['id']}"
    assert requests.patch(url, json={"content": "b"}, headers=AGENT, timeout=30).json()["content"] == "b"
    assert requests.patch(url, json={"username": "b"}, headers=AGENT, timeout=30).status_code == 400
    assert requests.get(url, headers=AGENT, timeout=30).json()["content"] == "b"
    assert requests.delete(url, headers=AGENT, timeout=30).status_code == 204
    assert requests.get(url, headers=AGENT, timeout=30).json()["code"] == 10008
    webhook = requests.get(webhook_url(discord), headers=AGENT, timeout=30).json()
    assert webhook["channel_id"] == DEFAULT_CHANNEL_ID


def test_rate_limits_are_enforced_when_asked_for() -> None:
    with DiscordStandIn(enforce_rate_limits=True) as discord:
        answers = [post(discord, {"content": "a"}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert 0 < answers[5].json()["retry_after"] <= 2
        assert answers[5].headers["Retry-After"].isdigit()
        assert answers[4].headers["X-RateLimit-Remaining"] == "0"


def test_it_runs_in_a_process_of_its_own_and_tells_what_arrived() -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.standins.discord"], cwd=root, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            base_url = process.stdout.readline().decode().strip()
            url = f"{base_url}/api/v10/webhooks/{DEFAULT_WEBHOOK_ID}/{DEFAULT_WEBHOOK_TOKEN}"
            requests.post(url, json={"content": "hi"}, headers=AGENT, timeout=30)
            (message,) = requests.get(f"{base_url}/_standin/messages", timeout=30).json()
            (request,) = requests.get(f"{base_url}/_standin/requests", timeout=30).json()
            assert message["text"] == "hi"
            assert request["method"] == "POST"
        finally:
            process.terminate()
        assert process.wait(timeout=60) == 0
