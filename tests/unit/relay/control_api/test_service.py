"""The service, its health and its updates over HTTP."""

from __future__ import annotations

from shared.platforms.http import NoAnswer
from shared.relay.models import Account, Bot
from shared.relay.service_switch import EventSourcesUnavailable
from shared.version import VERSION
from tests.fakes.scripted_http import answer
from tests.relay_answers import NOW, error_of
from tests.unit.relay.control_api.control_world import DEAD, ENGLISH, World


def test_the_status_has_the_contracts_shape_with_its_backends_beside(world: World) -> None:
    account = Account(id=1, email="a@example.com", created_at="2025-10-19T07:30:00.000Z", status="online")
    world.configuration.kept_accounts = {1: account, 2: account.model_copy(update={"id": 2, "status": "offline"})}
    body = world.call("GET", "/api/system/status").get_json()
    assert body == {
        "service_running": True,
        "service_state": "running",
        "redis_connected": True,
        "queue_size": 5,
        "account_count": 2,
        "active_accounts": 1,
        "bot_count": 0,
        "mapping_count": 0,
        "offline_at_kook": [],
        "uptime_seconds": 0,
        "version": VERSION,
        "backend": {
            "state_store": {"name": "dynamodb", "reachable": True},
            "queue": {"name": "sqs", "reachable": True},
        },
    }


def test_a_status_without_its_store_is_no_error(world: World) -> None:
    world.configuration.broken = True
    world.depths.broken = True
    body = world.call("GET", "/api/system/status").get_json()
    assert (body["redis_connected"], body["service_running"], body["service_state"]) == (False, False, "unknown")
    assert body["backend"]["queue"]["reachable"] is False


def test_stop_start_and_restart(world: World) -> None:
    stopped = world.call("POST", "/api/system/stop").get_json()
    assert (stopped["success"], stopped["service_running"], stopped["service_state"]) == (True, False, "stopped")
    assert world.call("GET", "/api/system/status").get_json()["service_running"] is False
    assert world.call("POST", "/api/system/start").get_json()["service_running"] is True
    assert world.call("POST", "/api/system/restart").get_json()["service_state"] == "running"
    assert world.sources.requests == [False, True, False, True]


def test_a_switch_that_fails_says_that_it_is_tried_again(world: World) -> None:
    world.sources.failure = EventSourcesUnavailable("AccessDeniedException")
    body = error_of(world.call("POST", "/api/system/stop", **ENGLISH), 503, "SERVICE_SWITCH_FAILED")
    assert "every minute" in body["solution"]
    assert body["reason"] == "AccessDeniedException"


def test_cache_statistics_are_the_contracts(world: World) -> None:
    assert world.call("GET", "/api/cache/stats").get_json() == {
        "cache_size": 1234,
        "hit_rate": 0.85,
        "miss_rate": 0.15,
        "total_hits": 5000,
        "total_misses": 882,
        "scope": "process",
    }


def test_health_has_the_contracts_names_and_a_hint_at_each_red_light(world: World) -> None:
    account = Account(id=1, email="a@example.com", bot_token="1/t", created_at=NOW, last_active="2025-10-19T07:29:00Z")
    world.configuration.kept_accounts = {1: account}
    world.configuration.kept_bots = {7: Bot(id=7, platform="discord", name="guild", config={}, created_at=NOW)}
    response = world.call("GET", "/api/health/check", **ENGLISH)
    body = response.get_json()
    assert (response.status_code, body["status"], body["timestamp"]) == (200, "degraded", NOW)
    components = body["components"]
    assert set(components) == {"redis", "database", "worker", "scrapers", "destinations", "machines"}
    assert components["machines"] == {"total": 0, "online": 0, "silent": []}
    assert components["redis"]["status"] == "up"
    assert isinstance(components["redis"]["latency_ms"], int)
    assert components["redis"]["backend"] == components["database"]["backend"] == "dynamodb"
    assert components["worker"]["status"] == "running"
    assert components["worker"]["hint"].startswith("2 message(s) lie in the dead letters of discord")
    (queue,) = components["worker"]["queues"]
    assert (queue["waiting"], queue["dead_letters"], queue["oldest_at"]) == (3, 2, "2025-10-19T15:00:00")
    scrapers = components["scrapers"]
    assert (scrapers["total"], scrapers["active"], scrapers["last_event_at"]) == (1, 0, "2025-10-19T15:29:00")
    assert "Account(s) 1 are offline at KOOK" in scrapers["hint"]
    destinations = components["destinations"]
    assert (destinations["total"], destinations["working"]) == (1, 0)
    assert "guild (#7)" in destinations["hint"]
    [troubled] = destinations["troubled"]
    assert (troubled["bot_id"], troubled["state"], troubled["reason"]) == (7, "off", DEAD.reason)
    assert troubled["solution"].startswith("Make a new webhook")


def test_updates_have_the_contracts_shape(world: World) -> None:
    release = {"tag_name": "v99.0.0", "body": "notes", "html_url": "https://example.com/99"}
    world.feed.script = [answer(200, release)]
    assert world.call("GET", "/api/updates/check").get_json() == {
        "current_version": VERSION,
        "latest_version": "99.0.0",
        "update_available": True,
        "release_notes": "notes",
        "download_url": "https://example.com/99",
    }


def test_offline_the_present_version_is_answered_with_a_note(world: World) -> None:
    world.feed.script = [NoAnswer("timeout", "slow")]
    response = world.call("GET", "/api/updates/check", **ENGLISH)
    body = response.get_json()
    assert (response.status_code, body["latest_version"], body["update_available"]) == (200, VERSION, False)
    assert body["note"] == "The update feed could not be read (timeout); the present version is shown"
