"""Where the embedded stack's processes log to, and what they leave out."""

from __future__ import annotations

import logging
import sys

_QUIET_LOGGERS = ("aiohttp", "asyncio", "boto3", "botocore", "mangum", "pynamodb", "urllib3")


def set_up_logging() -> None:
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s %(message)s", force=True
    )
    for name in _QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
