"""What Lambda would have on disk: the built layer, the functions' folders and the runtime's own packages.

As after `sam build` and an upload: all files dated 1980, none writable, hash-based .pyc files in the layer only.
"""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import REPOSITORY_ROOT
from benchmarks.result import NotRun
from scripts.sam_test.base_image import BaseImageFailed, Interpreter

# 1980-01-01, the earliest a ZIP archive can say.
ZIP_EPOCH_SECONDS = 315_532_800
FUNCTIONS = REPOSITORY_ROOT / "functions"
# What Lambda's runtime brings for boto3.
_RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")


@dataclass(frozen=True, slots=True)
class Deployment:
    """``layer`` holds shared/ and the libraries with .pyc files, ``layer_without_pyc`` the same without."""

    python: Path
    functions: Path
    layer: Path
    layer_without_pyc: Path
    runtime: Path

    @classmethod
    def make(cls, folder: Path) -> Deployment:
        """Build it all in an empty folder. Raises NotRun without Python 3.11 or a package index."""
        deployment = cls(
            _interpreter(), folder / "functions", build_layer(folder), folder / "without_pyc", folder / "runtime"
        )
        shutil.copytree(
            deployment.layer, deployment.layer_without_pyc, ignore=shutil.ignore_patterns("__pycache__"), symlinks=True
        )
        shutil.copytree(FUNCTIONS, deployment.functions, ignore=shutil.ignore_patterns("__pycache__"))
        for built in (deployment.functions, deployment.layer, deployment.layer_without_pyc):
            _age_and_lock(built)
        deployment.runtime.mkdir()
        for package in _RUNTIME_PACKAGES:
            installed = installed_at(package)
            (deployment.runtime / installed.name).symlink_to(installed)
        return deployment


def build_layer(folder: Path) -> Path:
    """Run the layer's own make target on a copy of shared/, as `sam build` does. Returns the folder for sys.path."""
    source = folder / "shared"
    shutil.copytree(REPOSITORY_ROOT / "shared", source, ignore=shutil.ignore_patterns("__pycache__"))
    artifacts = folder / "layer"
    done = subprocess.run(
        ["make", "--silent", "build-SharedLayer", f"ARTIFACTS_DIR={artifacts}", f"PYTHON={_interpreter()}"],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NotRun(f"the layer cannot be built here: {done.stderr.strip()[-500:]}")
    return artifacts / "python"


def installed_at(package: str) -> Path:
    """The package's folder, or the module's file, in this environment."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise NotRun(f"{package} is not installed here: run this with `make bench`")
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin


def files_of(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def size_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in files_of(folder))


def zipped_bytes(folder: Path) -> int:
    """As `sam package` uploads it: a ZIP archive, deflated."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in files_of(folder):
            zipped.writestr(str(path.relative_to(folder)), path.read_bytes())
    return archive.tell()


def _interpreter() -> Path:
    try:
        return Interpreter.find().executable
    except BaseImageFailed as error:
        raise NotRun(f"{error}; the layer is for Python 3.11") from None


def _age_and_lock(folder: Path) -> None:
    for path in files_of(folder):
        os.utime(path, (ZIP_EPOCH_SECONDS, ZIP_EPOCH_SECONDS))
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)
