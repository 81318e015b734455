"""Third-party configurations in the robots table, their secrets sealed: addresses have tokens in them too."""

from __future__ import annotations

from dataclasses import asdict

from shared.robots.table import Item, RobotsTable
from shared.robots.third_party import ThirdParty
from shared.security.sealing import Sealer

_SORT_KEY = "third_party"
_SEALED = (
    "secret_key",
    "message_callback_url",
    "result_callback_url",
    "online_callback_url",
    "offline_callback_url",
    "group_qr_callback_url",
)
# How an address begins that was kept before addresses were sealed.
_PLAIN = ("http://", "https://")


class DynamoThirdParties:
    """Implements shared.robots.third_party.ThirdPartyStore."""

    def __init__(self, table: RobotsTable, sealer: Sealer) -> None:
        self._table = table
        self._sealer = sealer

    def third_party(self, robot_id: str) -> ThirdParty | None:
        item = self._table.get(f"robot#{robot_id}", _SORT_KEY)
        if item is None:
            return None
        body = dict(item.body)
        # A configuration may be older than the callbacks of WorkTool's robots.
        for name in [name for name in _SEALED if name in body]:
            if not body[name].startswith(_PLAIN):
                body[name] = self._sealer.unseal(body[name], record=item.pk, field=name)
        return ThirdParty(**body, version=item.version)

    def erase_third_party(self, robot_id: str) -> bool:
        item = self._table.get(f"robot#{robot_id}", _SORT_KEY)
        return item is None or self.replace_third_party(ThirdParty(robot_id, version=item.version))

    def replace_third_party(self, configuration: ThirdParty) -> bool:
        body = asdict(configuration)
        del body["version"]
        pk = f"robot#{configuration.robot_id}"
        for name in _SEALED:
            body[name] = self._sealer.seal(body[name], record=pk, field=name)
        return self._table.write(Item(pk=pk, sk=_SORT_KEY, body=body, version=configuration.version))
