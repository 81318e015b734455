"""What a trial brought up is taken down, whatever ends the trial."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from scripts.trial_processes import end_process, exit_code_of

WAITING = "import time; print('up', flush=True); time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITING}"


@pytest.fixture
def term_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(("program", "ended_by"), [(WAITING, signal.SIGTERM), (DEAF, signal.SIGKILL)])
def test_a_process_is_asked_to_end_and_then_made_to(program: str, ended_by: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        end_process(process, grace_seconds=0.2 if ended_by is signal.SIGKILL else 60)
        assert process.returncode == -ended_by


@pytest.mark.usefixtures("term_as_before")
def test_being_told_to_end_takes_down_what_is_up() -> None:
    taken_down: list[str] = []

    def trial() -> int:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            taken_down.append("everything")
        return 0

    with pytest.raises(SystemExit) as ended:
        exit_code_of(trial)
    assert (ended.value.code, taken_down) == (128 + signal.SIGTERM, ["everything"])


@pytest.mark.usefixtures("term_as_before")
def test_the_exit_code_is_the_trials_own_or_that_of_an_interrupt() -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    assert (exit_code_of(lambda: 1), exit_code_of(interrupted)) == (1, 130)
