"""KOOK's failures as the relay's refusals, one way for every use case that passes KOOK's word on to the caller."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shared.kook.client.errors import (
    InvalidCall,
    KookApiError,
    KookError,
    KookRateLimited,
    KookUnreachable,
    TooManyPages,
)
from shared.relay.errors import Refusal, RelayError

# KOOK did not say when it will answer again; a person who tries once more in a few seconds does no harm.
UNREACHABLE_RETRY_SECONDS = 5
# These carry a credential of their own: that one is refused then, and the account's bot token may be in order.
_CREDENTIAL_IN_ARGUMENTS = {"message/send-pipemsg": "access_token", "oauth2/token": "client_secret"}


@contextmanager
def kook_refusals() -> Iterator[None]:
    """Everything the KOOK client raises becomes a RelayError: KOOK_RATE_LIMITED with the wait KOOK asks for,
    KOOK_TOKEN_REFUSED, KOOK_PERMISSION_MISSING, KOOK_REFUSED with KOOK's own code and reason, KOOK_UNREACHABLE with
    ``maybe_done``, KOOK_LIST_TOO_LONG, INVALID_KOOK_ARGUMENT."""
    try:
        yield
    except InvalidCall as problem:
        raise _invalid(problem) from None
    except KookError as error:
        raise refusal_of(error) from None


def refusal_of(error: KookError) -> RelayError:
    if isinstance(error, KookRateLimited):
        return RelayError(
            Refusal.KOOK_RATE_LIMITED, call=error.call, retry_after_seconds=max(1, round(error.retry_after_seconds))
        )
    if isinstance(error, KookApiError):
        return _refused(error)
    if isinstance(error, TooManyPages):
        return RelayError(Refusal.KOOK_LIST_TOO_LONG, call=error.call, max_pages=error.max_pages)
    maybe_done = isinstance(error, KookUnreachable) and error.maybe_done
    return RelayError(
        Refusal.KOOK_UNREACHABLE,
        call=error.call,
        reason=str(error),
        reason_code=error.code if isinstance(error, KookUnreachable) else None,
        maybe_done=maybe_done,
        retry_after_seconds=UNREACHABLE_RETRY_SECONDS,
    )


def _refused(error: KookApiError) -> RelayError:
    own_credential = _CREDENTIAL_IN_ARGUMENTS.get(error.call)
    if error.token_refused and own_credential:
        refusal, field = Refusal.KOOK_REFUSED, own_credential
    elif error.token_refused:
        refusal, field = Refusal.KOOK_TOKEN_REFUSED, "bot_token"
    else:
        refusal, field = (Refusal.KOOK_PERMISSION_MISSING if error.permission_missing else Refusal.KOOK_REFUSED), ""
    reason = error.message or f"code {error.code}"
    return RelayError(refusal, field=field, call=error.call, reason=reason, kook_code=error.code)


def _invalid(problem: InvalidCall) -> RelayError:
    if problem.field == "token":  # the credential itself, which the caller did not send now
        return RelayError(Refusal.KOOK_TOKEN_REFUSED, field="bot_token", reason=problem.detail)
    return RelayError(Refusal.INVALID_KOOK_ARGUMENT, field=problem.field, reason=problem.detail)
