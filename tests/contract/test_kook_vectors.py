"""Bodies made by an implementation independent of this project (tests/data/kook) through the webhook receiver."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from shared.kook.codec import decode_body
from shared.kook.events import parse_event
from shared.kook.webhook import AccountCredentials, Response
from tests.standins.kook_wire import encode
from tests.standins.webhook_doubles import InMemoryFifoQueue, receiver_for

DATA = Path(__file__).resolve().parents[1] / "data" / "kook"
MANIFEST: dict[str, Any] = json.loads((DATA / "manifest.json").read_text(encoding="utf-8"))
VECTORS: dict[str, dict[str, Any]] = {vector["name"]: vector for vector in MANIFEST["vectors"]}
NEGATIVES: dict[str, dict[str, Any]] = {vector["name"]: vector for vector in MANIFEST["negative"]}
SEQUENCES: dict[str, dict[str, Any]] = {sequence["name"]: sequence for sequence in MANIFEST["sequences"]}
BOT_USER_ID = "2862900001"


def _body(vector: dict[str, Any]) -> bytes:
    return (DATA / vector["body"]).read_bytes()


def _expected_frame(message: str) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads((DATA / "expected" / f"{message}.json").read_text(encoding="utf-8"))
    return frame


def _encrypt_key(wire: str) -> str:
    return str(MANIFEST["encrypt_key"]) if wire.startswith("enc") else ""


def _post(vector: dict[str, Any], encrypt_key: str, queue: InMemoryFifoQueue) -> Response:
    account = AccountCredentials(1, verify_token=MANIFEST["verify_token"], encrypt_key=encrypt_key)
    return receiver_for([account], queue).receive(_body(vector), "1")


def test_every_body_of_the_data_is_in_the_manifest() -> None:
    listed = {vector["body"] for vector in [*VECTORS.values(), *NEGATIVES.values()]}
    assert listed == {f"bodies/{path.name}" for path in (DATA / "bodies").iterdir()}
    assert len(listed) == 42


@pytest.mark.parametrize("name", VECTORS)
def test_a_body_decodes_to_its_frame(name: str) -> None:
    vector = VECTORS[name]
    body = _body(vector)
    assert hashlib.sha256(body).hexdigest() == vector["sha256"]
    assert decode_body(body, _encrypt_key(vector["wire"])) == _expected_frame(vector["message"])


@pytest.mark.parametrize("name", VECTORS)
def test_a_body_is_answered_as_the_manifest_says(name: str) -> None:
    vector, queue = VECTORS[name], InMemoryFifoQueue()
    response = _post(vector, _encrypt_key(vector["wire"]), queue)
    assert response.status == vector["http_status"]
    if "response_json" in vector:
        assert json.loads(response.body) == vector["response_json"]
        assert queue.calls == 0
    else:
        d = _expected_frame(vector["message"])["d"]
        assert queue.messages[0].incoming.event == {key: d[key] for key in d if key != "verify_token"}


@pytest.mark.parametrize("name", VECTORS)
def test_a_body_for_one_kind_of_account_is_refused_by_the_other(name: str) -> None:
    vector, queue = VECTORS[name], InMemoryFifoQueue()
    other_key = "" if _encrypt_key(vector["wire"]) else str(MANIFEST["encrypt_key"])
    response = _post(vector, other_key, queue)
    assert (response.status, response.body, queue.calls) == (401, "{}", 0)


@pytest.mark.parametrize("name", NEGATIVES)
def test_a_negative_body_is_refused_without_a_5xx_an_echo_or_a_delivery(name: str) -> None:
    needs_key = name.endswith((".enc", ".enczlib")) or name.startswith("downgrade")
    queue = InMemoryFifoQueue()
    response = _post(NEGATIVES[name], str(MANIFEST["encrypt_key"]) if needs_key else "", queue)
    assert (response.status, response.body, queue.calls) == (401, "{}", 0)


def test_a_retried_event_is_one_message_in_whatever_wire_form_it_comes() -> None:
    queue = InMemoryFifoQueue()
    sequence = SEQUENCES["retry_same_event"]
    posts = [*sequence["post"], "text.plain", "text.zlib", "text.enc"]
    statuses = [_post(VECTORS[name], _encrypt_key(VECTORS[name]["wire"]), queue).status for name in posts]
    assert statuses == [200] * 6
    delivered = [_expected_frame(message)["d"]["msg_id"] for message in sequence["delivered"]]
    assert [message.incoming.event_id for message in queue.messages] == delivered


def test_the_bots_own_echo_can_be_told() -> None:
    """The loop guard is the router's; the event carries both signs it goes by."""
    (name,) = SEQUENCES["own_echo"]["post"]
    queue = InMemoryFifoQueue()
    assert _post(VECTORS[name], "", queue).status == 200
    event = parse_event(queue.messages[0].incoming.event)
    assert (event.author_id, event.author.is_bot) == (BOT_USER_ID, True)


@pytest.mark.parametrize("name", [name for name in VECTORS if VECTORS[name]["wire"] in ("plain", "enc")])
def test_the_tests_own_encoder_agrees_with_the_independent_one_on_what_a_frame_means(name: str) -> None:
    vector = VECTORS[name]
    frame = _expected_frame(vector["message"])
    key = _encrypt_key(vector["wire"])
    assert decode_body(encode(frame, vector["wire"], key), key) == decode_body(_body(vector), key)
