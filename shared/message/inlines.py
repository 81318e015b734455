"""What every renderer asks of inline nodes: the words for mentions, and neighbours joined."""

from __future__ import annotations

from collections.abc import Iterable

from shared.message.tree import (
    Code,
    Color,
    CustomEmoji,
    Emphasis,
    Inline,
    Link,
    Mention,
    Spoiler,
    Strike,
    Strong,
    Text,
    Underline,
)

SPAN_TYPES = (Strong, Emphasis, Underline, Strike, Spoiler, Color, Link)

SPOILER_PREFIX = "[剧透] "


def mention_label(mention: Mention) -> str:
    """The words shown for a mention, as KOOK shows them; never a mention on the target."""
    match mention.kind:
        case "everyone":
            return "@全体成员"
        case "online":
            return "@在线成员"
        case "channel":
            return f"#{mention.name or mention.id}"
        case _:
            return f"@{mention.name or mention.id}"


def emoji_label(emoji: CustomEmoji) -> str:
    return f":{emoji.name}:"


def joined(children: Iterable[Inline], transparent: tuple[type, ...] = ()) -> list[Inline]:
    """``children`` with mentions and emoji as text, the spans of ``transparent`` types replaced by what they hold, and
    neighbouring texts merged, so that markup spread over two nodes is seen (and escaped) as one."""
    result: list[Inline] = []
    texts: list[str] = []

    def flush() -> None:
        if texts:
            result.append(Text("".join(texts)))
            texts.clear()

    def add(nodes: Iterable[Inline]) -> None:
        for node in nodes:
            if isinstance(node, Text):
                texts.append(node.text)
            elif isinstance(node, Mention):
                texts.append(mention_label(node))
            elif isinstance(node, CustomEmoji):
                texts.append(emoji_label(node))
            elif isinstance(node, SPAN_TYPES) and isinstance(node, transparent):
                add(node.children)
            else:
                flush()
                result.append(node)

    add(children)
    flush()
    return result


def inline_plain_text(children: Iterable[Inline]) -> str:
    """The text a reader without markup should see."""
    pieces: list[str] = []
    for node in children:
        match node:
            case Text() | Code():
                pieces.append(node.text)
            case Mention():
                pieces.append(mention_label(node))
            case CustomEmoji():
                pieces.append(emoji_label(node))
            case Link():
                pieces.append(link_plain_text(node))
            case Spoiler():
                pieces.append(SPOILER_PREFIX + inline_plain_text(node.children))
            case _:
                pieces.append(inline_plain_text(node.children))
    return "".join(pieces)


def link_plain_text(link: Link) -> str:
    """``text (address)``, or the address alone where the text says nothing else."""
    text = inline_plain_text(link.children)
    return link.url if text.strip() in ("", link.url) else f"{text} ({link.url})"
