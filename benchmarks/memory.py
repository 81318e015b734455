"""How much resident memory a piece of work needs at its peak."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.result import NotRun

MEBIBYTE = 1024 * 1024
_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")
# proc(5): writing 5 sets the peak back to what is resident now.
_RESET_PEAK = "5"


class PeakMemory:
    """From its making on, how far this process's peak of resident memory rises above where it stood."""

    def __init__(self) -> None:
        try:
            _CLEAR_REFS.write_text(_RESET_PEAK, encoding="ascii")
        except OSError as error:
            raise NotRun("the peak of resident memory cannot be set back: this needs Linux with /proc") from error
        self._start_bytes = _resident_bytes("VmRSS")

    def growth_bytes(self) -> int:
        return max(0, _resident_bytes("VmHWM") - self._start_bytes)


def _resident_bytes(field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB$", _STATUS.read_text(encoding="ascii"), re.MULTILINE)
    if found is None:
        raise NotRun(f"/proc/self/status has no {field}: this needs Linux")
    return int(found[1]) * 1024
