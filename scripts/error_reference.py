"""docs/errors.md and its Chinese twin, from the texts that the answers themselves are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from scripts.error_advice import MONITOR, ROBOTS, Advice
from shared.accounts.api.texts import ERRORS as ACCOUNTS_ERRORS
from shared.monitor.api.texts import ERRORS as MONITOR_ERRORS
from shared.push.answers import PROBLEMS
from shared.relay.api.control_texts import CONTROL_ERRORS
from shared.relay.api.delivery_texts import FAILURES
from shared.relay.api.texts import ERRORS as RELAY_ERRORS
from shared.robots.api.texts import ERRORS as ROBOTS_ERRORS
from shared.web.catalogue import WEB_ERRORS, ErrorText, Text
from shared.web.language import Language

NAMES: Mapping[Language, str] = {"en": "errors.md", "zh": "errors.zh-CN.md"}
_PLACEHOLDER = re.compile(r"(?<!\{)\{\w+\}(?!\})")


class Area(NamedTuple):
    """``codes`` are those of the area itself; the web layer's own are in a section of theirs."""

    title: Text
    preface: Text
    codes: Mapping[str, ErrorText]
    advice: Mapping[str, Advice] = {}


AREAS = (
    Area(
        Text("所有接口", "Every API"),
        Text(
            "任何接口都可能返回。各接口自己的同名错误码列在它自己的一节里。",
            "Any API may answer these. Where an API has its own text for one, it is in that API's section.",
        ),
        WEB_ERRORS,
    ),
    Area(
        Text("消息转发", "The relay"),
        Text(
            "错误码在 `error_code`，说明在 `error_message`，做法在 `solution`。",
            "The code is in `error_code`, the meaning in `error_message`, what to do in `solution`.",
        ),
        {**RELAY_ERRORS, **CONTROL_ERRORS},
    ),
    Area(
        Text("机器人", "Robots"),
        Text(
            "`code` 是 HTTP 状态码，`message` 是说明和做法；下面的名字只用于文档。",
            "`code` is the HTTP status, `message` the meaning and what to do; the names here are the document's own.",
        ),
        ROBOTS_ERRORS,
        ROBOTS,
    ),
    Area(
        Text("内容账号", "Content accounts"),
        Text(
            "错误码在 `error.code`，说明在 `error.message`，做法在 `error.details.hint`。参数和请求体的错误一律是 "
            "`INVALID_REQUEST`，这里的名字在 `error.details.reason`。",
            "The code is in `error.code`, the meaning in `error.message`, what to do in `error.details.hint`. What is "
            "wrong with parameters and bodies is `INVALID_REQUEST`, with the name used here in `error.details.reason`.",
        ),
        ACCOUNTS_ERRORS,
    ),
    Area(
        Text("机器监控", "The monitor"),
        Text(
            "与 Komari 服务器一样只有英文说明，在 `message` 或 `error`；下面的名字只用于文档。",
            "As with the Komari server there is only a sentence, in `message` or `error`; the names here are the "
            "document's own.",
        ),
        MONITOR_ERRORS,
        MONITOR,
    ),
)
_HEAD = {
    "en": """# Error codes

[简体中文](errors.zh-CN.md)

Every error an API answers with, its meaning and what to do about it. Written by `make openapi` from the texts of the
answers: `…` stands for what an answer fills in. Which endpoint answers which of them is in the
[OpenAPI documents](api/README.md).
""",
    "zh": """# 错误码

[English](errors.md)

各接口返回的每一种错误、含义和做法。由 `make openapi` 根据响应本身的文字写出：`…` 代表响应中填入的内容。哪个端点返回哪些
错误，见 [OpenAPI 文档](api/README.zh-CN.md)。
""",
}
_COLUMNS = {
    "en": "| code | status | meaning | what to do |\n|---|---|---|---|",
    "zh": "| 错误码 | 状态码 | 含义 | 做法 |\n|---|---|---|---|",
}
_SOCKET_COLUMNS = {
    "en": "| code | meaning | what to do |\n|---|---|---|",
    "zh": "| 错误码 | 含义 | 做法 |\n|---|---|---|",
}
_SOCKET_TITLE = Text("WebSocket `/ws`", "WebSocket `/ws`")
_SOCKET_PREFACE = Text(
    '`{"type":"error"}` 帧的 `error_code`，见 [websocket.zh-CN.md](websocket.zh-CN.md)。',
    'The `error_code` of a frame `{"type":"error"}`, see [websocket.md](websocket.md).',
)
_DELIVERY_TITLE = Text("失败的投递", "Failed deliveries")
_DELIVERY_PREFACE = Text(
    "日志和投递记录中的 `error_code`：平台自己的说法在 `error_message`，含义在 `error_explanation`，做法在 `solution`。"
    "`http_…`、`feishu_…` 和 `kook_…` 带有平台自己的代码。",
    "The `error_code` of the log and of deliveries: the platform's own words are in `error_message`, the meaning is in "
    "`error_explanation`, what to do in `solution`. `http_…`, `feishu_…` and `kook_…` hold the platform's own code.",
)


def error_references() -> dict[str, str]:
    """The two documents by file name. Raises ValueError for a code without a meaning or without advice."""
    return {name: _document(language) for language, name in NAMES.items()}


def _document(language: Language) -> str:
    parts = [_HEAD[language]]
    for area in AREAS:
        rows = "\n".join(_rows(area, language))
        parts.append(
            f"## {_in(area.title, language)}\n\n{_in(area.preface, language)}\n\n{_COLUMNS[language]}\n{rows}\n"
        )
    for title, preface, found in (
        (_DELIVERY_TITLE, _DELIVERY_PREFACE, _delivery_rows(language)),
        (_SOCKET_TITLE, _SOCKET_PREFACE, _socket_rows(language)),
    ):
        rows = "\n".join(found)
        parts.append(f"## {_in(title, language)}\n\n{_in(preface, language)}\n\n{_SOCKET_COLUMNS[language]}\n{rows}\n")
    return "\n".join(parts)


def _rows(area: Area, language: Language) -> Iterator[str]:
    for code, text in sorted(area.codes.items(), key=lambda entry: (entry[1].status, entry[0])):
        advice = area.advice.get(code)
        meaning = _in(text.message, language)
        if language == "zh" and advice is not None and advice.meaning_zh:
            meaning = advice.meaning_zh
        todo = _in(text.solution if advice is None else advice.todo, language)
        yield _row(code, str(text.status), meaning, todo)


def _delivery_rows(language: Language) -> Iterator[str]:
    for code, text in sorted(FAILURES.items()):
        yield _row(code, _in(text.meaning, language), _in(text.solution, language))


def _socket_rows(language: Language) -> Iterator[str]:
    for problem, texts in PROBLEMS.items():
        if language == "en":
            yield _row(problem.value, texts.message_en, texts.solution_en)
        else:
            yield _row(problem.value, texts.message_zh, texts.solution_zh)


def _row(code: str, *cells: str) -> str:
    if not all(cell.strip() for cell in cells):
        raise ValueError(f"{code} has no meaning or no advice: {cells}")
    return " | ".join([f"| `{code}`", *map(_cell, cells)]) + " |"


def _cell(text: str) -> str:
    """The text as a table takes it, with … for what an answer fills in."""
    filled = _PLACEHOLDER.sub("…", text).replace("{{", "{").replace("}}", "}")
    return filled.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


def _in(text: Text, language: Language) -> str:
    return text.en if language == "en" else text.zh
