"""Taking down what a trial brought up, however the trial ends."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from types import FrameType


def end_process(process: subprocess.Popen[bytes] | subprocess.Popen[str], grace_seconds: float) -> None:
    """Ask it to end, and after ``grace_seconds`` make it."""
    process.terminate()
    try:
        process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def exit_code_of(trial: Callable[[], int]) -> int:
    """Run a trial; being told to end (TERM, Ctrl-C) takes down everything it brought up, too."""
    signal.signal(signal.SIGTERM, _as_exception)
    try:
        return trial()
    except KeyboardInterrupt:
        return 130


def _as_exception(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
