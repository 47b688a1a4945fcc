"""The kinds of personal data, and what becomes of each unless the workspace says otherwise."""

from __future__ import annotations

from typing import Literal, get_args

ENTITIES = (
    "SECRET", "EMAIL", "URL", "CREDIT_CARD", "IBAN", "BANK_ACCOUNT", "SSN", "NATIONAL_ID", "TAX_ID", "HEALTH_ID",
    "PASSPORT", "DRIVER_LICENSE", "PERSON", "PHONE", "IP_ADDRESS", "MAC_ADDRESS", "COORDINATES", "DATE_OF_BIRTH",
    "ADDRESS", "POSTCODE", "LICENSE_PLATE", "HANDLE", "ID", "LOCATION", "ORGANIZATION", "NATIONALITY", "TITLE", "AGE",
    "DATE", "PRIVATE",
)  # fmt: skip
"""Every kind of placeholder; where spans of equal length overlap, the earlier kind wins. PRIVATE is the workspace's
own deny-list."""

DROPPED = "DROPPED_MESSAGE"
"""The placeholder of a whole text that was dropped. No detector finds it, and no policy is set for it."""

Policy = Literal["replace", "generalise", "keep", "drop"]
POLICIES: tuple[Policy, ...] = get_args(Policy)

GENERALISED = ("DATE", "DATE_OF_BIRTH", "AGE", "POSTCODE")
"""The kinds that have a coarser value to be told by."""

DEFAULT_POLICIES: dict[str, Policy] = {
    "ORGANIZATION": "keep",
    "NATIONALITY": "keep",
    "TITLE": "keep",
    "DATE": "keep",
    "AGE": "generalise",
}
"""All other kinds are replaced."""
