from __future__ import annotations

import hashlib
import stat
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.configuration import (
    Endpoints,
    FunctionEnvironment,
    SettingsRefused,
    TokenOrigin,
    adopt_environment,
    embedded_variables,
    ensure_admin_password,
    ensure_api_token,
    ensure_data_key,
    load_settings,
    operator_variables,
)
from local.messages import EmbeddedStackError
from local.template import Addresses, Template
from local.template_reader import read_template
from shared.aws.settings import Settings
from shared.security.passwords import password_matches

ENDPOINTS = Endpoints("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3")


def load(tmp_path: Path, text: str = "", **environment: str) -> Settings:
    file = tmp_path / ".env"
    file.write_text(text, "utf-8")
    return load_settings(file, environment)


def refusals(tmp_path: Path, text: str, **environment: str) -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        load(tmp_path, text, **environment)
    return [str(error) for error in refused.value.errors]


def test_the_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    settings = load(tmp_path, "PORT=1234\nDATA_DIR=here\n", PORT="4321")
    assert (settings.port, settings.data_dir) == (4321, "here")


def test_without_either_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "missing", {})
    assert (settings.port, settings.api_token, settings.language) == (9527, "", "zh")


def test_each_bad_setting_gets_one_line_with_its_name(tmp_path: Path) -> None:
    lines = refusals(tmp_path, "PORT=99999\nKOOK_API_BASE=ftp://x\nOUTBOUND_ALLOW=nonsense\n")
    assert [line.split(":")[0] for line in sorted(lines)] == [
        "bad setting KOOK_API_BASE",
        "bad setting OUTBOUND_ALLOW",
        "bad setting PORT",
    ]
    assert not any("\n" in line for line in lines)


def test_a_platform_file_that_cannot_be_used_stops_the_start_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "weibo.toml").write_text('name = "weibo"\ntitle_zh = "微博"\n', "utf-8")
    (line,) = refusals(tmp_path, f"CONTENT_PLATFORMS_FOLDER={tmp_path}\n")
    assert line.startswith("bad setting CONTENT_PLATFORMS_FOLDER:")
    assert "weibo.toml" in line
    assert "login_url: Field required" in line
    assert "\n" not in line


def test_an_address_for_a_platform_that_is_not_described_stops_the_start(tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, "CONTENT_PLATFORM_BASES=bilibil=https://proxy.example.com\n")
    assert line.startswith("bad setting CONTENT_PLATFORM_BASES:")
    assert "bilibil;" in line
    assert "xiaohongshu" in line


def test_a_theme_folder_without_a_front_end_stops_the_start_with_one_line(tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, f"MONITOR_THEME_DIR={tmp_path}\n")
    assert line.startswith("bad setting MONITOR_THEME_DIR:")
    assert "index.html" in line
    (tmp_path / "index.html").write_text("<!doctype html>", "utf-8")
    assert load(tmp_path, f"MONITOR_THEME_DIR={tmp_path}\n").monitor_theme_dir == str(tmp_path)


@pytest.mark.parametrize(("text", "seconds"), [("", "25.0"), ("MONITOR_PULL_SECONDS=7\n", "7.0")])
def test_an_agents_pull_is_held_longer_than_the_templates_two_seconds(tmp_path: Path, text: str, seconds: str) -> None:
    variables = embedded_variables(load(tmp_path, text), tmp_path, 9527, ENDPOINTS)
    assert variables["MONITOR_PULL_SECONDS"] == seconds


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("sk-canary", "it is not JSON"),
        ('["sk-canary"]', "it: "),
        ('{"deepseek": {"api_key": "sk-canary"}}', "deepseek.base_url: Field required"),
        ('{"deepseek": {"base_url": "sk-canary"}}', "deepseek.base_url: "),
        ('{"deepseek": {"base_url": "https://a.example", "sk-canary": 1}}', "deepseek has a name"),
        ('{"sk-canary": {"base_url": "https://a.example"}}', "a provider has a name"),
        ('{"kimi": {"base_url": "https://a.example", "input_price": -1}}', "kimi.input_price: "),
    ],
)
def test_chat_models_that_cannot_be_used_stop_the_start_and_no_key_is_shown(
    tmp_path: Path, value: str, told: str
) -> None:
    (line,) = refusals(tmp_path, "", AI_PROVIDERS=value)
    assert line.startswith("bad setting AI_PROVIDERS:")
    assert told in line
    assert "sk-canary" not in line
    assert "\n" not in line


@pytest.mark.parametrize("token", ["changeme", "short"])
def test_a_guessable_api_token_is_refused_without_showing_it(tmp_path: Path, token: str) -> None:
    (line,) = refusals(tmp_path, f"API_TOKEN={token}\n")
    assert line.startswith("bad setting API_TOKEN:")
    assert "changeme" not in line


@pytest.mark.parametrize(
    ("value", "language"), [("en_US:en", "en"), ("zh_CN:zh", "zh"), ("de_DE.UTF-8", "en"), ("en", "en"), ("", "zh")]
)
def test_gettexts_language_is_understood_too(tmp_path: Path, value: str, language: str) -> None:
    assert load(tmp_path, LANGUAGE=value).language == language


def template(folder: Path, **variables: str) -> Template:
    functions = ""
    for name, text in variables.items():
        functions += f"""
  {name}:
    Type: AWS::Serverless::Function
    Properties: {{ CodeUri: f/, Handler: a.b, Environment: {{ Variables: {text} }} }}"""
    path = folder / "template.yaml"
    path.write_text(f"Resources:{functions}\n", "utf-8")
    return read_template(path)


def test_functions_share_variables_but_not_what_their_import_reads(tmp_path: Path) -> None:
    two = template(tmp_path, A="{ X: 1, POWERTOOLS_SERVICE_NAME: a }", B="{ X: 1, POWERTOOLS_SERVICE_NAME: b }")
    environment = FunctionEnvironment(two, Addresses(), {})
    assert environment.shared == {"X": "1"}
    assert environment.per_function["B"] == {"AWS_LAMBDA_FUNCTION_NAME": "B", "POWERTOOLS_SERVICE_NAME": "b"}


def test_functions_that_disagree_about_a_variable_are_named(tmp_path: Path) -> None:
    two = template(tmp_path, A="{ X: 1 }", B="{ X: 2 }")
    with pytest.raises(EmbeddedStackError, match="A and B set X differently"):
        FunctionEnvironment(two, Addresses(), {})
    assert FunctionEnvironment(two, Addresses(), {"X": "3"}).shared == {"X": "3"}


def test_a_variable_that_refers_to_nothing_is_a_bad_template(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedStackError) as refused:
        FunctionEnvironment(template(tmp_path, A="{ X: !Ref Nowhere }"), Addresses(), {})
    assert refused.value.key == "bad_template"


def test_only_the_operators_own_settings_win_over_the_template(tmp_path: Path) -> None:
    environment = {
        "KOOK_API_BASE": "http://127.0.0.1:1",
        "PUBLIC_URL": "https://r.example",
        "TIME_ZONE": "",
        "CONFIG_TABLE": "other",
        "EVENTS_QUEUE_URL": "other",
        "DEPLOYMENT": "aws",
        "HOME": "/",
    }
    assert operator_variables(Settings(), environment) == {
        "KOOK_API_BASE": "http://127.0.0.1:1",
        "PUBLIC_URL": "https://r.example",
    }


def test_no_call_can_leave_for_a_real_account(tmp_path: Path) -> None:
    environment = {"AWS_PROFILE": "production", "AWS_SESSION_TOKEN": "t", "AWS_ACCESS_KEY_ID": "real", "HOME": "/"}
    adopt_environment(embedded_variables(Settings(), tmp_path, 9527, ENDPOINTS), environment)
    assert "AWS_PROFILE" not in environment
    assert "AWS_SESSION_TOKEN" not in environment
    assert environment["AWS_ACCESS_KEY_ID"] == "embedded"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert environment["AWS_ENDPOINT_URL_SQS"] == "http://127.0.0.1:2"
    assert environment["DEPLOYMENT"] == "embedded"
    assert environment["DATA_KEY_FILE"] == str(tmp_path / "data.key")
    assert environment["KMS_KEY_ID"] == ""
    assert environment["HOME"] == "/"


class FakeDynamoDb:
    """One item's worth of DynamoDB."""

    def __init__(self) -> None:
        self.item: dict[str, Any] | None = None

    def put_item(self, *, TableName: str, Item: dict[str, Any], ConditionExpression: str = "") -> None:
        if ConditionExpression and self.item is not None:
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "PutItem")
        self.item = Item

    def get_item(self, *, TableName: str, Key: dict[str, Any], ConsistentRead: bool) -> dict[str, Any]:
        return {} if self.item is None else {"Item": self.item}


def test_the_first_start_makes_a_token_and_keeps_only_its_digest() -> None:
    dynamodb = FakeDynamoDb()
    made = ensure_api_token(dynamodb, "config", "")
    assert made.origin is TokenOrigin.NEW
    assert len(made.token) >= 43
    assert dynamodb.item == {
        "pk": {"S": "security"},
        "sk": {"S": "api_token"},
        "token_sha256": {"S": hashlib.sha256(made.token.encode()).hexdigest()},
    }
    assert made.token not in repr(made)
    again = ensure_api_token(dynamodb, "config", "")
    assert (again.origin, again.token) == (TokenOrigin.KNOWN, "")


def test_a_configured_token_replaces_the_stored_one() -> None:
    dynamodb = FakeDynamoDb()
    ensure_api_token(dynamodb, "config", "")
    configured = ensure_api_token(dynamodb, "config", "the-operators-token")
    assert (configured.origin, configured.token) == (TokenOrigin.CONFIGURED, "")
    assert dynamodb.item is not None
    assert dynamodb.item["token_sha256"]["S"] == hashlib.sha256(b"the-operators-token").hexdigest()


def test_the_first_start_makes_a_password_and_keeps_only_its_hash() -> None:
    dynamodb = FakeDynamoDb()
    made = ensure_admin_password(dynamodb, "config", "")
    assert made.origin is TokenOrigin.NEW
    assert len(made.password) == 16
    assert dynamodb.item is not None
    assert password_matches(made.password, dynamodb.item["password_hash"]["S"])
    assert made.password not in repr(dynamodb.item) + repr(made)
    again = ensure_admin_password(dynamodb, "config", "configured-password")
    assert (again.origin, again.password) == (TokenOrigin.KNOWN, "")


def test_a_configured_password_is_left_to_the_first_sign_in() -> None:
    dynamodb = FakeDynamoDb()
    assert ensure_admin_password(dynamodb, "config", "configured-password").origin is TokenOrigin.CONFIGURED
    assert dynamodb.item is None


@pytest.mark.parametrize("password", ["changeme", "abc-12", "admin123"])
def test_a_password_that_anyone_could_guess_stops_the_start(tmp_path: Path, password: str) -> None:
    (refusal,) = refusals(tmp_path, f"ADMIN_PASSWORD={password}\n")
    assert "ADMIN_PASSWORD" in refusal
    assert password not in refusal


def test_the_data_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data.key"
    ensure_data_key(str(path))
    first = path.read_bytes()
    ensure_data_key(str(path))
    assert path.read_bytes() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_broken_data_key_is_named_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "data.key"
    path.write_bytes(b"short")
    path.chmod(0o600)
    with pytest.raises(EmbeddedStackError, match="DATA_KEY_FILE"):
        ensure_data_key(str(path))
    assert path.read_bytes() == b"short"
