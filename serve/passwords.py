"""A password -> whether it is fit to be one, its hash, and whether it matches a hash.

argon2id (RFC 9106) with the parameters that argon2-cffi recommends at present; a hash names its own. Unicode is brought
to one form first (NFKC), so that a password is the same from every keyboard (NIST SP 800-63B, 3.1.1.2).
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from deskwright.errors import DeskwrightError

HASHER = PasswordHasher()

SHORTEST = 12
LONGEST = 1024

LEAST_SCORE = 3
"""Of zxcvbn's 0 to 4 (Wheeler, USENIX Security 2016): more than 10^8 guesses."""

LOOKED_AT = 72
"""So many characters zxcvbn takes; what is good so far does not get worse."""


def check(password: str, name: str) -> None:
    """Refuses what is guessed easily, by whoever knows the person's name too.

    Raises:
        DeskwrightError: too short or too long, a common password, a pattern, or made of the name; it says which.
    """
    from zxcvbn import zxcvbn

    if not SHORTEST <= len(password) <= LONGEST:
        raise DeskwrightError(f"The password has {len(password)} characters; expected {SHORTEST} to {LONGEST}.")
    words = [name, *name.split(), "deskwright"]
    rest = re.sub("|".join(map(re.escape, words)), "", password, flags=re.IGNORECASE)
    found = zxcvbn(rest[:LOOKED_AT] or "-", user_inputs=words)
    if found["score"] < LEAST_SCORE:
        why = found["feedback"]["warning"] or "It can be guessed."
        raise DeskwrightError(
            f"This password is too easy to guess. {why} Expected one without the name, common words alone or patterns: "
            "four words that have nothing to do with each other are good, and so is what a password manager makes."
        )


def hashed(password: str) -> str:
    """The hash to keep, with a salt of its own."""
    return HASHER.hash(_one_form(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether this is the password. Where there is none to compare with, it takes as long, and is wrong."""
    nobodys = _nobodys()  # for everybody: the first to ask waits until it is made
    try:
        return HASHER.verify(kept or nobodys, _one_form(password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether the hash was made with other parameters than those of now."""
    return HASHER.check_needs_rehash(kept)


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return HASHER.hash(secrets.token_bytes(32))


def _one_form(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
