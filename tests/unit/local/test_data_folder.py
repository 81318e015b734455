from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from local.data_folder import DataFolder
from local.messages import EmbeddedStackError


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "a" / "data")
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    folder.close()


def test_a_second_runner_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    first = DataFolder.open(tmp_path)
    with pytest.raises(EmbeddedStackError) as refused:
        DataFolder.open(tmp_path)
    assert refused.value.key == "data_dir_in_use"
    assert str(os.getpid()) in str(refused.value)
    first.close()
    DataFolder.open(tmp_path).close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedStackError) as refused:
        DataFolder.open(tmp_path / "file" / "data")
    assert refused.value.key == "data_dir_unusable"
    assert "file" in str(refused.value)


def test_a_folder_written_by_other_engines_is_not_touched(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path)
    folder.claim_for_engine("dynoxide+fauxqs")
    folder.claim_for_engine("dynoxide+fauxqs")
    with pytest.raises(EmbeddedStackError) as refused:
        folder.claim_for_engine("ministack")
    assert refused.value.key == "data_dir_other_engine"
    folder.close()


def test_the_status_is_there_exactly_while_the_stack_is_ready(tmp_path: Path) -> None:
    status = tmp_path / "runner.json"
    status.write_text("left over from a killed run")
    folder = DataFolder.open(tmp_path)
    assert not status.exists()
    folder.write_status({"port": 1})
    assert status.read_text() == '{"port": 1}\n'
    folder.close()
    assert not status.exists()
