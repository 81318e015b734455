"""What a sandbox does before its first request: a fresh process imports each function from the built layer."""

from __future__ import annotations

import statistics
import subprocess
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.deployment import Deployment
from benchmarks.machine import REPOSITORY_ROOT
from benchmarks.result import Aim, Cell, Result, Table
from local.template import Addresses
from local.template_reader import read_template

WEBHOOK = "kook_webhook"
APIS = ("relay_api", "robots_api", "accounts_api", "monitor_api")
# The others without .pyc would tell nothing new and take minutes.
ALSO_WITHOUT_PYC = (WEBHOOK, *APIS, "route_event", "deliver_discord")
BOTO3, FASTAPI = "a bare boto3 SQS client", "FastAPI + Mangum hello"
_BOTO3 = "import boto3\nboto3.session.Session().client('sqs')\n"
_FASTAPI = """from fastapi import FastAPI
from mangum import Mangum
app = FastAPI()
@app.get("/")
def hello() -> dict[str, str]:
    return {"message": "hello"}
handler = Mangum(app, lifespan="off")
"""
_SCRIPT = REPOSITORY_ROOT / "benchmarks" / "cold_import.py"


@dataclass(frozen=True, slots=True)
class ColdStart:
    """One thing to import: the module, where it and what it imports lies, and its environment."""

    module: str
    path: Sequence[Path]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Samples:
    """Milliseconds, one a round."""

    wall_ms: list[float]
    cpu_ms: list[float]
    modules: list[int]


def run(rounds: int) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        deployment = Deployment.make(Path(folder))
        samples = _take_turns(deployment.python, _cold_starts(deployment, Path(folder)), rounds)
    return _result(samples)


def _cold_starts(deployment: Deployment, folder: Path) -> dict[str, ColdStart]:
    template = read_template(REPOSITORY_ROOT / "template.yaml")
    queue_urls = {
        name: f"https://sqs.us-east-1.amazonaws.com/0/{queue.name}" for name, queue in template.queues.items()
    }
    starts: dict[str, ColdStart] = {
        BOTO3: _peer(folder, "boto3_client", _BOTO3, deployment.runtime),
        FASTAPI: _peer(folder, "fastapi_hello", _FASTAPI, Path(sysconfig.get_path("purelib"))),
    }
    for function in template.functions.values():
        name = function.code_path.name
        environment = {
            **template.environment(function, Addresses(queue_urls=queue_urls)),
            **_AWS,
            "API_TOKEN": "benchmark-token-0123456789abcdef",
            "DATA_KEY_FILE": str(folder / "data.key"),  # the one thing an API asks AWS for in its init
        }
        for layer, suffix in ((deployment.layer, ""), (deployment.layer_without_pyc, _WITHOUT)):
            if not suffix or name in ALSO_WITHOUT_PYC:
                path = [deployment.functions / name, layer, deployment.runtime]
                starts[name + suffix] = ColdStart("handler", path, environment)
    return starts


_WITHOUT = " without .pyc"


def _peer(folder: Path, module: str, source: str, packages: Path) -> ColdStart:
    (folder / f"{module}.py").write_text(source, encoding="utf-8")
    return ColdStart(module, [folder, packages], _AWS)


_AWS = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_LAMBDA_FUNCTION_NAME": "benchmark",
    # The functions then make their clients and applications at once, as they do in Lambda.
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
}


def _take_turns(python: Path, starts: Mapping[str, ColdStart], rounds: int) -> dict[str, Samples]:
    """One round more than counted: the first warms the disk's cache."""
    samples = {name: Samples([], [], []) for name in starts}
    for turn in range(rounds + 1):
        for name, start in starts.items():
            wall, cpu, modules = _cold_start(python, start)
            if turn:
                samples[name].wall_ms.append(wall * 1000)
                samples[name].cpu_ms.append(cpu * 1000)
                samples[name].modules.append(modules)
    return samples


def _cold_start(python: Path, start: ColdStart) -> tuple[float, float, int]:
    # Isolated, without site-packages, and writing no .pyc: a deployed layer lies on a disk that takes none.
    command = [str(python), "-I", "-S", "-B", str(_SCRIPT), start.module, *map(str, start.path)]
    done = subprocess.run(command, env=dict(start.environment), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{start.module} of {start.path[0].name} cannot be imported:\n{done.stderr[-2000:]}")
    wall, cpu, modules = done.stdout.splitlines()[-1].split()
    return float(wall), float(cpu), int(modules)


def _result(samples: Mapping[str, Samples]) -> Result:
    rows: list[list[Cell]] = []
    for name, taken in samples.items():
        if name.endswith(_WITHOUT):
            continue
        without = samples.get(name + _WITHOUT)
        rows.append(
            [
                name,
                taken.modules[0],
                statistics.median(taken.wall_ms),
                statistics.median(taken.cpu_ms),
                _ratio(taken, samples[BOTO3]),
                statistics.median(without.cpu_ms) if without else "-",
                _ratio(taken, without) if without else "-",
            ]
        )
    apis = {name: _ratio(samples[name], samples[name + _WITHOUT]) for name in APIS}
    slowest = max(apis, key=lambda name: apis[name])
    return Result(
        method=(
            "A fresh Python 3.11 (-I -S -B) imports the handler from the layer as `make build-SharedLayer` builds it: "
            "files dated 1980, never written. The webhook and the APIs also make their clients and applications, as "
            "in Lambda's init, with the data key from a file: there is no network. Time from the import's begin to its "
            "end, without the interpreter's own start."
        ),
        tables=[
            Table(
                ["import", "modules", "wall ms", "CPU ms", "x boto3", "CPU ms without .pyc", "x without .pyc"],
                rows,
                "Ratios are of processor time: below 1 is quicker.",
            )
        ],
        notes=[
            "The functions behind queues make what they need at their first event, the webhook and the APIs at once.",
        ],
        aims=[
            Aim("kook_webhook, times a bare boto3 client", _ratio(samples[WEBHOOK], samples[BOTO3]), "at most", 1.25),
            Aim(f"the slowest API ({slowest}), times itself without .pyc", apis[slowest], "at most", 0.8),
        ],
    )


def _ratio(ours: Samples, other: Samples) -> float:
    return statistics.median(own / theirs for own, theirs in zip(ours.cpu_ms, other.cpu_ms, strict=True))
