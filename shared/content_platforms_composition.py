"""Building what asks the content platforms: their files, the probe of a cookie, the logins by QR code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.aws.settings import settings
from shared.once import once
from shared.outside_composition import http_client

if TYPE_CHECKING:
    from shared.accounts.platforms.catalogue import PlatformCatalogue
    from shared.accounts.platforms.logins import PlatformLogins
    from shared.accounts.platforms.outgoing import PlatformAddresses
    from shared.accounts.platforms.probe import PlatformProbe


@once
def platform_catalogue() -> PlatformCatalogue:
    """Raises PlatformFileInvalid."""
    from shared.accounts.platforms.catalogue import load_platforms

    return load_platforms(settings().content_platforms_folder)


@once
def platform_probe() -> PlatformProbe:
    from shared.accounts.platforms.probe import PlatformProbe

    return PlatformProbe(platform_catalogue(), http_client(), _addresses())


@once
def platform_logins() -> PlatformLogins:
    from shared.accounts.platforms.logins import PlatformLogins

    return PlatformLogins(platform_catalogue(), http_client(), _addresses())


def _addresses() -> PlatformAddresses:
    from shared.accounts.platforms.outgoing import PlatformAddresses

    bases = (entry.partition("=") for entry in settings().content_platform_bases)
    return PlatformAddresses({platform: base for platform, _, base in bases})
