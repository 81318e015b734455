"""Where the embedded stack's processes log to, and what they leave out."""

from __future__ import annotations

import logging
import sys

from local.malformed_requests import hide_what_was_sent

_QUIET_LOGGERS = ("aiohttp", "asyncio", "boto3", "botocore", "mangum", "pynamodb", "urllib3")


def set_up_logging() -> None:
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s %(message)s", force=True
    )
    for name in _QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns of subprotocols that a client offers in vain, and clients send their token in one.
    logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)
    hide_what_was_sent()
