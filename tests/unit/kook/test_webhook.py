from __future__ import annotations

import json
from typing import Any

import pytest

from shared.kook.codec import MAX_BODY_BYTES
from shared.kook.webhook import (
    AccountCredentials,
    MessageRefused,
    QueueUnavailable,
    Response,
    WebhookReceiver,
)
from shared.relay.queue_messages import SQS_MAX_MESSAGE_BYTES, deduplication_id
from tests.standins.kook_wire import WIRES, encode
from tests.standins.webhook_doubles import (
    NOW_SECONDS,
    InMemoryCredentials,
    InMemoryFifoQueue,
    directory_of,
    receiver_for,
)

KEY = "an encrypt key"
PLAIN_ACCOUNT = AccountCredentials(1, verify_token="vt-one", encrypt_key="")
SEALED_ACCOUNT = AccountCredentials(2, verify_token="vt-two", encrypt_key=KEY)
TOKENLESS_ACCOUNT = AccountCredentials(3, verify_token="", encrypt_key="")
MESSAGE_ID = "cf444e43-af6c-bef4-a05a-691df028ed44"


def _d(**changes: Any) -> dict[str, Any]:
    d = {
        "channel_type": "GROUP",
        "type": 9,
        "target_id": "5823400000000001",
        "author_id": "2418200001",
        "content": "hello",
        "msg_id": MESSAGE_ID,
        "msg_timestamp": 1_772_587_181_010,
        "nonce": "",
        "extra": {"type": 9, "code": ""},
        "verify_token": "vt-one",
    }
    return {**d, **changes}


def _without(d: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {name: value for name, value in d.items() if name not in fields}


def _challenge(challenge: Any = "bkes654x09XY", token: Any = "vt-one") -> dict[str, Any]:
    return {"type": 255, "channel_type": "WEBHOOK_CHALLENGE", "challenge": challenge, "verify_token": token}


@pytest.fixture
def queue() -> InMemoryFifoQueue:
    return InMemoryFifoQueue()


@pytest.fixture
def receiver(queue: InMemoryFifoQueue) -> WebhookReceiver:
    return receiver_for([PLAIN_ACCOUNT, SEALED_ACCOUNT, TOKENLESS_ACCOUNT], queue)


def _post(receiver: WebhookReceiver, d: Any, account_id: str | None = "1", wire: str = "plain") -> Response:
    return receiver.receive(encode({"s": 0, "d": d, "sn": 1}, wire, KEY), account_id)


@pytest.mark.parametrize("wire", WIRES)
def test_a_challenge_is_echoed_as_plain_json_in_every_wire_form(receiver: WebhookReceiver, wire: str) -> None:
    account_id, token = ("2", "vt-two") if wire.startswith("enc") else ("1", "vt-one")
    response = _post(receiver, _challenge(token=token), account_id, wire)
    assert (response.status, json.loads(response.body)) == (200, {"challenge": "bkes654x09XY"})


def test_a_challenge_is_not_enqueued(receiver: WebhookReceiver, queue: InMemoryFifoQueue) -> None:
    _post(receiver, _challenge())
    assert queue.calls == 0


@pytest.mark.parametrize("token", ["vt-two", "", "vt-one ", "VT-ONE", "vt-on", None, 1, ["vt-one"], {"a": 1}, True])
def test_a_challenge_with_a_wrong_token_is_refused_without_an_echo(receiver: WebhookReceiver, token: Any) -> None:
    response = _post(receiver, _challenge(token=token))
    assert (response.status, response.body) == (401, "{}")


@pytest.mark.parametrize("challenge", [None, 7, "", ["x"], "x" * 1025])
def test_a_verified_challenge_that_is_no_sane_string_is_malformed(receiver: WebhookReceiver, challenge: Any) -> None:
    assert _post(receiver, _challenge(challenge)).status == 400


def test_a_challenge_of_odd_characters_comes_back_the_same(receiver: WebhookReceiver) -> None:
    challenge = '"\\ \u0000 密 \ud800 </script>'
    assert json.loads(_post(receiver, _challenge(challenge)).body) == {"challenge": challenge}


@pytest.mark.parametrize("wire", WIRES)
def test_an_event_is_enqueued_and_answered_with_200(
    receiver: WebhookReceiver, queue: InMemoryFifoQueue, wire: str
) -> None:
    account_id, token = (2, "vt-two") if wire.startswith("enc") else (1, "vt-one")
    response = _post(receiver, _d(verify_token=token), str(account_id), wire)
    assert (response.status, response.body) == (200, "{}")
    (message,) = queue.messages
    assert message.group_id == "5823400000000001"
    assert message.deduplication_id == deduplication_id(account_id, MESSAGE_ID)
    assert message.incoming.account_id == account_id
    assert message.incoming.event_id == MESSAGE_ID
    assert message.incoming.received_at_ms == int(NOW_SECONDS * 1000)
    assert message.incoming.event == _without(_d(), "verify_token")


def test_nothing_of_a_frame_but_its_event_reaches_the_queue(
    receiver: WebhookReceiver, queue: InMemoryFifoQueue
) -> None:
    frame = {
        "s": 0,
        "d": _d(),
        "sn": 1,
        "extra": {"verifyToken": "vt-one", "encryptKey": "SECRET-KEY", "callbackUrl": "https://relay.example/webhook"},
    }
    assert receiver.receive(encode(frame, "plain"), "1").status == 200
    body = queue.messages[0].body
    assert not any(secret in body for secret in ("vt-one", "SECRET-KEY", "relay.example"))


@pytest.mark.parametrize(
    "d",
    [_d(verify_token="vt-wrong"), _without(_d(), "verify_token"), _d(verify_token=None), _d(verify_token="\ud800")],
)
def test_an_event_without_the_right_token_is_refused(
    receiver: WebhookReceiver, queue: InMemoryFifoQueue, d: dict[str, Any]
) -> None:
    response = _post(receiver, d)
    assert (response.status, response.body) == (401, "{}")
    assert queue.calls == 0


def test_a_token_of_any_characters_is_compared(queue: InMemoryFifoQueue) -> None:
    receiver = receiver_for([AccountCredentials(1, verify_token="密 \ud800", encrypt_key="")], queue)
    assert _post(receiver, _d(verify_token="密 \ud800")).status == 200
    assert _post(receiver, _d(verify_token="密 \ud801")).status == 401


@pytest.mark.parametrize("token", ["", None, "anything"])
def test_an_account_without_a_verify_token_verifies_nothing(receiver: WebhookReceiver, token: Any) -> None:
    assert _post(receiver, _d(verify_token=token), "3").status == 401
    assert _post(receiver, _challenge(token=token), "3").status == 401


def test_a_plain_frame_with_the_right_token_is_refused_when_the_account_has_a_key(receiver: WebhookReceiver) -> None:
    assert _post(receiver, _d(verify_token="vt-two"), "2", "plain").status == 401
    assert _post(receiver, _challenge(token="vt-two"), "2", "zlib").body == "{}"


def test_an_encrypted_frame_is_refused_when_the_account_has_no_key(receiver: WebhookReceiver) -> None:
    assert _post(receiver, _d(), "1", "enc").status == 401


@pytest.mark.parametrize(
    "raw",
    [
        encode({"s": 0, "d": _d()}, "plain"),
        encode({"s": 0, "d": _challenge()}, "zlib"),
        encode({"s": 0, "d": _d()}, "enc", "some key"),
        encode({"s": 0, "d": "no object"}, "plain"),
        b'{"encrypt":"no base64"}',
        b"{",
        b"",
        b"x" * (MAX_BODY_BYTES + 1),
    ],
    ids=["frame", "challenge", "envelope", "bad-frame", "bad-envelope", "bad-json", "empty", "oversized"],
)
def test_an_unknown_account_answers_like_a_known_one_with_other_secrets(receiver: WebhookReceiver, raw: bytes) -> None:
    others = [
        receiver_for([AccountCredentials(9, verify_token="other", encrypt_key=key)], InMemoryFifoQueue())
        for key in ("", "other key")
    ]
    answers = {(response.status, response.body) for response in (other.receive(raw, "9") for other in others)}
    unknown = receiver.receive(raw, "9")
    assert answers == {(unknown.status, unknown.body)}


@pytest.mark.parametrize("account_id", ["0", "01", "-1", "1.0", "x", "１", "1 ", "9" * 40, "", "../1", "1\n"])
def test_an_account_id_that_is_no_number_is_an_unknown_account(receiver: WebhookReceiver, account_id: str) -> None:
    assert _post(receiver, _d(), account_id).status == 401


def test_the_bare_path_serves_the_default_account(queue: InMemoryFifoQueue) -> None:
    receiver = receiver_for([PLAIN_ACCOUNT, SEALED_ACCOUNT], queue, default_account_id=2)
    assert _post(receiver, _d(verify_token="vt-two"), None, "enczlib").status == 200
    assert _post(receiver, _d(), None).status == 401
    assert queue.messages[0].incoming.account_id == 2


def test_the_bare_path_without_any_account_is_unverifiable(queue: InMemoryFifoQueue) -> None:
    assert _post(receiver_for([], queue), _d(), None).status == 401


@pytest.mark.parametrize(
    ("d", "group"),
    [
        (_d(), "5823400000000001"),
        (_d(channel_type="PERSON", target_id="286", extra={"code": "chatcode01"}), "chatcode01"),
        (_d(type=255, target_id="601", extra={"type": "updated_message", "body": {"channel_id": "582"}}), "582"),
        (_d(type=255, target_id="601", extra={"type": "joined_guild", "body": {"user_id": "1"}}), "601"),
        (
            _d(
                type=255,
                channel_type="PERSON",
                extra={"type": "updated_private_message", "body": {"chat_code": "chatcode01"}},
            ),
            "chatcode01",
        ),
        (_d(target_id=5823400000000001), "5823400000000001"),
    ],
)
def test_the_group_is_the_channel(
    receiver: WebhookReceiver, queue: InMemoryFifoQueue, d: dict[str, Any], group: str
) -> None:
    assert _post(receiver, d).status == 200
    assert queue.messages[0].group_id == group


def test_a_channel_that_is_no_legal_group_name_is_hashed(receiver: WebhookReceiver, queue: InMemoryFifoQueue) -> None:
    assert _post(receiver, _d(target_id="频道 " * 100)).status == 200
    assert len(queue.messages[0].group_id) == 64


def test_a_repeated_post_is_one_message(receiver: WebhookReceiver, queue: InMemoryFifoQueue) -> None:
    assert [_post(receiver, _d()).status for _ in range(3)] == [200, 200, 200]
    assert (queue.calls, len(queue.messages)) == (3, 1)


def test_events_without_a_message_id_are_told_apart_by_their_content(
    receiver: WebhookReceiver, queue: InMemoryFifoQueue
) -> None:
    for content in ("a", "b", "a"):
        assert _post(receiver, _d(msg_id="", content=content)).status == 200
    first, second = queue.messages
    assert first.incoming.event_id != second.incoming.event_id
    assert len(first.incoming.event_id) == 64


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b'{"d":[]}', b'{"d":7}', b"\x78\x9c", b'{"encrypt":7}', b"\xff\xfe", b'{"d":{"a":NaN}}'],
)
def test_a_malformed_body_is_400_with_one_line_and_without_reading_credentials(
    queue: InMemoryFifoQueue, raw: bytes
) -> None:
    receiver = WebhookReceiver(InMemoryCredentials(), queue, lambda: NOW_SECONDS)
    response = receiver.receive(raw, "1")
    assert response.status == 400
    assert set(json.loads(response.body)) == {"error"}


def test_an_oversized_body_is_413(receiver: WebhookReceiver) -> None:
    assert receiver.receive(b"{" + b" " * MAX_BODY_BYTES, "1").status == 413


@pytest.mark.parametrize("filler", ["x", "密"], ids=["ascii", "three-byte"])
def test_a_frame_the_queue_could_not_hold_is_413_and_not_sent(
    receiver: WebhookReceiver, queue: InMemoryFifoQueue, filler: str
) -> None:
    def post(content: str) -> Response:
        frame = {"d": _d(content=content, verify_token="vt-one")}
        return receiver.receive(json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode(), "1")

    assert post("").status == 200
    room = SQS_MAX_MESSAGE_BYTES - len(queue.messages[0].body.encode())
    queue.messages.clear()
    width = len(filler.encode())
    exact = filler * (room // width) + "x" * (room % width)
    assert post(exact).status == 200
    assert len(queue.messages[0].body.encode()) == SQS_MAX_MESSAGE_BYTES
    assert post(exact + "x").status == 413
    assert queue.calls == 2


def test_a_message_the_queue_will_never_take_is_413(receiver: WebhookReceiver, queue: InMemoryFifoQueue) -> None:
    queue.failure = MessageRefused("the queue takes no message of that size or content")
    assert _post(receiver, _d()).status == 413


def test_an_unavailable_queue_is_503(receiver: WebhookReceiver, queue: InMemoryFifoQueue) -> None:
    queue.failure = QueueUnavailable("the events queue did not answer: ReadTimeoutError")
    response = _post(receiver, _d())
    assert response.status == 503
    assert "ReadTimeout" not in response.body


def test_unavailable_credentials_are_503(queue: InMemoryFifoQueue) -> None:
    receiver = WebhookReceiver(InMemoryCredentials(), queue, lambda: NOW_SECONDS)
    assert _post(receiver, _d()).status == 503


def test_an_account_made_a_moment_ago_is_found_by_reading_again(queue: InMemoryFifoQueue) -> None:
    credentials = InMemoryCredentials(directory_of(SEALED_ACCOUNT), directory_of(PLAIN_ACCOUNT, SEALED_ACCOUNT))
    receiver = WebhookReceiver(credentials, queue, lambda: NOW_SECONDS)
    assert _post(receiver, _challenge()).status == 200
    assert credentials.forced_reads == 1


def test_a_token_and_a_key_changed_a_moment_ago_are_found_by_reading_again(queue: InMemoryFifoQueue) -> None:
    old = AccountCredentials(2, verify_token="old", encrypt_key="old key")
    credentials = InMemoryCredentials(directory_of(old), directory_of(SEALED_ACCOUNT))
    receiver = WebhookReceiver(credentials, queue, lambda: NOW_SECONDS)
    assert _post(receiver, _d(verify_token="vt-two"), "2", "enczlib").status == 200


def test_verification_is_tried_again_once_only(queue: InMemoryFifoQueue) -> None:
    credentials = InMemoryCredentials(*(directory_of(SEALED_ACCOUNT) for _ in range(5)))
    receiver = WebhookReceiver(credentials, queue, lambda: NOW_SECONDS)
    assert _post(receiver, _d(verify_token="wrong"), "2", "enc").status == 401
    assert credentials.forced_reads == 1


def test_a_verified_request_forces_no_read(queue: InMemoryFifoQueue) -> None:
    credentials = InMemoryCredentials(directory_of(PLAIN_ACCOUNT))
    assert _post(WebhookReceiver(credentials, queue, lambda: NOW_SECONDS), _d()).status == 200
    assert credentials.forced_reads == 0


def test_no_secret_shows_in_an_answer_a_reason_or_a_repr(receiver: WebhookReceiver) -> None:
    responses = [
        _post(receiver, _d()),
        _post(receiver, _d(verify_token="vt-guess")),
        _post(receiver, _d(verify_token="vt-two"), "2", "enc"),
        receiver.receive(b'{"d":{"verify_token":"vt-guess"', "1"),
    ]
    shown = repr(responses) + repr(PLAIN_ACCOUNT) + repr(SEALED_ACCOUNT)
    assert not any(secret in shown for secret in ("vt-one", "vt-two", "vt-guess", KEY))


@pytest.mark.parametrize("field", ["type", "target_id", "author_id", "content", "msg_id", "msg_timestamp", "extra"])
@pytest.mark.parametrize("value", [None, True, 0, -1, 1.5, "x", "", [], [1], {}, {"a": {"b": []}}, 10**30])
def test_a_verified_event_with_mistyped_fields_is_taken_in_all_the_same(
    receiver: WebhookReceiver, queue: InMemoryFifoQueue, field: str, value: Any
) -> None:
    assert _post(receiver, _d(**{field: value})).status == 200
    assert queue.messages[0].incoming.event == _without(_d(**{field: value}), "verify_token")


def test_an_answered_challenge_is_told_and_nothing_else_is(queue: InMemoryFifoQueue) -> None:
    told: list[tuple[int, int]] = []
    credentials = InMemoryCredentials(directory_of(PLAIN_ACCOUNT))
    receiver = WebhookReceiver(
        credentials, queue, lambda: 1_790_000_000.5, lambda account_id, moment: told.append((account_id, moment))
    )
    assert _post(receiver, _challenge(token="wrong")).status == 401
    assert _post(receiver, _challenge(challenge=7)).status == 400
    assert _post(receiver, _d()).status == 200
    assert told == []
    assert _post(receiver, _challenge()).status == 200
    assert told == [(1, 1_790_000_000_500)]
