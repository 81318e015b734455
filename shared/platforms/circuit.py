"""The circuit of one destination: after a run of failures it is left alone for a while, then tried with one message.

It is opened by what says that the destination is not working (server errors, requests that could not be sent, answers
that did not come), never by rate limits or by a message that was refused for what it holds. Kept with the destination's
pacing state, so that it costs no request of its own. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown

CONSECUTIVE_FAILURES = 5
MIN_REQUESTS_FOR_SHARE = 20
FAILURE_SHARE = 0.5
WINDOW_SECONDS = 60
FIRST_PAUSE_SECONDS = 30.0
MAX_PAUSE_SECONDS = 900.0
# A row that is deleted is a closed circuit: one that is open is kept until long after its probe is due.
KEEP_OPEN_SECONDS = 7 * 86_400.0
KEEP_COUNTS_SECONDS = 3600.0
# Requests of the last minute are counted in slices of this many seconds.
_SLICE_SECONDS = 10
_MAX_REASON_CHARACTERS = 300
# Ends for good before the destination was asked: our own guard, an impossible request, a bug.
_NEVER_ASKED = frozenset({"destination_refused", "bad_request", "internal_error"})

CircuitPhase: TypeAlias = Literal["closed", "open", "half_open"]
Verdict: TypeAlias = Literal["works", "fails", "says_nothing"]


def verdict_of(outcome: Outcome) -> Verdict:
    """What an outcome says about the destination itself.

    A message refused for good was answered, hence the destination is there; but what is refused before it is sent ends
    in Permanent too, so that it counts for nothing. Being told to slow down is not a failure either.
    """
    if isinstance(outcome, Delivered):
        return "works" if outcome.answered else "says_nothing"
    if isinstance(outcome, Unknown):
        return "fails"
    if isinstance(outcome, RetryAfter) and not outcome.rate_limited:
        return "fails"
    return "says_nothing"


def ends_probe(outcome: Outcome) -> bool:
    """Whether a probe that came to this has shown that the destination answers again."""
    if isinstance(outcome, Permanent):
        return outcome.code not in _NEVER_ASKED
    return verdict_of(outcome) == "works"


@dataclass(frozen=True, slots=True)
class CircuitChange:
    """The circuit opened, opened again after a failed probe, or closed. ``reason`` is the last failure's, ``""`` when
    it closed; ``pause_seconds`` is how long nothing is sent."""

    phase: CircuitPhase
    reason: str = ""
    pause_seconds: float = 0.0
    is_repeated: bool = False


@dataclass(slots=True)
class Circuit:
    """``since`` and ``probe_at`` are epoch seconds, 0 while it is closed. ``slices`` counts the requests of the last
    minute as [slice number, requests, failures], oldest first."""

    failures_in_row: int = 0
    slices: list[list[int]] = field(default_factory=list)
    since: float = 0.0
    probe_at: float = 0.0
    pause_seconds: float = 0.0
    reason: str = ""

    def phase(self, now: float) -> CircuitPhase:
        """``half_open`` from when a probe is due until it is known what came of it."""
        if not self.probe_at:
            return "closed"
        return "open" if now < self.probe_at else "half_open"

    def wait_seconds(self, now: float) -> float:
        """0.0 when something may be sent now: a message, or the probe. A destination is one FIFO group, hence no two
        probes are made at once."""
        return max(0.0, self.probe_at - now)

    def record(self, outcome: Outcome, now: float) -> CircuitChange | None:
        """Note what a request came to; the change of the circuit that follows from it, if any."""
        if self.probe_at:
            return self._after_probe(outcome, now)
        verdict = verdict_of(outcome)
        if verdict == "says_nothing":
            return None
        self._count(verdict == "fails", now)
        if verdict == "works":
            self.failures_in_row = 0
            return None
        self.failures_in_row += 1
        if not self._is_tripped():
            return None
        self.since = now
        return self._open(outcome, now, FIRST_PAUSE_SECONDS)

    def _after_probe(self, outcome: Outcome, now: float) -> CircuitChange | None:
        if ends_probe(outcome):
            self.failures_in_row, self.slices = 0, []
            self.since = self.probe_at = self.pause_seconds = 0.0
            self.reason = ""
            return CircuitChange("closed")
        if verdict_of(outcome) == "fails":
            return self._open(outcome, now, min(self.pause_seconds * 2, MAX_PAUSE_SECONDS), is_repeated=True)
        return None

    def _open(self, outcome: Outcome, now: float, pause_seconds: float, *, is_repeated: bool = False) -> CircuitChange:
        said = "" if isinstance(outcome, Delivered) else f"{outcome.code}: {outcome.detail}"
        self.reason = said[:_MAX_REASON_CHARACTERS]
        self.pause_seconds = pause_seconds
        self.probe_at = now + pause_seconds
        return CircuitChange("open", self.reason, pause_seconds, is_repeated)

    def _count(self, failed: bool, now: float) -> None:
        number = int(now // _SLICE_SECONDS)
        oldest = number - WINDOW_SECONDS // _SLICE_SECONDS + 1
        self.slices = [one for one in self.slices if one[0] >= oldest]
        if not self.slices or self.slices[-1][0] != number:
            self.slices.append([number, 0, 0])
        self.slices[-1][1] += 1
        self.slices[-1][2] += int(failed)

    def _is_tripped(self) -> bool:
        if self.failures_in_row >= CONSECUTIVE_FAILURES:
            return True
        requests = sum(count for _, count, _ in self.slices)
        failures = sum(count for _, _, count in self.slices)
        return requests >= MIN_REQUESTS_FOR_SHARE and failures >= requests * FAILURE_SHARE

    def keep_seconds(self, now: float) -> float:
        """How long what is in here is worth keeping."""
        if self.probe_at:
            return self.wait_seconds(now) + KEEP_OPEN_SECONDS
        return KEEP_COUNTS_SECONDS if self.failures_in_row else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Without what is empty: most circuits are closed and most of them have nothing to remember."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in values.items() if value}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Circuit:
        return cls(**{name: stored[name] for name in cls.__slots__ if name in stored})
