"""The texts of error answers, as data: code → HTTP status, message and solution, in Chinese and English."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.web.errors import FieldProblem
from shared.web.language import Language


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages. ``{name}`` placeholders are filled from the error's parameters."""

    zh: str
    en: str

    def fill(self, language: Language, params: Mapping[str, Any]) -> str:
        return _LenientFormatter().vformat(self.en if language == "en" else self.zh, (), params)


@dataclass(frozen=True, slots=True)
class ErrorText:
    """How one code is answered."""

    status: int
    message: Text
    solution: Text


class _LenientFormatter(string.Formatter):
    """A text with a parameter missing must not turn a clear error into a 500."""

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(key, "?") if isinstance(key, str) else "?"


class Catalogue:
    """All texts one application answers with: the web layer's own and those of its areas."""

    def __init__(self, *areas: Mapping[str, ErrorText], problems: Mapping[str, Text] | None = None) -> None:
        self._errors: dict[str, ErrorText] = dict(WEB_ERRORS)
        for area in areas:
            self._errors.update(area)
        self._problems: dict[str, Text] = {**FIELD_PROBLEMS, **(problems or {})}

    def __contains__(self, code: object) -> bool:
        return code in self._errors

    def error(self, code: str) -> ErrorText:
        """The entry of a code; an unknown code gives the entry of an internal error, never a KeyError."""
        return self._errors.get(code, self._errors["INTERNAL_ERROR"])

    def problem(self, problem: FieldProblem, language: Language) -> str:
        """One field problem as a clause: "must be at most 100 characters long"."""
        text = self._problems.get(problem.kind, self._problems["invalid"])
        return text.fill(language, problem.context)


WEB_ERRORS: Mapping[str, ErrorText] = {
    "INVALID_PARAMETER": ErrorText(
        400,
        Text("请求参数错误：{problem}", "Invalid parameter: {problem}"),
        Text("按提示修改该参数后重试", "Correct the parameter as described and try again"),
    ),
    "MISSING_PARAMETER": ErrorText(
        400,
        Text("缺少请求参数：{problem}", "Missing parameter: {problem}"),
        Text("补上该参数后重试", "Add the parameter and try again"),
    ),
    "BODY_MISSING": ErrorText(
        400,
        Text("请求体为空", "The request has no body"),
        Text(
            "在请求体中发送一个 JSON 对象，并设置 Content-Type: application/json",
            "Send a JSON object as the body, with Content-Type: application/json",
        ),
    ),
    "BODY_NOT_JSON": ErrorText(
        400,
        Text("请求体不是有效的 JSON：{problem}", "The body is not valid JSON: {problem}"),
        Text("检查引号、逗号和编码（UTF-8）后重试", "Check quotes, commas and the encoding (UTF-8), then try again"),
    ),
    "BODY_NOT_OBJECT": ErrorText(
        400,
        Text("请求体必须是 JSON 对象，收到的是 {found}", "The body must be a JSON object, not {found}"),
        Text('把参数放进花括号里，例如 {{"name": "value"}}', 'Put the parameters in braces, as in {{"name": "value"}}'),
    ),
    "BODY_TOO_LARGE": ErrorText(
        413,
        Text("请求体超过 {limit_bytes} 字节", "The body is larger than {limit_bytes} bytes"),
        Text("减小请求体，或分几次发送", "Make the body smaller, or send it in several requests"),
    ),
    "BAD_REQUEST": ErrorText(
        400,
        Text("无法理解该请求", "The request cannot be understood"),
        Text("检查请求行、请求头和请求体的格式", "Check the form of the request line, headers and body"),
    ),
    "UNAUTHORIZED": ErrorText(
        401,
        Text("未授权：缺少令牌", "Unauthorized: no token was given"),
        Text(
            "在 X-API-Token 或 Authorization: Bearer 请求头中提供令牌",
            "Give the token in an X-API-Token or Authorization: Bearer header",
        ),
    ),
    "INVALID_TOKEN": ErrorText(
        401,
        Text("未授权：令牌无效或已过期", "Unauthorized: the token is wrong or has expired"),
        Text(
            "重新登录，或使用首次启动时显示的 API 令牌（可用 API_TOKEN 更换）",
            "Sign in again, or use the API token shown at the first start (API_TOKEN sets another)",
        ),
    ),
    "NOT_FOUND": ErrorText(
        404,
        Text("没有这个接口", "There is no such endpoint"),
        Text("检查路径和接口文档", "Check the path against the API documentation"),
    ),
    "METHOD_NOT_ALLOWED": ErrorText(
        405,
        Text("该接口不支持 {method} 方法", "This endpoint does not take {method}"),
        Text("改用：{allowed}", "Use one of: {allowed}"),
    ),
    "TOO_MANY_REQUESTS": ErrorText(
        429,
        Text("请求过于频繁", "Too many requests"),
        Text("等待 {retry_after_seconds} 秒后重试", "Wait {retry_after_seconds} seconds and try again"),
    ),
    "INTERNAL_ERROR": ErrorText(
        500,
        Text("服务器内部错误（编号 {error_id}）", "Internal server error (id {error_id})"),
        Text(
            "稍后重试；若仍出现，请在日志中查找该编号",
            "Try again later; if it persists, look the id up in the server log",
        ),
    ),
    "SERVICE_UNAVAILABLE": ErrorText(
        503,
        Text("服务暂时不可用", "The service is unavailable for the moment"),
        Text("请稍后重试", "Please try again shortly"),
    ),
}

# Keys are pydantic's error types (https://docs.pydantic.dev/latest/errors/validation_errors/) and our own.
FIELD_PROBLEMS: Mapping[str, Text] = {
    "invalid": Text("值不正确", "is not valid"),
    "missing": Text("缺失（必填）", "is missing (required)"),
    "string_type": Text("必须是字符串", "must be a string"),
    "string_too_short": Text("至少需要 {min_length} 个字符", "must have at least {min_length} character(s)"),
    "string_too_long": Text("最多 {max_length} 个字符", "must have at most {max_length} characters"),
    "int_type": Text("必须是整数", "must be an integer"),
    "int_parsing": Text("必须是整数", "must be an integer"),
    "int_from_float": Text("必须是整数", "must be an integer"),
    "bool_type": Text("必须是 true 或 false", "must be true or false"),
    "list_type": Text("必须是数组", "must be an array"),
    "tuple_type": Text("必须是数组", "must be an array"),
    "dict_type": Text("必须是对象", "must be an object"),
    "model_type": Text("必须是对象", "must be an object"),
    "model_attributes_type": Text("必须是对象", "must be an object"),
    "too_long": Text("最多 {max_length} 项", "must have at most {max_length} items"),
    "too_short": Text("至少需要 {min_length} 项", "must have at least {min_length} item(s)"),
    "greater_than_equal": Text("必须大于或等于 {ge}", "must be {ge} or more"),
    "less_than_equal": Text("必须小于或等于 {le}", "must be {le} or less"),
    "out_of_range": Text("必须在 {minimum} 到 {maximum} 之间", "must be between {minimum} and {maximum}"),
    "literal_error": Text("必须是以下之一：{expected}", "must be one of: {expected}"),
    "json_encoding": Text("编码不是 UTF-8", "it is not UTF-8"),
    "json_syntax": Text("第 {line} 行第 {column} 列有语法错误", "syntax error at line {line}, column {column}"),
    "json_depth": Text("嵌套过深", "it is nested too deeply"),
    "json_number": Text(
        "有超出范围的数字（NaN、Infinity 或位数过多）", "a number is out of range (NaN, Infinity, too long)"
    ),
    "json_surrogate": Text("含有不成对的代理字符转义", "it holds half of a surrogate pair"),
    "exclusive": Text("不能与 {other} 同时使用", "cannot be used together with {other}"),
    "choice": Text("必须是以下之一：{expected}", "must be one of: {expected}"),
}
