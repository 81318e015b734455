"""Making, listing and restoring backups, with a store and a restorer in memory."""

from __future__ import annotations

import io
import json
import zipfile
import zoneinfo
from typing import Any

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.relay.backups import MAX_KEPT, Backups
from shared.relay.configuration_snapshot import SECRETS_MISSING
from shared.relay.errors import Refusal, RelayError
from shared.relay.models import Account, Bot, Mapping
from shared.security.vault import Vault
from tests.fakes.backups import FakeBackupStore, FakeRestorer
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration

NOW_EPOCH = 1_760_859_000  # 2025-10-19 15:30:00 in Shanghai
STAMP = "2025-10-19T00:00:00.000Z"
PASSPHRASE = "correct horse"
FIRST = "backup_20251019_153000"


def secret_fields(platform: str) -> frozenset[str]:
    return {"discord": frozenset({"webhook_url"})}.get(platform, frozenset())


class Scene:
    def __init__(self) -> None:
        self.store = FakeBackupStore()
        self.configuration = FakeConfiguration()
        self.restorer = FakeRestorer()
        self.clock = FakeClock(NOW_EPOCH)
        self.forgotten = 0
        self.backups = Backups(
            store=self.store,
            source=self.configuration,
            restorer=self.restorer,
            sealer=Vault(b"k" * 32),
            secret_fields=secret_fields,
            platforms=("discord", "telegram"),
            zone=zoneinfo.ZoneInfo("Asia/Shanghai"),
            clock=self.clock,
            forget=self._forget,
        )

    def _forget(self) -> None:
        self.forgotten += 1

    def fill(self) -> None:
        account = Account(id=3, email="a@example.com", bot_token="canary-token", verify_token="canary-verify",
                          created_at=STAMP, status="online", started_at_ms=7)  # fmt: skip
        bot = Bot(id=5, platform="discord", name="n", created_at=STAMP,
                  config={"webhook_url": "https://discord.com/api/webhooks/1/canary", "thread_id": "7"})  # fmt: skip
        mapping = Mapping(id=8, kook_server_id="1", kook_channel_id="2", kook_channel_name="公告", created_at=STAMP,
                          target_platform="discord", target_bot_id=5, target_channel_id="")  # fmt: skip
        self.configuration.kept_accounts = {3: account}
        self.configuration.kept_bots = {5: bot}
        self.configuration.kept_mappings = {8: mapping}

    def empty(self) -> None:
        self.configuration.kept_accounts, self.configuration.kept_bots, self.configuration.kept_mappings = {}, {}, {}

    def refused(self, *arguments: Any, **options: Any) -> RelayError:
        with pytest.raises(RelayError) as caught:
            self.backups.restore(*arguments, **options)
        assert self.restorer.applied == []
        return caught.value


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.fill()
    return scene


def rewritten(content: bytes, change: Any) -> bytes:
    """A backup whose configuration was edited by someone who also put the checksums right."""
    import hashlib

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    configuration = json.loads(files["configuration.json"])
    change(configuration)
    files["configuration.json"] = json.dumps(configuration).encode()
    manifest = json.loads(files["manifest.json"])
    digest = hashlib.sha256(files["configuration.json"]).hexdigest()
    manifest["files"]["configuration.json"]["sha256"] = digest
    files["manifest.json"] = json.dumps(manifest).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


# --- making and listing ---


def test_a_backup_is_named_by_the_operators_time_and_holds_no_secret_in_clear(scene: Scene) -> None:
    made = scene.backups.create(PASSPHRASE)
    assert (made.backup_id, made.path) == (FIRST, f"backups/{FIRST}.zip")
    content = scene.store.files[FIRST]
    assert made.size_bytes == len(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not any(b"canary" in archive.read(name) for name in archive.namelist())


def test_two_backups_in_one_second_have_ids_of_their_own(scene: Scene) -> None:
    scene.store.hidden.add(f"{FIRST}_1")
    made = [scene.backups.create(None).backup_id for _ in range(3)]
    assert made == [FIRST, f"{FIRST}_2", f"{FIRST}_3"]


def test_backups_are_listed_newest_first_and_strangers_files_are_not(scene: Scene) -> None:
    scene.backups.create(None)
    scene.backups.create(None)
    scene.clock.advance(60)
    scene.backups.create(None)
    scene.store.files |= {"notes": b"", "backup_20251340_999999": b"", "backup_20251019_153000_extra": b""}
    assert [backup.backup_id for backup in scene.backups.all()] == ["backup_20251019_153100", f"{FIRST}_1", FIRST]


def test_the_oldest_go_when_there_are_many(scene: Scene) -> None:
    for _ in range(MAX_KEPT + 2):
        scene.backups.create(None)
        scene.clock.advance(1)
    assert len(scene.store.files) == MAX_KEPT
    assert FIRST not in scene.store.files


def test_records_whose_secrets_cannot_be_read_are_named(scene: Scene) -> None:
    broken = scene.configuration.kept_accounts[3].model_copy(update={"bot_token": "", "unreadable": ("bot_token",)})
    scene.configuration.kept_accounts[3] = broken
    assert scene.backups.create(PASSPHRASE).lacking == ("account/3",)


@pytest.mark.parametrize(
    "backup_id", ["", "x", "../secret", "backup_20251019_153001", "backup_20251019_153000/..", "x" * 999]
)
def test_unknown_ids_are_not_found(scene: Scene, backup_id: str) -> None:
    scene.backups.create(None)
    for call in (scene.backups.content, scene.backups.delete, lambda one: scene.backups.restore(one, None)):
        with pytest.raises(RelayError) as caught:
            call(backup_id)
        assert caught.value.refusal is Refusal.BACKUP_NOT_FOUND


def test_a_storage_that_fails_is_reported_with_its_reason(scene: Scene) -> None:
    scene.store.broken = True
    for call in (lambda: scene.backups.create(None), scene.backups.all, lambda: scene.backups.content(FIRST)):
        with pytest.raises(RelayError) as caught:
            call()
        assert caught.value.refusal is Refusal.BACKUP_STORE_UNAVAILABLE
        assert caught.value.params["reason"] == "No space left on device"


# --- restoring ---


def test_a_restore_brings_everything_back_and_keeps_a_copy_of_what_was(scene: Scene) -> None:
    before = dict(scene.configuration.kept_accounts), dict(scene.configuration.kept_bots)
    scene.backups.create(PASSPHRASE)
    scene.empty()
    result = scene.backups.restore(FIRST, PASSPHRASE)
    (snapshot,) = scene.restorer.applied
    assert ({one.id: one for one in snapshot.accounts}, {one.id: one for one in snapshot.bots}) == before
    assert [one.id for one in snapshot.mappings] == [8]
    assert (result.accounts, result.bots, result.mappings, result.lacking, result.complete) == (1, 1, 1, (), True)
    assert result.safety_copy.backup_id in scene.store.files
    assert scene.forgotten == 1


def test_the_safety_copy_brings_back_secrets_without_a_passphrase(scene: Scene) -> None:
    scene.backups.create(None)
    copy = scene.backups.restore(FIRST, None).safety_copy.backup_id
    scene.empty()
    scene.backups.restore(copy, None)
    assert scene.restorer.applied[-1].accounts[0].bot_token == "canary-token"


def test_without_secrets_the_present_ones_stay_and_others_are_named(scene: Scene) -> None:
    scene.backups.create(None)
    scene.backups.restore(FIRST, None)
    assert scene.restorer.applied[-1].accounts[0].bot_token == "canary-token"
    assert scene.restorer.applied[-1].bots[0].status == "active"
    scene.empty()
    result = scene.backups.restore(FIRST, None)
    assert result.lacking == ("account/3", "bot/5")
    bot = scene.restorer.applied[-1].bots[0]
    assert (bot.status, bot.disabled_reason, bot.config) == ("disabled", SECRETS_MISSING, {"thread_id": "7"})


def test_another_accounts_secrets_are_not_taken_over(scene: Scene) -> None:
    scene.backups.create(None)
    other = scene.configuration.kept_accounts[3].model_copy(update={"email": "other@example.com"})
    scene.configuration.kept_accounts[3] = other
    scene.configuration.kept_bots[5] = scene.configuration.kept_bots[5].model_copy(update={"platform": "telegram"})
    scene.backups.restore(FIRST, None)
    assert scene.restorer.applied[-1].accounts[0].bot_token == ""
    assert "webhook_url" not in scene.restorer.applied[-1].bots[0].config


def test_a_lost_passphrase_still_leaves_the_rest(scene: Scene) -> None:
    scene.backups.create(PASSPHRASE)
    assert scene.refused(FIRST, None).refusal is Refusal.PASSPHRASE_REQUIRED
    assert scene.refused(FIRST, "battery staple").refusal is Refusal.WRONG_PASSPHRASE
    assert scene.backups.restore(FIRST, None, with_secrets=False).accounts == 1


def _set(path: list[Any], value: Any) -> Any:
    def change(configuration: Any) -> None:
        target = configuration
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        (_set(["accounts"], None), "invalid_records"),
        (_set(["accounts", 0], "x"), "invalid_records"),
        (_set(["accounts", 0, "id"], "3"), "invalid_records"),
        (_set(["accounts", 0, "id"], -1), "invalid_records"),
        (_set(["accounts", 0, "id"], 10**13), "invalid_records"),
        (_set(["accounts", 0, "secrets"], "bot_token"), "invalid_records"),
        (_set(["accounts", 0, "status"], "dancing"), "invalid_records"),
        (_set(["bots", 0, "config"], []), "invalid_records"),
        (_set(["bots", 0, "platform"], "myspace"), "unknown_platform"),
        (_set(["mappings", 0, "target_bot_id"], 99), "invalid_records"),
        (_set(["mappings", 0, "target_platform"], "telegram"), "invalid_records"),
        (_set(["mappings", 0, "enabled"], 7), "invalid_records"),
        (lambda all_: all_["accounts"].append(dict(all_["accounts"][0])), "invalid_records"),
        (lambda all_: all_["accounts"].append({**all_["accounts"][0], "id": 4}), "invalid_records"),
        (lambda all_: all_["mappings"].append({**all_["mappings"][0], "id": 9}), "invalid_records"),
    ],
)
def test_a_backup_that_makes_no_configuration_changes_nothing(scene: Scene, change: Any, flaw: str) -> None:
    scene.backups.create(None)
    scene.store.files[FIRST] = rewritten(scene.store.files[FIRST], change)
    refused = scene.refused(FIRST, None)
    assert (refused.refusal, refused.params["reason_code"]) == (Refusal.BACKUP_UNUSABLE, flaw)
    assert list(scene.store.files) == [FIRST]


def test_a_mapping_whose_bot_is_deleted_comes_back_switched_off(scene: Scene) -> None:
    off = {"enabled": 0, "disabled_reason": "bot_deleted"}
    scene.configuration.kept_mappings[8] = scene.configuration.kept_mappings[8].model_copy(update=off)
    scene.configuration.kept_bots = {}
    scene.backups.create(None)
    scene.backups.restore(FIRST, None)
    assert scene.restorer.applied[-1].mappings[0].enabled == 0


@pytest.mark.parametrize("failure", [RelayError(Refusal.RESTORE_CONFLICT), StoreUnavailable("fake")])
def test_a_restore_that_fails_passes_its_reason_on(scene: Scene, failure: Exception) -> None:
    scene.backups.create(None)
    scene.restorer.failure = failure
    with pytest.raises(type(failure)):
        scene.backups.restore(FIRST, None)
    assert scene.forgotten == 0


def test_a_file_from_elsewhere_is_checked_and_gets_an_id_of_its_own(scene: Scene) -> None:
    scene.backups.create(PASSPHRASE)
    content = scene.backups.content(FIRST)
    added = scene.backups.add(content)
    assert added.backup_id == f"{FIRST}_1"
    assert scene.backups.restore(added.backup_id, PASSPHRASE).accounts == 1
    with pytest.raises(RelayError) as caught:
        scene.backups.add(b"no zip")
    assert caught.value.refusal is Refusal.BACKUP_UNUSABLE
