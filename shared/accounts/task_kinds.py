"""What the area's tasks are called on the tasks queue."""

from __future__ import annotations

BATCH_TASK_KIND = "accounts.health_batch"
CHECK_TASK_KIND = "accounts.health_check"
