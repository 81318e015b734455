"""Every target under atheris, some side by side: ``python -m tests.fuzz SECONDS CORPUS [TARGET...]``.

Prints a table and ends with 1 when a target has a finding.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.embedded import REPOSITORY_ROOT
from tests.fuzz.targets import TARGETS

# What a run may take beyond its time: loading, and an input that is being tried.
GRACE_SECONDS = 60


@dataclass(frozen=True)
class Run:
    target: str
    seconds: float
    runs: int
    finding: str

    def line(self) -> str:
        return f"{self.target:<10} {self.seconds:7.0f} s {self.runs:>10,} runs  {self.finding or 'no finding'}"


def read_output(target: str, seconds: float, exit_code: int, output: str) -> Run:
    """A run without "Done … runs" has not come to its end, whatever its exit code."""
    done = re.search(r"^Done (\d+) runs", output, re.MULTILINE)
    kept = re.search(r"Test unit written to (\S+)", output)
    raised = re.search(r"^ === Uncaught Python exception: ===\n(.*)$", output, re.MULTILINE)
    finding = ""
    if exit_code or not done:
        told = [found[1] for found in (raised, kept) if found]
        finding = ", ".join(told) or "did not end well"
    return Run(target, seconds, int(done[1]) if done else 0, finding)


def fuzz(target: str, seconds: int, corpus: Path) -> Run:
    folder = corpus / target
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.fuzz.run", target, str(seconds), str(folder)]
    started = time.monotonic()
    with (folder / "output.log").open("w", encoding="utf-8") as log:
        try:
            code = subprocess.run(
                command, cwd=REPOSITORY_ROOT, stdout=log, stderr=subprocess.STDOUT, timeout=seconds + GRACE_SECONDS
            ).returncode
        except subprocess.TimeoutExpired:
            code = 1
    output = (folder / "output.log").read_text("utf-8", "replace")
    return read_output(target, time.monotonic() - started, code, output)


def main(arguments: Sequence[str]) -> int:
    seconds, corpus, *wanted = arguments
    names = wanted or [target.name for target in TARGETS]
    side_by_side = max(1, min(len(names), os.cpu_count() or 1))
    with ThreadPoolExecutor(side_by_side) as pool:
        runs = list(pool.map(lambda name: fuzz(name, int(seconds), Path(corpus)), names))
    print("\n".join(run.line() for run in runs))
    return 1 if any(run.finding for run in runs) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
