"""What the layer holds of this repository: modules and the data files that they read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
# Only the build itself needs these.
LEFT_OUT = {"Makefile", "requirements.txt"}

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a function finds on its path, without the packages from elsewhere."""
    artifacts = tmp_path_factory.mktemp("layer")
    command = ["make", "-C", str(SHARED), "copy-shared", f"ARTIFACTS_DIR={artifacts}"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return artifacts / "python"


def _files(folder: Path) -> set[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if "__pycache__" not in path.parts}


def test_every_file_reaches_the_layer(site: Path) -> None:
    expected = {name for name in _files(SHARED) if Path(name).name not in LEFT_OUT}
    assert "accounts/platforms/definitions/bilibili.toml" in expected
    assert _files(site / "shared") == expected


def test_the_platforms_are_described_in_the_layer(site: Path) -> None:
    program = (
        "from shared.accounts.platforms import catalogue; "
        "print(catalogue.__file__); print(*catalogue.load_platforms().names)"
    )
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=site,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    where, names = ended.stdout.splitlines()
    assert Path(where).is_relative_to(site)
    assert names.split() == ["bilibili", "douyin", "toutiao", "xiaohongshu"]


def test_the_layer_s_build_copies_what_is_tested_here() -> None:
    build = subprocess.run(
        ["make", "-n", "-C", str(SHARED), "build-SharedLayer", "ARTIFACTS_DIR=/nowhere"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    assert "copy-shared" in build
    assert 'tar -xf - -C "/nowhere/python/shared"' in build
    # Nothing is taken away again afterwards.
    assert "rm -rf" not in build[build.index("copy-shared") :]
