"""One structured logger for a function and everything it calls."""

from __future__ import annotations

import logging
import sys

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.filters import SuppressFilter
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

# Modules log to children of this name with the standard library alone.
LOGGER_NAME = "kook_relay"


def function_logger(service: str) -> Logger:
    """The function's logger. Modules that log to ``kook_relay.<room>`` write as JSON like it, under its service.

    Handlers never pass it an event: events hold messages and secrets.
    """
    function = Logger(service=service, name=LOGGER_NAME)
    _write_modules_lines(service, function.log_level)
    _keep_to_one_handler(service)
    return function


class _ModulesHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Powertools names its logger after the service, so records of modules pass it by; they are written here."""

    def __init__(self, service: str) -> None:
        super().__init__(sys.stdout)
        self.service = service
        self.setFormatter(LambdaPowertoolsFormatter(service=service))

    def share(self) -> None:
        """Several functions in one process, as in the embedded stack: nobody can tell whose line it is."""
        self.service = LOGGER_NAME
        self.setFormatter(LambdaPowertoolsFormatter(service=LOGGER_NAME))


def _write_modules_lines(service: str, level: int) -> None:
    modules = logging.getLogger(LOGGER_NAME)
    known = next((each for each in modules.handlers if isinstance(each, _ModulesHandler)), None)
    if known is None:
        modules.addHandler(_ModulesHandler(service))
        modules.setLevel(level)
    elif known.service != service:
        known.share()


class _WrittenAlready(logging.Filter):
    """Keeps what has been written as JSON from the root's handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.written = {LOGGER_NAME}

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name.partition(".")[0] not in self.written


_written_already = _WrittenAlready()


def _keep_to_one_handler(service: str) -> None:
    """In place of Powertools' own filter, which takes ``push`` out of every name that has these letters in it."""
    _written_already.written.add(service)
    for handler in logging.root.handlers:
        for suppressing in [each for each in handler.filters if isinstance(each, SuppressFilter)]:
            handler.removeFilter(suppressing)
            handler.addFilter(_written_already)
