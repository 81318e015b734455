"""A picture or file is fetched from KOOK once, and given to a platform once, however many chats it goes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from shared.message.model import MediaItem
from shared.platforms.base import Destination, Platform, SendContext
from shared.platforms.feishu import FeishuPlatform
from shared.platforms.media_cache import CachingMediaFetcher
from shared.platforms.outcomes import Delivered
from shared.platforms.telegram import TelegramPlatform
from tests.contract.platforms.harness import local_http, media_fetcher, message
from tests.standins import feishu, telegram, telegram_chats
from tests.standins.assets import AssetStandIn, asset_item
from tests.standins.feishu import FeishuStandIn
from tests.standins.server import StandInServer
from tests.standins.telegram import TelegramStandIn

PNG, PHOTO, REPORT, CLIP = (asset_item(name) for name in ("picture.png", "photo.jpg", "report.pdf", "clip.mp4"))


class MemoryKeys:
    """Implements MediaKeys."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def find(self, credential: str, urls: Sequence[str]) -> Mapping[str, str]:
        return {url: key for url in urls if (key := self.kept.get((credential, url)))}

    def keep(self, credential: str, keys: Mapping[str, str]) -> None:
        self.kept |= {(credential, url): key for url, key in keys.items()}


@dataclass
class Scene:
    platform: Platform
    stand_in: StandInServer
    assets: AssetStandIn
    keys: MemoryKeys
    chats: Sequence[Destination]
    sends: int = 0

    def send(self, chat: int, *media: MediaItem) -> list[Delivered]:
        destination = self.chats[chat]
        outcomes = []
        for part in self.platform.compose(message("look", media), destination, "小明"):
            self.sends += 1
            outcome = self.platform.send(part, destination, SendContext(f"reuse-{self.sends}"))
            assert isinstance(outcome, Delivered), outcome
            outcomes.append(outcome)
        return outcomes

    def files(self) -> list[str]:
        return [file.name for received in self.stand_in.received() for file in received.files]

    @property
    def fetched(self) -> int:
        return len(self.assets.requests)

    @property
    def uploads(self) -> int:
        return sum(
            "multipart/form-data" in request.headers.get("Content-Type", "") for request in self.stand_in.requests
        )


@contextmanager
def telegram_scene() -> Iterator[Scene]:
    with TelegramStandIn() as stand_in, AssetStandIn() as assets:
        keys = MemoryKeys()
        platform = TelegramPlatform(local_http(), media_fetcher(assets), stand_in.base_url, keys)
        config = platform.validate_config({"bot_token": telegram.BOT_TOKEN, "chat_id": telegram_chats.GROUP_CHAT_ID})
        chats = [
            platform.destination(7, config, str(chat))
            for chat in (telegram_chats.GROUP_CHAT_ID, telegram_chats.PRIVATE_CHAT_ID)
        ]
        yield Scene(platform, stand_in, assets, keys, chats)
        assert stand_in.violations == []


@contextmanager
def feishu_scene() -> Iterator[Scene]:
    with FeishuStandIn() as stand_in, AssetStandIn() as assets:
        keys = MemoryKeys()
        platform = FeishuPlatform(local_http(), media_fetcher(assets), stand_in.base_url, media_keys=keys)
        config = {"app_id": feishu.APP_ID, "app_secret": feishu.APP_SECRET, "chat_id": feishu.CHAT_ID}
        checked = platform.validate_config(config)
        chat = platform.destination(7, checked, feishu.CHAT_ID)
        yield Scene(platform, stand_in, assets, keys, [chat, replace(chat, bot_id=8)])


@pytest.fixture(params=[telegram_scene, feishu_scene], ids=["telegram", "feishu"])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    with request.param() as opened:
        yield opened


@pytest.mark.parametrize("media", [(PNG,), (PNG, PHOTO), (REPORT,), (CLIP,)], ids=["picture", "two", "file", "video"])
def test_the_second_chat_gets_it_without_another_fetch_or_upload(scene: Scene, media: tuple[MediaItem, ...]) -> None:
    scene.send(0, *media)
    fetched, uploads, files = scene.fetched, scene.uploads, scene.files()
    assert (fetched, len(files)) == (len(media), len(media))
    outcomes = scene.send(1, *media)
    assert (scene.fetched, scene.uploads) == (fetched, uploads)
    assert scene.files() == [*files, *files]
    assert all(outcome.notes == () for outcome in outcomes)


@pytest.mark.parametrize("media", [(PNG,), (PNG, PHOTO), (REPORT,)], ids=["picture", "two", "file"])
def test_a_key_that_is_no_longer_taken_is_forgotten_and_the_file_uploaded(
    scene: Scene, media: tuple[MediaItem, ...]
) -> None:
    scene.send(0, *media)
    for known, key in list(scene.keys.kept.items()):
        scene.keys.kept[known] = f"{key}-gone"
    outcomes = scene.send(1, *media)
    assert len(scene.files()) == 2 * len(media)
    assert scene.fetched == 2 * len(media)
    assert not any("link" in note for outcome in outcomes for note in outcome.notes)
    scene.send(0, *media)
    assert scene.fetched == 2 * len(media)


def test_an_album_with_one_new_picture_is_uploaded_whole(scene: Scene) -> None:
    scene.send(0, PNG)
    scene.send(1, PNG, PHOTO)
    assert scene.files() == ["picture.png", "picture.png", "photo.jpg"]


def test_one_fetch_serves_every_platform_of_a_process() -> None:
    with AssetStandIn() as assets, TelegramStandIn() as one, FeishuStandIn() as other:
        shared_fetcher = CachingMediaFetcher(media_fetcher(assets))
        platforms: list[tuple[Any, dict[str, Any], str]] = [
            (
                TelegramPlatform(local_http(), shared_fetcher, one.base_url),
                {"bot_token": telegram.BOT_TOKEN, "chat_id": telegram_chats.GROUP_CHAT_ID},
                str(telegram_chats.GROUP_CHAT_ID),
            ),
            (
                FeishuPlatform(local_http(), shared_fetcher, other.base_url),
                {"app_id": feishu.APP_ID, "app_secret": feishu.APP_SECRET, "chat_id": feishu.CHAT_ID},
                feishu.CHAT_ID,
            ),
        ]
        for platform, config, target in platforms:
            destination = platform.destination(1, platform.validate_config(config), target)
            for part in platform.compose(message("look", (PNG,)), destination, "小明"):
                assert isinstance(platform.send(part, destination, SendContext("one")), Delivered)
        assert len(assets.requests) == 1
