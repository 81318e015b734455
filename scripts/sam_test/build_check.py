"""What `sam build` made: small enough, whole, and importable as Lambda will import it."""

# ruff: noqa: S603

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from scripts.sam_test.base_image import BaseImageFailed, Interpreter

MAX_LAYER_BYTES = 45_000_000
MAX_FUNCTION_BYTES = 20_000
# In Lambda's own runtime, so not in the layer; the check borrows them from this environment.
_RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer")
_WEBHOOK_MUST_NOT_IMPORT = ("flask", "pydantic", "pynamodb", "requests", "mangum")

# Run in a fresh isolated interpreter with the paths of Lambda: the function, the layer, the runtime.
_IMPORT_CHECK = """
import json, sys
function, layer, runtime = sys.argv[1:]
sys.path[:0] = [function, layer]
sys.path.append(runtime)
import handler
import shared
assert callable(handler.handler)
assert shared.__file__.startswith(layer), shared.__file__
# Hash-based .pyc files are loaded as they are; anything else would be compiled at every cold start.
compiled = [m.__spec__.cached for m in list(sys.modules.values()) if str(getattr(m, "__file__", "")).startswith(layer)
            and str(m.__file__).endswith(".py")]
missing = [path for path in compiled if not path or open(path, "rb").read(8)[4:] != bytes([1, 0, 0, 0])]
print(json.dumps({"modules": sorted({name.partition(".")[0] for name in sys.modules}), "uncompiled": missing}))
"""


class BuildUnfit(Exception):
    """The build is not what may be deployed; the text says why."""


def check_build(build: Path) -> str:
    """Check sizes and imports. Returns one line for the reader. Raises BuildUnfit."""
    template = yaml.safe_load((build / "template.yaml").read_text(encoding="utf-8"))
    functions = [name for name, body in template["Resources"].items() if body["Type"] == "AWS::Serverless::Function"]
    layer = build / "SharedLayer" / "python"
    layer_bytes = size_bytes(build / "SharedLayer")
    sizes = {name: size_bytes(build / name) for name in functions}
    too_large = {name: size for name, size in sizes.items() if size > MAX_FUNCTION_BYTES}
    if layer_bytes > MAX_LAYER_BYTES or too_large:
        raise BuildUnfit(f"too large: layer {layer_bytes} bytes (limit {MAX_LAYER_BYTES}), functions {too_large}")
    present = [name for name in _RUNTIME_PACKAGES if (layer / name).exists()]
    if present:
        raise BuildUnfit(f"the layer holds {present}, which Lambda's runtime brings")
    for name in functions:
        _check_import(name, build / name, layer)
    largest = max(sizes.values())
    return f"layer {layer_bytes / 1e6:.1f} MB, {len(functions)} functions of at most {largest / 1e3:.1f} kB; all import"


def _check_import(name: str, function: Path, layer: Path) -> None:
    try:
        python = Interpreter.find()
    except BaseImageFailed as error:
        raise BuildUnfit(str(error)) from None
    runtime = Path(_installed_at("boto3")).parent
    done = subprocess.run(
        [str(python.executable), "-I", "-B", "-c", _IMPORT_CHECK, str(function), str(layer), str(runtime)],
        env=_lambda_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode != 0:
        raise BuildUnfit(f"{name} cannot be imported from the build:\n{done.stderr.strip()[-2000:]}")
    seen = json.loads(done.stdout.splitlines()[-1])
    if seen["uncompiled"]:
        raise BuildUnfit(f"modules of the layer without a hash-based .pyc: {seen['uncompiled'][:3]}")
    heavy = sorted(set(_WEBHOOK_MUST_NOT_IMPORT) & set(seen["modules"]))
    if name == "KookWebhookFunction" and heavy:
        raise BuildUnfit(f"{name} imports {heavy}, which costs KOOK's one second")


def _lambda_environment() -> Mapping[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "AWS_DEFAULT_REGION": "us-east-1"}


def _installed_at(package: str) -> str:
    import importlib.util

    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise BuildUnfit(f"{package} is not installed in this environment")
    return str(Path(spec.origin).parent)


def size_bytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
