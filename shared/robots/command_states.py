"""How a command moves: pending → sent → success or failed. Pure: each function gives the command as it is next."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.robots.errors import CommandNotDelivered
from shared.robots.models import RESULT_WITHIN_MS, Command

KEPT_MS = 24 * 60 * 60 * 1000
RETRY_DELAY_MS = 1000

EXPIRED_REASON = "not collected within 24 hours"
NO_RESULT_REASON = "no result within 60 seconds"
NO_LATE_RESULT_REASON = "no result within 10 minutes"
# An operation on a phone takes its time, and is never done twice of ourselves.
OPERATION_WITHIN_MS = 10 * 60 * 1000
OPERATION_ATTEMPTS = 1
OPERATION_TYPE = "worktool_operation"


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a device says about one command. ``error_code`` 0 is success. The lists name the chats that it reached and
    those that it did not; both are empty where the device does not tell them apart."""

    error_code: int
    error_reason: str = ""
    execution_time_ms: int | None = None
    success_list: tuple[str, ...] = ()
    fail_list: tuple[str, ...] = ()
    meta_json: str = ""


def is_finished(command: Command) -> bool:
    return command.state in ("success", "failed")


def settled(command: Command, now_ms: int) -> Command:
    """The command with what time alone has done to it: a try without a result has failed, a day is too long."""
    if command.state == "sent" and now_ms - (command.sent_at_ms or 0) >= command.result_within_ms:
        reason = NO_RESULT_REASON if command.result_within_ms == RESULT_WITHIN_MS else NO_LATE_RESULT_REASON
        command = _after_failed_try(command, CommandResult(-1, reason), now_ms, delay_ms=0)
    if command.state == "pending" and now_ms - command.created_at_ms >= KEPT_MS:
        return replace(command, state="failed", error_code=-1, error_reason=EXPIRED_REASON, finished_at_ms=now_ms)
    return command


def handed_out(command: Command, now_ms: int) -> Command | None:
    """The command as sent, None when it is not (yet) to be handed out. Settle it first."""
    if command.state != "pending" or command.not_before_ms > now_ms:
        return None
    return replace(command, state="sent", attempts=command.attempts + 1, sent_at_ms=now_ms)


def with_result(command: Command, result: CommandResult, now_ms: int) -> Command:
    """The command after its device's report. The same report again changes nothing.

    A success that arrives after the try was given up for lost still counts: the message is out, and sending it again
    would show it twice. A failure that late is the try that was counted already.

    Raises:
        CommandNotDelivered: the command was never handed out
    """
    if is_finished(command):
        return command
    if command.attempts == 0:
        raise CommandNotDelivered
    if result.error_code == 0:
        return replace(
            command,
            state="success",
            error_code=0,
            error_reason="",
            execution_time_ms=result.execution_time_ms,
            success_list=result.success_list,
            fail_list=result.fail_list,
            meta_json=result.meta_json,
            finished_at_ms=now_ms,
        )
    if command.state == "pending":
        return command
    return _after_failed_try(command, result, now_ms, delay_ms=RETRY_DELAY_MS)


def _after_failed_try(command: Command, result: CommandResult, now_ms: int, *, delay_ms: int) -> Command:
    told = replace(
        command,
        error_code=result.error_code,
        error_reason=result.error_reason,
        execution_time_ms=result.execution_time_ms,
        success_list=result.success_list,
        fail_list=result.fail_list,
        meta_json=result.meta_json,
    )
    if command.attempts >= command.max_attempts:
        return replace(told, state="failed", finished_at_ms=now_ms)
    return replace(told, state="pending", not_before_ms=now_ms + delay_ms)


def reached(command: Command) -> tuple[list[str], list[str]]:
    """The chats that a finished command reached and those it did not, as its device told them; all or none of them
    where it told nothing."""
    if command.success_list or command.fail_list:
        return list(command.success_list), list(command.fail_list)
    titles = [str(title) for title in command.params.get("titleList", ())]
    return (titles, []) if command.state == "success" else ([], titles)


def urgency(command: Command) -> tuple[int, int, str]:
    """Sorts commands for handing out: the higher priority first, then the older."""
    return (-command.priority, command.created_at_ms, command.command_id)
