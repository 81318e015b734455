from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from shared.kook.webhook import AccountDirectory, CredentialsUnavailable
from shared.kook.webhook_credentials import CachedCredentials, ConfigTableAccounts
from shared.security.vault import DataKeyUnavailable, Vault
from tests.standins.webhook_doubles import directory_of

VAULT = Vault(bytes(range(32)))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class CountingSource:
    """Gives a new directory at each read, or fails while ``failing``."""

    def __init__(self) -> None:
        self.reads = 0
        self.failing = False

    def read(self) -> AccountDirectory:
        self.reads += 1
        if self.failing:
            raise CredentialsUnavailable("DynamoDB did not answer: ReadTimeoutError")
        return directory_of()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source() -> CountingSource:
    return CountingSource()


@pytest.fixture
def cached(source: CountingSource, clock: Clock) -> CachedCredentials:
    return CachedCredentials(source, clock)


def test_nothing_is_read_before_the_first_request(cached: CachedCredentials, source: CountingSource) -> None:
    assert source.reads == 0
    cached.current()
    assert source.reads == 1


def test_credentials_are_cached_for_a_minute(cached: CachedCredentials, source: CountingSource, clock: Clock) -> None:
    first = cached.current()
    clock.now += 59.9
    assert cached.current() is first
    clock.now += 0.1
    assert cached.current() is not first
    assert source.reads == 2


def test_a_forced_read_gives_newer_credentials(cached: CachedCredentials) -> None:
    first = cached.current()
    newer = cached.newer_than(first)
    assert newer is not None and newer is not first
    assert cached.current() is newer


def test_a_read_is_forced_at_most_once_in_five_seconds(
    cached: CachedCredentials, source: CountingSource, clock: Clock
) -> None:
    newer = cached.newer_than(cached.current())
    assert newer is not None
    clock.now += 4.9
    assert cached.newer_than(newer) is None
    assert source.reads == 2
    clock.now += 0.1
    assert cached.newer_than(newer) is not None
    assert source.reads == 3


def test_what_another_thread_has_just_read_is_newer_without_a_further_read(
    cached: CachedCredentials, source: CountingSource
) -> None:
    stale = cached.current()
    newer = cached.newer_than(stale)
    assert cached.newer_than(stale) is newer
    assert source.reads == 2


def test_while_the_source_is_away_the_last_credentials_serve_and_it_is_logged(
    cached: CachedCredentials, source: CountingSource, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    first = cached.current()
    source.failing = True
    clock.now += 3600
    with caplog.at_level(logging.WARNING):
        assert cached.current() is first
    assert "serving those last read" in caplog.text


def test_a_failing_source_is_not_asked_again_by_every_request(
    cached: CachedCredentials, source: CountingSource, clock: Clock
) -> None:
    cached.current()
    source.failing = True
    clock.now += 60
    for _ in range(100):
        cached.current()
    assert source.reads == 2
    source.failing = False
    clock.now += 2
    cached.current()
    assert source.reads == 3


def test_a_failing_forced_read_keeps_the_credentials(
    cached: CachedCredentials, source: CountingSource, clock: Clock
) -> None:
    first = cached.current()
    source.failing = True
    assert cached.newer_than(first) is None
    assert cached.current() is first


def test_without_any_credentials_the_failure_is_raised_and_the_source_spared(
    cached: CachedCredentials, source: CountingSource, clock: Clock
) -> None:
    source.failing = True
    for _ in range(10):
        with pytest.raises(CredentialsUnavailable):
            cached.current()
    assert source.reads == 1
    source.failing = False
    clock.now += 2
    assert cached.current()


def test_threads_that_start_together_read_once(clock: Clock) -> None:
    together = threading.Barrier(8)
    source = CountingSource()
    cached = CachedCredentials(source, clock)

    def current(_: int) -> AccountDirectory:
        together.wait()
        return cached.current()

    with ThreadPoolExecutor(8) as pool:
        directories = set(pool.map(current, range(8)))
    assert (len(directories), source.reads) == (1, 1)


def test_while_one_thread_reads_the_others_go_on_with_what_there_is(clock: Clock) -> None:
    reading, may_finish = threading.Event(), threading.Event()

    class SlowSecondRead(CountingSource):
        def read(self) -> AccountDirectory:
            directory = super().read()
            if self.reads == 2:
                reading.set()
                assert may_finish.wait(timeout=30)
            return directory

    cached = CachedCredentials(SlowSecondRead(), clock)
    first = cached.current()
    clock.now += 60
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(cached.current)
        assert reading.wait(timeout=30)
        assert cached.current() is first
        may_finish.set()
        assert slow.result(timeout=30) is not first


def _item(
    account_id: int, *, verify_token: str = "", encrypt_key: str = "", **attributes: dict[str, Any]
) -> dict[str, Any]:
    record = f"account/{account_id}"
    item: dict[str, Any] = {"sk": {"S": f"{account_id:012d}"}, "id": {"N": str(account_id)}}
    if verify_token:
        item["verify_token"] = {"S": VAULT.seal(verify_token, record=record, field="verify_token")}
    if encrypt_key:
        item["encrypt_key"] = {"S": VAULT.seal(encrypt_key, record=record, field="encrypt_key")}
    return {**item, **attributes}


class PagedTable:
    """A DynamoDB client that answers Query with these pages, checking what it is asked."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages = pages
        self.requests: list[dict[str, Any]] = []

    def query(self, **request: Any) -> dict[str, Any]:
        self.requests.append(dict(request))
        assert request["TableName"] == "config-table"
        assert request["ConsistentRead"] is True
        assert request["KeyConditionExpression"] == "pk = :pk"
        assert request["ExpressionAttributeValues"] == {":pk": {"S": "account"}}
        page = int(request.get("ExclusiveStartKey", {"page": {"N": "0"}})["page"]["N"])
        answer: dict[str, Any] = {"Items": self.pages[page]}
        if page + 1 < len(self.pages):
            answer["LastEvaluatedKey"] = {"page": {"N": str(page + 1)}}
        return answer


def _read(*pages: list[dict[str, Any]]) -> AccountDirectory:
    return ConfigTableAccounts(PagedTable(*pages), "config-table", lambda: VAULT).read()


def test_secrets_are_unsealed() -> None:
    account = _read([_item(4, verify_token="vt", encrypt_key="密钥")]).find(4)
    assert account is not None
    assert (account.account_id, account.verify_token, account.encrypt_key) == (4, "vt", "密钥")


def test_every_page_is_read() -> None:
    directory = _read([_item(1, verify_token="a")], [], [_item(2, verify_token="b")], [_item(3, verify_token="c")])
    found = [directory.find(account_id) for account_id in (1, 2, 3)]
    assert [account and account.verify_token for account in found] == ["a", "b", "c"]


def test_only_the_needed_attributes_are_asked_for() -> None:
    table = PagedTable([])
    ConfigTableAccounts(table, "config-table", lambda: VAULT).read()
    asked = {name.strip() for name in table.requests[0]["ProjectionExpression"].split(",")}
    assert asked == {"sk", "id", "verify_token", "encrypt_key", "is_default", "ingress"}


def test_an_account_at_the_gateway_is_not_there_for_the_webhook() -> None:
    at_gateway = {**_item(1, verify_token="vt"), "ingress": {"S": "gateway"}, "is_default": {"BOOL": True}}
    directory = _read([at_gateway, {**_item(2, verify_token="vt"), "ingress": {"S": "webhook"}}])
    assert directory.find(1) is None
    default = directory.find(None)
    assert default is not None and default.account_id == 2


@pytest.mark.parametrize("absent", [{}, {"encrypt_key": {"S": ""}}, {"encrypt_key": {"NULL": True}}])
def test_an_account_may_have_no_encrypt_key(absent: dict[str, Any]) -> None:
    account = _read([{**_item(1, verify_token="vt"), **absent}]).find(1)
    assert account is not None and account.encrypt_key == ""


def test_an_item_that_carries_no_id_attribute_is_known_by_its_sort_key() -> None:
    item = _item(7, verify_token="vt")
    del item["id"]
    account = _read([item]).find(7)
    assert account is not None and account.verify_token == "vt"


def test_an_item_without_any_number_is_passed_over() -> None:
    directory = _read([{"sk": {"S": "odd"}}, {}, _item(2, verify_token="vt")])
    assert directory.find(2) is not None


@pytest.mark.parametrize("field", ["verify_token", "encrypt_key"])
@pytest.mark.parametrize(
    "damaged",
    [
        {"S": "in the clear"},
        {"S": VAULT.seal("vt", record="account/2", field="verify_token")},
        {"N": "7"},
        {"S": Vault(bytes(32)).seal("vt", record="account/1", field="verify_token")},
    ],
    ids=["not-sealed", "of-another-account", "not-text", "other-data-key"],
)
def test_an_account_whose_secret_does_not_open_verifies_nothing_and_the_others_go_on(
    field: str, damaged: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    broken = _item(1, verify_token="vt-1", encrypt_key="key-1")
    broken[field] = damaged
    with caplog.at_level(logging.ERROR):
        directory = _read([broken, _item(2, verify_token="vt-2")])
    first, second = directory.find(1), directory.find(2)
    assert first is not None and (first.verify_token, first.encrypt_key) == ("", "")
    assert second is not None and second.verify_token == "vt-2"
    assert "account 1 can verify nothing" in caplog.text
    assert "in the clear" not in caplog.text


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], None),
        ([_item(5)], 5),
        ([_item(5), _item(3), _item(4)], 3),
        ([_item(3), _item(5, is_default={"BOOL": True})], 5),
        ([_item(3), _item(5, is_default={"N": "1"})], 5),
        ([_item(3), _item(5, is_default={"BOOL": False})], 3),
        ([_item(9, is_default={"BOOL": True}), _item(5, is_default={"BOOL": True}), _item(3)], 5),
        ([_item(3, verify_token="x", encrypt_key="y"), _item(10)], 3),
    ],
)
def test_the_bare_path_serves_the_only_the_marked_or_the_first_account(
    items: list[dict[str, Any]], expected: int | None
) -> None:
    found = _read(items).find(None)
    assert (found and found.account_id) == expected


def test_without_accounts_no_data_key_is_needed() -> None:
    def no_vault() -> Vault:
        raise DataKeyUnavailable("the data key file data.key does not exist")

    assert ConfigTableAccounts(PagedTable([_item(1)]), "config-table", no_vault).read().find(1) is not None
    with pytest.raises(CredentialsUnavailable, match=r"data\.key"):
        ConfigTableAccounts(PagedTable([_item(1, verify_token="x")]), "config-table", no_vault).read()


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (
            ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "secret"}}, "Query"),
            "ResourceNotFound",
        ),
        (ConnectTimeoutError(endpoint_url="https://dynamodb.invalid/secret"), "ConnectTimeoutError"),
    ],
)
def test_a_failing_dynamodb_is_a_typed_error_without_detail(error: Exception, shown: str) -> None:
    class Failing:
        def query(self, **_: Any) -> Any:
            raise error

    with pytest.raises(CredentialsUnavailable, match=shown) as unavailable:
        ConfigTableAccounts(Failing(), "config-table", lambda: VAULT).read()
    assert "secret" not in str(unavailable.value)
