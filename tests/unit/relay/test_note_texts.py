"""Notes of deliveries, in the reader's language."""

from __future__ import annotations

import pytest

from shared.relay.api.note_texts import CHINESE, shown_notes
from shared.relay.delivering import POSSIBLE_DUPLICATE_NOTE


def test_an_english_reader_sees_them_as_they_are_kept() -> None:
    notes = [POSSIBLE_DUPLICATE_NOTE, "image_as_link: too large", "something new"]
    assert shown_notes(notes, "en") == notes


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        (POSSIBLE_DUPLICATE_NOTE, "可能重复：有一次尝试没有得到应答"),
        ("image_as_link: too large for the platform", "图片改为链接：too large for the platform"),
        ("hologram_as_link: refused", "hologram改为链接：refused"),
        ("video_as_file: refused as mp4", "视频改为文件：refused as mp4"),
        ("plain_text: post refused with 230099", "以纯文本发送：post refused with 230099"),
        ("edit not possible: too_old_to_edit", "目标平台无法修改：too_old_to_edit"),
        ("something new", "something new"),
    ],
)
def test_a_chinese_reader_sees_them_in_chinese(note: str, shown: str) -> None:
    assert shown_notes([note], "zh") == [shown]


def test_every_translation_is_one() -> None:
    assert all(any("\u4e00" <= character <= "\u9fff" for character in text) for text in CHINESE.values())
