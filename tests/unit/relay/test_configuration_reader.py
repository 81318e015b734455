from __future__ import annotations

import threading
from collections import Counter

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.relay.configuration_reader import ConfigurationReader
from shared.relay.errors import SecretsUnreadable
from shared.relay.models import Account, Bot, Mapping
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration


class CountingConfiguration(FakeConfiguration):
    def __init__(self) -> None:
        super().__init__()
        self.reads: Counter[str] = Counter()

    def account(self, account_id: int) -> Account | None:
        self.reads[f"account {account_id}"] += 1
        return super().account(account_id)

    def bot(self, bot_id: int) -> Bot | None:
        self.reads[f"bot {bot_id}"] += 1
        return super().bot(bot_id)

    def mappings_for_channel(self, kook_channel_id: str) -> list[Mapping]:
        self.reads[f"channel {kook_channel_id}"] += 1
        return super().mappings_for_channel(kook_channel_id)


def bot(**fields: object) -> Bot:
    return Bot(**{"id": 1, "platform": "discord", "name": "n", "config": {}, "created_at": "", **fields})


@pytest.fixture
def source() -> CountingConfiguration:
    return CountingConfiguration()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def reader(source: CountingConfiguration, clock: FakeClock) -> ConfigurationReader:
    return ConfigurationReader(source, ttl_seconds=5, clock=clock, max_entries=3)


def test_a_record_is_read_once_in_five_seconds(
    reader: ConfigurationReader, source: CountingConfiguration, clock: FakeClock
) -> None:
    source.add_bot(bot())
    for _ in range(4):
        assert reader.bot(1) == bot()
        clock.advance(1.2)
    assert source.reads["bot 1"] == 1
    source.update_bot(1, {"name": "changed"})
    clock.advance(0.2)
    assert reader.bot(1) == bot(name="changed")
    assert source.reads["bot 1"] == 2


def test_what_is_not_there_is_remembered_too(
    reader: ConfigurationReader, source: CountingConfiguration, clock: FakeClock
) -> None:
    for _ in range(3):
        assert reader.account(7) is None
        assert reader.mappings_for_channel("unmapped") == ()
    assert source.reads == {"account 7": 1, "channel unmapped": 1}


def test_kinds_do_not_get_mixed_up(reader: ConfigurationReader, source: CountingConfiguration) -> None:
    account = Account(id=1, email="a@example.com", created_at="")
    source.add_account(account)
    source.add_bot(bot())
    source.kept_mappings[1] = mapping = Mapping(
        id=1, kook_server_id="1", kook_channel_id="1", kook_channel_name="", target_platform="discord",
        target_bot_id=1, target_channel_id="",
    )  # fmt: skip
    assert (reader.account(1), reader.bot(1), reader.mapping(1)) == (account, bot(), mapping)
    assert (list(reader.accounts()), list(reader.mappings_for_channel("1"))) == ([account], [mapping])


def test_a_failure_is_not_remembered(reader: ConfigurationReader, source: CountingConfiguration) -> None:
    source.add_bot(bot())
    source.broken = True
    with pytest.raises(StoreUnavailable):
        reader.bot(1)
    source.broken = False
    assert reader.bot(1) == bot()


def test_forgetting_reads_afresh(reader: ConfigurationReader, source: CountingConfiguration) -> None:
    source.add_bot(bot())
    reader.bot(1)
    source.delete_bot(1)
    reader.forget()
    assert reader.bot(1) is None


def test_memory_is_bounded_and_the_least_recently_read_goes_first(
    reader: ConfigurationReader, source: CountingConfiguration
) -> None:
    for channel in ("a", "b", "c", "a", "d", "a"):
        reader.mappings_for_channel(channel)
    reader.mappings_for_channel("b")
    assert source.reads == {"channel a": 1, "channel b": 2, "channel c": 1, "channel d": 1}


def test_a_bot_whose_secret_does_not_open_is_not_sent_with(
    reader: ConfigurationReader, source: CountingConfiguration
) -> None:
    source.add_bot(bot(unreadable=("webhook_url",)))
    with pytest.raises(SecretsUnreadable) as failure:
        reader.bot(1)
    assert failure.value.fields == ("webhook_url",)


def test_a_read_that_was_under_way_while_everything_was_forgotten_is_not_kept(clock: FakeClock) -> None:
    started, go_on = threading.Event(), threading.Event()

    class SlowConfiguration(CountingConfiguration):
        def bot(self, bot_id: int) -> Bot | None:
            found = super().bot(bot_id)
            started.set()
            assert go_on.wait(10)
            return found

    source = SlowConfiguration()
    source.add_bot(bot(name="old"))
    reader = ConfigurationReader(source, clock=clock)
    thread = threading.Thread(target=reader.bot, args=(1,))
    thread.start()
    assert started.wait(10)
    source.update_bot(1, {"name": "new"})
    reader.forget()
    go_on.set()
    thread.join(10)
    assert reader.bot(1) == bot(name="new")


def test_many_threads_read_consistently(source: CountingConfiguration) -> None:
    for number in range(1, 6):
        source.add_bot(bot(id=number, name=f"bot {number}"))
    reader = ConfigurationReader(source, ttl_seconds=0, max_entries=2)
    wrong: list[object] = []

    def read() -> None:
        for turn in range(200):
            number = turn % 5 + 1
            found = reader.bot(number)
            if found is None or found.id != number:
                wrong.append(found)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []


def test_hits_and_misses_are_counted(
    reader: ConfigurationReader, source: CountingConfiguration, clock: FakeClock
) -> None:
    source.add_bot(bot())
    reader.bot(1)
    reader.bot(1)
    reader.account(7)
    found = reader.statistics()
    assert (found.size, found.hits, found.misses) == (2, 1, 2)
    clock.advance(5)
    reader.bot(1)
    assert reader.statistics().misses == 3
    reader.forget()
    assert (reader.statistics().size, reader.statistics().hits) == (0, 1)
