"""Finding a secret in whatever form it may lie around: as it is, escaped, quoted, encoded, compressed."""

from __future__ import annotations

import base64
import io
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

# Shorter pieces of base64 would be found by chance.
_SHORTEST_TRACE = 12


def traces(secret: str) -> frozenset[bytes]:
    """The bytes by which a secret gives itself away: plain, in JSON, in a URL, in hexadecimal, in base64 at any of its
    three alignments."""
    raw = secret.encode()
    found = {raw, json.dumps(secret)[1:-1].encode(), quote(secret).encode(), quote(secret, safe="").encode()}
    found |= {quote_plus(secret).encode(), raw.hex().encode(), raw.hex().upper().encode()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for offset in range(3):
            # The first and last characters depend on the neighbours: only what is between belongs to the secret.
            encoded = encode(bytes(offset) + raw).rstrip(b"=")
            found.add(encoded[4 if offset else 0 : -2])
    return frozenset(each for each in found if len(each) >= _SHORTEST_TRACE)


def found_in(content: bytes, secrets: Mapping[str, str]) -> list[str]:
    """The names of the secrets that a text gives away."""
    return [name for name, secret in secrets.items() if any(trace in content for trace in traces(secret))]


def stored(folder: Path, without: Iterable[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Every file of a data folder by name, and every value of its databases, which lie in pages, maybe compressed.

    ``without`` names files that are not searched."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in set(without):
            content = path.read_bytes()
            name = str(path.relative_to(folder))
            yield name, content
            if content.startswith(b"SQLite format 3"):
                yield from ((f"{name}: {table}", value) for table, value in _values(path))
            yield from _members(name, content)


def _values(path: Path) -> Iterator[tuple[str, bytes]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    content = value if isinstance(value, bytes) else str(value).encode()
                    yield table, content
                    yield from ((table, unpacked) for unpacked in _inflated(content))
    finally:
        connection.close()


def _members(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield f"{name}/{member}", archive.read(member)


def _inflated(content: bytes) -> Iterator[bytes]:
    for window_bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS, zlib.MAX_WBITS | 16):
        try:
            yield zlib.decompress(content, window_bits)
        except zlib.error:
            continue
