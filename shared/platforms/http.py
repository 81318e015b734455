"""One HTTP request and its answer, with failures told apart by what they mean for a delivery.

A request that failed before its last byte was written is certainly not delivered (``NotSent``). Once it was written,
a missing or unusable answer says nothing about what the other side did (``NoAnswer``). Neither exception holds a URL,
a header or a body, nor does one chained to it: on most platforms the URL is the credential.
"""

from __future__ import annotations

import json as json_codec
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from shared.security.outbound import AnswerLost, DestinationRefused, RequestNotSent

DEFAULT_TIMEOUT_SECONDS = 10.0
DEFAULT_MAX_RESPONSE_BYTES = 1_048_576
_PIECE_BYTES = 65_536


@dataclass(frozen=True)
class HttpResponse:
    """An answer, whatever its status. ``headers`` may be read in any letter case.

    ``set_cookies`` are the values of its Set-Cookie headers, one each: joined by commas, as ``headers`` has them, they
    cannot be told apart from the commas in their dates.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    set_cookies: tuple[str, ...] = field(default=(), repr=False)

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        try:
            return json_codec.loads(self.body)
        except RecursionError:
            raise ValueError("the JSON is nested too deeply") from None


class NotSent(Exception):
    """The request certainly had no effect.

    ``code`` is stable (``dns_failed``, ``dns_timeout``, ``connect_refused``, ``connect_failed``,
    ``connect_timeout``, ``send_timeout``, ``tls_failed``, ``proxy_failed``, ``connection_lost``,
    ``destination_refused``, ``bad_request``), ``detail`` an English sentence. ``permanent`` is True when no retry
    can help: the guard refused the destination, or the request itself is impossible.
    """

    def __init__(self, code: str, detail: str, permanent: bool = False) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.permanent = permanent


class NoAnswer(Exception):
    """The request was written and no usable answer came: it may or may not have had its effect.

    ``code`` is ``timeout``, ``connection_lost`` (reset, closed or truncated), ``bad_answer`` (not HTTP, or its
    encoding is broken) or ``answer_too_large``.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class HttpClient(Protocol):
    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
    ) -> HttpResponse:
        """Send one request; redirects are not followed and every status is an answer.

        ``json``, ``data`` and ``files`` mean what they mean to requests. ``timeout_seconds`` is the wall-clock limit
        of the whole exchange, from the name lookup to the last byte of the answer.

        Raises:
            NotSent: certainly not delivered.
            NoAnswer: written, and no usable answer came.
        """


class RequestsHttpClient:
    """HttpClient over a session made by shared.security.outbound.guarded_session. Safe to share between threads."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
    ) -> HttpResponse:
        failure: NotSent | NoAnswer
        try:
            response = self._session.request(
                method,
                url,
                json=json,
                data=data,
                files=files,
                headers=dict(headers or {}),
                timeout=timeout_seconds,
                stream=True,
                allow_redirects=False,
            )
        except DestinationRefused as refused:
            failure = NotSent("destination_refused", refused.detail, permanent=True)
        except RequestNotSent as error:
            failure = NotSent(error.code, error.detail)
        except AnswerLost as error:
            failure = NoAnswer(error.code, error.detail)
        except (requests.exceptions.RequestException, UnicodeError):
            # Raised while the request was being built: an impossible URL or header.
            failure = NotSent("bad_request", "the address or a header of the request is malformed", permanent=True)
        else:
            return _read(response, max_response_bytes)
        # Outside of the handlers, so that the original error, which may hold the URL, is not chained to this one.
        raise failure


def _read(response: requests.Response, max_bytes: int) -> HttpResponse:
    failure: NoAnswer
    try:
        body = _body(response, max_bytes)
    except _TooLarge:
        failure = NoAnswer("answer_too_large", f"the answer has more than {max_bytes} bytes")
    except requests.exceptions.ContentDecodingError:
        failure = NoAnswer("bad_answer", "the encoding of the answer is broken")
    except requests.exceptions.ChunkedEncodingError:
        failure = NoAnswer("connection_lost", "the connection broke in the middle of the answer")
    except requests.exceptions.SSLError:
        failure = NoAnswer("connection_lost", "the connection broke in the middle of the answer")
    except requests.exceptions.ConnectionError:  # what requests makes of a time-out while reading the body
        failure = NoAnswer("timeout", "the answer was not complete in time")
    except (requests.exceptions.RequestException, OSError):
        failure = NoAnswer("connection_lost", "the connection broke in the middle of the answer")
    else:
        set_cookies = tuple(response.raw.headers.getlist("Set-Cookie"))
        return HttpResponse(response.status_code, response.headers, body, set_cookies)
    finally:
        # A connection whose answer was read to its end has already gone back to the pool; any other is closed.
        response.close()
    raise failure


class _TooLarge(Exception):
    pass


def _body(response: requests.Response, max_bytes: int) -> bytes:
    announced = response.headers.get("Content-Length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > max_bytes:
        raise _TooLarge
    pieces = bytearray()
    for piece in response.iter_content(_PIECE_BYTES):
        pieces += piece
        if len(pieces) > max_bytes:
            raise _TooLarge
    return bytes(pieces)
