"""One structured logger for a function and everything it calls."""

from __future__ import annotations

from aws_lambda_powertools import Logger

# Modules log to children of this name with the standard library alone.
LOGGER_NAME = "kook_relay"


def function_logger(service: str) -> Logger:
    """The function's logger. Modules that log to ``kook_relay.<room>`` write through it, as JSON.

    Handlers never pass it an event: events hold messages and secrets.
    """
    return Logger(service=service, name=LOGGER_NAME)
