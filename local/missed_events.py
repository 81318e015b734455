"""Filling the gaps of KOOK's events on one machine: those of the time it was down, and those of KOOK's gateway.

What it fills them with is imported on use: a template without the relay needs nothing of it.
"""

from __future__ import annotations

import logging

from shared.aws.store_failures import StoreUnavailable
from shared.tasks.orders import TaskQueueUnavailable

logger = logging.getLogger(__name__)


def begin_backfills() -> None:
    """What was said while this stack was down goes before what is said from now on: before the first event is taken
    off the queue, every running account is held until its gap is filled."""
    from shared.backfill_composition import backfills
    from shared.control_composition import service_switch

    try:
        backfills().begin_all("start", holds=True)
        service_switch().began()
    except (StoreUnavailable, TaskQueueUnavailable) as error:
        # The scheduled look fills the gap a little later, if without the order.
        logger.error("gaps of the time the stack was down not filled yet: %s", type(error).__name__)


def backfill_gap(account_id: int) -> None:
    """The gateway may have lost events of this account between two sessions."""
    from shared.backfill_composition import backfills

    try:
        backfills().begin(account_id, "gateway_gap", holds=True)
    except (StoreUnavailable, TaskQueueUnavailable) as error:
        logger.error("gap of account %d not filled yet: %s", account_id, type(error).__name__)
