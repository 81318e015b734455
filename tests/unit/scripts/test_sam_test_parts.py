"""The parts of `make sam-test` that need no container."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.aws_calls import AwsCall
from scripts.sam_test.base_image import RootFilesystem
from scripts.sam_test.build_check import BuildUnfit, check_build, size_bytes
from scripts.sam_test.call_recording import RecordingProxy, calls_of
from scripts.sam_test.forwarding import Forwarder
from scripts.sam_test.key_service import KeyService
from scripts.sam_test.permissions import PermissionMissing, PermissionWatch
from shared.security.vault import DataKeyUnavailable, load_data_key

KEY_ID = "arn:aws:kms:us-east-1:123456789012:key/test"
CONTEXT = {"table": "config", "purpose": "data_key"}


def kms_client(port: int) -> Any:
    return boto3.client(
        "kms",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


def test_key_service_opens_what_it_sealed_under_the_same_context_only() -> None:
    with KeyService(KEY_ID) as service:
        kms = kms_client(service.port)
        sealed = kms.generate_data_key_without_plaintext(KeyId=KEY_ID, KeySpec="AES_256", EncryptionContext=CONTEXT)
        opened = [kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=CONTEXT) for _ in range(2)]
        assert len(opened[0]["Plaintext"]) == 32
        assert opened[0]["Plaintext"] == opened[1]["Plaintext"]
        with pytest.raises(ClientError, match="InvalidCiphertextException"):
            kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=CONTEXT | {"table": "other"})
        with pytest.raises(ClientError, match="NotFoundException"):
            kms.generate_data_key_without_plaintext(KeyId="another", KeySpec="AES_256")
        assert service.calls == {"GenerateDataKeyWithoutPlaintext": 2, "Decrypt": 3}


class OneItemTable:
    """The two DynamoDB calls the vault makes for its data key."""

    def __init__(self) -> None:
        self.item: dict[str, Any] | None = None

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {} if self.item is None else {"Item": self.item}

    def put_item(self, *, Item: dict[str, Any], **_: Any) -> None:
        self.item = Item


def test_the_vault_gets_one_data_key_from_the_key_service() -> None:
    with KeyService(KEY_ID) as service:
        table, kms = OneItemTable(), kms_client(service.port)

        def load(create: bool) -> bytes:
            return load_data_key(
                data_key_file="",
                kms_key_id=KEY_ID,
                config_table="config",
                dynamodb=table,
                kms=kms,
                create_if_missing=create,
            )

        with pytest.raises(DataKeyUnavailable):
            load(False)
        assert load(True) == load(False)
        assert service.calls["GenerateDataKeyWithoutPlaintext"] == 1


def test_forwarder_passes_bytes_both_ways_and_ends_with_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def echo_until_end() -> None:
            connection, _ = server.accept()
            with connection:
                received = b""
                while chunk := connection.recv(65_536):
                    received += chunk
                connection.sendall(received[::-1])

        thread = threading.Thread(target=echo_until_end, daemon=True)
        thread.start()
        payload = bytes(range(256)) * 4_000
        with (
            Forwarder("127.0.0.1", server.getsockname()[1]) as forwarder,
            socket.create_connection(tuple(forwarder.address.split(":")), timeout=30) as client,
        ):
            client.sendall(payload)
            client.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := client.recv(65_536):
                answer += chunk
        thread.join(30)
    assert answer == payload[::-1]


def test_forwarder_closes_a_connection_it_can_pass_on_to_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with Forwarder("127.0.0.1", port) as forwarder:
        host, _, own_port = forwarder.address.partition(":")
        with socket.create_connection((host, int(own_port)), timeout=30) as client:
            assert client.recv(1) == b""


def test_a_program_is_gathered_with_the_libraries_it_loads(tmp_path: Path) -> None:
    shell = Path("/bin/sh")
    if not Path("/usr/bin/ldd").exists():
        pytest.skip("the stand-in image is made on Linux with glibc only")
    RootFilesystem(tmp_path).binary(shell, "/bin/sh")
    gathered = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert "sh" in gathered
    assert any(name.startswith(("libc.", "libc-")) for name in gathered), gathered


def build_with(tmp_path: Path, *, layer_bytes: int = 10, function_bytes: int = 10) -> Path:
    template = "Resources:\n  EchoFunction:\n    Type: AWS::Serverless::Function\n"
    (tmp_path / "template.yaml").write_text(template, encoding="utf-8")
    (tmp_path / "SharedLayer" / "python").mkdir(parents=True)
    (tmp_path / "SharedLayer" / "python" / "library.bin").write_bytes(bytes(layer_bytes))
    (tmp_path / "EchoFunction").mkdir()
    (tmp_path / "EchoFunction" / "handler.py").write_text("#" * function_bytes, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("sizes", [{"layer_bytes": 45_000_001}, {"function_bytes": 20_001}])
def test_a_build_that_grew_too_large_is_refused(tmp_path: Path, sizes: dict[str, int]) -> None:
    with pytest.raises(BuildUnfit, match="too large"):
        check_build(build_with(tmp_path, **sizes))


def test_a_layer_with_the_runtime_s_own_libraries_is_refused(tmp_path: Path) -> None:
    build = build_with(tmp_path)
    (build / "SharedLayer" / "python" / "boto3").mkdir()
    with pytest.raises(BuildUnfit, match="boto3"):
        check_build(build)


def test_size_counts_files_in_folders(tmp_path: Path) -> None:
    assert size_bytes(build_with(tmp_path, layer_bytes=7) / "SharedLayer") == 7


def watch_of(function: str, *allowed: dict[str, Any]) -> PermissionWatch:
    role = {"Properties": {"Policies": [{"PolicyDocument": {"Statement": list(allowed)}}]}}
    resources = {function: {"Properties": {"Role": {"Fn::GetAtt": "Role.Arn"}}}, "Role": role}
    names = {"real-config": "ConfigTable", "http://127.0.0.1:1/000000000000/events.fifo": "EventsQueue"}
    watch = PermissionWatch({"Resources": resources}, names)
    watch.running(function)
    return watch


def test_calls_a_role_allows_pass() -> None:
    table = {"Action": ["dynamodb:Query", "dynamodb:PutItem"], "Resource": {"Fn::GetAtt": ["ConfigTable", "Arn"]}}
    index = {"Action": ["dynamodb:Query"], "Resource": [{"Fn::Sub": "${ConfigTable.Arn}/index/*"}]}
    queue = {"Action": ["sqs:SendMessage"], "Resource": {"Fn::GetAtt": "EventsQueue.Arn"}}
    watch = watch_of("EchoFunction", table, index, queue)
    put = {"TransactItems": [{"Put": {"TableName": "real-config"}}]}
    batch = {"QueueUrl": "http://198.18.0.1:9/000000000000/events.fifo"}
    for target, arguments in (
        ("DynamoDB_20120810.Query", {"TableName": "real-config"}),
        ("DynamoDB_20120810.Query", {"TableName": "real-config", "IndexName": "by_name"}),
        ("DynamoDB_20120810.TransactWriteItems", put),
        ("AmazonSQS.SendMessageBatch", batch),
    ):
        for call in calls_of(target, arguments):
            watch.note(call)
    assert watch.check() == 4


@pytest.mark.parametrize(
    "call",
    [
        AwsCall("dynamodb:DeleteItem", "real-config"),
        AwsCall("dynamodb:Query", "another-table"),
        AwsCall("dynamodb:Query", "real-config", "by_name"),
        AwsCall("kms:Decrypt", ""),
    ],
)
def test_calls_a_role_does_not_allow_are_named(call: AwsCall) -> None:
    watch = watch_of("EchoFunction", {"Action": ["dynamodb:Query"], "Resource": {"Fn::GetAtt": "ConfigTable.Arn"}})
    watch.note(call)
    with pytest.raises(PermissionMissing, match=f"EchoFunction: {call.action}"):
        watch.check()


def test_a_watch_that_saw_nothing_fails() -> None:
    with pytest.raises(PermissionMissing, match="no call was seen"):
        watch_of("EchoFunction").check()


def test_the_recording_proxy_passes_answers_on_and_notes_the_call() -> None:
    noted: list[AwsCall] = []
    with KeyService(KEY_ID) as service, RecordingProxy("127.0.0.1", service.port, noted.append) as proxy:
        kms = kms_client(int(proxy.url.rpartition(":")[2]))
        sealed = kms.generate_data_key_without_plaintext(KeyId=KEY_ID, KeySpec="AES_256")
        assert len(kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"]) == 32
    assert noted == [AwsCall("kms:GenerateDataKeyWithoutPlaintext", KEY_ID), AwsCall("kms:Decrypt", "")]
