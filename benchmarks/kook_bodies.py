"""The request bodies of tests/data/kook by their wire form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from benchmarks.machine import REPOSITORY_ROOT

DATA = REPOSITORY_ROOT / "tests" / "data" / "kook"
WIRES = ("plain", "zlib", "enc", "enczlib")


@dataclass(frozen=True, slots=True)
class KookBodies:
    """``bodies`` as posted; ``encrypt_key`` is "" for the forms that have none."""

    wire: str
    bodies: tuple[bytes, ...]
    encrypt_key: str

    @property
    def is_compressed(self) -> bool:
        return self.wire.endswith("zlib")

    @property
    def is_encrypted(self) -> bool:
        return self.wire.startswith("enc")


@cache
def bodies_by_wire() -> dict[str, KookBodies]:
    """All genuine bodies; those made to be refused are left out."""
    manifest = json.loads((DATA / "manifest.json").read_text(encoding="utf-8"))
    return {
        wire: KookBodies(
            wire,
            tuple((DATA / vector["body"]).read_bytes() for vector in manifest["vectors"] if vector["wire"] == wire),
            manifest["encrypt_key"] if wire.startswith("enc") else "",
        )
        for wire in WIRES
    }
