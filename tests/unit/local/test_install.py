from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from local.engines.install import Installer, InstallFailed, install_engines, run_command
from local.engines.layout import (
    MINISTACK_REQUIREMENTS,
    NODE_REQUIREMENTS,
    SOURCES,
    EngineKind,
    EngineLayout,
    durable_engines_exist_for,
    installed_engines,
)
from local.messages import EmbeddedStackError, Messages

ENGLISH = Messages("en")


class FakeCommands:
    """Notes what would be run, makes the files it would make, and fails where told to."""

    def __init__(self, layout: EngineLayout, failing: str = "") -> None:
        self.commands: list[str] = []
        self._layout = layout
        self._failing = failing

    def __call__(self, command: Sequence[str], folder: Path) -> None:
        line = " ".join(command)
        self.commands.append(line)
        if self._failing and re.search(self._failing, line):
            raise InstallFailed("npm error code ENOTFOUND")
        made: list[Path] = []
        if " ci " in line:
            made = [self._layout.dynoxide, self._layout.fauxqs]
        elif "requirements-node" in line:
            made = [self._layout.wheel_node, self._layout.wheel_npm]
        elif "requirements-ministack" in line:
            made = [self._layout.ministack]
        for path in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")


needs_dynoxide = pytest.mark.skipif(not durable_engines_exist_for(), reason="no dynoxide for this machine")


@needs_dynoxide
def test_npm_installs_by_the_lock_file_without_running_scripts(tmp_path: Path) -> None:
    layout, said = EngineLayout(tmp_path), list[str]()
    commands = FakeCommands(layout)
    engines = Installer(layout, said.append, ENGLISH, commands).install()
    assert engines.kind is EngineKind.DURABLE
    (npm,) = [line for line in commands.commands if " ci " in line]
    assert "--ignore-scripts" in npm
    assert (tmp_path / "package-lock.json").read_bytes() == (SOURCES / "package-lock.json").read_bytes()
    node = [line for line in commands.commands if "requirements-node" in line]
    assert all("--require-hashes" in line for line in node)


@needs_dynoxide
def test_where_npm_fails_ministack_takes_over_and_its_cost_is_told(tmp_path: Path) -> None:
    layout, said = EngineLayout(tmp_path), list[str]()
    engines = Installer(layout, said.append, ENGLISH, FakeCommands(layout, failing=" ci ")).install()
    assert engines.kind is EngineKind.MINISTACK
    assert installed_engines(layout).kind is EngineKind.MINISTACK
    assert "dynoxide and fauxqs cannot be installed: npm error code ENOTFOUND" in said
    assert any("a kill or power cut loses all of it" in line for line in said)


def test_where_nothing_can_be_had_there_is_one_clear_error(tmp_path: Path) -> None:
    layout = EngineLayout(tmp_path)
    commands = FakeCommands(layout, failing=" ci |requirements-")
    with pytest.raises(EmbeddedStackError, match="stand-in engine cannot be installed either: npm error"):
        Installer(layout, lambda line: None, ENGLISH, commands).install()
    assert not layout.record.exists()


def test_what_is_installed_is_not_installed_again(tmp_path: Path) -> None:
    layout = EngineLayout(tmp_path)
    Installer(layout, lambda line: None, ENGLISH, FakeCommands(layout)).install(stand_in=True)
    said: list[str] = []
    assert install_engines(layout, said.append, ENGLISH).kind is EngineKind.MINISTACK
    assert said == []


def test_a_failed_command_tells_the_line_that_matters(tmp_path: Path) -> None:
    script = "import sys; print('notice: hello\\nnpm error code E404\\nlog at x', file=sys.stderr); sys.exit(1)"
    with pytest.raises(InstallFailed, match=r"^npm error code E404$"):
        run_command(["python3", "-c", script], tmp_path)
    with pytest.raises(InstallFailed, match="nowhere"):
        run_command(["/nowhere"], tmp_path)


def test_every_package_is_pinned_by_version_and_integrity() -> None:
    lock = json.loads((SOURCES / "package-lock.json").read_text("utf-8"))
    wanted = json.loads((SOURCES / "package.json").read_text("utf-8"))["dependencies"]
    packages = {name: package for name, package in lock["packages"].items() if name}
    for name, version in wanted.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package or package.get("hasInstallScript") for package in packages.values())
    assert NODE_REQUIREMENTS.read_text("utf-8").count("--hash=sha256:") == 2
    lines = [line for line in MINISTACK_REQUIREMENTS.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9a-z.]+", line) for line in lines)
