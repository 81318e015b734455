"""What aiohttp's server logs of requests that are no HTTP: it quotes the line it stumbled over, token and all."""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError


class WithoutTheRequest(logging.Filter):
    """Leaves of such a failure its type alone. Every other failure is logged whole."""

    def filter(self, record: logging.LogRecord) -> bool:
        failure = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if isinstance(failure, HttpProcessingError):
            record.msg, record.args = f"{record.getMessage()}: {type(failure).__name__}", ()
            record.exc_info = record.exc_text = None
        return True


def hide_what_was_sent() -> None:
    logging.getLogger("aiohttp.server").addFilter(WithoutTheRequest())
