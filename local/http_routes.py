"""Which function a request belongs to: route matching like an API Gateway HTTP API's.

The most specific route wins: a literal segment over ``{name}``, ``{name}`` over ``{name+}``, an exact method over ANY,
and ``$default`` last. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from local.template import HttpRoute

_LITERAL, _PARAMETER, _GREEDY, _CATCH_ALL = range(4)


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """``target`` is the function's logical id; path parameters are URL-decoded."""

    target: str
    route_key: str
    path_parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Candidate:
    route: HttpRoute
    target: str
    segments: tuple[str, ...]
    rank: tuple[tuple[int, ...], bool]

    def match(self, method: str, segments: list[str]) -> dict[str, str] | None:
        if self.route.method not in ("ANY", method):
            return None
        if self.route.path == "$default":
            return {}
        parameters: dict[str, str] = {}
        for index, pattern in enumerate(self.segments):
            if pattern.startswith("{") and pattern.endswith("+}"):
                rest = "/".join(segments[index:])
                if not rest:
                    return None
                parameters[pattern[1:-2]] = unquote(rest)
                return parameters
            if index >= len(segments):
                return None
            if pattern.startswith("{") and pattern.endswith("}"):
                if not segments[index]:
                    return None
                parameters[pattern[1:-1]] = unquote(segments[index])
            elif pattern != unquote(segments[index]):
                return None
        return parameters if len(segments) == len(self.segments) else None


class RouteTable:
    """All routes of the template, most specific first."""

    def __init__(self, routes: Iterable[tuple[HttpRoute, str]]) -> None:
        candidates = [self._candidate(route, target) for route, target in routes]
        self._candidates = sorted(candidates, key=lambda candidate: candidate.rank)

    @staticmethod
    def _candidate(route: HttpRoute, target: str) -> _Candidate:
        if route.path == "$default":
            return _Candidate(route, target, (), ((_CATCH_ALL,), True))
        segments = tuple(_segments(route.path))
        kinds = tuple(_GREEDY if s.endswith("+}") else _PARAMETER if s.startswith("{") else _LITERAL for s in segments)
        return _Candidate(route, target, segments, (kinds, route.method == "ANY"))

    def match(self, method: str, raw_path: str) -> RouteMatch | None:
        """The route of a request, or None. One slash at the end of the path makes no difference."""
        segments = _segments(raw_path)
        for candidate in self._candidates:
            parameters = candidate.match(method, segments)
            if parameters is not None:
                return RouteMatch(candidate.target, candidate.route.key, parameters)
        return None


def _segments(path: str) -> list[str]:
    trimmed = path.removeprefix("/")
    return (trimmed[:-1] if trimmed.endswith("/") else trimmed).split("/")
