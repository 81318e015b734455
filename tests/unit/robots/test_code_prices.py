"""The price list, and what lies between its entries."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.robots.code_prices import price_yuan


@pytest.mark.parametrize(
    ("days", "yuan"),
    [(30, "50.00"), (180, "200.00"), (365, "300.00"), (1, "1.67"), (60, "100.00"), (179, "200.00"), (730, "600.00")],
)
def test_price(days: int, yuan: str) -> None:
    assert price_yuan(days) == Decimal(yuan)


def test_more_days_never_cost_less() -> None:
    prices = [price_yuan(days) for days in range(1, 1000)]
    assert prices == sorted(prices)
