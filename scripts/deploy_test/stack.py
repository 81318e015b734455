"""A stack on the emulator: built, packaged, transformed and deployed as an operator would, with the sam command."""

# ruff: noqa: S603

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.deploy_test.emulator import ROOT, VENV, Emulator
from scripts.upload_console import bucket_of, upload

STACK_NAME = "kook-relay"
_SAM = ROOT / ".venv-sam" / "bin" / "sam"
_COMMAND_SECONDS = 600
_OUTPUT_CHARACTERS = 6000


class DeployFailed(Exception):
    """A command failed, or what was deployed is not what it has to be; the text says what was seen."""


def build(source: Path) -> Path:
    """Build the repository at ``source``. Returns the folder of the build. Raises DeployFailed."""
    _command([str(_SAM), "build"], {}, source)
    return source / ".aws-sam" / "build"


class DeployedStack:
    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self._emulator = emulator
        self._folder = folder

    def deploy(self, built: Path, parameters: Mapping[str, str]) -> dict[str, str]:
        """Create the stack, or upgrade it in place. Returns the logical ids and types of the template's resources
        (after the transform). Raises DeployFailed."""
        packaged, plain = self._folder / "packaged.yaml", self._folder / "plain.json"
        environment = {**self._emulator.credentials(), "AWS_ENDPOINT_URL": self._emulator.url}
        template = ("--template-file", str(built / "template.yaml"), "--output-template-file", str(packaged))
        _command([str(_SAM), "package", "--resolve-s3", *template], environment, ROOT)
        transform = [str(VENV / "bin" / "python"), "-m", "scripts.deploy_test.unrolled", str(packaged), str(plain)]
        _command(transform, environment, ROOT)
        overrides = [f"{name}={value}" for name, value in parameters.items()]
        options = ["--stack-name", STACK_NAME, "--resolve-s3", "--no-confirm-changeset", "--no-fail-on-empty-changeset"]
        options += ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "--parameter-overrides", *overrides]
        _command([str(_SAM), "deploy", "--template-file", str(plain), *options], environment, ROOT)
        return self._wanted(json.loads(plain.read_text(encoding="utf-8")))

    def check_resources(self, wanted: Mapping[str, str]) -> Counter[str]:
        """How many of each type exist. Raises DeployFailed unless every resource of the template was made."""
        stack = self._emulator.client("cloudformation")
        pages = stack.get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
        states = {
            row["LogicalResourceId"]: row["ResourceStatus"] for page in pages for row in page["StackResourceSummaries"]
        }
        missing = sorted(name for name in wanted if not states.get(name, "").endswith("_COMPLETE"))
        if missing:
            raise DeployFailed(f"not made: {', '.join(f'{name} ({wanted[name]})' for name in missing)}")
        return Counter(wanted.values())

    def http_url(self) -> str:
        """The base URL of the deployed HTTP API on the emulator, whose host names no resolver knows."""
        resource = self._emulator.client("cloudformation").describe_stack_resource(
            StackName=STACK_NAME, LogicalResourceId="HttpApi"
        )
        api_id = resource["StackResourceDetail"]["PhysicalResourceId"]
        return f"{self._emulator.url}/_aws/execute-api/{api_id}/$default"

    def upload_console(self) -> int:
        """Upload the console as an operator does, twice; how many files lie in the stack's bucket then. Raises
        DeployFailed when the second time finds anything to do."""
        s3 = self._emulator.client("s3")
        bucket = bucket_of(self._emulator.client("cloudformation"), STACK_NAME)
        uploaded, _, _ = upload(s3, bucket)
        again = upload(s3, bucket)
        if again != (0, uploaded, 0):
            raise DeployFailed(f"the console was uploaded ({uploaded} files), and the second time {again} was to do")
        page = s3.head_object(Bucket=bucket, Key="console/index.html")
        if (page["ContentType"], page["CacheControl"]) != ("text/html; charset=utf-8", "no-cache"):
            raise DeployFailed(f"the console's page has the type {page['ContentType']}, caching {page['CacheControl']}")
        return uploaded

    @staticmethod
    def _wanted(plain: Mapping[str, Any]) -> dict[str, str]:
        return {
            name: resource["Type"]
            for name, resource in plain["Resources"].items()
            # The one condition that is off here: no address for alarms is given.
            if resource.get("Condition") != "HasAlarmEmail"
        }


def _command(command: list[str], environment: Mapping[str, str], folder: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    settings = {"SAM_CLI_TELEMETRY": "0", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, **settings, "AWS_DEFAULT_REGION": "us-east-1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=_COMMAND_SECONDS,
    )
    if done.returncode != 0:
        name = " ".join(Path(part).name for part in command[:2])
        raise DeployFailed(f"{name} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-_OUTPUT_CHARACTERS:]}")
