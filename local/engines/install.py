"""``python -m local.engines.install``: fetch the pinned state engines into .engines/, once.

dynoxide and fauxqs come from npm by a lock file with integrity hashes; the Node they need is the machine's own where
it is new enough, else a hash-pinned wheel. Where they cannot be had, ministack takes their place and the operator is
told what that costs.
"""

from __future__ import annotations

import argparse
import fcntl
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from local.engines.layout import (
    MINISTACK_REQUIREMENTS,
    NODE_REQUIREMENTS,
    PINNED_FILES,
    SOURCES,
    EngineKind,
    EngineLayout,
    EnginesMissing,
    InstalledEngines,
    durable_engines_exist_for,
    installed_engines,
)
from local.messages import EmbeddedStackError, Messages

# fauxqs needs node:sqlite, which came with Node 22.5.
_OLDEST_NODE = (22, 5)
_COMMAND_TIMEOUT_SECONDS = 600


class InstallFailed(Exception):
    """One step failed; the text is its last line of output."""


class Installer:
    """One installation into one folder.

    ``say`` receives each progress line; ``run`` runs one command in a folder and raises InstallFailed.
    """

    def __init__(
        self,
        layout: EngineLayout,
        say: Callable[[str], None],
        messages: Messages,
        run: Callable[[Sequence[str], Path], None] | None = None,
    ) -> None:
        self._layout = layout
        self._say = say
        self._messages = messages
        self._run = run or run_command

    def install(self, *, stand_in: bool = False) -> InstalledEngines:
        """Install what is not installed yet. Raises EmbeddedStackError when neither kind can be had.

        ``stand_in`` asks for ministack even where the durable engines exist.
        """
        if stand_in:
            return self._install_ministack()
        if not durable_engines_exist_for():
            self._say(self._messages("engines_unavailable", reason="no dynoxide for this platform"))
            return self._install_ministack()
        try:
            return self._install_durable()
        except InstallFailed as error:
            self._say(self._messages("engines_unavailable", reason=error))
            return self._install_ministack()

    def _install_durable(self) -> InstalledEngines:
        node, npm = self._node()
        self._say(self._messages("installing_engines"))
        for name in PINNED_FILES:
            shutil.copyfile(SOURCES / name, self._layout.root / name)
        self._run([*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], self._layout.root)
        self._run([str(self._layout.dynoxide), "--version"], self._layout.root)
        engines = InstalledEngines(EngineKind.DURABLE, self._layout, node)
        engines.write()
        return engines

    def _node(self) -> tuple[str, list[str]]:
        """A Node that is new enough, and the command that runs npm with it."""
        node, npm = shutil.which("node"), shutil.which("npm")
        if node and npm and _node_version(node) >= _OLDEST_NODE:
            return node, [npm]
        wheel_node, wheel_npm = self._layout.wheel_node, self._layout.wheel_npm
        if not (wheel_node.is_file() and wheel_npm.is_file() and _node_version(str(wheel_node)) >= _OLDEST_NODE):
            self._say(self._messages("installing_node"))
            target = self._layout.root / "node"
            shutil.rmtree(target, ignore_errors=True)
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            self._run(
                [*pip, "--no-deps", "--require-hashes", "--target", str(target), "-r", str(NODE_REQUIREMENTS)],
                self._layout.root,
            )
        # The wheel's own npm launcher does not work from a target folder; npm-cli.js does.
        return str(wheel_node), [str(wheel_node), str(wheel_npm)]

    def _install_ministack(self) -> InstalledEngines:
        self._say(self._messages("installing_ministack"))
        target = self._layout.ministack_environment
        try:
            shutil.rmtree(target, ignore_errors=True)
            self._run([sys.executable, "-m", "venv", str(target)], self._layout.root)
            python = str(target / "bin" / "python")
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            self._run([*pip, "--no-deps", "-r", str(MINISTACK_REQUIREMENTS)], self._layout.root)
        except InstallFailed as error:
            raise EmbeddedStackError("ministack_unavailable", reason=error) from None
        self._say(self._messages("ministack_costs"))
        engines = InstalledEngines(EngineKind.MINISTACK, self._layout)
        engines.write()
        return engines


def _node_version(node: str) -> tuple[int, ...]:
    """(major, minor), or (0, 0) for a Node that does not run."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    match = re.match(r"v(\d+)\.(\d+)", answer)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def run_command(command: Sequence[str], folder: Path) -> None:
    """Run one step. Raises InstallFailed with the line that says why."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_COMMAND_TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise InstallFailed(f"{Path(command[0]).name}: {error}") from None
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        telling = [line for line in lines if "error" in line.lower()] or lines
        raise InstallFailed(telling[0] if telling else f"{Path(command[0]).name} ended with {done.returncode}")


def install_engines(
    layout: EngineLayout, say: Callable[[str], None], messages: Messages, *, stand_in: bool = False
) -> InstalledEngines:
    """Make sure engines are installed; at once when they are. Safe to run from several processes at a time.

    Raises EmbeddedStackError when none can be had.
    """
    try:
        layout.root.mkdir(parents=True, exist_ok=True)
        lock = (layout.root / ".install.lock").open("w")
    except OSError as error:
        raise EmbeddedStackError("engines_missing", reason=f"{layout.root}: {error.strerror}") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            engines = installed_engines(layout)
            if not stand_in or engines.kind is EngineKind.MINISTACK:
                return engines
        except EnginesMissing:
            pass  # which is why we are here
        return Installer(layout, say, messages).install(stand_in=stand_in)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.engines.install", description="Install the state engines.")
    parser.add_argument("--ministack", action="store_true", help="install the stand-in engine (not crash-safe)")
    options = parser.parse_args(arguments)
    messages = Messages.from_environment()
    try:
        engines = install_engines(EngineLayout.from_environment(), print, messages, stand_in=options.ministack)
    except EmbeddedStackError as error:
        print(messages("error", text=error.text(messages)), file=sys.stderr)
        return 1
    print(messages("engines_ready", kind=engines.kind))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
