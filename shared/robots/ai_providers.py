"""Chat completion endpoints in OpenAI's form, one for each provider that the operator has set up.

https://platform.openai.com/docs/api-reference/chat/create: doubao, deepseek, kimi and most others speak it as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, SecretStr, StringConstraints, ValidationError

from shared.platforms.http import HttpClient, NoAnswer, NotSent

ProviderName = Literal["doubao", "deepseek", "kimi", "dify", "custom"]
ANSWER_WITHIN_SECONDS = 60.0
MAX_ANSWER_BYTES = 1024 * 1024
_MICROS_PER_YUAN = 1_000_000

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2048)]
Price = Annotated[float, Field(ge=0, le=1_000_000)]


class Provider(BaseModel):
    """``base_url`` ends before ``/chat/completions``. ``model`` is for robots that name none. Prices are yuan for a
    million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: Url
    api_key: SecretStr = SecretStr("")
    model: Annotated[str, StringConstraints(max_length=128)] = ""
    input_price: Price = 0
    output_price: Price = 0


class ProvidersRefused(Exception):
    """AI_PROVIDERS cannot be used. The text names places and reasons, and quotes nothing: it holds keys."""


class Providers(RootModel[dict[ProviderName, Provider]]):
    """The setting AI_PROVIDERS: a JSON object by provider."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @classmethod
    def from_setting(cls, text: str) -> Providers:
        """Raises ProvidersRefused."""
        try:
            return cls.model_validate_json(text or "{}")
        except ValidationError as invalid:
            problems = invalid.errors(include_url=False, include_context=False, include_input=False)
        raise ProvidersRefused("; ".join(_problem(one["type"], one["loc"], one["msg"]) for one in problems))


def _problem(kind: str, place: Sequence[int | str], reason: str) -> str:
    if kind == "json_invalid":
        return "it is not JSON"
    named = [str(step) for step in place]
    if "[key]" in named or kind == "extra_forbidden":
        # Where a name should be, somebody may have put a key.
        return f"{'a provider' if '[key]' in named else named[0]} has a name that there is none of: {reason}"
    return f"{'.'.join(named) or 'it'}: {reason}"


class ProviderFailed(Exception):
    """No answer. ``reason`` is stable and quotes nothing; ``final`` where asking again cannot help."""

    def __init__(self, reason: str, *, final: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final

    @property
    def was_slow(self) -> bool:
        """Whether the time was spent waiting."""
        return self.reason.endswith("timeout")


@dataclass(frozen=True, slots=True)
class Completion:
    """``cost_micros``: millionths of a yuan."""

    text: str
    cost_micros: int


class ChatModels:
    def __init__(
        self, providers: Providers, http: HttpClient, *, answer_within_seconds: float = ANSWER_WITHIN_SECONDS
    ) -> None:
        self._providers = providers.root
        self._http = http
        self._answer_within_seconds = answer_within_seconds

    def has(self, provider: str) -> bool:
        return provider in self._providers

    def complete(
        self, provider: str, model: str, messages: Sequence[Mapping[str, str]], *, temperature: float, max_tokens: int
    ) -> Completion:
        """Raises ProviderFailed."""
        chosen = next((found for name, found in self._providers.items() if name == provider), None)
        if chosen is None:
            raise ProviderFailed("not_configured", final=True)
        body = {
            "model": model or chosen.model,
            "messages": list(messages),
            "temperature": temperature,
            "max_tokens": max_tokens,
            "stream": False,
        }
        key = chosen.api_key.get_secret_value()
        try:
            answer = self._http.request(
                "POST",
                f"{chosen.base_url.rstrip('/')}/chat/completions",
                json=body,
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout_seconds=self._answer_within_seconds,
                max_response_bytes=MAX_ANSWER_BYTES,
            )
        except NotSent as failure:
            raise ProviderFailed(failure.code, final=failure.permanent) from None
        except NoAnswer as failure:
            raise ProviderFailed(failure.code, final=False) from None
        if answer.status != 200:
            again = answer.status in (408, 409, 429) or answer.status >= 500
            raise ProviderFailed(f"http_{answer.status}", final=not again)
        try:
            read = answer.json()
        except ValueError:
            raise ProviderFailed("bad_answer", final=False) from None
        return _completion(read, chosen)


def _completion(answer: Any, provider: Provider) -> Completion:
    try:
        text = answer["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        text = None
    if not isinstance(text, str) or not text.strip():
        raise ProviderFailed("bad_answer", final=False)
    usage = answer.get("usage")
    cost_yuan = (
        _tokens(usage, "prompt_tokens") * provider.input_price
        + _tokens(usage, "completion_tokens") * provider.output_price
    ) / 1_000_000
    return Completion(text.strip(), round(cost_yuan * _MICROS_PER_YUAN))


def _tokens(usage: Any, name: str) -> int:
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 2**31 else 0
