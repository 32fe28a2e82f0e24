"""Money in minor units, by the exponents of ISO 4217."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stream_loyalty.contracts.money import EXPONENTS, format_minor, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "text"),
    [
        ("11.77", "USD", 1177, "11.77 USD"),
        ("0", "USD", 0, "0.00 USD"),
        ("-0.0", "USD", 0, "0.00 USD"),
        ("27.500000000000004", "USD", 2750, "27.50 USD"),
        ("0.30000000000000004", "USD", 30, "0.30 USD"),
        ("1E+3", "USD", 100_000, "1000.00 USD"),
        ("1E-999999", "USD", 0, "0.00 USD"),
        ("1500", "JPY", 1500, "1500 JPY"),
        ("1.234", "KWD", 1234, "1.234 KWD"),
        ("0.0001", "CLF", 1, "0.0001 CLF"),
        ("99999999999.99", "USD", 9_999_999_999_999, "99999999999.99 USD"),
    ],
)
def test_minor_units(amount: str, currency: str, minor: int, text: str) -> None:
    """Amounts become whole minor units and are written with the currency's places."""
    assert to_minor(Decimal(amount), currency) == minor
    assert format_minor(minor, currency) == text


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("11.777", "USD"), ("0.5", "JPY"), ("0.00001", "CLF"), ("1E+12", "USD"), ("1E+999999", "USD")],
)
def test_amounts_that_are_none(amount: str, currency: str) -> None:
    """A real fraction of the minor unit and an absurd sum are refused."""
    with pytest.raises(ValueError, match=r"decimal places|more than an amount"):
        to_minor(Decimal(amount), currency)


def test_every_currency_stands_once() -> None:
    """ISO 4217 has some 160 currencies with minor units; each code has three capital letters."""
    assert 150 < len(EXPONENTS) < 200
    assert all(code.isupper() and len(code) == 3 for code in EXPONENTS)
