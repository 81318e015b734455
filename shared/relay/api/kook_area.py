"""What the API offers around KOOK itself: lists, calls on the record, and smart mapping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint

from shared.relay.api.answers import ShownTimes
from shared.relay.api.kook_calls import KookCallViews
from shared.relay.api.kook_lists import KookListViews
from shared.relay.api.smart_mapping import SmartMappingViews
from shared.relay.audit import AuditTrail
from shared.relay.kook_calling import KookCalling
from shared.relay.kook_directory import KookDirectory
from shared.relay.smart_mapping import SmartMapping
from shared.web.envelopes import Envelope


@dataclass(frozen=True, slots=True)
class KookArea:
    """Implements shared.relay.api.application.Area."""

    directory: KookDirectory
    calling: KookCalling
    audit: AuditTrail
    smart_mapping: SmartMapping

    def blueprints(self, times: ShownTimes, envelope: Envelope) -> Sequence[Blueprint]:
        lists = KookListViews(self.directory)
        return (
            lists.account_blueprint(),
            lists.smart_mapping_blueprint(),
            SmartMappingViews(self.smart_mapping, envelope).blueprint(),
            *KookCallViews(self.calling, self.audit, times).blueprints(),
        )
