"""The notes of a delivery in Chinese. They are kept in English, which is what is shown to everybody else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from shared.relay.deliveries import QUOTED_NOTE
from shared.relay.delivering import PARKED_NOTE, POSSIBLE_DUPLICATE_NOTE
from shared.relay.delivery_replay import REPLAY_NOTE
from shared.web.language import Language

CHINESE: Mapping[str, str] = {
    POSSIBLE_DUPLICATE_NOTE: "可能重复：有一次尝试没有得到应答",
    PARKED_NOTE: "重试前先查看是否已送达：该映射最多发送一次",
    REPLAY_NOTE: "由管理员重试",
    QUOTED_NOTE: "以引用行代替回复",
    "backfilled": "补发",
    "shortened: too large": "过大，已截短",
    "plain text: rendering failed": "排版失败，以纯文本发送",
    "the message was deleted before": "消息此前已删除",
    "overtaken by a later change": "已有更新的修改",
    "the message had not arrived: it is changed before it is sent": "消息尚未送达：修改后再发送",
}
_MEDIA_KINDS = {
    "image": "图片",
    "photo": "图片",
    "animation": "动图",
    "video": "视频",
    "audio": "音频",
    "file": "文件",
    "document": "文件",
    "media": "媒体",
}
_CHANGES = {
    "edit": "修改",
    "delete": "删除",
    "send": "补发部分内容",
    "pin": "置顶",
    "unpin": "取消置顶",
    "react": "回应",
    "unreact": "撤回回应",
}
_FORMS = {"link": "链接", "file": "文件", "document": "文件"}
# What comes before the reason.
_DEGRADED = {
    "author_in_text": "发言者的名字写在正文中",
    "default_avatar": "使用默认头像",
    "new_thread": "发到新的帖子",
    "plain_text": "以纯文本发送",
    "text_file": "以文本文件发送",
    "placeholder": "以占位文字代替",
    "chat_moved": "目标群已迁移",
    "no_message_id": "平台没有给出消息 ID",
}
_IN_FORM = re.compile(r"([a-z]+)_as_(link|file|document): (.*)\Z", re.DOTALL)
_NOT_POSSIBLE = re.compile(r"([a-z]+) not possible: (.*)\Z", re.DOTALL)


def shown_notes(notes: Iterable[str], language: Language) -> list[str]:
    """The notes for a reader of that language. What a platform adds in its own words stays as it is."""
    return [note if language == "en" else _in_chinese(note) for note in notes]


def _in_chinese(note: str) -> str:
    if note in CHINESE:
        return CHINESE[note]
    if (changed := _IN_FORM.match(note)) is not None:
        kind, form, reason = changed.groups()
        return f"{_MEDIA_KINDS.get(kind, kind)}改为{_FORMS[form]}：{reason}"
    key, colon, reason = note.partition(": ")
    if colon and key in _DEGRADED:
        return f"{_DEGRADED[key]}：{reason}"
    if (refused := _NOT_POSSIBLE.match(note)) is not None:
        return f"目标平台无法{_CHANGES.get(refused[1], refused[1])}：{refused[2]}"
    return note
