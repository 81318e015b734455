"""The folder that holds everything a relay keeps: one runner at a time, readable by its owner alone."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import IO, Any

from local.messages import EmbeddedStackError

_LOCK_FILE = "lock"
_ENGINE_MARK = "engine"
_STATUS_FILE = "runner.json"


class DataFolder:
    """An opened data folder. Close it when the runner ends; the kernel does when it is killed."""

    def __init__(self, path: Path, lock: IO[str]) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> DataFolder:
        """Make the folder where it is missing and take its lock.

        Raises EmbeddedStackError when another runner has it or it cannot be used.
        """
        path = path.expanduser().resolve()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.chmod(0o700)
            lock = (path / _LOCK_FILE).open("a+")
        except OSError as error:
            raise EmbeddedStackError("data_dir_unusable", path=path, reason=error.strerror) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "?"
            lock.close()
            raise EmbeddedStackError("data_dir_in_use", path=path, pid=holder) from None
        except OSError as error:
            lock.close()
            raise EmbeddedStackError("data_dir_unusable", path=path, reason=error.strerror) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        (path / _STATUS_FILE).unlink(missing_ok=True)
        return cls(path, lock)

    def claim_for_engine(self, kind: str) -> None:
        """Note which engines write here. Raises EmbeddedStackError when others did before: they cannot read it."""
        mark = self.path / _ENGINE_MARK
        stored = mark.read_text("utf-8").strip() if mark.exists() else kind
        if stored != kind:
            raise EmbeddedStackError("data_dir_other_engine", path=self.path, stored=stored, installed=kind)
        mark.write_text(f"{kind}\n", "utf-8")

    def write_status(self, status: dict[str, Any]) -> None:
        """Say, for scripts, that the stack is ready and where: runner.json exists exactly while it is."""
        temporary = self.path / f"{_STATUS_FILE}.tmp"
        temporary.write_text(json.dumps(status) + "\n", "utf-8")
        temporary.replace(self.path / _STATUS_FILE)

    def clear_status(self) -> None:
        (self.path / _STATUS_FILE).unlink(missing_ok=True)

    def close(self) -> None:
        self.clear_status()
        self._lock.close()
