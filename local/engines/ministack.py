"""ministack in place of both engines, where they cannot be had. It keeps state in memory and saves it on SIGTERM."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from local.engines.layout import EngineLayout
from local.engines.process import LOOPBACK, EngineSpec


def ministack_spec(layout: EngineLayout, data_dir: Path, port: int) -> EngineSpec:
    state = data_dir / "ministack"
    return EngineSpec(
        name="ministack",
        command=[str(layout.ministack_environment / "bin" / "python"), str(layout.ministack)],
        environment={
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(data_dir),
            "TMPDIR": str(data_dir),
            "BIND_HOST": LOOPBACK,
            "GATEWAY_PORT": str(port),
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state),
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "SERVICES": "dynamodb,sqs",
        },
        port=port,
        health_path="/_ministack/health",
        log_file=data_dir / "logs" / "ministack.log",
        marker=str(layout.ministack),
        # Saving takes 9 to 21 s.
        stop_grace_seconds=30.0,
        death_signal=signal.SIGTERM,
    )
