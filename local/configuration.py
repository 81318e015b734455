"""The relay's side of the embedded stack: its settings, the environment its functions get, and its first start.

Everything else in this package runs any template; this module knows what the functions of this one are told.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError
from dotenv import dotenv_values
from pydantic import ValidationError

from local.front_pages import FrontPages, ThemeUnusable
from local.intrinsics import TemplateError
from local.messages import EmbeddedStackError
from local.template import REGION, Addresses, Template
from shared.accounts.cookie_vault import PassphraseRefused, check_passphrase
from shared.accounts.platforms.catalogue import PlatformFileInvalid, load_platforms
from shared.aws.settings import Settings
from shared.relay.configuration_rows import SECURITY
from shared.relay.session_records import PASSWORD
from shared.relay.times import iso_utc
from shared.robots.ai_providers import Providers, ProvidersRefused
from shared.security.passwords import hash_password
from shared.security.tokens import DefaultSecret, new_token, refuse_default_token, token_digest
from shared.security.vault import DataKeyUnavailable, load_data_key

# Paths whose bodies the front door marks as bytes, as the one on AWS does.
BINARY_PATHS: Final = ("/webhook", "/api/clients/v2/rpc")
DATA_KEY_FILE: Final = "data.key"
_PASSWORD_BYTES: Final = 12
# Set by the template or by this module, never by the operator.
_NOT_THE_OPERATORS: Final = frozenset(
    {
        "data_key_file",
        "kms_key_id",
        "deployment",
        "websocket_endpoint",
        "event_source_mappings",
        "backups_bucket",
        "robot_pictures_bucket",
    }
)
_TEMPLATE_SUFFIXES: Final = ("_table", "_queue_url", "_dead_letters_url")
# Read when a function is imported, so each import can have its own.
_PER_FUNCTION: Final = ("POWERTOOLS_", "AWS_LAMBDA_")
_OF_A_REAL_ACCOUNT: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
# Nothing listens there: a call to an AWS service that the embedded stack does not have fails at once and stays here.
_NOWHERE: Final = "http://127.0.0.1:9"


class SettingsRefused(Exception):
    """The operator's settings cannot be used; one error each."""

    def __init__(self, errors: list[EmbeddedStackError]) -> None:
        super().__init__(f"{len(errors)} settings")
        self.errors = errors


def load_settings(env_file: Path, environment: MutableMapping[str, str] = os.environ) -> Settings:
    """Read ``.env`` into the environment (what is set there already wins) and the environment into Settings.

    Raises SettingsRefused with one error per bad setting; no error holds a secret's value.
    """
    for name, value in dotenv_values(env_file).items():
        if value is not None:
            environment.setdefault(name, value)
    _adopt_language(environment)
    known = {name: environment[name.upper()] for name in Settings.model_fields if environment.get(name.upper())}
    try:
        settings = Settings.model_validate(known)
    except ValidationError as error:
        raise SettingsRefused([_refusal(dict(part)) for part in error.errors(include_input=False)]) from None
    for name, secret in (("API_TOKEN", settings.api_token), ("ADMIN_PASSWORD", settings.admin_password)):
        try:
            if secret:
                refuse_default_token(secret, name)
        except DefaultSecret as error:
            raise SettingsRefused([EmbeddedStackError("bad_setting", name=name, reason=error)]) from None
    _refuse_guessable_passphrases(settings)
    _refuse_unusable_platforms(settings)
    _refuse_an_unusable_theme(settings)
    try:
        Providers.from_setting(settings.ai_providers)
    except ProvidersRefused as error:
        raise SettingsRefused([EmbeddedStackError("bad_setting", name="AI_PROVIDERS", reason=error)]) from None
    return settings


def _refuse_an_unusable_theme(settings: Settings) -> None:
    try:
        FrontPages(settings.monitor_theme_dir)
    except ThemeUnusable as error:
        refused = EmbeddedStackError("bad_setting", name="MONITOR_THEME_DIR", reason=error)
        raise SettingsRefused([refused]) from None


def _refuse_unusable_platforms(settings: Settings) -> None:
    try:
        known = load_platforms(settings.content_platforms_folder).names
    except PlatformFileInvalid as error:
        refused = EmbeddedStackError("bad_setting", name="CONTENT_PLATFORMS_FOLDER", reason=error)
        raise SettingsRefused([refused]) from None
    named = {entry.partition("=")[0] for entry in settings.content_platform_bases}
    if unknown := sorted(named.difference(known)):
        # Its requests would go to the platform itself.
        reason = f"there is no platform {', '.join(unknown)}; there are {', '.join(known)}"
        raise SettingsRefused([EmbeddedStackError("bad_setting", name="CONTENT_PLATFORM_BASES", reason=reason)])


def _refuse_guessable_passphrases(settings: Settings) -> None:
    for name in ("vault_passphrase", "vault_passphrase_previous"):
        passphrase = getattr(settings, name)
        try:
            if passphrase:
                check_passphrase(passphrase, name.upper())
        except PassphraseRefused as error:
            raise SettingsRefused([EmbeddedStackError("bad_setting", name=name.upper(), reason=error)]) from None


def _adopt_language(environment: MutableMapping[str, str]) -> None:
    """``LANGUAGE`` is also gettext's variable, where it looks like ``en_US:en``: take the language out of that."""
    first = environment.get("LANGUAGE", "").split(":")[0]
    if "_" in first or ":" in environment.get("LANGUAGE", ""):
        environment["LANGUAGE"] = "zh" if first.lower().startswith("zh") else "en"


def _refusal(part: Mapping[str, Any]) -> EmbeddedStackError:
    name = ".".join(str(step) for step in part["loc"][:1]).upper()
    return EmbeddedStackError("bad_setting", name=name, reason=str(part["msg"]).removeprefix("Value error, "))


@dataclass(frozen=True)
class Endpoints:
    """Where the engines and the WebSocket API's management endpoint listen."""

    dynamodb: str
    sqs: str
    websocket_management: str


class FunctionEnvironment:
    """The one environment all functions share, since they run in one process, and what differs at their import."""

    def __init__(self, template: Template, addresses: Addresses, operator: Mapping[str, str]) -> None:
        """Raises EmbeddedStackError when two functions set one variable differently."""
        self.shared: dict[str, str] = {}
        self.per_function: dict[str, dict[str, str]] = {}
        owners: dict[str, str] = {}
        for function in template.functions.values():
            own: dict[str, str] = {"AWS_LAMBDA_FUNCTION_NAME": function.logical_id}
            try:
                variables = template.environment(function, addresses)
            except TemplateError as error:
                raise EmbeddedStackError("bad_template", reason=error) from None
            for name, value in variables.items():
                value = operator.get(name, value)
                if name.startswith(_PER_FUNCTION):
                    own[name] = value
                elif self.shared.setdefault(name, value) != value:
                    reason = f"{owners[name]} and {function.logical_id} set {name} differently; they share one process"
                    raise EmbeddedStackError("bad_template", reason=reason)
                else:
                    owners.setdefault(name, function.logical_id)
            self.per_function[function.logical_id] = own


def operator_variables(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """What the operator set, by variable name: it wins over the template's values."""
    names = [
        name.upper()
        for name in type(settings).model_fields
        if not name.endswith(_TEMPLATE_SUFFIXES) and name not in _NOT_THE_OPERATORS
    ]
    return {name: environment[name] for name in names if environment.get(name)}


def adopt_environment(variables: Mapping[str, str], environment: MutableMapping[str, str] = os.environ) -> None:
    """Make the functions' environment this process's, without what points at a real AWS account."""
    for name in _OF_A_REAL_ACCOUNT:
        environment.pop(name, None)
    environment.update(variables)


def embedded_variables(settings: Settings, data_dir: Path, port: int, endpoints: Endpoints) -> dict[str, str]:
    """What the embedded stack sets whatever the template says. No call can reach a real AWS account with it."""
    without_proxy = ",".join(filter(None, (os.environ.get("NO_PROXY", ""), "127.0.0.1", "localhost")))
    return {
        "DEPLOYMENT": "embedded",
        "PORT": str(port),
        # The template's is AWS's: there a held call costs what a function costs.
        "MONITOR_PULL_SECONDS": str(settings.monitor_pull_seconds),
        "DATA_DIR": str(data_dir),
        "DATA_KEY_FILE": settings.data_key_file or str(data_dir / DATA_KEY_FILE),
        "KMS_KEY_ID": "",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "embedded",
        "AWS_SECRET_ACCESS_KEY": "embedded",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_ENDPOINT_URL": _NOWHERE,
        "AWS_ENDPOINT_URL_DYNAMODB": endpoints.dynamodb,
        "AWS_ENDPOINT_URL_SQS": endpoints.sqs,
        "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": endpoints.websocket_management or _NOWHERE,
        "NO_PROXY": without_proxy,
        "no_proxy": without_proxy,
        "POWERTOOLS_METRICS_DISABLED": "true",
        "POWERTOOLS_TRACE_DISABLED": "true",
    }


class TokenOrigin(Enum):
    """Where the API token comes from: made now, set by the operator, or made at an earlier start."""

    NEW = "new"
    CONFIGURED = "configured"
    KNOWN = "known"


@dataclass(frozen=True)
class ApiToken:
    """``token`` is only there when it was made now, to be shown once."""

    origin: TokenOrigin
    token: str = ""

    def __repr__(self) -> str:
        return f"ApiToken({self.origin})"


def ensure_api_token(dynamodb: Any, config_table: str, configured: str) -> ApiToken:
    """Store the digest of the configured token, or make a token when there is none yet."""
    key = {"pk": {"S": "security"}, "sk": {"S": "api_token"}}
    if configured:
        item = {**key, "token_sha256": {"S": token_digest(configured)}}
        dynamodb.put_item(TableName=config_table, Item=item)
        return ApiToken(TokenOrigin.CONFIGURED)
    token = new_token()
    item = {**key, "token_sha256": {"S": token_digest(token)}}
    if not _keep_first(dynamodb, config_table, item):
        return ApiToken(TokenOrigin.KNOWN)
    return ApiToken(TokenOrigin.NEW, token)


@dataclass(frozen=True)
class AdminPassword:
    """``password`` is only there when it was made now, to be shown once."""

    origin: TokenOrigin
    password: str = ""

    def __repr__(self) -> str:
        return f"AdminPassword({self.origin})"


def ensure_admin_password(dynamodb: Any, config_table: str, configured: str) -> AdminPassword:
    """Make the administrator's first password when none is stored and none configured. A configured one is taken over
    at the first sign-in, and only while none is stored."""
    key = {"pk": {"S": SECURITY}, "sk": {"S": PASSWORD}}
    if "Item" in dynamodb.get_item(TableName=config_table, Key=key, ConsistentRead=True):
        return AdminPassword(TokenOrigin.KNOWN)
    if configured:
        return AdminPassword(TokenOrigin.CONFIGURED)
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    now = time.time_ns() // 1_000_000
    item = {
        **key,
        "password_hash": {"S": hash_password(password)},
        "generation": {"N": str(now)},
        "changed_at": {"S": iso_utc(now)},
    }
    if not _keep_first(dynamodb, config_table, item):
        return AdminPassword(TokenOrigin.KNOWN)
    return AdminPassword(TokenOrigin.NEW, password)


def _keep_first(dynamodb: Any, table: str, item: dict[str, Any]) -> bool:
    """Whether the item is kept now: not where there is one of its key already."""
    try:
        dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(pk)")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True


def ensure_data_key(path: str) -> None:
    """Make the data key file where there is none. Raises EmbeddedStackError when it cannot be used."""
    try:
        load_data_key(data_key_file=path, kms_key_id="", config_table="")
    except DataKeyUnavailable as error:
        raise EmbeddedStackError("bad_setting", name="DATA_KEY_FILE", reason=error) from None
