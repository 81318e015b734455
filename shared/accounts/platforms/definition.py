"""What a platform file may say. docs/content-platforms.md documents every field for whoever writes one."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator

MAX_PROBE_SECONDS = 7.5
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}\Z")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,1000}\Z")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\Z")


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValueError("must be an http or https address without a user name")
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error:
        raise ValueError("is no regular expression") from None
    return value


def _host(value: str) -> str:
    if not _HOST.match(value):
        raise ValueError("must be a host name in lower case, without scheme and path")
    return value


def _headers(value: dict[str, str]) -> dict[str, str]:
    for name, content in value.items():
        if not _HEADER_NAME.match(name) or not _HEADER_VALUE.match(content):
            raise ValueError("holds a name or value that cannot stand in a request")
        if name.lower() in ("cookie", "host", "content-length", "transfer-encoding"):
            raise ValueError("must not set Cookie, Host, Content-Length or Transfer-Encoding")
    return value


Url: TypeAlias = Annotated[str, Field(max_length=2000), AfterValidator(_url)]
Pattern: TypeAlias = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_pattern)]
Host: TypeAlias = Annotated[str, AfterValidator(_host)]
Headers: TypeAlias = Annotated[dict[str, str], Field(max_length=30), AfterValidator(_headers)]
# Keys of the JSON answer from the top, joined by dots; a number picks an entry of an array.
JsonPath: TypeAlias = Annotated[str, Field(pattern=r"^[^.\s]{1,100}(\.[^.\s]{1,100}){0,9}$")]
CookieName: TypeAlias = Annotated[str, Field(pattern=r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$")]
Scalar: TypeAlias = StrictBool | StrictInt | StrictStr


class _Part(BaseModel):
    # A field that is not known is most likely a misspelt one: the platform would be judged without it.
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Part):
    """One thing an answer may show: a value at ``path``, a ``status``, or where it redirects to.

    ``redirect_matches`` is searched for in host and path of the Location, not in its query: sites carry the page one
    came from there.
    """

    path: JsonPath | None = None
    equals: Scalar | None = None
    one_of: Annotated[tuple[Scalar, ...], Field(min_length=1)] | None = None
    exists: bool | None = None
    status: Annotated[tuple[Annotated[int, Field(ge=100, le=599)], ...], Field(min_length=1)] | None = None
    redirect_matches: Pattern | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        tests = sum(test is not None for test in (self.equals, self.one_of, self.exists))
        subjects = sum(subject is not None for subject in (self.path, self.status, self.redirect_matches))
        if subjects != 1:
            raise ValueError("needs exactly one of path, status and redirect_matches")
        if tests != (1 if self.path is not None else 0):
            raise ValueError("needs exactly one of equals, one_of and exists with path, and none of them without")
        return self


class ProbeRequest(_Part):
    """The request that shows whether a cookie still counts. ``timeout_seconds`` is the limit of the whole exchange."""

    url: Url
    method: Literal["GET", "POST"] = "GET"
    headers: Headers = {}
    body: Annotated[str, Field(max_length=10_000)] = ""
    timeout_seconds: Annotated[float, Field(gt=0, le=MAX_PROBE_SECONDS)] = 7.0


class Identity(_Part):
    """Where the answer names the account; of several paths the first that leads to something counts."""

    id: tuple[JsonPath, ...] = ()
    name: tuple[JsonPath, ...] = ()
    avatar: tuple[JsonPath, ...] = ()


class QrLogin(_Part):
    """``flow`` names a flow of shared.accounts.platforms.qr_flows; ``hosts`` (with their subdomains) are the only ones
    a redirect of the login may lead to."""

    flow: Literal["bilibili", "bytedance_sso"]
    generate_url: Url
    poll_url: Url
    hosts: Annotated[tuple[Host, ...], Field(min_length=1, max_length=20)]
    lifetime_seconds: Annotated[int, Field(ge=30, le=600)] = 180
    service: Url | None = None
    landing_url: Url | None = None
    headers: Headers = {}

    @model_validator(mode="after")
    def _service_of_sso(self) -> Self:
        if self.flow == "bytedance_sso" and self.service is None:
            raise ValueError("needs service, the site the login is for")
        return self


class PlatformDefinition(_Part):
    """One platform. A cookie needs every one of ``required_cookies`` and, if there are any, one of
    ``required_cookies_any``; without them it is known to be useless and nobody is asked.

    An answer means logged in when every condition of ``logged_in`` holds, and expired when one of ``expired`` does;
    one of ``risk_control`` says that the platform would not tell.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{1,31}$")]
    title_zh: Annotated[str, Field(min_length=1, max_length=50)]
    title_en: Annotated[str, Field(min_length=1, max_length=50)]
    login_url: Url
    required_cookies: Annotated[tuple[CookieName, ...], Field(max_length=30)] = ()
    required_cookies_any: Annotated[tuple[CookieName, ...], Field(max_length=30)] = ()
    cookie_domains: Annotated[tuple[Host, ...], Field(min_length=1, max_length=20)]
    probe: ProbeRequest
    logged_in: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=20)]
    expired: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=20)]
    risk_control: Annotated[tuple[Condition, ...], Field(max_length=20)] = ()
    identity: Identity = Identity()
    qr: QrLogin | None = None

    @model_validator(mode="after")
    def _some_cookie(self) -> Self:
        if not self.required_cookies and not self.required_cookies_any:
            raise ValueError("needs required_cookies or required_cookies_any")
        if not any(condition.path is not None for condition in self.logged_in):
            raise ValueError("logged_in needs a condition with path: a status alone does not prove a login")
        return self

    def title(self, language: str) -> str:
        return self.title_en if language == "en" else self.title_zh
