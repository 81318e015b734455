"""``doctor``: looks at everything a relay needs, and says of each red light what to do."""

from __future__ import annotations

import email.utils
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from local.operate.relay_api import RelayApi, RelayRefused, RelayUnreachable
from local.operate.texts import Texts
from shared.platforms.http import HttpClient, NoAnswer, NotSent

Light: TypeAlias = Literal["green", "yellow", "red"]

# KOOK's own tolerance is not known; signed webhooks are refused at five minutes, Feishu's signatures at an hour.
MAX_CLOCK_DIFFERENCE_SECONDS = 60
_KOOK_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """``hints`` say what is amiss and what to do, one line each."""

    name: str
    light: Light
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is looked at beside the relay: KOOK's address for the clock, and the embedded stack's folder and template,
    None where the relay does not run here."""

    kook_api_base: str
    status_file: Path | None
    template: Path | None


def examine(
    api: RelayApi,
    http: HttpClient,
    surroundings: Surroundings,
    texts: Texts,
    clock: Callable[[], float] = time.time,
) -> Iterator[Finding]:
    """One finding after the other, as it is known; ``http`` asks KOOK for the time. Without an answer of the relay, or
    without a token it takes, the rest cannot be seen."""
    try:
        api.call("GET", "/health")
    except (RelayUnreachable, RelayRefused):
        yield Finding(texts("check_reachable"), "red", (texts("unreachable", url=api.base_url),))
        return
    yield Finding(texts("check_reachable"), "green")
    try:
        status = api.call("GET", "/api/system/status")
    except RelayRefused as refused:
        hint = texts("token_refused") if refused.status == 401 else refused.message
        yield Finding(texts("check_token"), "red", (hint,))
        return
    yield Finding(texts("check_token"), "green")
    yield _clock(http, surroundings.kook_api_base, texts, clock)
    running = bool(status["service_running"])
    yield Finding(texts("check_service"), "green" if running else "red", () if running else (texts("service_stopped"),))
    yield from _components(api.call("GET", "/api/health/check"), texts)
    yield _accounts(api.call("GET", "/api/accounts")["data"], texts)
    yield _destinations(api.call("GET", "/api/bots")["data"], texts)
    yield _template(surroundings, texts)


def template_digest(template: Path) -> str:
    """What the runner notes at its start and the doctor compares."""
    return hashlib.sha256(template.read_bytes()).hexdigest()


def _clock(http: HttpClient, kook_api_base: str, texts: Texts, clock: Callable[[], float]) -> Finding:
    name = texts("check_clock")
    try:
        answer = http.request("GET", f"{kook_api_base}/gateway/index", timeout_seconds=_KOOK_TIMEOUT_SECONDS)
        there = email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (NotSent, NoAnswer, KeyError, ValueError):
        return Finding(name, "yellow", (texts("clock_unknown", url=kook_api_base),))
    seconds = round(abs(clock() - there))
    if seconds <= MAX_CLOCK_DIFFERENCE_SECONDS:
        return Finding(name, "green")
    return Finding(name, "red", (texts("clock_off", seconds=seconds),))


def _components(health: dict[str, Any], texts: Texts) -> Iterator[Finding]:
    """The relay words its own hints."""
    components = health["components"]
    stores = [components[name] for name in ("redis", "database")]
    down = [store for store in stores if store["status"] != "up"]
    yield Finding(texts("check_stores"), "red" if down else "green", tuple(store.get("hint", "") for store in down))
    worker = components["worker"]
    hint = worker.get("hint")
    dead = any(queue["dead_letters"] for queue in worker["queues"])
    light: Light = "red" if dead or worker["status"] == "unknown" else "yellow" if hint else "green"
    yield Finding(texts("check_queues"), light, (hint,) if hint else ())


def _accounts(accounts: list[dict[str, Any]], texts: Texts) -> Finding:
    bad = [
        texts(
            "account_state",
            id=account["id"],
            email=account["email"],
            state=account["connection"]["state"],
            detail=account["connection"]["detail"] or "",
        ).rstrip()
        for account in accounts
        if account["connection"]["state"] in ("offline", "refused", "waiting_for_storage")
    ]
    return Finding(texts("check_accounts"), "red" if bad else "green", tuple(bad))


def _destinations(bots: list[dict[str, Any]], texts: Texts) -> Finding:
    bad = []
    for bot in bots:
        for place in bot["destinations"]:
            if place["state"] in ("open", "half_open", "off"):
                name = f"{bot['name']} {place['target_channel_id'] or ''}".rstrip()
                reason = place["reason"] or ""
                bad.append(texts("destination_state", id=bot["id"], name=name, state=place["state"], reason=reason))
    return Finding(texts("check_destinations"), "red" if bad else "green", tuple(bad))


def _template(surroundings: Surroundings, texts: Texts) -> Finding:
    name = texts("check_template")
    if surroundings.status_file is None or surroundings.template is None:
        return Finding(name, "yellow", (texts("template_unknown"),))
    try:
        noted = json.loads(surroundings.status_file.read_text("utf-8")).get("template_sha256")
        is_same = noted == template_digest(surroundings.template)
    except (OSError, ValueError, AttributeError):
        return Finding(name, "yellow", (texts("template_unknown"),))
    return Finding(name, "green") if is_same else Finding(name, "red", (texts("template_changed"),))
