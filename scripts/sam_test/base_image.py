"""A stand-in for public.ecr.aws/lambda/python, made from the files of this machine.

What it does not prove: that wheels work on Amazon Linux, and IAM.
"""

# ruff: noqa: S603

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PYTHON_VERSION = "3.11"
IMAGE = f"public.ecr.aws/lambda/python:{PYTHON_VERSION}-x86_64"
REQUIREMENTS = Path(__file__).parent / "requirements-runtime.txt"
PROJECT_REQUIREMENTS = Path(__file__).parents[2] / "requirements.txt"

# The Dockerfile that SAM generates moves, copies and removes files and changes modes.
_PROGRAMS = ("sh", "mv", "cp", "rm", "chmod", "mkdir", "cat", "ls", "env")
# What manylinux wheels may expect of any system (PEP 513 and its successors), and name service for glibc.
_LIBRARIES = (
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libnss_dns.so.2",
    "libnss_files.so.2",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libstdc++.so.6",
    "libutil.so.1",
)
_LEFT_OUT_OF_THE_STANDARD_LIBRARY = {
    "__pycache__",
    "dist-packages",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "site-packages",
    "test",
    "tests",
    "tkinter",
    "turtledemo",
}
_BOOTSTRAP = f"""#!/bin/sh
export AWS_EXECUTION_ENV=AWS_Lambda_python{PYTHON_VERSION}
export PYTHONPATH=/var/task:/opt/python/lib/python{PYTHON_VERSION}/site-packages:/opt/python:/var/runtime
exec /var/lang/bin/python{PYTHON_VERSION} -m awslambdaric "$_HANDLER"
"""
IMAGE_SETTINGS = (
    "ENV PATH=/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
    "ENV LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/task:/var/task/lib:/opt/lib",
    "ENV LANG=en_US.UTF-8",
    "ENV TZ=:UTC",
    "ENV LAMBDA_TASK_ROOT=/var/task",
    "ENV LAMBDA_RUNTIME_DIR=/var/runtime",
    "WORKDIR /var/task",
)


class BaseImageFailed(Exception):
    """The stand-in image cannot be made here; the text says why."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python installation of this machine."""

    executable: Path
    prefix: Path
    standard_library: Path

    @classmethod
    def find(cls, name: str = f"python{PYTHON_VERSION}") -> Interpreter:
        """Ask the interpreter itself. Raises BaseImageFailed when there is none of that version."""
        question = (
            "import json, os, sys, sysconfig;"
            "print(json.dumps([sys.base_prefix, sysconfig.get_path('stdlib', vars={"
            "'installed_base': sys.base_prefix, 'base': sys.base_prefix}), '%d.%d' % sys.version_info[:2]]))"
        )
        try:
            answer = subprocess.run([name, "-c", question], capture_output=True, text=True, check=True, timeout=60)
            prefix, standard_library, version = json.loads(answer.stdout)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            raise BaseImageFailed(f"{name} does not run: {error}") from None
        executable = Path(prefix) / "bin" / f"python{version}"
        if version != PYTHON_VERSION or not executable.is_file():
            raise BaseImageFailed(f"{name} is Python {version} in {prefix}, not a Python {PYTHON_VERSION}")
        return cls(executable, Path(prefix), Path(standard_library))


class RootFilesystem:
    """The files of an image, gathered in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, target: str, mode: int = 0o755) -> Path:
        path = self._root / target.lstrip("/")
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        return path

    def text(self, target: str, content: str, mode: int = 0o644) -> None:
        path = self._root / target.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        path.chmod(mode)

    def file(self, source: Path, target: str) -> None:
        path = self._root / target.lstrip("/")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source.resolve(), path)

    def binary(self, source: Path, target: str) -> None:
        """A program or library together with every shared library it loads."""
        self.file(source, target)
        for library in _libraries_of(source):
            self.file(library, str(library))

    def tree(self, source: Path, target: str, left_out: Iterable[str]) -> Path:
        path = self._root / target.lstrip("/")
        shutil.copytree(source, path, ignore=shutil.ignore_patterns(*left_out), dirs_exist_ok=True)
        return path


def _libraries_of(binary: Path) -> list[Path]:
    answer = subprocess.run(["/usr/bin/ldd", str(binary)], capture_output=True, text=True, check=False, timeout=60)
    return [Path(path) for path in re.findall(r"(/\S+) \(0x", answer.stdout)]


def _system_libraries() -> list[Path]:
    """Where the loader finds _LIBRARIES; those this system does not have are left out."""
    ldconfig = shutil.which("ldconfig", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if ldconfig is None:
        raise BaseImageFailed("ldconfig is missing: the stand-in image is made on Linux with glibc only")
    listed = subprocess.run([ldconfig, "-p"], capture_output=True, text=True, check=True, timeout=60).stdout
    found = dict(re.findall(r"^\s+(\S+) \([^)]*x86-64[^)]*\) => (\S+)$", listed, re.MULTILINE))
    return [Path(found[name]) for name in _LIBRARIES if name in found]


def _add_interpreter(files: RootFilesystem, python: Interpreter) -> None:
    files.binary(python.executable, f"/var/lang/bin/python{PYTHON_VERSION}")
    library = files.tree(
        python.standard_library,
        f"/var/lang/lib/python{PYTHON_VERSION}",
        (*_LEFT_OUT_OF_THE_STANDARD_LIBRARY, "config-*", "_test*", "_tkinter*"),
    )
    for module in sorted((library / "lib-dynload").glob("*.so")):
        files.binary(module, f"/var/lang/lib/python{PYTHON_VERSION}/lib-dynload/{module.name}")


def _add_system(files: RootFilesystem) -> None:
    for name in _PROGRAMS:
        path = shutil.which(name, path="/usr/bin:/bin")
        if path is None:
            raise BaseImageFailed(f"{name} is missing")
        files.binary(Path(path), f"/bin/{name}")
    for library in _system_libraries():
        files.binary(library, str(library))
    files.text("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    files.text("/etc/group", "root:x:0:\n")
    files.text("/etc/nsswitch.conf", "hosts: files dns\n")
    files.folder("/tmp", 0o1777)  # noqa: S108 - a path inside the image # nosec B108
    for name in ("/opt", "/root", "/var/task", "/var/rapid", "/proc", "/dev", "/sys"):
        files.folder(name)


def _add_runtime(files: RootFilesystem) -> None:
    runtime = files.folder("/var/runtime")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    wheels = ["--only-binary=:all:", "--implementation", "cp", "--python-version", PYTHON_VERSION]
    platforms = [f"--platform={name}_x86_64" for name in ("manylinux2014", "manylinux_2_17", "manylinux_2_28")]
    packages = ["--requirement", str(REQUIREMENTS), "boto3", "--constraint", str(PROJECT_REQUIREMENTS)]
    done = subprocess.run(
        [*install, *wheels, *platforms, *packages, "--target", str(runtime)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode != 0:
        raise BaseImageFailed(f"awslambdaric and boto3 could not be installed: {done.stderr.strip()[-500:]}")
    files.text("/var/runtime/bootstrap", _BOOTSTRAP, 0o755)


def build(python: Interpreter, work_folder: Path) -> Path:
    """Make the image's files and pack them. Returns the tar archive. Raises BaseImageFailed."""
    root = work_folder / "root"
    files = RootFilesystem(root)
    _add_interpreter(files, python)
    _add_system(files)
    _add_runtime(files)
    # AWS's image has its .pyc files too; without them every start compiles the standard library.
    compile_all = [str(python.executable), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run(
        [*compile_all, "-s", str(root), "-p", "/", str(root / "var/lang/lib"), str(root / "var/runtime")],
        check=False,
        stdout=subprocess.DEVNULL,
        timeout=600,
    )
    archive = work_folder / "base.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(root, arcname=".", filter=_owned_by_root)
    shutil.rmtree(root)
    return archive


def _owned_by_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def fingerprint(python: Interpreter) -> str:
    """Changes when the image would come out different."""
    version = subprocess.run(
        [str(python.executable), "-VV"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    digest = hashlib.sha256(version.encode() + os.fsencode(python.executable))
    for source in (Path(__file__), REQUIREMENTS, PROJECT_REQUIREMENTS):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:32]
