"""The platforms by name, and the lookup that says clearly when there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shared.platforms.base import Platform


class UnknownPlatform(LookupError):
    """No platform of that name is built in. ``known`` lists those that are."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"unknown platform {name!r}; known: {', '.join(known)}")
        self.name = name
        self.known = known


class PlatformRegistry:
    def __init__(self, platforms: Iterable[Platform]) -> None:
        self._platforms = {platform.name: platform for platform in platforms}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._platforms)

    def get(self, name: str) -> Platform:
        """Raises UnknownPlatform."""
        try:
            return self._platforms[name]
        except KeyError:
            raise UnknownPlatform(name, self.names) from None

    def __contains__(self, name: object) -> bool:
        return name in self._platforms

    def __iter__(self) -> Iterator[Platform]:
        return iter(self._platforms.values())
