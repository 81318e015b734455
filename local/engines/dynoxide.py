"""dynoxide: DynamoDB on SQLite, durable at every write. It never deletes expired items: local/sweeper.py does."""

from __future__ import annotations

import os
from pathlib import Path

from local.engines.layout import EngineLayout
from local.engines.process import LOOPBACK, EngineSpec

DATABASE_FILE = "dynamodb.sqlite"


def dynoxide_spec(layout: EngineLayout, data_dir: Path, port: int) -> EngineSpec:
    database = data_dir / DATABASE_FILE
    return EngineSpec(
        name="dynoxide",
        command=[str(layout.dynoxide), "serve", "--host", LOOPBACK, "--port", str(port), "--db-path", str(database)],
        environment={"PATH": os.environ.get("PATH", os.defpath)},
        port=port,
        health_path="/",
        log_file=data_dir / "logs" / "dynoxide.log",
        marker=str(database),
    )
