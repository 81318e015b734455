"""The sam command line: validate, build, local invoke, local start-api."""

# ruff: noqa: S603

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".venv-sam" / "bin" / "sam"
BUILD = ROOT / ".aws-sam" / "build"
_BUILT_TEMPLATE = BUILD / "template.yaml"
_LOCAL_TEMPLATE = BUILD / "sam-test.yaml"
_START_SECONDS = 90
_STOP_SECONDS = 30


class SamFailed(Exception):
    """A sam command failed, or a function's answer is not what it has to be; the text says what was seen."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def _environment(docker_host: str = "") -> dict[str, str]:
    """The sam command's environment: no AWS account (SAM would ask it who it is), no telemetry."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
        **({"DOCKER_HOST": docker_host} if docker_host else {}),
    }


def _run(*arguments: str, docker_host: str = "", timeout_seconds: float = 600) -> str:
    """Run sam. Returns its stdout. Raises SamFailed."""
    done = subprocess.run(
        [str(SAM), *arguments],
        cwd=ROOT,
        env=_environment(docker_host),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_seconds,
    )
    if done.returncode != 0:
        raise SamFailed(
            f"sam {' '.join(arguments[:2])} ended with {done.returncode}:\n{done.stdout}{done.stderr}"[-6000:]
        )
    return done.stdout


def validate() -> None:
    """Raises SamFailed."""
    _run("validate", "--lint")


def build() -> None:
    """Raises SamFailed."""
    _run("build")


class LocalFunctions:
    """The built functions in containers. ``variables`` overrides what the template puts into their environment."""

    def __init__(self, docker_host: str, variables: Mapping[str, str], work_folder: Path) -> None:
        self._docker_host = docker_host
        self._work_folder = work_folder
        self._variables_file = work_folder / "variables.json"
        self._variables_file.write_text(json.dumps({"Parameters": dict(variables)}), encoding="utf-8")
        _write_local_template(variables)

    def invoke(self, function: str, event_file: Path) -> Any:
        """Run a function once. Returns its answer. Raises SamFailed, also for an error the function raised."""
        stdout = _run(
            *("local", "invoke", function, "--event", str(event_file)), *self._options(), docker_host=self._docker_host
        )
        answer = json.loads(stdout.strip().splitlines()[-1])
        if isinstance(answer, dict) and "errorMessage" in answer:
            raise SamFailed(f"{function} raised {answer.get('errorType')}: {answer['errorMessage']}")
        return answer

    @contextlib.contextmanager
    def http_api(self) -> Iterator[LocalHttpApi]:
        """The HTTP functions behind `sam local start-api`. Raises SamFailed when it does not come up."""
        port = _free_port()
        log_path = self._work_folder / "start-api.log"
        command = [str(SAM), "local", "start-api", "--host", "127.0.0.1", "--port", str(port)]
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                [*command, "--warm-containers", "LAZY", *self._options()],
                cwd=ROOT,
                env=_environment(self._docker_host),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        api = LocalHttpApi(port, log_path)
        try:
            api.wait_until_ready(process)
            yield api
        finally:
            # INT is how SAM is meant to be stopped: it then removes the containers it kept warm.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _options(self) -> list[str]:
        return ["--template", str(_LOCAL_TEMPLATE), "--env-vars", str(self._variables_file), "--skip-pull-image"]


@dataclass(frozen=True, slots=True)
class LocalHttpApi:
    port: int
    log_path: Path

    def request(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        """Raises OSError when nothing answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return HttpAnswer(response.status, response.read())
        finally:
            connection.close()

    def wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.1)
        raise SamFailed(f"sam local start-api does not come up:\n{self.log()}")

    def log(self) -> str:
        """The last of what SAM and the functions printed."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")[-6000:]


def _write_local_template(variables: Mapping[str, str]) -> None:
    """The built template with every variable declared: `--env-vars` passes on only what a template declares."""
    template = yaml.safe_load(_BUILT_TEMPLATE.read_text(encoding="utf-8"))
    declared = template["Globals"]["Function"]["Environment"]["Variables"]
    declared.update({name: declared.get(name, "") for name in variables})
    _LOCAL_TEMPLATE.write_text(yaml.safe_dump(template, sort_keys=False), encoding="utf-8")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
