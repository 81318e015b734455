"""Names of single parts of deliveries. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartReference:
    """One part of one round of a delivery. Opaque to the platforms that hand it on."""

    message_id: str
    mapping_id: int
    generation: int
    part_number: int

    def to_text(self) -> str:
        return json.dumps([self.message_id, self.mapping_id, self.generation, self.part_number])

    @classmethod
    def from_text(cls, text: str) -> PartReference:
        """Raises ValueError."""
        message_id, mapping_id, generation, part_number = json.loads(text)
        return cls(str(message_id), int(mapping_id), int(generation), int(part_number))
