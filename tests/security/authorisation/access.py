"""Kinds of caller, and kinds of access: whom a route admits, and how it refuses everybody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Caller(StrEnum):
    NOBODY = "nobody"
    WRONG_TOKENS = "wrong tokens everywhere"
    API_TOKEN = "the relay's API token"
    SESSION = "a session"
    ENDED_SESSION = "a session that signed out"
    EXPIRED_SESSION = "a session past its time"
    USER = "a robots user"
    OTHER_USER = "another robots user"
    DISABLED_USER = "a disabled robots user"
    ROBOTS_ADMIN = "the robots administrator"
    ROBOT = "a robot"
    OTHER_ROBOT = "another robot"
    DELETED_ROBOT = "a deleted robot"
    REFRESH_TOKEN = "a robot's refresh token as access token"
    EXPIRED_USER = "a robots user whose token is past its time"
    UNSIGNED_TOKEN = "a robots token without signature"
    FORGED_TOKEN = "a robots token signed with another key"
    MONITOR_SESSION = "a monitor session"
    ENDED_MONITOR_SESSION = "a monitor session that signed out"
    MONITOR_API_KEY = "the monitor's API key"
    DISCOVERY_KEY = "the monitor's auto-discovery key"
    SHARED_LINK = "a visitor with the link of a private site"
    NODE = "a node's agent"
    OTHER_NODE = "another node's agent"
    REMOVED_NODE = "a removed node's agent"


EVERYBODY = frozenset(Caller)
_ROBOTS_BEARERS = frozenset({Caller.USER, Caller.OTHER_USER, Caller.ROBOTS_ADMIN, Caller.ROBOT, Caller.OTHER_ROBOT})
MONITOR_ADMINISTRATORS = frozenset({Caller.MONITOR_SESSION, Caller.MONITOR_API_KEY})
AGENTS = frozenset({Caller.NODE, Caller.OTHER_NODE})


@dataclass(frozen=True)
class Access:
    """``refused`` is the status of a refusal; ``otherwise`` the statuses of callers who are refused in another way."""

    name: str
    admitted: frozenset[Caller]
    refused: int = 401
    otherwise: Mapping[Caller, int] = field(default_factory=dict)

    def refusal(self, caller: Caller) -> int | None:
        """The status that this caller must be answered, None for one that must get past the door."""
        return None if caller in self.admitted else self.otherwise.get(caller, self.refused)


def _robots(name: str, *admitted: Caller, **others: int) -> Access:
    """A token of another kind is known, and refused as such: 403."""
    known = dict.fromkeys(_ROBOTS_BEARERS, 403)
    return Access(
        name, frozenset(admitted), 401, known | {Caller[key.upper()]: status for key, status in others.items()}
    )


OPEN = Access("open", EVERYBODY)
RELAY = Access("relay", frozenset({Caller.API_TOKEN, Caller.SESSION}))
# A stolen session must not lock its owner out, and only a session can be ended.
RELAY_TOKEN_ONLY = Access("relay, no session", frozenset({Caller.API_TOKEN}), 401, {Caller.SESSION: 403})
RELAY_SESSION_ONLY = Access("relay, session", frozenset({Caller.SESSION}), 401, {Caller.API_TOKEN: 400})

ROBOTS_USER = _robots("robots, user", Caller.USER, Caller.OTHER_USER)
# About one robot: for other users it does not exist.
ROBOTS_OWNER = _robots("robots, owner", Caller.USER, other_user=404)
ROBOTS_ADMIN = _robots("robots, administrator", Caller.ROBOTS_ADMIN)
ROBOTS_DEVICE = _robots("robots, the robot itself", Caller.ROBOT)
# One path, two owners: the robots' administrator and the monitor's.
TWO_ADMINISTRATORS = _robots("robots' or monitor's administrator", Caller.ROBOTS_ADMIN, *MONITOR_ADMINISTRATORS)
# A robot without a device is driven by WorkTool's client, whose protocol knows no credential but the robot's id.
WORKTOOL = Access("whoever names a robot without a device", EVERYBODY)

MONITOR_ADMIN = Access("monitor, administrator", MONITOR_ADMINISTRATORS)
MONITOR_PAGE = Access("monitor, visitors", EVERYBODY)
MONITOR_AGENT = Access("monitor, agents", AGENTS)
MONITOR_REGISTRATION = Access("monitor, auto-discovery", frozenset({Caller.DISCOVERY_KEY}), 403)
# What MONITOR_PAGE becomes while the site is private.
PRIVATE_PAGE = Access("monitor, private site", MONITOR_ADMINISTRATORS | AGENTS | {Caller.SHARED_LINK})
# The RPC socket knows no agents.
PRIVATE_RPC = Access("monitor, private site's RPC", MONITOR_ADMINISTRATORS | {Caller.SHARED_LINK})

# The secret is in the body: KOOK's verify token. None of the callers has it.
KOOK = Access("KOOK", frozenset())
