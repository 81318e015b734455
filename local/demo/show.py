"""The demo itself: start everything, post, wait, and print who got what and how fast."""

from __future__ import annotations

import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.demo.arrivals import Arrival, group_arrivals, problems
from local.demo.posts import Post, all_posts, challenge, marker
from local.demo.relay_process import RelayProcess
from local.demo.stage import RelayClient, StandIns, Webhooks, configure, stand_ins
from local.demo.wecom_robot import show_wecom_group

ARRIVAL_TIMEOUT_SECONDS = 60.0


class DemoFailed(Exception):
    """Something did not work; the text says what."""


def main(arguments: Sequence[str] = ()) -> int:
    """Run the demo (it takes no arguments). 0 when everything arrived, once and in order."""
    if arguments:
        print("usage: python -m local demo", file=sys.stderr)
        return 2
    console = Console()
    with tempfile.TemporaryDirectory(prefix="kook-relay-demo-") as data_dir, stand_ins() as stage:
        api_token = secrets.token_urlsafe(32)
        password = secrets.token_urlsafe(16)
        environment = {**stage.environment(), "API_TOKEN": api_token, "ADMIN_PASSWORD": password}
        with RelayProcess(Path(data_dir), environment) as relay:
            console.print(f"KOOK Relay: {relay.base_url}")
            try:
                return _play(console, RelayClient(relay.base_url, api_token), stage, password)
            except (DemoFailed, RuntimeError, TimeoutError) as failure:
                console.print(f"[red]{failure}[/red]")
                console.print(relay.recent_output())
                return 1


def _play(console: Console, relay: RelayClient, stage: StandIns, admin_password: str) -> int:
    webhooks = configure(relay)
    _start_accounts(relay)
    _answer_challenges(console, relay, webhooks)
    one_by_one = _post_all(relay, webhooks, stage, first_number=1, wait=True)
    # Again without waiting, so that the order is kept by the relay and not by our patience.
    in_a_burst = _post_all(relay, webhooks, stage, first_number=1 + len(one_by_one), wait=False)
    for number in in_a_burst:
        _wait_for_arrival(stage, number)
    arrivals = {name: group_arrivals(server.received()) for name, server in stage.platforms.items()}
    _print_table(console, one_by_one, arrivals)
    posted = one_by_one | in_a_burst
    wrong = problems({number: post.kind for number, (post, _) in posted.items()}, arrivals)
    for line in wrong:
        console.print(f"[red]{line}[/red]")
    if not wrong:
        console.print(
            f"[green]{len(one_by_one)} 条逐一发送、{len(in_a_burst)} 条连发，全部送达三个平台，不重不漏，顺序正确。"
            f" {len(posted)} events, each once on every platform, in order.[/green]"
        )
    # Last: its mapping makes the later posts go to one place more.
    number = max(posted) + 1
    console.print(f"企业微信 WeCom → {show_wecom_group(relay, webhooks, admin_password, number)}", markup=False)
    return 1 if wrong else 0


def _start_accounts(relay: RelayClient) -> None:
    """Puts their bots online at once. The watch that does so once a minute lets events wait for what was missed."""
    for account in relay.call("GET", "/api/accounts")["data"]:
        relay.call("POST", f"/api/accounts/{account['id']}/start")


def _post_all(
    relay: RelayClient, webhooks: Webhooks, stage: StandIns, *, first_number: int, wait: bool
) -> dict[int, tuple[Post, float]]:
    """Every kind in every wire form; the posts and when they were made, by number."""
    posted: dict[int, tuple[Post, float]] = {}
    for post in all_posts(first_number):
        posted[post.number] = (post, time.time())
        response = relay.post_webhook(webhooks.encrypted if post.is_encrypted else webhooks.plain, post.body)
        if response.status_code != 200:
            raise DemoFailed(f"{marker(post.number)} {post.kind} {post.wire}: HTTP {response.status_code}")
        if wait:
            _wait_for_arrival(stage, post.number)
    return posted


def _answer_challenges(console: Console, relay: RelayClient, webhooks: Webhooks) -> None:
    for wire in ("plain", "zlib", "enc", "enczlib"):
        text, body = challenge(wire)
        response = relay.post_webhook(webhooks.encrypted if wire.startswith("enc") else webhooks.plain, body)
        if response.status_code != 200 or response.json() != {"challenge": text}:
            raise DemoFailed(f"challenge {wire}: HTTP {response.status_code} {response.text[:200]}")
    console.print("challenge: plain, zlib, enc, enczlib ✓")


def _wait_for_arrival(stage: StandIns, number: int) -> None:
    deadline = time.monotonic() + ARRIVAL_TIMEOUT_SECONDS
    for name, server in stage.platforms.items():
        arrived = server.wait_until(
            lambda server=server: any(one.number == number for one in group_arrivals(server.received())),  # type: ignore[misc]
            timeout_seconds=max(0.1, deadline - time.monotonic()),
        )
        if not arrived:
            raise DemoFailed(f"{marker(number)} did not arrive on {name} within {ARRIVAL_TIMEOUT_SECONDS:.0f} s")


def _print_table(
    console: Console, posted: Mapping[int, tuple[Post, float]], arrivals: Mapping[str, Sequence[Arrival]]
) -> None:
    table = Table("#", "event", "wire", "destination", "what arrived", "ms")
    milliseconds = []
    for number, (post, posted_at) in posted.items():
        for platform, here in arrivals.items():
            for arrival in here:
                if arrival.number == number:
                    elapsed = (arrival.arrived_at - posted_at) * 1000
                    milliseconds.append(elapsed)
                    table.add_row(marker(number), post.kind, post.wire, platform, _summary(arrival), f"{elapsed:.0f}")
    console.print(table)
    if milliseconds:
        console.print(f"median {statistics.median(milliseconds):.0f} ms, slowest {max(milliseconds):.0f} ms")


def _summary(arrival: Arrival) -> str:
    """The first characters of the text, and the files, on one line."""
    text = " ".join(" ".join(message.text.split()) for message in arrival.messages).strip()
    files = [f"[{file.name} {file.size_bytes} B]" for message in arrival.messages for file in message.files]
    shown = (text[:46] + "…") if len(text) > 47 else text
    return " ".join([shown, *files]).strip().replace("[", "\\[")
