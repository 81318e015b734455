"""Channel mappings: which KOOK channel goes where. Use cases; no HTTP and no database in here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from pydantic import ValidationError

from shared.platforms.base import InvalidConfig
from shared.platforms.registry import PlatformRegistry
from shared.relay.bots import invalid_target
from shared.relay.errors import RecordNotFound, Refusal, RelayError, TargetTaken
from shared.relay.models import Bot, Filters
from shared.relay.models import Mapping as ChannelMapping
from shared.relay.requests import ImportedMapping, MappingChanges, NewMapping
from shared.relay.times import iso_utc

EXPORT_VERSION = "1.0"
_REPLACED_BY_IMPORT = (
    "kook_server_id",
    "kook_channel_name",
    "enabled",
    "name_format",
    "media_policy",
    "edit_policy",
    "delete_policy",
    "pin_policy",
    "reaction_policy",
    "outcome_policy",
    "filters",
)

AddFailure: TypeAlias = TargetTaken | RecordNotFound
Target: TypeAlias = tuple[str, int, str]


class MappingStore(Protocol):
    """Where mappings are kept. Every method may raise StoreUnavailable."""

    def next_id(self, kind: str, count: int = 1) -> int: ...

    def add_mappings(self, mappings: Sequence[ChannelMapping]) -> list[AddFailure | None]:
        """One entry for each: None when it was added, else why not (its target taken, its bot gone)."""

    def mapping(self, mapping_id: int) -> ChannelMapping | None: ...

    def mappings(self) -> Sequence[ChannelMapping]: ...

    def update_mapping(self, mapping_id: int, changes: Mapping[str, Any]) -> ChannelMapping:
        """Raises RecordNotFound (the mapping's or its bot's), TargetTaken."""

    def delete_mapping(self, mapping_id: int) -> None:
        """Raises RecordNotFound."""

    def bot(self, bot_id: int) -> Bot | None: ...

    def bots(self) -> Sequence[Bot]: ...


@dataclass(frozen=True, slots=True)
class AddedMapping:
    """``created`` is False when the very same mapping was there already."""

    mapping: ChannelMapping
    created: bool


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one imported row was left out. ``index`` counts from 0."""

    index: int
    error: RelayError | ValidationError


@dataclass(slots=True)
class ImportReport:
    """How many rows were added, changed an existing mapping, were there already, or were refused."""

    created: int = 0
    replaced: int = 0
    skipped: int = 0
    errors: list[RowError] = field(default_factory=list)


def target_of(mapping: ChannelMapping | NewMapping) -> Target:
    """What may exist only once: two mappings with the same channel and target would relay everything twice."""
    return (mapping.kook_channel_id, mapping.target_bot_id, mapping.target_channel_id)


class Mappings:
    def __init__(self, store: MappingStore, platforms: PlatformRegistry, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._platforms = platforms
        self._clock_ms = clock_ms

    def all(self) -> list[ChannelMapping]:
        return sorted(self._store.mappings(), key=lambda mapping: mapping.id)

    def bot_names(self) -> dict[int, str]:
        return {bot.id: bot.name for bot in self._store.bots()}

    def get(self, mapping_id: int) -> ChannelMapping:
        """Raises RelayError (MAPPING_NOT_FOUND)."""
        mapping = self._store.mapping(mapping_id)
        if mapping is None:
            raise _not_found(mapping_id)
        return mapping

    def add(self, new: NewMapping) -> AddedMapping:
        """Add one mapping. Adding the same again gives back the one there is.

        Raises:
            RelayError: UNSUPPORTED_PLATFORM, BOT_NOT_FOUND, BOT_PLATFORM_MISMATCH, INVALID_TARGET_CHANNEL;
                MAPPING_EXISTS when one with the same channel and target has other settings
        """
        self._check_target(new, self._store.bot(new.target_bot_id))
        mapping = self._new_mapping(self._store.next_id("mapping"), new)
        failure = self._store.add_mappings([mapping])[0]
        if failure is None:
            return AddedMapping(mapping, created=True)
        if isinstance(failure, RecordNotFound):
            raise _bot_not_found(new.target_bot_id)
        there = self._store.mapping(failure.mapping_id)
        return AddedMapping(_same_or_refused(there, failure.mapping_id, new, ""), created=False)

    def add_batch(self, news: Sequence[NewMapping]) -> list[AddedMapping]:
        """Add many: every one is checked before any is written. Those that are there already are given back.

        Raises:
            RelayError: as in ``add``, with ``field`` naming the entry (``mappings.3.target_bot_id``)
        """
        present = {target_of(mapping): mapping for mapping in self._store.mappings()}
        fresh = self._checked_batch(news, present)
        created, failures = self._add_all(list(fresh.values()))
        for target, failure in failures.items():  # somebody else was faster
            prefix = f"mappings.{news.index(fresh[target])}."
            if isinstance(failure, RecordNotFound):
                raise _bot_not_found(target[1], prefix)
            there = self._store.mapping(failure.mapping_id)
            present[target] = _same_or_refused(there, failure.mapping_id, fresh[target], prefix)
        known, added = {**created, **present}, []
        for new in news:
            target = target_of(new)
            added.append(AddedMapping(known[target], created=target not in present))
            present[target] = known[target]  # a second entry for it finds the first one there
        return added

    def update(self, mapping_id: int, changes: MappingChanges) -> ChannelMapping:
        """Change what was sent. Where it leads is checked whenever that changes or the mapping is switched on.

        Raises:
            RelayError: MAPPING_NOT_FOUND, and as in ``add``
        """
        mapping = self.get(mapping_id)
        wanted = changes.model_dump(exclude_none=True)
        if not wanted:
            return mapping
        if "filters" in wanted:
            wanted["filters"] = Filters(**wanted["filters"])
        if "enabled" in wanted:
            wanted["disabled_reason"] = ""
            if wanted["enabled"] and not mapping.enabled:
                wanted["starts_at_ms"] = self._clock_ms()
        merged = mapping.model_copy(update=wanted)
        leads_elsewhere = (merged.target_platform, *target_of(merged)) != (mapping.target_platform, *target_of(mapping))
        if leads_elsewhere or wanted.get("enabled") == 1:
            self._check_target(merged, self._store.bot(merged.target_bot_id))
        return self._update(mapping_id, wanted, merged.target_bot_id)

    def delete(self, mapping_id: int) -> None:
        """Raises RelayError (MAPPING_NOT_FOUND)."""
        try:
            self._store.delete_mapping(mapping_id)
        except RecordNotFound:
            raise _not_found(mapping_id) from None

    def export_rows(self) -> list[dict[str, Any]]:
        """All mappings as ``import_rows`` takes them, each with the name of its bot."""
        names = self.bot_names()
        return [
            {
                **mapping.model_dump(mode="json", exclude={"id", "created_at", "starts_at_ms", "disabled_reason"}),
                "target_bot_name": names.get(mapping.target_bot_id),
            }
            for mapping in self.all()
        ]

    def import_rows(self, rows: Sequence[Any], *, replace_existing: bool) -> ImportReport:
        """Add exported rows one by one; a bad row costs only itself.

        A row whose channel and target are mapped already is left alone, or takes the present one's place when
        ``replace_existing`` is set. Bot ids differ between installations: where a row names its bot and the bot of
        that id is called otherwise, the only bot of that name and platform is taken, else the row is refused.
        """
        report = ImportReport()
        bots = list(self._store.bots())
        present = {target_of(mapping): mapping for mapping in self._store.mappings()}
        fresh: dict[Target, tuple[int, ImportedMapping]] = {}
        for index, raw in enumerate(rows):
            try:
                row = _with_resolved_bot(ImportedMapping.model_validate(raw), bots)
                self._check_target(row, next((bot for bot in bots if bot.id == row.target_bot_id), None))
                target = target_of(row)
                if target in fresh:
                    report.skipped += 1
                elif target in present:
                    self._import_over(present[target], row, replace_existing, report)
                else:
                    fresh[target] = (index, row)
            except (RelayError, ValidationError) as error:
                report.errors.append(RowError(index, error))
        created, failures = self._add_all([row for _, row in fresh.values()])
        report.created += len(created)
        for target, failure in failures.items():
            index, row = fresh[target]
            if isinstance(failure, RecordNotFound):
                report.errors.append(RowError(index, _bot_not_found(row.target_bot_id)))
            else:  # somebody else added it meanwhile
                report.skipped += 1
        report.errors.sort(key=lambda error: error.index)
        return report

    def _checked_batch(
        self, news: Sequence[NewMapping], present: Mapping[Target, ChannelMapping]
    ) -> dict[Target, NewMapping]:
        """The entries to add, one for each target; every entry is checked, also against those before it."""
        bots = {bot.id: bot for bot in self._store.bots()}
        fresh: dict[Target, NewMapping] = {}
        for index, new in enumerate(news):
            prefix, target = f"mappings.{index}.", target_of(new)
            self._check_target(new, bots.get(new.target_bot_id), prefix)
            if target in present:
                _same_or_refused(present[target], present[target].id, new, prefix)
            elif fresh.setdefault(target, new) != new:
                raise RelayError(Refusal.CONTRADICTORY_ENTRIES, field=f"{prefix}target_channel_id")
        return fresh

    def _import_over(
        self, mapping: ChannelMapping, row: NewMapping, replace_existing: bool, report: ImportReport
    ) -> None:
        differences = _differences(mapping, row)
        if not replace_existing or not differences:
            report.skipped += 1
            return
        if differences.get("enabled"):
            differences["starts_at_ms"] = self._clock_ms()
        self._update(mapping.id, differences, mapping.target_bot_id)
        report.replaced += 1

    def _add_all(self, news: Sequence[NewMapping]) -> tuple[dict[Target, ChannelMapping], dict[Target, AddFailure]]:
        if not news:
            return {}, {}
        first_id = self._store.next_id("mapping", len(news))
        mappings = [self._new_mapping(first_id + position, new) for position, new in enumerate(news)]
        outcomes = list(zip(mappings, self._store.add_mappings(mappings), strict=True))
        created = {target_of(mapping): mapping for mapping, failure in outcomes if failure is None}
        failures = {target_of(mapping): failure for mapping, failure in outcomes if failure is not None}
        return created, failures

    def _new_mapping(self, mapping_id: int, new: NewMapping) -> ChannelMapping:
        fields = new.model_dump(exclude={"filters", "target_bot_name"})
        return ChannelMapping(
            id=mapping_id,
            **fields,
            filters=Filters(**new.filters.model_dump()),
            starts_at_ms=self._clock_ms(),
            created_at=iso_utc(self._clock_ms()),
        )

    def _update(self, mapping_id: int, changes: Mapping[str, Any], target_bot_id: int) -> ChannelMapping:
        try:
            return self._store.update_mapping(mapping_id, changes)
        except TargetTaken as taken:
            raise RelayError(Refusal.MAPPING_EXISTS, id=taken.mapping_id) from None
        except RecordNotFound as missing:
            raise (_bot_not_found(target_bot_id) if missing.kind == "bot" else _not_found(mapping_id)) from None

    def _check_target(self, wanted: NewMapping | ChannelMapping, bot: Bot | None, prefix: str = "") -> None:
        if wanted.target_platform not in self._platforms:
            expected = ", ".join(self._platforms.names)
            raise RelayError(Refusal.UNSUPPORTED_PLATFORM, field=f"{prefix}target_platform", expected=expected)
        if bot is None:
            raise _bot_not_found(wanted.target_bot_id, prefix)
        if bot.platform != wanted.target_platform:
            raise RelayError(
                Refusal.BOT_PLATFORM_MISMATCH,
                field=f"{prefix}target_platform",
                id=bot.id,
                bot_platform=bot.platform,
                target_platform=wanted.target_platform,
            )
        if bot.unreadable:  # where it leads cannot be told before its secrets are entered again
            return
        try:
            self._platforms.get(bot.platform).destination(bot.id, bot.config, wanted.target_channel_id)
        except InvalidConfig as problem:
            refused = invalid_target(problem)
            refused.field = f"{prefix}{refused.field}"
            raise refused from None


def _with_resolved_bot(row: ImportedMapping, bots: Iterable[Bot]) -> ImportedMapping:
    if row.target_bot_name is None:
        return row
    named = [bot for bot in bots if bot.platform == row.target_platform and bot.name == row.target_bot_name]
    if any(bot.id == row.target_bot_id for bot in named):
        return row
    if len(named) != 1:
        raise RelayError(
            Refusal.BOT_NAME_MISMATCH, field="target_bot_name", id=row.target_bot_id, name=row.target_bot_name
        )
    return row.model_copy(update={"target_bot_id": named[0].id})


def _differences(mapping: ChannelMapping, row: NewMapping) -> dict[str, Any]:
    wanted: dict[str, Any] = {name: getattr(row, name) for name in _REPLACED_BY_IMPORT}
    wanted["filters"] = Filters(**row.filters.model_dump())
    changed = {name: value for name, value in wanted.items() if value != getattr(mapping, name)}
    return {**changed, "disabled_reason": ""} if "enabled" in changed else changed


def _same_or_refused(there: ChannelMapping | None, mapping_id: int, new: NewMapping, prefix: str) -> ChannelMapping:
    """The mapping that is there, when it says what the caller asked for."""
    if there is None or _differences(there, new):
        raise RelayError(Refusal.MAPPING_EXISTS, field=f"{prefix}target_channel_id", id=mapping_id)
    return there


def _not_found(mapping_id: int) -> RelayError:
    return RelayError(Refusal.MAPPING_NOT_FOUND, id=mapping_id)


def _bot_not_found(bot_id: int, prefix: str = "") -> RelayError:
    return RelayError(Refusal.BOT_NOT_FOUND, field=f"{prefix}target_bot_id", id=bot_id)
