"""The comparer itself: a walk with a comparer that finds nothing would prove nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.relay_api.entries import http_entries
from tests.contract.relay_api.shapes import differences, example_differences


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        ("int", 3),
        ("int 0|1", 1),
        ("string|null", None),
        ("iso datetime", "2025-10-19T15:30:00"),
        ("url", "https://example.com"),
        ("float percent 1 decimal (97.2)", 97.2),
        ("float 0..1 2 decimals", 0.85),
        ("backup_YYYYMMDD_HHMMSS", "backup_20251019_153000"),
        ({"success": True, "data": [{"id": "int"}]}, {"success": True, "data": [{"id": 1, "more": 2}]}),
        ("添加成功", "添加成功"),
    ],
)
def test_what_is_as_described_has_no_differences(shape: Any, value: Any) -> None:
    assert differences(shape, value) == []


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        ("int", True),
        ("int", "3"),
        ("int 0|1", 2),
        ("string", None),
        ("iso datetime", "2025-10-19T15:30:00Z"),
        ("iso datetime", "2025-10-19 15:30:00"),
        ("url", "example.com"),
        ("bool", 1),
        ("float percent 1 decimal (97.2)", 97.25),
        ("float 0..1 2 decimals", 85.0),
        ("backup_YYYYMMDD_HHMMSS", "backup_1"),
        ("path to .zip", "backup.json"),
        (True, 1),
        ("添加成功", "添加失败"),
        ({"id": "int"}, {}),
        ({"id": "int"}, []),
        ([{"id": "int"}], []),
        ([{"id": "int"}], [{"id": 1}, {"id": "2"}]),
        ({"data": {"deep": "string"}}, {"data": {"deep": 1}}),
    ],
)
def test_what_is_not_as_described_is_told(shape: Any, value: Any) -> None:
    assert len(differences(shape, value)) == 1


@pytest.mark.parametrize(
    ("example", "value", "different"),
    [
        ({"id": 1}, {"id": 2, "more": 3}, False),
        ({"id": 1}, {"id": 1.5}, True),
        ({"rate": 97.2}, {"rate": 0}, False),
        ({"rate": 97.2}, {"rate": "0"}, True),
        ({"at": "2025-10-19T15:30:00"}, {"at": "2026-01-01T00:00:00"}, False),
        ({"at": "2025-10-19T15:30:00"}, {"at": "yesterday"}, True),
        ({"error_message": None}, {"error_message": "gone"}, False),
        ({"error_message": None}, {}, True),
        ({"ok": True}, {"ok": 1}, True),
        ({"rows": []}, {"rows": []}, False),
        ({"rows": [{"id": 1}]}, {"rows": []}, True),
        ({"rows": [{"id": 1}]}, {"rows": [{"id": 1}, {}]}, True),
    ],
)
def test_examples_are_compared_by_type_and_form(example: Any, value: Any, different: bool) -> None:
    assert bool(example_differences(example, value)) is different


def test_every_entry_of_the_contract_says_what_it_answers() -> None:
    entries = http_entries()
    assert len(entries) == 40
    assert [entry.id for entry in entries if entry.shape is None and entry.status != 204] == []


def test_the_contracts_own_examples_are_as_it_describes() -> None:
    for entry in http_entries():
        if entry.example is not None:
            assert differences(entry.shape, entry.example) == [], entry.id
