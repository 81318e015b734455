"""What functions and modules log is JSON, once, with its fields; what others log is left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.embedded import REPOSITORY_ROOT

# A process of its own: loggers are of the whole process.
_PROLOGUE = """
import logging, sys
logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="PLAIN %(name)s %(message)s")
from shared.aws.logging import function_logger
"""


def logged(script: str) -> list[str]:
    command = [sys.executable, "-c", _PROLOGUE + script]
    done = subprocess.run(command, cwd=REPOSITORY_ROOT, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


def test_a_module_s_line_has_its_fields_and_the_function_s_name() -> None:
    lines = logged(
        "function_logger('push')\n"
        "logging.getLogger('kook_relay.push').error('failed', extra={'exception': 'StoreUnavailable'})\n"
        "logging.getLogger('kook_relay.routing').info('routed', extra={'deliveries': 2})\n"
    )
    told: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert [(each["message"], each["level"], each["service"]) for each in told] == [
        ("failed", "ERROR", "push"),
        ("routed", "INFO", "push"),
    ]
    assert told[0]["exception"] == "StoreUnavailable"
    assert told[1]["deliveries"] == 2


def test_the_function_s_own_line_is_written_once() -> None:
    lines = logged("function_logger('relay_api').info('request', extra={'status': 200})\n")
    assert [(json.loads(line)["message"], json.loads(line)["status"]) for line in lines] == [("request", 200)]


def test_functions_that_share_a_process_share_the_modules_lines() -> None:
    lines = logged(
        "function_logger('push')\nfunction_logger('websocket')\nfunction_logger('websocket')\n"
        "logging.getLogger('kook_relay.batches').warning('deferred')\n"
    )
    assert [(json.loads(line)["message"], json.loads(line)["service"]) for line in lines] == [
        ("deferred", "kook_relay")
    ]


def test_lines_of_others_are_left_as_they_are() -> None:
    lines = logged(
        "function_logger('websocket')\nfunction_logger('push')\n"
        "logging.getLogger('local.websockets').info('open')\nlogging.getLogger('pushover').info('ping')\n"
    )
    assert lines == ["PLAIN local.websockets open", "PLAIN pushover ping"]
