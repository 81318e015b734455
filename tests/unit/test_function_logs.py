"""What a function's modules log reaches the function's log whole, on Lambda."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

# Lambda's runtime puts a handler of its own on the root logger before it imports the function.
PROGRAM = """
import logging, sys
logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))
from shared.aws.logging import function_logger
own = function_logger("route_event")
logging.getLogger("kook_relay.batches").error("record failed", extra={"error": "Refused", "sqs_message_id": "m-1"})
logging.getLogger("kook_relay.routing").info("routed", extra={"deliveries": 3})
logging.getLogger("kook_relay.routing").debug("not shown")
own.info("the function's own line")
"""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    environment = {**os.environ, "AWS_LAMBDA_FUNCTION_NAME": "RouteEvent", "PYTHONPATH": os.getcwd()}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stderr == ""
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_a_modules_record_is_one_line_of_json_with_its_fields(lines: list[dict[str, Any]]) -> None:
    failed, routed, _ = lines
    assert (failed["level"], failed["message"], failed["error"]) == ("ERROR", "record failed", "Refused")
    assert failed["sqs_message_id"] == "m-1"
    assert (routed["level"], routed["deliveries"]) == ("INFO", 3)


def test_every_line_names_the_function(lines: list[dict[str, Any]]) -> None:
    assert {line["service"] for line in lines} == {"route_event"}
    assert [line["message"] for line in lines] == ["record failed", "routed", "the function's own line"]
