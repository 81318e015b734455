"""What is uploaded, how large it is and how long its build takes; beside it, libraries in every function."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.deployment import size_bytes, zipped_bytes
from benchmarks.machine import REPOSITORY_ROOT
from benchmarks.result import Aim, Cell, NotRun, Result, Table

SAM = REPOSITORY_ROOT / ".venv-sam" / "bin" / "sam"
# One function shows what each costs; all of them would take minutes.
PEER_FUNCTION, PEER_LOGICAL_ID = "relay_api", "RelayApiFunction"
# A build takes long and varies little.
MAX_ROUNDS = 5
MEGABYTE, KILOBYTE = 1_000_000, 1_000


@dataclass(frozen=True, slots=True)
class Build:
    """A finished `sam build`: its folder with one folder a function or layer."""

    folder: Path
    seconds: float

    def logical_ids(self, kind: str) -> list[str]:
        template = yaml.safe_load((self.folder / "template.yaml").read_text(encoding="utf-8"))
        return [
            name for name, resource in template["Resources"].items() if resource["Type"] == f"AWS::Serverless::{kind}"
        ]

    def size(self, logical_id: str) -> int:
        return size_bytes(self.folder / logical_id)


def run(rounds: int) -> Result:
    if not SAM.exists():
        raise NotRun("the SAM command line is missing: `make sam-build` installs it")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        peer_template = _peer_template(work / "peer_source")
        ours: list[Build] = []
        peers: list[Build] = []
        for _ in range(min(rounds, MAX_ROUNDS)):
            ours.append(_sam_build(REPOSITORY_ROOT / "template.yaml", work / "ours"))
            peers.append(_sam_build(peer_template, work / "peer"))
        return _result(ours, peers)


def _sam_build(template: Path, folder: Path) -> Build:
    command = [str(SAM), "build", "--template-file", str(template), "--build-dir", str(folder), "--no-cached"]
    started_at = time.monotonic()
    done = subprocess.run(command, cwd=template.parent, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotRun(f"sam build failed: {done.stderr.strip()[-800:]}")
    return Build(folder, time.monotonic() - started_at)


def _environment() -> dict[str, str]:
    """No AWS account, which SAM would ask who it is, and no telemetry."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "SAM_CLI_TELEMETRY": "0"}


def _peer_template(folder: Path) -> Path:
    """The usual way: shared/ and a requirements.txt in the function's folder."""
    code = folder / PEER_FUNCTION
    without_pyc = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY_ROOT / "functions" / PEER_FUNCTION, code, ignore=without_pyc)
    shutil.copytree(REPOSITORY_ROOT / "shared", code / "shared", ignore=without_pyc)
    shutil.copy(REPOSITORY_ROOT / "requirements.txt", code / "requirements.txt")
    properties = {"CodeUri": f"{PEER_FUNCTION}/", "Handler": "handler.handler", "Runtime": "python3.11"}
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {PEER_LOGICAL_ID: {"Type": "AWS::Serverless::Function", "Properties": properties}},
    }
    path = folder / "template.yaml"
    path.write_text(yaml.safe_dump(template), encoding="utf-8")
    return path


def _result(ours: Sequence[Build], peers: Sequence[Build]) -> Result:
    build, peer = ours[-1], peers[-1]
    functions = {name: build.size(name) for name in build.logical_ids("Function")}
    layers = [build.folder / name for name in build.logical_ids("LayerVersion")]
    layer_bytes = sum(size_bytes(layer) for layer in layers)
    peer_bytes = peer.size(PEER_LOGICAL_ID)
    largest = max(functions, key=lambda name: functions[name])
    build_ratio = statistics.median(b.seconds * len(functions) / a.seconds for a, b in zip(ours, peers, strict=True))
    total_bytes = layer_bytes + sum(functions.values())
    rows: list[list[Cell]] = [
        ["all of it, unzipped MB", total_bytes / MEGABYTE, peer_bytes * len(functions) / MEGABYTE],
        ["a function, mean, unzipped kB", sum(functions.values()) / len(functions) / KILOBYTE, peer_bytes / KILOBYTE],
        ["the layer, unzipped MB", layer_bytes / MEGABYTE, "-"],
        ["of that .pyc, MB", sum(_pyc_bytes(layer) for layer in layers) / MEGABYTE, "-"],
        ["the layer, zipped MB", sum(zipped_bytes(layer) for layer in layers) / MEGABYTE, "-"],
        ["sam build, s", _median_seconds(ours), _median_seconds(peers) * len(functions)],
    ]
    return Result(
        method=(
            f"`sam build` of the template, without its cache: {len(functions)} functions and one layer. Beside it the "
            "same with shared/ and the libraries in every function, by SAM's own Python builder: one function is built "
            f"and multiplied by {len(functions)}."
        ),
        tables=[Table(["figure", "ours", "libraries in every function"], rows)],
        aims=[
            Aim("layer, unzipped MB", layer_bytes / MEGABYTE, "at most", 45),
            Aim(f"largest function ({largest}), unzipped kB", functions[largest] / KILOBYTE, "at most", 20),
        ],
        notes=[
            f"Our build is {build_ratio:.1f} times as quick as the other. A build fetches wheels from a package index."
        ],
    )


def _median_seconds(builds: Sequence[Build]) -> float:
    return statistics.median(build.seconds for build in builds)


def _pyc_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.pyc"))
