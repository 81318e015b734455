"""What can go wrong in a call to KOOK. No message holds a credential, a URL or a request body."""

from __future__ import annotations

# KOOK answers these for a token that is missing, wrong, failing its check or expired (websocket.md lists the 401xx).
_TOKEN_REFUSED_CODES = frozenset({401, 40100, 40101, 40102, 40103})
_NO_PERMISSION_CODES = frozenset({403, 40300})


class InvalidCall(ValueError):
    """The call was not made because an argument cannot work. ``field`` names it, ``detail`` says why, not its value."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


class KookError(Exception):
    """A call to KOOK failed. ``call`` is KOOK's own name of it, such as ``message/create``."""

    def __init__(self, call: str, text: str) -> None:
        super().__init__(text)
        self.call = call


class KookApiError(KookError):
    """KOOK read the request and refused it: an envelope with ``code`` ≠ 0, whatever the HTTP status.

    ``message`` is KOOK's own reason, cut to one line with the credential taken out. An answer with an HTTP error
    status and no envelope has that status as its ``code``.
    """

    def __init__(self, call: str, code: int, message: str, http_status: int = 200) -> None:
        super().__init__(call, f"KOOK refused {call}: {message or 'no reason given'} (code {code}, HTTP {http_status})")
        self.code = code
        self.message = message
        self.http_status = http_status

    @property
    def token_refused(self) -> bool:
        """The credential itself is wrong, missing or expired: no call with it can succeed."""
        return self.code in _TOKEN_REFUSED_CODES or self.http_status == 401

    @property
    def permission_missing(self) -> bool:
        """The credential is good, and may not do this."""
        return self.code in _NO_PERMISSION_CODES or self.http_status == 403


class KookRateLimited(KookError):
    """The call has to wait ``retry_after_seconds``. ``sent`` is False when the client held the request back itself;
    either way KOOK did not carry it out. ``bucket`` is KOOK's name of the limit, "" for the limit over all calls."""

    def __init__(self, call: str, retry_after_seconds: float, *, bucket: str = "", sent: bool = False) -> None:
        scope = f"bucket {bucket}" if bucket else "all calls"
        super().__init__(
            call, f"KOOK's rate limit for {scope} is used up: {call} may go in {retry_after_seconds:.1f} s"
        )
        self.retry_after_seconds = retry_after_seconds
        self.bucket = bucket
        self.sent = sent


class KookUnreachable(KookError):
    """No usable answer came. ``code`` is a stable word (``timeout``, ``dns``, ``server_error`` …); ``maybe_done``
    says whether KOOK may have carried the call out all the same."""

    def __init__(self, call: str, code: str, detail: str, *, maybe_done: bool) -> None:
        super().__init__(call, f"no answer from KOOK to {call}: {detail} ({code})")
        self.code = code
        self.detail = detail
        self.maybe_done = maybe_done


class KookAnswerUnreadable(KookUnreachable):
    """An answer came and was not what KOOK documents: not JSON, no envelope, or a result without its key fields."""

    def __init__(self, call: str, detail: str) -> None:
        super().__init__(call, "unreadable_answer", detail, maybe_done=True)


class TooManyPages(KookError):
    """A list went on past the bound given to the iterator; what came before has been handed out."""

    def __init__(self, call: str, max_pages: int) -> None:
        super().__init__(call, f"{call} has more than {max_pages} pages")
        self.max_pages = max_pages
