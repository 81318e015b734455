"""What an activation code costs, by its validity in days. Yuan, in whole fen."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

# The price list: a month, half a year, a year.
PRICES_YUAN = {30: Decimal(50), 180: Decimal(200), 365: Decimal(300)}


def price_yuan(validity_days: int) -> Decimal:
    """The listed price; between two of the list at the shorter one's daily rate, but never more than the longer one."""
    listed = sorted(PRICES_YUAN)
    base = max((days for days in listed if days <= validity_days), default=listed[0])
    price = PRICES_YUAN[base] * validity_days / base
    ceiling = next((PRICES_YUAN[days] for days in listed if days > validity_days), price)
    return min(price, ceiling).quantize(Decimal("0.01"), ROUND_HALF_UP)
