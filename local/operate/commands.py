"""``python -m local <command>`` for a relay that runs. Each command prints for people and returns an exit code."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from local.configuration import SettingsRefused, load_settings
from local.engines.layout import REPOSITORY_ROOT
from local.messages import Messages
from local.operate.doctor import Surroundings, examine
from local.operate.relay_api import RelayApi, RelayRefused, RelayUnreachable
from local.operate.texts import Texts
from shared.aws.settings import Settings
from shared.platforms.http import RequestsHttpClient
from shared.security.outbound import OutboundGuard, guarded_session

_POLL_SECONDS = 0.5
_LIGHTS = {"green": "[green]✓[/green]", "yellow": "[yellow]![/yellow]", "red": "[red]✗[/red]"}


class Refused(Exception):
    """The command cannot be carried out; the text is for the operator."""


class Operator:
    """What every command works with."""

    def __init__(self, api: RelayApi, texts: Texts, console: Console, settings: Settings, options: Any) -> None:
        self.api = api
        self.texts = texts
        self.console = console
        self.settings = settings
        self.options = options

    def say(self, key: str, **values: object) -> None:
        self.console.print(self.texts(key, **values), markup=False, highlight=False)


def doctor(operator: Operator) -> int:
    """0 when no light is red."""
    is_here = operator.options.url is None
    data_dir = data_folder(operator.settings)
    surroundings = Surroundings(
        operator.settings.kook_api_base,
        data_dir / "runner.json" if is_here else None,
        REPOSITORY_ROOT / "template.yaml" if is_here else None,
    )
    bad = 0
    guard = OutboundGuard(operator.settings.outbound_allow)
    http = RequestsHttpClient(guarded_session(guard, operator.settings.outbound_proxy))
    for finding in examine(operator.api, http, surroundings, operator.texts):
        operator.console.print(_LIGHTS[finding.light], finding.name, highlight=False)
        for hint in finding.hints:
            operator.console.print(f"    {hint}", markup=False, highlight=False)
        bad += finding.light == "red"
    operator.say("some_bad" if bad else "all_well", count=bad)
    return 1 if bad else 0


def send_test(operator: Operator) -> int:
    body = {"target_channel_id": operator.options.target} if operator.options.target else None
    answer = operator.api.call("POST", f"/api/bots/{operator.options.bot_id}/test", body)
    operator.say("test_arrived", latency_ms=answer["latency_ms"])
    return 0


def replay(operator: Operator) -> int:
    """Try failed deliveries again, all that match the options."""
    names = ("platform", "bot_id", "mapping_id", "channel_id", "error_code", "since", "until")
    wanted = {name: value for name in names if (value := getattr(operator.options, name)) is not None}
    found = operator.api.call("POST", "/api/deliveries/retry", {**wanted, "dry_run": True})
    count = found["matched_count"]
    if not count:
        operator.say("nothing_to_replay")
        return 0
    if operator.options.dry_run:
        operator.say("would_replay", count=count)
        return 0
    job = operator.api.call("POST", "/api/deliveries/retry", wanted)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=operator.console
    ) as progress:
        bar = progress.add_task(operator.texts("replaying"), total=count)
        deadline = time.monotonic() + operator.options.wait_seconds
        while job["status"] != "done" and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            job = operator.api.call("GET", f"/api/deliveries/retry/{job['job_id']}")
            progress.update(bar, completed=min(count, job["retried_count"] + job["skipped_count"]))
    operator.say("replayed", retried=job["retried_count"], skipped=job["skipped_count"])
    if job["status"] != "done":
        operator.say("replay_goes_on", job_id=job["job_id"])
    return 0


def backup(operator: Operator) -> int:
    """Make a backup; with ``--output`` fetch it too."""
    passphrase = _passphrase(operator) if operator.options.with_secrets else None
    made = operator.api.call("POST", "/api/backup/create", {"passphrase": passphrase} if passphrase else {})
    operator.say("backup_made", **made)
    if made["missing_secrets"]:
        operator.say("missing_secrets", names=", ".join(map(str, made["missing_secrets"])))
    if operator.options.output is not None:
        _write(operator, operator.options.output, operator.api.download(f"/api/backup/{made['backup_id']}/download"))
    return 0


def restore(operator: Operator) -> int:
    """From a backup's id, or from a file that is uploaded first."""
    backup_id = operator.options.backup
    path = Path(backup_id)
    if path.suffix == ".zip":
        content = _read(operator, path)
        backup_id = operator.api.upload("/api/backup/upload", content, "application/zip")["backup_id"]
    body: dict[str, Any] = {"backup_id": backup_id, "with_secrets": not operator.options.without_secrets}
    if operator.options.with_passphrase:
        body["passphrase"] = _passphrase(operator)
    result = operator.api.call("POST", "/api/backup/restore", body)
    operator.say("restored", **result["restored"], safety=result["safety_backup_id"])
    if result["missing_secrets"]:
        operator.say("missing_secrets", names=", ".join(map(str, result["missing_secrets"])))
    return 0


def export_mappings(operator: Operator) -> int:
    exported = operator.api.call("GET", "/api/mappings/export")
    _write(operator, operator.options.file, json.dumps(exported, ensure_ascii=False, indent=2).encode() + b"\n")
    operator.say("exported", count=len(exported["mappings"]))
    return 0


def import_mappings(operator: Operator) -> int:
    """1 when a row was refused."""
    try:
        content = json.loads(_read(operator, operator.options.file))
    except ValueError as error:
        raise Refused(operator.texts("file_unreadable", path=operator.options.file, reason=error)) from None
    rows = content.get("mappings") if isinstance(content, dict) else content
    body = {"mappings": rows, "replace_existing": operator.options.replace}
    report = operator.api.call("POST", "/api/mappings/import", body)
    refused_rows = report["errors"]
    operator.say(
        "imported",
        created=report["created_count"],
        replaced=report["replaced_count"],
        skipped=report["skipped_count"],
        errors=len(refused_rows),
    )
    for row in refused_rows:
        operator.say("row_refused", row=row["index"] + 1, message=row["error_message"])
    return 1 if refused_rows else 0


COMMANDS: dict[str, Callable[[Operator], int]] = {
    "doctor": doctor,
    "send-test": send_test,
    "replay": replay,
    "backup": backup,
    "restore": restore,
    "export": export_mappings,
    "import": import_mappings,
}


def add_commands(commands: Any) -> None:
    """Their options, to the sub-parsers of ``python -m local``."""

    def add(name: str, text: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = commands.add_parser(name, help=text)
        parser.add_argument("--url", help="the relay's address (default: the one that runs here)")
        parser.add_argument("--env-file", type=Path, default=REPOSITORY_ROOT / ".env", help="settings (default: .env)")
        return parser

    add("doctor", "look at everything the relay needs, with a hint at each red light")
    one = add("send-test", "send a test message through a bot")
    one.add_argument("bot_id", type=int)
    one.add_argument("--target", help="another channel than the bot's own")
    many = add("replay", "try failed deliveries again")
    for name in ("--platform", "--channel-id", "--error-code", "--since", "--until"):
        many.add_argument(name)
    many.add_argument("--bot-id", type=int)
    many.add_argument("--mapping-id", type=int)
    many.add_argument("--dry-run", action="store_true", help="only say how many there are")
    many.add_argument("--wait-seconds", type=float, default=600.0, help="how long to watch it (default: %(default)s)")
    kept = add("backup", "make a backup of the configuration")
    kept.add_argument("--with-secrets", action="store_true", help="seal the secrets under BACKUP_PASSPHRASE, or ask")
    kept.add_argument("--output", type=Path, help="save the backup here as well")
    back = add("restore", "restore a backup, by its id or from a .zip file")
    back.add_argument("backup")
    back.add_argument("--with-passphrase", action="store_true", help="open its secrets with BACKUP_PASSPHRASE, or ask")
    back.add_argument("--without-secrets", action="store_true", help="restore everything but the secrets")
    add("export", "save the mappings to a JSON file").add_argument("file", type=Path)
    taken = add("import", "add mappings from a JSON file")
    taken.add_argument("file", type=Path)
    taken.add_argument("--replace", action="store_true", help="put the rows in the place of what is there")


def run_command(options: argparse.Namespace, console: Console | None = None) -> int:
    """Carry out the command of ``options``; 2 when it could not be."""
    console = console or Console()
    try:
        settings = load_settings(options.env_file)
    except SettingsRefused as refused:
        messages = Messages.from_environment()
        for error in refused.errors:
            console.print(error.text(messages), markup=False)
        return 2
    texts = Texts(settings.language)
    if not settings.api_token:
        console.print(texts("no_token"), markup=False)
        return 2
    url = (options.url or _running_here(settings)).rstrip("/")
    operator = Operator(RelayApi(url, settings.api_token, settings.language), texts, console, settings, options)
    try:
        return COMMANDS[options.command](operator)
    except RelayUnreachable as unreachable:
        operator.say("unreachable", url=unreachable)
    except RelayRefused as refused:
        operator.say("refused", message=refused.message, code=refused.code)
        if refused.solution:
            operator.say("solution", solution=refused.solution)
    except Refused as refused:
        console.print(str(refused), markup=False)
    return 2


def data_folder(settings: Settings) -> Path:
    data_dir = Path(settings.data_dir).expanduser()
    return data_dir if data_dir.is_absolute() else REPOSITORY_ROOT / data_dir


def _running_here(settings: Settings) -> str:
    try:
        return str(json.loads((data_folder(settings) / "runner.json").read_text("utf-8"))["base_url"])
    except (OSError, ValueError, KeyError):
        return f"http://127.0.0.1:{settings.port}"


def _passphrase(operator: Operator) -> str:
    """From the environment or typed in: an argument would be in the list of processes."""
    return os.environ.get("BACKUP_PASSPHRASE") or getpass.getpass("Passphrase: ")


def _read(operator: Operator, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(operator.texts("file_unreadable", path=path, reason=error.strerror)) from None


def _write(operator: Operator, path: Path, content: bytes) -> None:
    """Readable by its owner alone: a backup holds sealed secrets."""
    try:
        with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(content)
    except OSError as error:
        raise Refused(operator.texts("file_unwritable", path=path, reason=error.strerror)) from None
    operator.say("saved", path=path)
