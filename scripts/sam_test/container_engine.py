"""A container engine for SAM: the one that runs here, or a private one for the duration of the test.

The private dockerd has a bridge of its own (198.18.0.0/15 is set aside for tests of networks, RFC 2544), touches no
firewall rule, forwards nothing to the outside, and keeps its images under the cache folder, so that the second run is
quick. Containers reach servers of this machine at the bridge's address.
"""

# ruff: noqa: S603, S607

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.sam_test.base_image import IMAGE, IMAGE_SETTINGS, BaseImageFailed, Interpreter, build, fingerprint
from scripts.trial_processes import end_process

_BRIDGE = "kookrelay0"
_FINGERPRINT_LABEL = "kook-relay.fingerprint"
_START_SECONDS = 60
_STOP_SECONDS = 30


class ContainersUnavailable(Exception):
    """No containers can be run here; the text says why in one line."""


@dataclass(frozen=True, slots=True)
class ContainerEngine:
    """``host_address`` is where containers reach this machine, ``network`` the addresses they and it are in."""

    docker_host: str
    host_address: str
    network: str

    def docker(self, *arguments: str, timeout_seconds: float = 120) -> str:
        """Run the docker command line. Raises ContainersUnavailable with what it said."""
        return _docker(self.docker_host, *arguments, timeout_seconds=timeout_seconds)


def _docker(docker_host: str, *arguments: str, timeout_seconds: float = 120) -> str:
    environment = os.environ | ({"DOCKER_HOST": docker_host} if docker_host else {})
    try:
        done = subprocess.run(
            ["docker", *arguments],
            capture_output=True,
            text=True,
            env=environment,
            timeout=timeout_seconds,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ContainersUnavailable(f"docker does not run: {error}") from None
    if done.returncode != 0:
        raise ContainersUnavailable(f"docker {arguments[0]} failed: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()


@contextlib.contextmanager
def container_engine(say: Callable[[str], None]) -> Iterator[ContainerEngine]:
    """The engine to test with, with the base image in it. Raises ContainersUnavailable."""
    running = _running_engine()
    if running is not None:
        say("using the container engine that runs here")
        _ensure_base_image_of_aws(running, say)
        yield running
        return
    with _private_engine(say) as engine:
        _ensure_stand_in_image(engine, say)
        yield engine


# --- the engine that runs here ---


def _running_engine() -> ContainerEngine | None:
    """The engine DOCKER_HOST or the default socket leads to, if one answers."""
    try:
        _docker("", "version", "--format", "{{.Server.Version}}", timeout_seconds=20)
        described = json.loads(_docker("", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"))
        return ContainerEngine(os.environ.get("DOCKER_HOST", ""), described[0]["Gateway"], described[0]["Subnet"])
    except (ContainersUnavailable, ValueError, LookupError):
        return None


def _ensure_base_image_of_aws(engine: ContainerEngine, say: Callable[[str], None]) -> None:
    with contextlib.suppress(ContainersUnavailable):
        engine.docker("image", "inspect", IMAGE)
        return
    say(f"pulling {IMAGE}")
    engine.docker("pull", "--quiet", IMAGE, timeout_seconds=900)


# --- a private engine ---


@contextlib.contextmanager
def _private_engine(say: Callable[[str], None]) -> Iterator[ContainerEngine]:
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        raise ContainersUnavailable("no container engine runs, and a private one is brought up on x86_64 Linux only")
    if os.geteuid() != 0:
        raise ContainersUnavailable("no container engine runs, and bringing up a private one needs root")
    dockerd = _dockerd(say)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kook-relay" / "sam-test"
    cache.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context((cache / "lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ContainersUnavailable("another `make sam-test` is running on this machine") from None
        _end_left_behind(cache)
        address, network = stack.enter_context(_bridge())
        say(f"starting a private container engine on {network}")
        docker_host = stack.enter_context(_daemon(dockerd, cache))
        engine = ContainerEngine(docker_host, address, network)
        stack.callback(_remove_containers, engine)
        yield engine


def _dockerd(say: Callable[[str], None]) -> str:
    """The dockerd program; installed from the distribution when it is missing. Raises ContainersUnavailable."""
    found = shutil.which("dockerd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is not None:
        return found
    if shutil.which("apt-get") is None:
        raise ContainersUnavailable("dockerd is not installed, and there is no apt-get to install it with")
    say("installing docker.io")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "docker.io"]):
        done = subprocess.run(
            ["apt-get", "--quiet=2", *command],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
            timeout=900,
        )
        if done.returncode != 0:
            raise ContainersUnavailable(f"docker.io cannot be installed: {done.stderr.strip()[-300:]}")
    return _dockerd(say) if shutil.which("dockerd") else "/usr/sbin/dockerd"


@contextlib.contextmanager
def _bridge() -> Iterator[tuple[str, str]]:
    """A network bridge with an address; taken away again. Yields the address and the network."""
    taken = subprocess.run(["ip", "-4", "route"], capture_output=True, text=True, check=True, timeout=20).stdout
    third = next((number for number in range(256) if f"198.18.{number}." not in taken), None)
    if third is None:
        raise ContainersUnavailable("every network of 198.18.0.0/16 is in use here")
    address, network = f"198.18.{third}.1", f"198.18.{third}.0/24"
    try:
        for command in (
            ["add", _BRIDGE, "type", "bridge"],
            ["set", _BRIDGE, "up"],
        ):
            subprocess.run(["ip", "link", *command], capture_output=True, text=True, check=True, timeout=20)
        subprocess.run(
            ["ip", "address", "add", f"{address}/24", "dev", _BRIDGE], capture_output=True, check=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ContainersUnavailable(f"no network bridge can be made here: {_said(error)}") from None
    try:
        yield address, network
    finally:
        subprocess.run(["ip", "link", "delete", _BRIDGE], capture_output=True, check=False, timeout=20)


@contextlib.contextmanager
def _daemon(dockerd: str, cache: Path) -> Iterator[str]:
    """dockerd on a socket of its own. Yields what to set DOCKER_HOST to."""
    # A socket's path is limited to 107 bytes, which a cache folder may exceed.
    folder = Path(tempfile.mkdtemp(prefix="kook-relay-docker-"))
    configuration = cache / "daemon.json"
    configuration.write_text("{}\n", encoding="utf-8")  # in place of the machine's /etc/docker/daemon.json
    docker_host = f"unix://{folder}/docker.sock"
    log_path = cache / "dockerd.log"
    command = [
        *(dockerd, "--host", docker_host, "--config-file", str(configuration)),
        *("--data-root", str(cache / "data"), "--exec-root", str(folder / "exec"), "--pidfile", str(folder / "pid")),
        *("--bridge", _BRIDGE, "--ip", "127.0.0.1", "--iptables=false", "--ip6tables=false"),
        *("--ip-masq=false", "--ip-forward=false", "--log-level", "warn"),
    ]
    with log_path.open("wb") as log:
        # A session of its own: Ctrl-C must reach this program first, which then stops the engine in order.
        daemon = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    (cache / "dockerd.pid").write_text(f"{daemon.pid}\n", encoding="utf-8")
    try:
        _wait_until_it_answers(docker_host, daemon, log_path)
        yield docker_host
    finally:
        end_process(daemon, _STOP_SECONDS)
        (cache / "dockerd.pid").unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_answers(docker_host: str, daemon: subprocess.Popen[bytes], log_path: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and daemon.poll() is None:
        with contextlib.suppress(ContainersUnavailable):
            _docker(docker_host, "version", timeout_seconds=20)
            return
        time.sleep(0.1)
    last = log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    raise ContainersUnavailable(f"the private container engine does not start: {' '.join(last)[-300:]}")


def _end_left_behind(cache: Path) -> None:
    """End the engine of a run that was killed: by its recorded pid, and only if that is still such an engine."""
    record = cache / "dockerd.pid"
    with contextlib.suppress(OSError, ValueError):
        pid = int(record.read_text(encoding="utf-8"))
        if os.fsencode(cache / "data") in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + _STOP_SECONDS
            while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
                time.sleep(0.1)
    record.unlink(missing_ok=True)
    if Path(f"/sys/class/net/{_BRIDGE}").exists():
        subprocess.run(["ip", "link", "delete", _BRIDGE], capture_output=True, check=False, timeout=20)


def _remove_containers(engine: ContainerEngine) -> None:
    with contextlib.suppress(ContainersUnavailable):
        containers = engine.docker("ps", "--all", "--quiet").split()
        if containers:
            engine.docker("rm", "--force", *containers)


def _ensure_stand_in_image(engine: ContainerEngine, say: Callable[[str], None]) -> None:
    """Import the stand-in base image unless the one that is there was made of the same things."""
    try:
        python = Interpreter.find()
        wanted = fingerprint(python)
        label = f'{{{{index .Config.Labels "{_FINGERPRINT_LABEL}"}}}}'
        with contextlib.suppress(ContainersUnavailable):
            if engine.docker("image", "inspect", "--format", label, IMAGE) == wanted:
                return
        say(f"making a stand-in for {IMAGE} from {python.executable}")
        with tempfile.TemporaryDirectory(prefix="kook-relay-image-") as folder:
            archive = build(python, Path(folder))
            changes = [
                part
                for setting in (*IMAGE_SETTINGS, f"LABEL {_FINGERPRINT_LABEL}={wanted}")
                for part in ("--change", setting)
            ]
            engine.docker("import", *changes, str(archive), IMAGE, timeout_seconds=300)
    except BaseImageFailed as error:
        raise ContainersUnavailable(str(error)) from None


def _said(error: Exception) -> str:
    said = getattr(error, "stderr", None) or str(error)
    return str(said).strip()[-200:]
