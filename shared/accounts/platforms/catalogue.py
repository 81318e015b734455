"""Loading platform files: those that come with the software, and those of the operator's own folder."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from shared.accounts.platforms.definition import PlatformDefinition

BUILT_IN_FOLDER = Path(__file__).parent / "definitions"
MAX_FILE_BYTES = 65_536
MAX_FILES = 100


class PlatformFileInvalid(Exception):
    """A platform file cannot be used. The message is one line: the file, and what is wrong where."""


class PlatformUnknown(LookupError):
    """No file describes a platform of that name. ``known`` lists the names there are."""

    def __init__(self, known: tuple[str, ...]) -> None:
        super().__init__("no platform file has that name")
        self.known = known


class PlatformCatalogue:
    """The platforms by name. Immutable, safe to share between threads."""

    def __init__(self, definitions: Mapping[str, PlatformDefinition]) -> None:
        self._definitions = dict(definitions)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._definitions))

    def definition(self, name: str) -> PlatformDefinition:
        """Raises PlatformUnknown."""
        found = self._definitions.get(name)
        if found is None:
            raise PlatformUnknown(self.names)
        return found

    def __iter__(self) -> Iterator[PlatformDefinition]:
        return iter(self._definitions[name] for name in self.names)


def load_platforms(operator_folder: str = "", built_in_folder: Path = BUILT_IN_FOLDER) -> PlatformCatalogue:
    """Read every ``*.toml`` of both folders; a file of the operator's takes the place of a built-in platform of the
    same name. Raises PlatformFileInvalid for the first file, or the folder, that cannot be used."""
    definitions = _of_folder(built_in_folder)
    if operator_folder:
        folder = Path(operator_folder)
        if not folder.is_dir():
            raise PlatformFileInvalid(f"{folder}: there is no such folder of platform files")
        definitions.update(_of_folder(folder))
    return PlatformCatalogue(definitions)


def read_platform_file(path: Path) -> PlatformDefinition:
    """Raises PlatformFileInvalid."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise PlatformFileInvalid(f"{path}: cannot be read ({error.strerror})") from None
    if len(content) > MAX_FILE_BYTES:
        raise PlatformFileInvalid(f"{path}: has more than {MAX_FILE_BYTES} bytes")
    try:
        fields = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise PlatformFileInvalid(f"{path}: is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise PlatformFileInvalid(f"{path}: is not TOML: {error}") from None
    try:
        definition = PlatformDefinition.model_validate(fields)
    except ValidationError as error:
        raise PlatformFileInvalid(f"{path}: {_problems(error)}") from None
    if definition.name != path.stem:
        raise PlatformFileInvalid(f"{path}: the file of the platform {definition.name} must be {definition.name}.toml")
    return definition


def _of_folder(folder: Path) -> dict[str, PlatformDefinition]:
    paths = sorted(folder.glob("*.toml"))
    if len(paths) > MAX_FILES:
        raise PlatformFileInvalid(f"{folder}: holds more than {MAX_FILES} platform files")
    definitions = [read_platform_file(path) for path in paths]
    return {definition.name: definition for definition in definitions}


def _problems(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(str(step) for step in problem["loc"]) or "file"
        lines.append(f"{place}: {str(problem['msg']).removeprefix('Value error, ')}")
    return "; ".join(lines)
