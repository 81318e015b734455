from __future__ import annotations

import string

import pytest

from shared.relay.accounts import Caution
from shared.relay.api import control_texts, texts
from shared.relay.api.control_texts import CONTROL_ERRORS
from shared.relay.errors import Refusal
from shared.web.catalogue import FIELD_PROBLEMS, WEB_ERRORS, Catalogue, ErrorText, Text
from shared.web.envelopes import RelayEnvelope
from shared.web.errors import ApiError, FieldProblem, invalid_parameter


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def all_texts() -> list[Text]:
    entries = [*WEB_ERRORS.values(), *texts.ERRORS.values(), *CONTROL_ERRORS.values()]
    modules = [*vars(texts).values(), *vars(control_texts).values()]
    constants = [value for value in modules if isinstance(value, Text)]
    constants += [*control_texts.HINTS.values(), *control_texts.BACKUP_FLAWS.values()]
    more = [*FIELD_PROBLEMS.values(), *texts.PROBLEMS.values(), *texts.REASONS.values(), *texts.NOTICES.values()]
    return [text for entry in entries for text in (entry.message, entry.solution)] + constants + more


def test_every_refusal_and_every_notice_has_its_text() -> None:
    # Too many requests is the web layer's own.
    assert {*texts.ERRORS, *CONTROL_ERRORS, Refusal.TOO_MANY_REQUESTS} == set(Refusal)
    assert set(texts.NOTICES) == set(Caution)


def test_every_text_can_be_filled_in_both_languages() -> None:
    for text in all_texts():
        for language in ("zh", "en"):
            names = placeholders(text.zh if language == "zh" else text.en)
            filled = text.fill(language, dict.fromkeys(names, "VALUE"))
            assert "?" not in filled
            assert filled.count("VALUE") == len(names)
            assert filled


def test_texts_are_chinese_and_english() -> None:
    for text in all_texts():
        assert any("\u4e00" <= character <= "\u9fff" for character in text.zh), text.zh
        assert not any("\u4e00" <= character <= "\u9fff" for character in text.en), text.en


def test_statuses_are_errors() -> None:
    for entry in (*WEB_ERRORS.values(), *texts.ERRORS.values()):
        assert 400 <= entry.status < 600


def test_a_missing_parameter_or_unknown_code_does_not_break_an_answer() -> None:
    catalogue = Catalogue({"X": ErrorText(400, Text("{a} 坏", "{a} bad"), Text("改", "mend"))})
    answer = RelayEnvelope(catalogue).answer(ApiError("X"), "en", "now")
    assert (answer.status, answer.body["error_message"]) == (400, "? bad")
    assert RelayEnvelope(catalogue).answer(ApiError("NO_SUCH_CODE"), "zh", "now").status == 500


def test_values_are_never_taken_for_placeholders() -> None:
    catalogue = Catalogue({"X": ErrorText(400, Text("{a} 坏", "{a} bad"), Text("改", "mend"))})
    answer = RelayEnvelope(catalogue).answer(ApiError("X", {"a": "{b} {0} {"}), "en", "now")
    assert answer.body["error_message"] == "{b} {0} { bad"


@pytest.mark.parametrize(
    ("language", "message", "clause"),
    [
        ("zh", "请求参数错误：limit 必须在 1 到 500 之间", "必须在 1 到 500 之间"),
        ("en", "Invalid parameter: limit must be between 1 and 500", "must be between 1 and 500"),
    ],
)
def test_a_field_problem_is_worded_with_its_field(language: str, message: str, clause: str) -> None:
    error = invalid_parameter("limit", "out_of_range", minimum=1, maximum=500)
    body = RelayEnvelope(Catalogue()).answer(error, language, "now").body  # type: ignore[arg-type]
    assert body["error_message"] == message
    assert body["field"] == "limit"
    assert body["errors"] == [{"field": "limit", "reason": "out_of_range", "message": clause}]


def test_an_unknown_kind_of_problem_still_reads_well() -> None:
    assert Catalogue().problem(FieldProblem("x", "no_such_kind"), "en") == "is not valid"
