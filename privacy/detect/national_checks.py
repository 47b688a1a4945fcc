"""A national number, in capitals and without separators -> whether its check holds, where python-stdnum has none.

Each docstring names who defines the number. The shape has been checked before: every function may index freely.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from stdnum import iban, luhn, verhoeff
from stdnum.fi import hetu
from stdnum.si import emso

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _weighted(values: Sequence[int], weights: Sequence[int]) -> int:
    return sum(value * weight for value, weight in zip(values, weights, strict=True))


def _digits(number: str) -> list[int]:
    return [int(digit) for digit in number]


def _digit_sum(value: int) -> int:
    return sum(divmod(value, 10))


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def _is_short_date(digits: str) -> bool:
    """Year, month and day of two digits each, in some century."""
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    return any(_is_date(century + year, month, day) for century in (1900, 2000))


def icao(number: str) -> bool:
    """ICAO 9303, the last digit of a travel document's number: weights 7, 3, 1."""
    values = [ALPHABET.index(char) for char in number[:-1]]
    return sum(value * (7, 3, 1)[i % 3] for i, value in enumerate(values)) % 10 == int(number[-1])


def au_medicare(number: str) -> bool:
    """Australia, Medicare card (Services Australia): the ninth digit; a tenth is the issue of the card."""
    return _weighted(_digits(number[:8]), (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(number[8])


def br_cnh(number: str) -> bool:
    """Brazil, driver's licence (Denatran): two check digits, mod 11."""
    digits = _digits(number)
    first = _weighted(digits[:9], range(9, 0, -1)) % 11
    second = (_weighted(digits[:9], range(1, 10)) % 11 - (2 if first > 9 else 0)) % 11
    return len(set(digits)) > 1 and digits[9:] == [first if first < 10 else 0, second if second < 10 else 0]


def ca_ohip(number: str) -> bool:
    """Canada, Ontario health card (Ministry of Health): Luhn over ten digits; two letters are the version."""
    return number[0] != "0" and luhn.is_valid(number[:10])


def cz_bank_account(number: str) -> bool:
    """Czechia and Slovakia, account and bank code (ČNB decree 169/2011): mod 11 of the account; no prefix."""
    account = number[:-4].zfill(10)
    return int(account) > 0 and _weighted(_digits(account), (6, 3, 7, 9, 10, 5, 8, 4, 2, 1)) % 11 == 0


def de_health(number: str) -> bool:
    """Germany, Krankenversichertennummer (§ 290 SGB V): Luhn from the left, the letter as two digits."""
    digits = _digits(f"{ord(number[0]) - 64:02}{number[1:]}")
    return sum(_digit_sum(digit * (1 + i % 2)) for i, digit in enumerate(digits[:-1])) % 10 == digits[-1]


def de_pension(number: str) -> bool:
    """Germany, Rentenversicherungsnummer (§ 2 VKVV): birthday, and digit sums of weighted digits."""
    day, month = int(number[2:4]), int(number[4:6])
    digits = _digits(f"{number[:8]}{ord(number[8]) - 64:02}{number[9:11]}")
    products = (digit * weight for digit, weight in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True))
    dated = 1 <= month <= 12 and (1 <= day <= 31 or 51 <= day <= 81)
    return dated and sum(map(_digit_sum, products)) % 10 == int(number[11])


def es_social_security(number: str) -> bool:
    """Spain, número de la Seguridad Social (TGSS): mod 97 of province and number."""
    province, rest = number[:2], number[2:-2]
    base = province + (rest[1:] if rest[0] == "0" else rest)
    return "01" <= province <= "66" and int(base) % 97 == int(number[-2:])


def fi_hetu(number: str) -> bool:
    """Finland, henkilötunnus, whose sign between date and number is part of it and may be a hyphen."""
    return bool(hetu.is_valid(number if len(number) == 11 else f"{number[:6]}-{number[6:]}"))


def gb_driver(number: str) -> bool:
    """Great Britain, driver number (DVLA): padded surname, month of birth (plus 50 for women) and day."""
    month, day = int(number[6:8]) % 50, int(number[8:10])
    padded = re.fullmatch(r"[A-Z]+9*", number[:5]) and re.fullmatch(r"[A-Z][A-Z9]", number[11:13])
    return bool(padded) and 1 <= month <= 12 and 1 <= day <= 31


def gb_nino(number: str) -> bool:
    """United Kingdom, National Insurance number (HMRC NIM39110): prefixes that are not given out."""
    return number[:2] not in {"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"}


def hk_identity(number: str) -> bool:
    """Hong Kong, identity card (Immigration Department): mod 11, a blank before a single letter counts 36."""
    values = [ALPHABET.index(char) for char in number[:-1]]
    values = [36, *values] if len(values) == 7 else values
    check = 10 if number[-1] == "A" else int(number[-1])
    return (_weighted(values, range(9, 1, -1)) + check) % 11 == 0


def hu_health(number: str) -> bool:
    """Hungary, TAJ (Act XX of 1996): weights 3 and 7, mod 10."""
    return _weighted(_digits(number[:8]), (3, 7) * 4) % 10 == int(number[8]) and int(number) > 0


def hu_person(number: str) -> bool:
    """Hungary, személyi szám (Act XX of 1996): date, and mod 11 with weights that turned round in 1997."""
    digits = _digits(number)
    checks = {_weighted(digits[:10], weights) % 11 for weights in (range(1, 11), range(10, 0, -1))}
    return digits[0] in range(1, 9) and _is_short_date(number[1:7]) and digits[10] in checks


def hu_tax(number: str) -> bool:
    """Hungary, adóazonosító jel (Act XX of 1996): mod 11."""
    return _weighted(_digits(number[:9]), range(1, 10)) % 11 == int(number[9])


def jmbg(number: str) -> bool:
    """The states of former Yugoslavia, JMBG: the Slovenian EMŠO's check with the region of any of them."""
    return bool(emso.is_valid(number))


def jp_my_number(number: str) -> bool:
    """Japan, individual number (MIC ordinance 85 of 2014): mod 11."""
    check = 11 - _weighted(_digits(number[:11]), (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if check > 9 else check) == int(number[11])


def lu_person(number: str) -> bool:
    """Luxembourg, matricule (law of 19 June 2013): date, then Luhn and Verhoeff of the first eleven digits."""
    dated = _is_date(int(number[:4]), int(number[4:6]), int(number[6:8])) and "18" <= number[:2] <= "20"
    return dated and luhn.is_valid(number[:12]) and verhoeff.is_valid(number[:11] + number[12])


def mx_clabe(number: str) -> bool:
    """Mexico, CLABE (Banco de México): weights 3, 7, 1, mod 10."""
    products = (digit * weight % 10 for digit, weight in zip(_digits(number[:17]), (3, 7, 1) * 6, strict=False))
    return -sum(products) % 10 == int(number[17]) and int(number) > 0


def nz_health(number: str) -> bool:
    """New Zealand, NHI (HISO 10046): letters without I and O; mod 11 of the old form, mod 23 of the new."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    values = [letters.index(char) + 1 if char.isalpha() else int(char) for char in number]
    total = _weighted(values[:6], range(7, 1, -1))
    if number[-1].isalpha():
        return 23 - total % 23 == values[6]
    return total % 11 != 0 and (11 - total % 11) % 10 == values[6]


def pl_bank_account(number: str) -> bool:
    """Poland, NRB (NBP): an IBAN without its country."""
    return bool(iban.is_valid("PL" + number, check_country=False))


def pl_identity_card(number: str) -> bool:
    """Poland, dowód osobisty (MSWiA): mod 10, the first digit is the check digit."""
    return _weighted([ALPHABET.index(char) for char in number], (7, 3, 1, 9, 7, 3, 1, 7, 3)) % 10 == 0


def ru_snils(number: str) -> bool:
    """Russia, SNILS (Social Fund): two check digits, mod 101."""
    return _weighted(_digits(number[:9]), range(9, 0, -1)) % 101 % 100 == int(number[9:]) and int(number) > 0


def sg_nric(number: str) -> bool:
    """Singapore, NRIC and FIN (ICA): weighted digits name the last letter."""
    offset, letters = {
        "S": (0, "JZIHGFEDCBA"),
        "T": (4, "JZIHGFEDCBA"),
        "F": (0, "XWUTRQPNMLK"),
        "G": (4, "XWUTRQPNMLK"),
        "M": (3, "XWUTRQPNJLK"),
    }[number[0]]
    return letters[(offset + _weighted(_digits(number[1:8]), (2, 7, 6, 5, 4, 3, 2))) % 11] == number[8]


def tw_identity(number: str) -> bool:
    """Taiwan, national identity card (MOI): the letter as two digits, mod 10."""
    letter = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(number[0]) + 10
    return (letter // 10 + _weighted([letter % 10, *_digits(number[1:])], (9, 8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0


def us_ssn(number: str) -> bool:
    """United States (SSA, 2011): areas, groups and serials never issued. python-stdnum also refuses the examples."""
    return number[:3] not in {"000", "666"} and number[0] != "9" and number[3:5] != "00" and number[5:] != "0000"
