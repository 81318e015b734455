"""For each entry of the contract: what has to be there first, and the request that then has to succeed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.contract.relay_api.entries import Entry, http_entries
from tests.contract.relay_api.walk import GUILD_ID, Call, Walk

Scenario = Callable[[Walk, Entry], Call]

MAPPING: dict[str, Any] = next(entry.request_example for entry in http_entries() if entry.id == "mappings.add")


def _plain(_walk: Walk, entry: Entry) -> Call:
    return Call(body=entry.request_example)


def _with_account(walk: Walk, _entry: Entry) -> Call:
    return Call({"account_id": walk.new_account()})


def _stopping_account(walk: Walk, _entry: Entry) -> Call:
    account_id = walk.new_account()
    # All accounts of the walk are one bot at KOOK: it would be offline for the others as well.
    return Call({"account_id": account_id}, afterwards=(("POST", f"/api/accounts/{account_id}/start", None),))


def _healthy(walk: Walk, _entry: Entry) -> Call:
    for account in walk.done("GET", "/api/accounts")["data"]:
        walk.done("DELETE", f"/api/accounts/{account['id']}")
    walk.new_account()
    return Call()


def _with_listed_account(walk: Walk, entry: Entry) -> Call:
    walk.new_account()
    return _plain(walk, entry)


def _new_account(walk: Walk, entry: Entry) -> Call:
    return Call(body={**entry.request_example, "email": f"user{walk.number()}@example.com"})


def _channels(walk: Walk, _entry: Entry) -> Call:
    return Call({"account_id": walk.new_account()}, {"server_id": GUILD_ID})


def _with_listed_bot(walk: Walk, _entry: Entry) -> Call:
    walk.new_bot()
    return Call(query={"platform": "discord"})


def _new_discord_bot(_walk: Walk, entry: Entry) -> Call:
    # The example's URL ends in dots where the rest of the token was.
    url = entry.request_example["config"]["webhook_url"].rstrip(".")
    return Call(body={**entry.request_example, "config": {"webhook_url": url}})


def _new_telegram_bot(_walk: Walk, entry: Entry) -> Call:
    config = entry.request_example["config"]
    token = config["bot_token"].rstrip(".") + "1234ghIkl-zyx57W2v1u123ew11"
    return Call(body={**entry.request_example, "config": {**config, "bot_token": token}})


def _with_bot(walk: Walk, _entry: Entry) -> Call:
    return Call({"bot_id": walk.new_bot()})


def _with_listed_mapping(walk: Walk, entry: Entry) -> Call:
    walk.new_mapping(MAPPING)
    return _plain(walk, entry)


def _new_mapping(walk: Walk, entry: Entry) -> Call:
    return Call(body=walk.mapping_body(entry.request_example))


def _mapping_rows(walk: Walk, _entry: Entry) -> Call:
    return Call(body={"mappings": [walk.mapping_body(MAPPING), walk.mapping_body(MAPPING)]})


def _with_mapping(walk: Walk, entry: Entry) -> Call:
    return Call({"mapping_id": walk.new_mapping(MAPPING)}, body=entry.request_example)


def _with_message(walk: Walk, _entry: Entry) -> Call:
    walk.relay_one_message()
    return Call(query={"limit": 100, "status": "success", "platform": "discord"})


def _statistics(walk: Walk, _entry: Entry) -> Call:
    walk.relay_one_message()
    return Call(query={"period": "today"})


def _clear(_walk: Walk, _entry: Entry) -> Call:
    return Call(query={"days": 30})


def _stopping(_walk: Walk, _entry: Entry) -> Call:
    return Call(afterwards=(("POST", "/api/system/start", None),))


def _login(walk: Walk, _entry: Entry) -> Call:
    return Call(body={"password": walk.password})


def _verify(walk: Walk, _entry: Entry) -> Call:
    return Call(body={"token": walk.sign_in()})


def _change_password(walk: Walk, _entry: Entry) -> Call:
    old = walk.password
    new = f"walk-password-{walk.number()}"
    back = ("POST", "/api/auth/change-password", {"old_password": new, "new_password": old})
    return Call(body={"old_password": old, "new_password": new}, afterwards=(back,))


def _with_backup(walk: Walk, entry: Entry) -> Call:
    walk.new_backup()
    return _plain(walk, entry)


def _restore(walk: Walk, _entry: Entry) -> Call:
    return Call(body={"backup_id": walk.new_backup()})


def _servers_of(walk: Walk, _entry: Entry) -> Call:
    return Call(query={"account_id": walk.new_account()})


def _channels_of(walk: Walk, _entry: Entry) -> Call:
    return Call(query={"account_id": walk.new_account(), "server_id": GUILD_ID})


def _auto_match(walk: Walk, entry: Entry) -> Call:
    walk.new_bot()
    return Call(body={**entry.request_example, "account_id": walk.new_account()})


SCENARIOS: Mapping[str, Scenario] = {
    "accounts.list": _with_listed_account,
    "accounts.add": _new_account,
    "accounts.delete": _with_account,
    "accounts.start": _with_account,
    "accounts.stop": _stopping_account,
    "accounts.servers": _with_account,
    "accounts.channels": _channels,
    "bots.list": _with_listed_bot,
    "bots.add_discord": _new_discord_bot,
    "bots.add_telegram": _new_telegram_bot,
    "bots.add_feishu": _plain,
    "bots.test": _with_bot,
    "bots.delete": _with_bot,
    "mappings.list": _with_listed_mapping,
    "mappings.add": _new_mapping,
    "mappings.batch": _mapping_rows,
    "mappings.update": _with_mapping,
    "mappings.delete": _with_mapping,
    "mappings.export": _with_listed_mapping,
    "mappings.import": _mapping_rows,
    "logs.list": _with_message,
    "logs.stats": _statistics,
    "logs.clear": _clear,
    "system.status": _plain,
    "system.start": _plain,
    "system.stop": _stopping,
    "system.restart": _plain,
    "cache.stats": _plain,
    "auth.login": _login,
    "auth.verify": _verify,
    "auth.change_password": _change_password,
    "backup.create": _plain,
    "backup.list": _with_backup,
    "backup.restore": _restore,
    "smart.kook_servers": _servers_of,
    "smart.kook_channels": _channels_of,
    "smart.auto_match": _auto_match,
    "health.basic": _plain,
    "health.check": _healthy,
    "updates.check": _plain,
}
