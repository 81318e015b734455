"""One structured logger for a function and everything it calls."""

from __future__ import annotations

import logging
import os

from aws_lambda_powertools import Logger

# Modules log to children of this name with the standard library alone.
LOGGER_NAME = "kook_relay"


def function_logger(service: str) -> Logger:
    """The function's logger. On Lambda, modules that log to ``kook_relay.<room>`` write through it, as JSON with their
    extra fields; Lambda's own handler would drop those fields, and everything below a warning.

    Handlers never pass it an event: events hold messages and secrets.
    """
    logger = Logger(service=service)
    # On one machine all functions share a process, whose runner says where their modules log to.
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        modules = logging.getLogger(LOGGER_NAME)
        modules.handlers = [logger.logger_handler]
        modules.setLevel(logger.log_level)
        modules.propagate = False
    return logger
