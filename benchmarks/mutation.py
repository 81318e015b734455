"""How many deliberate faults in the code the unit tests notice: mutmut on a random sample, the same one every time."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.machine import REPOSITORY_ROOT
from benchmarks.result import NotRun, Result, Table

MUTMUT = REPOSITORY_ROOT / ".venv-mutation" / "bin" / "mutmut"
WORKING_COPY = REPOSITORY_ROOT / ".mutation"
SEED = 20261121
FOLDERS = ("kook", "relay", "security")
# mutmut's exit codes of a mutant: what its tests ended with. A time-out is noticed too.
_SURVIVED, _WITHOUT_TEST = frozenset({0}), frozenset({5, 33})
_SKIPPED = frozenset({34, 37})


def run(rounds: int, per_folder: int = 70) -> Result:
    """``rounds`` does not matter: a mutant is noticed or it is not. Raises NotRun without mutmut."""
    if not MUTMUT.exists():
        raise NotRun("mutmut is not installed: run `make mutation`")
    copy_repository()
    # The first run makes all mutants, and finds out by which tests each function is called.
    mutmut("shared.security.tokens.x_new_token__mutmut_1")
    known = mutants()
    chosen = sample(known, per_folder)
    mutmut(*(name for names in chosen.values() for name in names))
    return judged(known, chosen, exit_codes())


def judged(
    known: Mapping[str, Sequence[str]], chosen: Mapping[str, Sequence[str]], found: Mapping[str, int | None]
) -> Result:
    """``known`` are all mutants, ``chosen`` those that were run, by folder; ``found`` how their tests ended."""
    per_folder = max(map(len, chosen.values()))
    rows = [row(folder, len(known[folder]), [found.get(name) for name in chosen[folder]]) for folder in FOLDERS]
    survivors = sorted(name for names in chosen.values() for name in names if found.get(name) in _SURVIVED)
    return Result(
        method=(
            f"mutmut changes one operator, constant or argument at a time; of all such mutants {per_folder} of each "
            f"folder are drawn (seed {SEED}) and the unit tests, and contract tests of the KOOK client, that call the "
            "changed function are run. Noticed: a test fails or never ends."
        ),
        tables=[Table(("shared/", "mutants", "sampled", "noticed", "survived", "without a test", "score %"), rows)],
        aims=[],
        notes=[f"Survivors, first 20: {', '.join(survivors[:20])}."] if survivors else [],
    )


def copy_repository() -> None:
    """The files that git knows, as they are now: mutmut makes a folder beside them."""
    shutil.rmtree(WORKING_COPY, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY_ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        source, target = REPOSITORY_ROOT / name, WORKING_COPY / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def mutmut(*names: str) -> None:
    engines = os.environ.get("KOOK_RELAY_ENGINES", str(REPOSITORY_ROOT / ".engines"))
    with (WORKING_COPY / "mutmut.log").open("ab") as log:
        done = subprocess.run(
            [str(MUTMUT), "run", *names],
            cwd=WORKING_COPY,
            env={**os.environ, "KOOK_RELAY_ENGINES": engines},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    if done.returncode:
        raise RuntimeError(f"mutmut ended with {done.returncode}: see {WORKING_COPY}/mutmut.log")


def exit_codes(copy: Path = WORKING_COPY) -> dict[str, int | None]:
    """By mutant, how its tests ended; None for one that was not run."""
    found: dict[str, int | None] = {}
    for path in sorted((copy / "mutants" / "shared").rglob("*.meta")):
        found |= json.loads(path.read_text("utf-8"))["exit_code_by_key"]
    return found


def mutants() -> dict[str, list[str]]:
    """Their names by folder of shared/."""
    return {folder: sorted(name for name in exit_codes() if name.startswith(f"shared.{folder}.")) for folder in FOLDERS}


def sample(known: Mapping[str, Sequence[str]], per_folder: int) -> dict[str, list[str]]:
    draw = random.Random(SEED)
    return {folder: draw.sample(names, min(per_folder, len(names))) for folder, names in known.items()}


def row(folder: str, all_mutants: int, codes: Sequence[int | None]) -> tuple[str | int | float, ...]:
    """A line of the table. A mutant that no unit test calls counts as one that survived."""
    if None in codes:
        raise RuntimeError(f"{codes.count(None)} mutants of {folder} were not run")
    judged = [code for code in codes if code not in _SKIPPED]
    kinds = Counter(
        "survived" if code in _SURVIVED else "without" if code in _WITHOUT_TEST else "noticed" for code in judged
    )
    score = 100 * kinds["noticed"] / len(judged) if judged else 0.0
    return folder, all_mutants, len(judged), kinds["noticed"], kinds["survived"], kinds["without"], round(score, 1)
