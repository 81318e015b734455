"""``python -m local run`` starts the embedded stack, ``demo`` shows it at work; the other commands operate a relay."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from local.aws_calls import record_calls_if_asked
from local.banner import print_banner
from local.configuration import SettingsRefused, load_settings
from local.engine_transport import use_engine_transport
from local.engines.layout import REPOSITORY_ROOT
from local.logs import set_up_logging
from local.messages import EmbeddedStackError, Messages
from local.operate.commands import add_commands, run_command
from local.runner import Runner, RunnerOptions
from shared.aws.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description="The embedded stack of KOOK Relay.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start everything on this machine; Ctrl-C stops it")
    run.add_argument("--template", type=Path, default=REPOSITORY_ROOT / "template.yaml", help="the SAM template")
    run.add_argument("--port", type=int, help="instead of PORT; 0 takes a free one")
    run.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    run.add_argument("--env-file", type=Path, default=REPOSITORY_ROOT / ".env", help="settings (default: .env)")
    commands.add_parser("demo", help="send KOOK events through it to stand-in platforms", add_help=False)
    commands.add_parser("standins", help="the same, kept up to try the console by hand", add_help=False)
    add_commands(commands)
    options, rest = parser.parse_known_args(arguments)
    if options.command == "demo":
        demo_arguments: list[str] = rest
        return int(importlib.import_module("local.demo").main(demo_arguments))
    if options.command == "standins":
        return int(importlib.import_module("local.demo.try_out").main(rest))
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return run_stack(options) if options.command == "run" else run_command(options)


def run_stack(options: argparse.Namespace) -> int:
    """Run until asked to stop. Returns 0 after a clean stop, 1 after an error that was told in one line."""
    console = sys.stdout
    # Functions log to stdout, as in Lambda; here stdout is for the operator and stderr for logs.
    sys.stdout = sys.stderr
    set_up_logging()
    record_calls_if_asked()
    use_engine_transport()
    try:
        settings = load_settings(options.env_file)
    except SettingsRefused as refused:
        messages = Messages.from_environment()
        for error in refused.errors:
            _complain(error, messages)
        return 1
    messages = Messages(settings.language)
    data_dir = Path(settings.data_dir).expanduser()
    runner_options = RunnerOptions(
        template_path=options.template,
        # A relative folder is one of the project, wherever the command was typed.
        data_dir=data_dir if data_dir.is_absolute() else REPOSITORY_ROOT / data_dir,
        port=settings.port if options.port is None else options.port,
        host=options.host,
    )
    code, calls_left = asyncio.run(_run(Runner(runner_options, settings), settings, messages, console))
    if calls_left:
        # A thread cannot be ended, and the interpreter would wait for it. State is on disk, nothing is lost.
        logging.shutdown()
        console.flush()
        os._exit(code)
    return code


async def _run(runner: Runner, settings: Settings, messages: Messages, console: TextIO) -> tuple[int, int]:
    """The exit code, and how many function calls never ended."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    main_task = asyncio.current_task()
    assert main_task is not None

    def on_signal() -> None:
        # The first asks politely; one more, or one during the start, cuts short what is going on.
        if stop.is_set() or not ready:
            main_task.cancel()
        stop.set()

    ready = False
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    code = 0
    print(messages("starting"), file=console, flush=True)
    try:
        started = await runner.start()
        ready = True
        print_banner(started, settings, messages, console)
        await runner.wait(stop)
        print(messages("stopping"), file=console, flush=True)
    except EmbeddedStackError as error:
        _complain(error, messages)
        code = 1
    except asyncio.CancelledError:
        main_task.uncancel()
    except Exception:
        logging.getLogger("local").exception("the embedded stack failed")
        code = 1
    ready = False
    try:
        await runner.stop()
    except asyncio.CancelledError:
        main_task.uncancel()
        await runner.stop()
    if code == 0:
        print(messages("stopped"), file=console, flush=True)
    return code, runner.still_running()


def _complain(error: EmbeddedStackError, messages: Messages) -> None:
    print(messages("error", text=error.text(messages)), file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
