"""Nothing lost, nothing out of order, nothing twice without saying so, whatever fails and whatever is killed.

CHAOS_EVENTS, CHAOS_KILLS and CHAOS_SEED choose how much and which; the seed of a failing run is in its message.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.chaos.scene import Chaos, chaos_scene

EVENTS = int(os.environ.get("CHAOS_EVENTS", "200"))
KILLS = int(os.environ.get("CHAOS_KILLS", "5"))
SEED = int(os.environ.get("CHAOS_SEED", "20261121"))
SECONDS_PER_EVENT = 0.6
_NUMBER = re.compile(r"chaos (\d+) ")


def run(chaos: Chaos) -> None:
    """Say everything while the stack is killed now and then; wait until every delivery is closed."""
    moments = sorted(chaos.dice.sample(range(EVENTS // 20, EVENTS), KILLS))
    for number in range(EVENTS):
        killers = [chaos.kill_soon() for moment in moments if moment == number]
        chaos.say()
        for killer in killers:
            killer.join()
    chaos.wait_until_all_is_closed(240 + EVENTS * SECONDS_PER_EVENT)


@pytest.mark.timeout(400 + EVENTS * 2 * SECONDS_PER_EVENT)
def test_chaos(tmp_path: Path) -> None:
    with chaos_scene(tmp_path, SEED) as chaos:
        run(chaos)
        assert chaos.kills == KILLS
        rows = chaos.log_rows()
        marked: dict[str, set[int]] = {name: set() for name in chaos.mapping_ids}
        statuses: dict[str, list[str]] = {name: [] for name in chaos.mapping_ids}
        names = {mapping_id: name for name, mapping_id in chaos.mapping_ids.items()}
        for row in rows:
            name = names[row["mapping_id"]]
            statuses[name].append(row["status"])
            if any("possible duplicate" in note for note in row["notes"]):
                found = _NUMBER.search(row["content"])
                assert found is not None
                marked[name].add(int(found[1]))

        duplicates = 0
        for name in chaos.platforms:
            arrived = chaos.arrived(name)
            assert set(arrived) == set(range(EVENTS)), (SEED, name, "lost", set(range(EVENTS)) - set(arrived))
            assert list(dict.fromkeys(arrived)) == sorted(set(arrived)), (SEED, name, "out of order", arrived)
            twice = {number for number in set(arrived) if arrived.count(number) > 1}
            duplicates += len(arrived) - len(set(arrived))
            assert twice <= marked[name], (SEED, name, "twice, and nothing says so", twice - marked[name])
            assert statuses[name] == ["success"] * EVENTS, (SEED, name)
        # What was for the dead destination is not lost either: it is there, with its reason, to be sent again.
        assert statuses["dead"] == ["failed"] * EVENTS
        bot = chaos.call("GET", f"/api/bots/{chaos.bot_ids['dead']}").json()["data"]
        assert (bot["status"], bot["circuit"]) == ("disabled", "off")
        print(f"seed {SEED}: {EVENTS} events, {chaos.kills} kills, {duplicates} duplicates, all marked")
