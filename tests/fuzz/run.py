"""One target under atheris (libFuzzer) for some seconds: ``python -m tests.fuzz.run TARGET SECONDS CORPUS``.

The corpus folder keeps what was found interesting, from one run to the next; what fails a check is written there as
crash-…, timeout-… or oom-…, to be kept in tests/data/fuzz once it is mended. The exit code is libFuzzer's.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

# Imported under instrumentation: libFuzzer is led by what these execute.
with atheris.instrument_imports(include=["shared"]):
    from tests.fuzz.targets import TARGETS, Target

MAX_INPUT_BYTES = 16_384
# An input of that size that takes longer is a finding: everything here is linear.
INPUT_SECONDS = 10
MEMORY_MIB = 2048


def prepare(target: Target, corpus: Path) -> list[str]:
    """Write seeds and dictionary, and give libFuzzer's arguments."""
    seeds = corpus / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (seeds / f"{number:04d}").write_bytes(seed)
    found = corpus / "found"
    found.mkdir(exist_ok=True)
    arguments = [str(found), str(seeds), f"-artifact_prefix={corpus}/"]
    if target.words:
        words = corpus / "words.dict"
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words), "ascii")
        arguments.append(f"-dict={words}")
    return arguments


def _escaped(word: str) -> str:
    return "".join(chr(byte) if chr(byte).isalnum() else f"\\x{byte:02X}" for byte in word.encode())


def main() -> None:
    name, seconds, corpus = sys.argv[1:4]
    target = next(each for each in TARGETS if each.name == name)
    arguments = prepare(target, Path(corpus))
    limits = [f"-max_total_time={seconds}", f"-max_len={MAX_INPUT_BYTES}", f"-timeout={INPUT_SECONDS}"]
    atheris.Setup([sys.argv[0], *arguments, *limits, f"-rss_limit_mb={MEMORY_MIB}"], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
