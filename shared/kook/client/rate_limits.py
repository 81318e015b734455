"""What KOOK's rate-limit headers said last, per bucket, so that a call that would be refused is not made.

KOOK publishes no numbers; it sends X-Rate-Limit-Limit, -Remaining, -Reset (seconds until the bucket is full again),
-Bucket (a name that may differ from the path, and that several calls may share) and, when the limit over all calls
is hit, -Global (rate-limit.md). Whoever keeps running into limits is warned and then switched off, so holding back
is part of the protocol.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.kook.client.errors import KookRateLimited

# A 429 without a usable Reset or Retry-After: long enough not to hammer, short enough not to stall.
DEFAULT_WAIT_SECONDS = 5.0
# Waits beyond this are taken for a broken header: a bucket is asked again after an hour at the latest.
MAX_WAIT_SECONDS = 3600.0
_MAX_BUCKETS = 512


@dataclass(slots=True)
class _Bucket:
    remaining: int = 0
    resets_at: float = 0.0
    in_flight: int = 0
    updates: int = 0


@dataclass(frozen=True, slots=True)
class Reservation:
    """One request on its way; given back to ``finish``. ``updates_seen`` tells answers that overlapped another."""

    call: str
    bucket_name: str
    updates_seen: int


class RateLimitMemory:
    """The limits of one credential. Thread-safe; ``clock`` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._bucket_of_call: dict[str, str] = {}
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._all_calls_wait_until = 0.0

    def begin(self, call: str) -> Reservation:
        """Take a place for one request.

        Raises:
            KookRateLimited: the call's bucket, or the limit over all calls, is known to be used up.
        """
        with self._lock:
            now = self._clock()
            if now < self._all_calls_wait_until:
                raise KookRateLimited(call, self._all_calls_wait_until - now)
            name = self._bucket_of_call.get(call, call)
            bucket = self._bucket(name)
            if now < bucket.resets_at and bucket.remaining - bucket.in_flight <= 0:
                raise KookRateLimited(call, bucket.resets_at - now, bucket=name)
            bucket.in_flight += 1
            return Reservation(call, name, bucket.updates)

    def abandon(self, reservation: Reservation) -> None:
        """The request brought no answer."""
        with self._lock:
            self._release(reservation)

    def finish(self, reservation: Reservation, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer's headers (a case-insensitive mapping).

        Raises:
            KookRateLimited: the answer is a 429.
        """
        with self._lock:
            self._release(reservation)
            name = headers.get("X-Rate-Limit-Bucket", "")[:128] or self._bucket_of_call.get(
                reservation.call, reservation.call
            )
            self._bucket_of_call[reservation.call] = name
            if status == 429:
                self._remember_refusal(reservation.call, name, headers)
            self._remember_remaining(reservation, name, headers)

    def _remember_refusal(self, call: str, name: str, headers: Mapping[str, str]) -> None:
        wait_seconds = refusal_wait_seconds(headers)
        until = self._clock() + wait_seconds
        if _is_global(headers):
            self._all_calls_wait_until = max(self._all_calls_wait_until, until)
            raise KookRateLimited(call, wait_seconds, sent=True)
        bucket = self._bucket(name)
        bucket.remaining, bucket.resets_at = 0, until
        bucket.updates += 1
        raise KookRateLimited(call, wait_seconds, bucket=name, sent=True)

    def _remember_remaining(self, reservation: Reservation, name: str, headers: Mapping[str, str]) -> None:
        remaining = _whole_number(headers.get("X-Rate-Limit-Remaining"))
        wait_seconds = _wait_seconds(headers)
        if remaining is None or wait_seconds is None:
            return
        bucket = self._bucket(name)
        now = self._clock()
        overlapped = name == reservation.bucket_name and bucket.updates != reservation.updates_seen
        if overlapped and now < bucket.resets_at:
            # Answers overtake one another: the lower of two overlapping counts is the later one.
            remaining = min(remaining, bucket.remaining)
        bucket.remaining, bucket.resets_at = remaining, now + wait_seconds
        bucket.updates += 1

    def _bucket(self, name: str) -> _Bucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = _Bucket()
            if len(self._buckets) > _MAX_BUCKETS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(name)
        return bucket

    def _release(self, reservation: Reservation) -> None:
        bucket = self._buckets.get(reservation.bucket_name)
        if bucket is not None and bucket.in_flight > 0:
            bucket.in_flight -= 1


def refusal_wait_seconds(headers: Mapping[str, str]) -> float:
    """How long a 429 with these headers asks to wait: at least one second."""
    return max(_wait_seconds(headers) or DEFAULT_WAIT_SECONDS, 1.0)


def _is_global(headers: Mapping[str, str]) -> bool:
    return headers.get("X-Rate-Limit-Global", "false").strip().lower() not in {"false", "0"}


def _wait_seconds(headers: Mapping[str, str]) -> float | None:
    """Reset, else Retry-After, as seconds within [0, MAX_WAIT_SECONDS]; None when neither is a number."""
    for name in ("X-Rate-Limit-Reset", "Retry-After"):
        try:
            seconds = float(headers.get(name, ""))
        except ValueError:
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return min(seconds, MAX_WAIT_SECONDS)
    return None


def _whole_number(text: str | None) -> int | None:
    try:
        return max(int(text or ""), 0)
    except ValueError:
        return None
