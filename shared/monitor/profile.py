"""How the signed-in administrator is shown."""

from __future__ import annotations

from typing import Any

from shared.monitor.store_settings import Profile


def me(profile: Profile | None) -> dict[str, Any]:
    """The bare object of GET /api/me; None for a guest."""
    if profile is None:
        return {"username": "Guest", "logged_in": False}
    return {"username": profile.username, "logged_in": True, **_identity(profile)}


def me_over_rpc(profile: Profile | None) -> dict[str, Any]:
    """common:getMe, whose guest has every field, empty."""
    if profile is None:
        return {"username": "", "logged_in": False, **_identity(Profile())}
    return me(profile)


def _identity(profile: Profile) -> dict[str, Any]:
    sso_type, sso_id = next(iter(profile.bound.items()), ("", ""))
    return {
        "uuid": profile.uuid,
        "sso_type": sso_type,
        "sso_id": sso_id,
        "2fa_enabled": bool(profile.second_factor_secret),
    }
