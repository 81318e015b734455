"""Under which conditions a figure was taken: the processor, the Python, the commit, the day and how busy it was."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

REPOSITORY_ROOT = Path(__file__).resolve().parents[1]
# Measuring writes these: they do not make a commit another one.
WRITTEN_BY_MEASURING = (":(exclude)benchmarks/results", ":(exclude)benchmarks/RESULTS.md")


@dataclass(frozen=True, slots=True)
class Conditions:
    """``load`` is the one-minute load average when the benchmark began: near 0 on a quiet machine."""

    processor: str
    cores: int
    system: str
    python: str
    commit: str
    date: str
    load: float


def conditions() -> Conditions:
    return Conditions(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        system=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        commit=_commit(),
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        load=round(os.getloadavg()[0], 1),
    )


def _processor() -> str:
    cpu_info = Path("/proc/cpuinfo")
    lines = cpu_info.read_text(encoding="utf-8").splitlines() if cpu_info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str:
    """The commit, and whether files differ from it; "unknown" outside of a Git checkout."""
    try:
        commit = _git("rev-parse", "--short=10", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", *WRITTEN_BY_MEASURING)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit} with changes" if changed else commit


def _git(*arguments: str) -> str:
    answer = subprocess.run(["git", *arguments], cwd=REPOSITORY_ROOT, capture_output=True, text=True, check=True)
    return answer.stdout.strip()
