"""Money: integers of a currency's minor unit, by the exponents of ISO 4217."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

LARGEST = Decimal(10) ** 11  # in major units; sums of thousands of such orders still fit 64 bits of any minor unit

_BY_EXPONENT = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
        "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD "
        "HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT "
        "MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR "
        "SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU "
        "UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMN TND",
    4: "CLF UYW",
}
EXPONENTS: dict[str, int] = {code: exp for exp, codes in _BY_EXPONENT.items() for code in codes.split()}
_UNITS = {exp: Decimal(1).scaleb(-exp) for exp in _BY_EXPONENT}
_NOISE = Decimal("0.000001")  # what adding floats leaves behind, never a real part of a price


@lru_cache(16_384)  # the same prices come again and again
def to_minor(amount: Decimal, currency: str) -> int:
    """`amount` (major units) in minor units of `currency`.

    27.500000000000004 is taken as 27.50: storefronts add floats. ValueError for a fraction of the minor unit that is
    really there (11.777 USD) and for amounts of LARGEST and more; KeyError for a currency that ISO 4217 does not know.
    """
    if amount >= LARGEST:
        raise ValueError(f"{amount} is more than an amount of money can be here ({LARGEST:,})")
    exponent = EXPONENTS[currency]
    rounded = amount.quantize(_UNITS[exponent], ROUND_HALF_EVEN)
    if abs(rounded - amount) > _NOISE:
        raise ValueError(f"{amount} has more decimal places than {currency}, which has {exponent}")
    return int(rounded.scaleb(exponent))


def format_minor(minor: int, currency: str) -> str:
    """`minor` units as people write them: 1177, "USD" -> "11.77 USD"."""
    digits = EXPONENTS[currency]
    if not digits:
        return f"{minor} {currency}"
    text = str(minor) if minor >= 10**digits else f"{minor:0{digits + 1 + (minor < 0)}}"
    return f"{text[:-digits]}.{text[-digits:]} {currency}"
