"""pip-audit on what is deployed, with "no advisories could be had" kept apart from "there are none".

``python -m scripts.advisories PIP_AUDIT REQUIREMENTS...`` ends with 0 when every library was looked up and none has a
known weakness, with 1 when one has, and with 2 and the words NOT RUN when the advisories could not be reached.
"""
# ruff: noqa: T201

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

RUN_WITHIN_SECONDS = 120
PASSED, FAILED, NOT_RUN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Verdict:
    code: int
    text: str


def judge(exit_code: int, output: str, errors: str) -> Verdict:
    """What a run of ``pip-audit --strict --format json`` says. Only a complete report without findings passes."""
    try:
        libraries = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Verdict(NOT_RUN, f"NOT RUN: advisories unreachable ({_reason(errors)})")
    found = [
        f"{each['name']} {each['version']}: {weakness['id']}"
        for each in libraries
        for weakness in each.get("vulns", ())
    ]
    if found:
        return Verdict(FAILED, "\n".join(found))
    skipped = [each["name"] for each in libraries if "skip_reason" in each]
    if exit_code or skipped or not libraries:
        return Verdict(NOT_RUN, f"NOT RUN: advisories unreachable for {', '.join(skipped) or _reason(errors)}")
    return Verdict(PASSED, f"{len(libraries)} libraries, no known weakness")


def _reason(errors: str) -> str:
    lines = [line for line in errors.splitlines() if line.startswith("ERROR")] or errors.splitlines() or ["no output"]
    # Of an address only the host is worth a word, and only to whoever knows the network.
    return re.sub(r"https?://\S+", "[link]", lines[-1].rpartition(":")[0] or lines[-1])[:200]


def main(arguments: Sequence[str]) -> int:
    program, *files = arguments
    command = [program, "--strict", "--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    for file in files:
        command += ["--requirement", file]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_WITHIN_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        verdict = Verdict(NOT_RUN, "NOT RUN: advisories unreachable (no answer in time)")
    else:
        verdict = judge(done.returncode, done.stdout, done.stderr)
    print(verdict.text)
    return verdict.code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
