"""What users and administrators send, as pydantic models. What devices send is in shared.robots.device_requests."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from shared.robots.login import PHONE
from shared.robots.models import AiMode
from shared.robots.send_requests import RobotId
from shared.robots.third_party import SignatureForm
from shared.web.authentication import MAX_TOKEN_CHARACTERS
from shared.web.parameters import MAX_ID

MAX_CODES_AT_ONCE = 100
MAX_VALIDITY_DAYS = 3650
_MAX_URL_CHARACTERS = 2048


def _phone(value: str) -> str:
    if not PHONE.match(value):
        raise PydanticCustomError("phone", "must be a mobile number of mainland China")
    return value


def _callback_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if value and (not usable or any(character.isspace() for character in value)):
        raise PydanticCustomError("url", "must be an http or https URL")
    return value


Phone = Annotated[str, StringConstraints(max_length=32), AfterValidator(_phone)]
CallbackUrl = Annotated[str, StringConstraints(max_length=_MAX_URL_CHARACTERS), AfterValidator(_callback_url)]
Text64 = Annotated[str, StringConstraints(max_length=64)]


class _Request(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="ignore", frozen=True, hide_input_in_errors=True, alias_generator=to_camel
    )


class SendCode(_Request):
    phone: Phone = Field(repr=False)


class SignIn(SendCode):
    code: Annotated[str, StringConstraints(min_length=1, max_length=16)] = Field(repr=False)


class RefreshToken(_Request):
    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TOKEN_CHARACTERS)] = Field(repr=False)


class _Settings(_Request):
    """A null counts as left out: clients in languages with nulls send them."""

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value is not None or name == "name"}

    name: Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
    ai_mode: AiMode | None = None
    ai_provider: Text64 | None = None
    ai_model: Annotated[str, StringConstraints(max_length=128)] | None = None
    ai_temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    ai_max_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    ai_context_length: Annotated[int, Field(ge=0, le=100)] | None = None
    ai_scenario: Annotated[str, StringConstraints(max_length=4000)] | None = None

    def settings(self) -> dict[str, Any]:
        """The fields of shared.robots.models.RobotSettings that were sent."""
        return self.model_dump(exclude={"name"}, exclude_none=True)


class CreateRobot(_Settings):
    """A robot's name, and how it is to answer."""


class UpdateRobot(_Settings):
    """What is not sent stays as it is. Delays are seconds."""

    reply_delay_min: Annotated[int, Field(ge=0, le=600)] | None = None
    reply_delay_max: Annotated[int, Field(ge=0, le=600)] | None = None
    ai_call_limit_daily: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class ConfigureThirdParty(_Request):
    """What is not sent stays as it is; an empty URL or null ends that callback."""

    @model_validator(mode="before")
    @classmethod
    def _null_is_empty(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        urls = {name: "" for name in ("messageCallbackUrl", "resultCallbackUrl") if data.get(name, "") is None}
        return {name: value for name, value in data.items() if value is not None or name == "robotId"} | urls

    robot_id: RobotId
    message_callback_url: CallbackUrl | None = Field(None, repr=False)
    result_callback_url: CallbackUrl | None = Field(None, repr=False)
    enable_signature: bool | None = None
    signature_form: SignatureForm | None = None
    secret_key: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = Field(None, repr=False)

    def changes(self) -> dict[str, Any]:
        """The fields of shared.robots.third_party.ThirdParty that were sent."""
        return self.model_dump(exclude={"robot_id"}, exclude_none=True)


class CreateCodes(_Request):
    count: Annotated[int, Field(ge=1, le=MAX_CODES_AT_ONCE)]
    validity_period: Annotated[int, Field(ge=1, le=MAX_VALIDITY_DAYS)]  # days
    bound_user_id: Annotated[int, Field(ge=1, le=MAX_ID)] | None = None


class UnbindDevice(_Request):
    """``adminId`` of the contract is not read: the token says who unbinds."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]
