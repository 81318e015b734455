"""The whole configuration at one moment, with its secrets apart from the rest. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from shared.relay.models import ACCOUNT_SECRETS, Account, Bot
from shared.relay.models import Mapping as ChannelMapping

SECRETS_MISSING = "secrets_missing"

Record = TypeVar("Record", bound=BaseModel)


class SnapshotInvalid(ValueError):
    """The records do not make a configuration. ``flaw`` is ``invalid_records`` or ``unknown_platform``; ``where`` names
    the record and no value."""

    def __init__(self, flaw: str, where: str) -> None:
        super().__init__(f"{flaw}: {where}")
        self.flaw = flaw
        self.where = where


class ConfigurationSource(Protocol):
    """Every method may raise StoreUnavailable."""

    def accounts(self) -> Sequence[Account]: ...

    def bots(self) -> Sequence[Bot]: ...

    def mappings(self) -> Sequence[ChannelMapping]: ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Records in clear. ``lacking`` names those without (some of) their secrets: ``account/3``, ``bot/7``."""

    accounts: tuple[Account, ...]
    bots: tuple[Bot, ...]
    mappings: tuple[ChannelMapping, ...]
    lacking: tuple[str, ...] = field(default=())


SecretFields = Callable[[str], Collection[str]]


def take_snapshot(source: ConfigurationSource) -> Snapshot:
    """Raises StoreUnavailable."""
    # Mappings first: the bot of each is then in the snapshot, also when both are added meanwhile.
    mappings = tuple(source.mappings())
    # That events wait for a moment is no part of the configuration.
    accounts = tuple(one.model_copy(update={"held_until_ms": 0, "held_by": ""}) for one in source.accounts())
    bots = tuple(source.bots())
    lacking = [f"account/{account.id}" for account in accounts if account.unreadable]
    lacking += [f"bot/{bot.id}" for bot in bots if bot.unreadable]
    return Snapshot(accounts, bots, mappings, tuple(lacking))


def split_secrets(snapshot: Snapshot, secret_fields: SecretFields) -> tuple[dict[str, Any], dict[str, Any]]:
    """What may be read by anyone, and the secrets: ``{"account/1": {field: value}, "bot/2": {setting: value}}``.

    ``secret_fields`` names a platform's secret settings.
    """
    secrets: dict[str, Any] = {}
    accounts, bots = [], []
    for account in snapshot.accounts:
        kept = {name: getattr(account, name) for name in ACCOUNT_SECRETS if getattr(account, name)}
        secrets[f"account/{account.id}"] = kept
        plain = account.model_dump(mode="json", exclude={"unreadable", *ACCOUNT_SECRETS})
        accounts.append({**plain, "secrets": sorted({*kept, *account.unreadable})})
    for bot in snapshot.bots:
        names = {name for name in bot.config if name in secret_fields(bot.platform)}
        secrets[f"bot/{bot.id}"] = {name: bot.config[name] for name in sorted(names)}
        plain = bot.model_dump(mode="json", exclude={"unreadable"})
        plain["config"] = {name: value for name, value in bot.config.items() if name not in names}
        bots.append({**plain, "secrets": sorted({*names, *bot.unreadable})})
    mappings = [mapping.model_dump(mode="json") for mapping in snapshot.mappings]
    return {"accounts": accounts, "bots": bots, "mappings": mappings}, secrets


def join_secrets(
    plain: Mapping[str, Any], secrets: Mapping[str, Any], present: Snapshot, platforms: Collection[str]
) -> Snapshot:
    """The snapshot again, checked as a whole. Secrets that are not there are taken from the ``present`` record of the
    same id, if it is the same account or a bot of the same platform. A bot left without one is switched off.

    Raises:
        SnapshotInvalid
    """
    lacking: list[str] = []
    accounts = [_account(raw, secrets, present, lacking) for raw in _rows(plain, "accounts")]
    bots = [_bot(raw, secrets, present, lacking) for raw in _rows(plain, "bots")]
    mappings = []
    for index, raw in enumerate(_rows(plain, "mappings")):
        mappings.append(_validated(ChannelMapping, raw, f"mapping no. {index + 1}"))
    snapshot = Snapshot(tuple(accounts), tuple(bots), tuple(mappings), tuple(lacking))
    check_snapshot(snapshot, platforms)
    return snapshot


def check_snapshot(snapshot: Snapshot, platforms: Collection[str]) -> None:
    """Raises SnapshotInvalid for ids, addresses or targets that occur twice, and mappings without their bot."""
    kinds: Sequence[tuple[str, Sequence[Any]]] = (
        ("account", snapshot.accounts),
        ("bot", snapshot.bots),
        ("mapping", snapshot.mappings),
    )
    for kind, records in kinds:
        _unique(kind, [record.id for record in records])
        for record in records:
            if not 1 <= record.id < 10**12:
                raise SnapshotInvalid("invalid_records", f"{kind} with an id out of range")
    _unique("account e-mail address", [account.email.casefold() for account in snapshot.accounts])
    targets = [(one.kook_channel_id, one.target_bot_id, one.target_channel_id) for one in snapshot.mappings]
    _unique("mapping target", targets)
    platform_of = {bot.id: bot.platform for bot in snapshot.bots}
    for bot in snapshot.bots:
        if bot.platform not in platforms:
            raise SnapshotInvalid("unknown_platform", f"bot {bot.id}")
    for mapping in snapshot.mappings:
        bot_gone = platform_of.get(mapping.target_bot_id) != mapping.target_platform
        # A deleted bot leaves its mappings behind, switched off.
        if bot_gone and (mapping.enabled or mapping.target_bot_id in platform_of):
            raise SnapshotInvalid("invalid_records", f"mapping {mapping.id} leads to no bot")


def _account(raw: Any, secrets: Mapping[str, Any], present: Snapshot, lacking: list[str]) -> Account:
    account_id, wanted, values = _taken_apart(raw, "account")
    now = next((one for one in present.accounts if one.id == account_id), None)
    own = dict(_record_secrets(secrets, f"account/{account_id}"))
    if now is not None and now.email.casefold() == str(values.get("email", "")).casefold():
        own = {**{name: getattr(now, name) for name in wanted if name in ACCOUNT_SECRETS}, **own}
    if any(not own.get(name) for name in wanted):
        lacking.append(f"account/{account_id}")
    given = {name: value for name, value in own.items() if name in ACCOUNT_SECRETS}
    return _validated(Account, {**values, **given}, f"account {account_id}")


def _bot(raw: Any, secrets: Mapping[str, Any], present: Snapshot, lacking: list[str]) -> Bot:
    bot_id, wanted, values = _taken_apart(raw, "bot")
    if not isinstance(values.get("config"), dict):
        raise SnapshotInvalid("invalid_records", f"bot {bot_id}")
    now = next((one for one in present.bots if one.id == bot_id), None)
    own = dict(_record_secrets(secrets, f"bot/{bot_id}"))
    if now is not None and now.platform == values.get("platform"):
        own = {**{name: now.config[name] for name in wanted if name in now.config}, **own}
    bot = _validated(Bot, {**values, "config": {**values["config"], **own}}, f"bot {bot_id}")
    if any(name not in own for name in wanted):
        lacking.append(f"bot/{bot_id}")
        return bot.model_copy(update={"status": "disabled", "disabled_reason": SECRETS_MISSING})
    return bot


def _taken_apart(raw: Any, kind: str) -> tuple[int, list[str], dict[str, Any]]:
    """A record's id, the names of the secrets it had, and the rest."""
    if not isinstance(raw, dict) or type(raw.get("id")) is not int:
        raise SnapshotInvalid("invalid_records", f"{kind} without an id")
    values = dict(raw)
    wanted = values.pop("secrets", [])
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise SnapshotInvalid("invalid_records", f"{kind} {raw['id']}")
    return raw["id"], wanted, values


def _record_secrets(secrets: Mapping[str, Any], record: str) -> Mapping[str, Any]:
    own = secrets.get(record, {})
    if not isinstance(own, dict):
        raise SnapshotInvalid("invalid_records", record)
    return own


def _rows(plain: Mapping[str, Any], kind: str) -> list[Any]:
    rows = plain.get(kind)
    if not isinstance(rows, list):
        raise SnapshotInvalid("invalid_records", kind)
    return rows


def _validated(model: type[Record], values: Any, where: str) -> Record:
    try:
        return model.model_validate(values)
    except ValidationError:
        raise SnapshotInvalid("invalid_records", where) from None  # pydantic's text quotes values


def _unique(kind: str, keys: Sequence[Any]) -> None:
    if any(count > 1 for count in Counter(keys).values()):
        raise SnapshotInvalid("invalid_records", f"one {kind} occurs twice")
