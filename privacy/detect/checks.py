"""A candidate -> whether it is one: check digits and issuing rules that tell a number from one that looks like it."""

from __future__ import annotations

import ipaddress
import math
import re
from collections import Counter
from collections.abc import Callable

Check = Callable[[str], bool]

CARDS: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (34, 34, (15,)), (37, 37, (15,)),
    (300, 305, (14, 16)), (3095, 3095, (14, 16)), (36, 36, (14, 16)), (38, 39, (14, 16)),
    (1800, 1800, (15,)), (2131, 2131, (15,)), (3528, 3589, (16, 17, 18, 19)),
    (4, 4, (13, 16, 19)),
    (51, 55, (16,)), (2221, 2720, (16,)), (2200, 2204, (16, 17, 18, 19)),
    (6011, 6011, (16, 19)), (644, 649, (16, 19)), (65, 65, (16, 19)), (62, 62, (16, 17, 18, 19)),
    (81, 82, (16,)), (9792, 9792, (16,)), (50, 50, tuple(range(12, 20))), (56, 69, tuple(range(12, 20))),
)  # fmt: skip
"""First digits from and to, and the lengths issued: American Express, Diners Club, JCB, Visa, Mastercard, Mir,
Discover, UnionPay, RuPay, Troy, Maestro (https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)).
"""


IBANS = {
    15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "AO CV LY MZ PT ST", 26: "DZ IR IS TR", 27: "BI CF CG CM DJ FR GA GQ GR IT KM MC MG MR SM TD",
    28: "AL AZ BF BJ BY CI CY DO GT HN HU LB MA ML NE NI PL SN SV TG", 29: "BR EG PS QA UA", 30: "JO KW MU YE",
    31: "MT SC", 32: "LC", 33: "RU",
}  # fmt: skip
"""Characters of an account number, by country (the registry of ISO 13616, and countries that use the form besides)."""


def digits_of(text: str) -> str:
    return re.sub(r"\D", "", text)


def luhn(text: str) -> bool:
    """ISO/IEC 7812-1 check digit, and first digits and a length that a card network issues; over two lines at most."""
    digits = [int(digit) for digit in digits_of(text)]
    doubled = [digit if i % 2 == 0 else sum(divmod(2 * digit, 10)) for i, digit in enumerate(reversed(digits))]
    if sum(doubled) % 10 or len(set(digits)) == 1 or text.count("\n") > 1:
        return False
    return _issued("".join(map(str, digits)))


def _issued(digits: str) -> bool:
    return any(
        len(digits) in lengths and first <= int(digits[: len(str(first))]) <= last for first, last, lengths in CARDS
    )


def iban(text: str) -> bool:
    """ISO 13616: mod 97 of the rearranged account number is 1; over two lines at most."""
    compact = re.sub(r"[\W_]", "", text).upper()
    if not (15 <= len(compact) <= 34 and compact.isascii()) or text.count("\n") > 1:
        return False
    return int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 == 1


def ip_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not address.is_unspecified


def social_security(text: str) -> bool:
    """US SSN: areas 000, 666 and 900-999, group 00 and serial 0000 are never issued (ssa.gov, 2011 rules)."""
    digits = digits_of(text)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def age(text: str) -> bool:
    return 1 <= int(text) <= 120


def on_earth(text: str) -> bool:
    """A latitude and a longitude."""
    latitude, longitude = (abs(float(part)) for part in re.findall(r"\d+\.\d+", text)[:2])
    return latitude <= 90 and longitude <= 180


RANDOM = 2.8
"""Bits a character, counted in the string itself: words of these lengths stay below, random characters do not."""


def random_looking(text: str) -> bool:
    """Letters and digits mixed, and nearly every character another: a key rather than a word."""
    counts = Counter(text)
    entropy = -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
    return entropy >= RANDOM and any(char.isdigit() for char in text) and any(char.isalpha() for char in text)
