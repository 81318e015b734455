"""KOOK request bodies to frames: ours with its bounds, khl.py without any, and the floor both stand on."""

from __future__ import annotations

import base64
import json
import statistics
import zlib
from collections.abc import Callable
from typing import Any

from Crypto.Cipher import AES
from Crypto.Util.Padding import unpad
from khl import Cert

from benchmarks.kook_bodies import KookBodies, bodies_by_wire
from benchmarks.result import Aim, Cell, Result, Table
from benchmarks.rounds import Work, interleaved, times_as_fast
from shared.kook.codec import decode_body

Decode = Callable[[bytes], Any]


def run(rounds: int) -> Result:
    rows: list[list[Cell]] = []
    against_khl: list[float] = []
    against_floor: list[float] = []
    for wire, bodies in bodies_by_wire().items():
        decoders = {"ours": _ours(bodies), "khl.py": _khl_py(bodies), "floor": _floor(bodies)}
        _must_agree(bodies, decoders)
        timings = interleaved({name: _all(bodies, decode) for name, decode in decoders.items()}, rounds=rounds)
        count = len(bodies.bodies)
        against_khl.append(times_as_fast(timings["ours"], timings["khl.py"]))
        against_floor.append(1 / times_as_fast(timings["ours"], timings["floor"]))
        sizes = statistics.mean(len(body) for body in bodies.bodies)
        microseconds = [timings[name].cpu / count * 1e6 for name in decoders]
        rows.append([wire, count, sizes, *microseconds, against_khl[-1], against_floor[-1]])
    columns = ["wire form", "bodies", "mean bytes", *(f"{name} µs" for name in decoders), "x khl.py", "x floor"]
    return Result(
        method=(
            "Every genuine body of tests/data/kook, by wire form. Ours bounds size, inflated size and depth, and takes "
            "raw deflate and gzip too; khl.py 0.3.17 (zlib.decompress and Cert.decode_raw) bounds nothing. The floor "
            "is zlib, base64, AES-256-CBC, removing the padding and json.loads of the same bytes."
        ),
        tables=[Table(columns, rows)],
        aims=[
            Aim("speed, times khl.py, geometric mean", statistics.geometric_mean(against_khl), "at least", 1.0),
            Aim("speed, times khl.py, slowest form", min(against_khl), "at least", 1.0),
            Aim("time, times the floor, geometric mean", statistics.geometric_mean(against_floor), "at most", 1.5),
            Aim("time, times the floor, slowest form", max(against_floor), "at most", 1.5),
        ],
    )


def _all(bodies: KookBodies, decode: Decode) -> Work:
    def work() -> None:
        for body in bodies.bodies:
            decode(body)

    return work


def _must_agree(bodies: KookBodies, decoders: dict[str, Decode]) -> None:
    for body in bodies.bodies:
        frames = [decode(body) for decode in decoders.values()]
        if any(frame != frames[0] for frame in frames):
            raise AssertionError(f"the decoders disagree on a body of the form {bodies.wire}")


def _ours(bodies: KookBodies) -> Decode:
    return lambda body: decode_body(body, bodies.encrypt_key)


def _khl_py(bodies: KookBodies) -> Decode:
    """As khl.receiver.WebhookReceiver does it."""
    cert = Cert(token="", verify_token="unused", encrypt_key=bodies.encrypt_key)
    if bodies.is_compressed:
        return lambda body: cert.decode_raw(zlib.decompress(body))
    return cert.decode_raw


def _floor(bodies: KookBodies) -> Decode:
    key = bodies.encrypt_key.encode().ljust(32, b"\0")

    def decode(body: bytes) -> Any:
        parsed = json.loads(zlib.decompress(body) if bodies.is_compressed else body)
        if not bodies.is_encrypted:
            return parsed
        outer = base64.b64decode(parsed["encrypt"])
        cipher = AES.new(key, AES.MODE_CBC, iv=outer[:16])
        return json.loads(unpad(cipher.decrypt(base64.b64decode(outer[16:])), 16))

    return decode
