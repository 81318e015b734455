"""The overview of a relay at work: the picture of the README (docs/images/console.png) is taken here."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.stage import CHANNELS, GUILD_ID, configured, console_stage, write
from tests.browser.visitor import visiting
from tests.standins.server import Answer, Fault

TALK = (
    ("公告", "小红", "今晚八点版本更新，预计停机两小时"),
    ("聊天大厅", "阿明", "有人一起打副本吗？"),
    ("聊天大厅", "Ming", "on my way, give me five minutes"),
    ("游戏攻略", "老王", "第三关的打法我写好了，图在楼下"),
    ("公告", "小红", "更新完成，补偿已发放，请到邮箱领取"),
    ("聊天大厅", "阿明", "收到，谢谢"),
)


def test_the_overview_shows_a_relay_at_work(no_new_day: None, tmp_path: Path, browser: Browser) -> None:
    with console_stage(tmp_path) as relay:
        configured(relay)
        for name in ("聊天大厅", "游戏攻略"):
            mapping = {
                "kook_server_id": GUILD_ID,
                "kook_channel_id": CHANNELS[name],
                "kook_channel_name": name,
                "target_platform": "discord",
                "target_bot_id": 1,
                "target_channel_id": "1287000000000000001",
            }
            assert relay.call("POST", "/api/mappings", mapping).status_code == 201
        refusal = {"ok": False, "error_code": 400, "description": "Bad Request: no"}
        relay.stage.platforms["telegram"].script(Fault(answer=Answer.of_json(refusal, status=400)))
        for channel, sender, content in TALK:
            write(relay, content, sender=sender, channel=channel)
        relay.wait_until_idle(2 * 3 + 4, 60)
        with visiting(browser, relay.stack.base_url) as visitor:
            visitor.sign_in()
            expect(visitor.page.locator(".empty-title")).to_have_text("一切正常")
            tiles = visitor.page.locator(".tile-value")
            expect(tiles.nth(1)).to_have_text("9")
            expect(tiles.nth(2)).to_have_text("1")
            expect(visitor.page.locator(".line")).to_have_count(8)
            expect(visitor.page.locator(".live-light.good").first).to_be_attached()
            visitor.shoot("showcase", whole=False)
