"""How a message of several parts becomes another one. Pure.

What was sent and what is to be shown are matched in order: parts of one kind with the same media are the same part,
whose text is changed; what is left over is taken back, what is new is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shared.platforms.base import Part, SentPart

StepKind: TypeAlias = Literal["edit", "delete", "send"]


@dataclass(frozen=True, slots=True)
class Step:
    """One request. ``sent`` is the part that is there (None to send a new one), ``part`` what it is to be (None to take
    it back)."""

    kind: StepKind
    sent: SentPart | None
    part: Part | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of the message afterwards: ``step`` is the number of the step that makes it, None where it stays."""

    part: Part
    message_ids: tuple[str, ...]
    step: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    steps: Sequence[Step]
    shown: Sequence[Shown]

    def result(self, ids_by_step: Sequence[Sequence[str]]) -> list[SentPart]:
        """The message's parts once every step is done. ``ids_by_step`` are the platform's ids each step came to."""
        return [
            SentPart(one.part, one.message_ids if one.step is None else tuple(ids_by_step[one.step]))
            for one in self.shown
        ]


def plan_edit(sent: Sequence[SentPart], wanted: Sequence[Part]) -> Plan:
    """The same for the same message and text: a step done by one attempt has the same number in the next."""
    pairs = _aligned([one.part for one in sent], wanted)
    partners = {new: old for old, new in pairs}
    steps: list[Step] = []
    shown: list[Shown] = []
    for number, part in enumerate(wanted):
        if number not in partners:
            shown.append(Shown(part, (), len(steps)))
            steps.append(Step("send", None, part))
            continue
        old = sent[partners[number]]
        if old.part.text == part.text:
            shown.append(Shown(part, old.message_ids, None))
            continue
        shown.append(Shown(part, old.message_ids, len(steps)))
        steps.append(Step("edit", old, part))
    kept = set(partners.values())
    steps += [Step("delete", one, None) for number, one in enumerate(sent) if number not in kept]
    return Plan(steps, shown)


def plan_delete(sent: Sequence[SentPart]) -> Plan:
    """The last part first: what is left in between is the beginning of the message."""
    return Plan([Step("delete", one, None) for one in reversed(sent)], ())


def _aligned(sent: Sequence[Part], wanted: Sequence[Part]) -> list[tuple[int, int]]:
    """Pairs of positions of parts that are the same but for their text: the longest common sequence."""
    same = [[_is_same(old, new) for new in wanted] for old in sent]
    lengths = [[0] * (len(wanted) + 1) for _ in range(len(sent) + 1)]
    for i in range(len(sent) - 1, -1, -1):
        for j in range(len(wanted) - 1, -1, -1):
            lengths[i][j] = lengths[i + 1][j + 1] + 1 if same[i][j] else max(lengths[i + 1][j], lengths[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(sent) and j < len(wanted):
        if same[i][j] and lengths[i][j] == lengths[i + 1][j + 1] + 1:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _is_same(old: Part, new: Part) -> bool:
    return old.kind == new.kind and [item.url for item in old.media] == [item.url for item in new.media]
