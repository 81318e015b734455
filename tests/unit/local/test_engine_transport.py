"""The short way to the engines: it gives what botocore would give, and leaves it what is not a plain success."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.session import Session

from local.engine_transport import EngineTransport
from tests.fakes.counting_transport import CountingTransport

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


def client_over(transport: EngineTransport, endpoint_url: str, **config: Any) -> Any:
    session = Session()
    transport.register(session)
    return session.create_client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=endpoint_url,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(**{"connect_timeout": 1, "read_timeout": 1, "retries": {"total_max_attempts": 2}, **config}),
    )


class Engine(ThreadingHTTPServer):
    """Gives the answers in turn, the last one for ever; a status of 0 hangs up. ``signed`` says of each call whether
    botocore made it."""

    daemon_threads = True

    def __init__(self, *answers: tuple[int, Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = list(answers)
        self.signed: list[bool] = []
        self.connections: set[Any] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Engine

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.connections.add(self.client_address)
        self.server.signed.append("Signature=none" not in self.headers["Authorization"])
        answers = self.server.answers
        status, document = answers.pop(0) if len(answers) > 1 else answers[0]
        if not status:
            self.close_connection = True
            return
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def running(*answers: tuple[int, Any]) -> Iterator[Engine]:
    engine = Engine(*answers)
    thread = threading.Thread(target=engine.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield engine
    finally:
        engine.shutdown()
        engine.server_close()


ITEM = {"Item": {"pk": {"S": "x"}, "blob": {"B": "aGFsbG8="}, "number": {"N": "1"}}}
READ = {"TableName": "any", "Key": {"pk": {"S": "x"}}}


def test_answers_are_read_as_botocore_reads_them_over_one_connection() -> None:
    with running((200, ITEM)) as engine:
        short, long = client_over(EngineTransport(), engine.url), client_over(_Nothing(), engine.url)
        found = [short.get_item(**READ)["Item"] for _ in range(3)]
        assert found == [long.get_item(**READ)["Item"]] * 3
        assert found[0]["blob"] == {"B": b"hallo"}
        assert engine.signed == [False, False, False, True]
        assert len(engine.connections) == 2


class _Nothing(EngineTransport):
    def register(self, session: Session) -> None:
        pass


def test_a_refusal_is_said_by_botocore() -> None:
    refusal = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "unmet"}
    with running((400, refusal)) as engine:
        with pytest.raises(ClientError) as raised:
            client_over(EngineTransport(), engine.url).put_item(TableName="any", Item={"pk": {"S": "x"}})
        assert raised.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
        assert engine.signed == [False, True]


@pytest.mark.parametrize("first", [(0, None), (500, {"__type": "InternalServerError"})])
def test_what_failed_in_passing_is_made_again(first: tuple[int, Any]) -> None:
    with running(first, (200, ITEM)) as engine:
        answer = client_over(EngineTransport(), engine.url).get_item(**READ)
        assert answer["Item"]["pk"] == {"S": "x"}
        assert engine.signed == [False, True]


def test_a_connection_that_was_hung_up_meanwhile_is_not_used_again() -> None:
    transport = CountingTransport()
    with running((200, ITEM)) as engine:
        client = client_over(transport, engine.url)
        client.get_item(**READ)
        for connection in [one for idle in transport._idle.values() for one in idle]:
            connection.sock.shutdown(2)
        client.get_item(**READ)
        assert transport.answered == ["GetItem", "GetItem"]
        assert len(engine.connections) == 2


def test_an_engine_that_is_not_there_is_said_by_botocore() -> None:
    with running((200, ITEM)) as engine:
        url = engine.url
    with pytest.raises(EndpointConnectionError):
        client_over(EngineTransport(), url).get_item(**READ)


def test_a_client_that_asks_for_one_attempt_makes_one() -> None:
    with running((500, {"__type": "InternalServerError"})) as engine:
        with pytest.raises(ClientError):
            client_over(EngineTransport(), engine.url, retries={"total_max_attempts": 1}).get_item(**READ)
        assert engine.signed == [True]


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:8000/", "http://dynamodb.us-east-1.amazonaws.com:80/", "http://10.0.0.1:8000/"]
)
def test_calls_elsewhere_are_left_alone(url: str) -> None:
    assert EngineTransport().before_call(model=None, params={"url": url}, context={}) is None


def test_the_engine_takes_what_is_sent_in_short(dynamodb: DynamoEngine) -> None:
    """Were each call refused and made again, nobody would notice but by its cost."""
    transport = CountingTransport()
    client = client_over(transport, dynamodb.endpoint_url)
    table = dynamodb.create_table("PacingTable")
    key = {"pk": {"S": uuid.uuid4().hex}}
    client.put_item(TableName=table, Item={**key, "state": {"B": b"\x00\xff"}})
    client.update_item(
        TableName=table, Key=key, UpdateExpression="ADD n :n", ExpressionAttributeValues={":n": {"N": "1"}}
    )
    assert client.get_item(TableName=table, Key=key)["Item"]["state"] == {"B": b"\x00\xff"}
    client.transact_write_items(TransactItems=[{"Delete": {"TableName": table, "Key": key}}])
    assert transport.answered == ["PutItem", "UpdateItem", "GetItem", "TransactWriteItems"]
