"""What huggingface_hub raises -> a sentence that says what was found and what to do."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from huggingface_hub import constants, errors

from deskwright.errors import DeskwrightError


class Unreachable(DeskwrightError):
    """The hub cannot be asked, and what is wanted is not in the cache."""


Test = Callable[[Exception, int], bool]
"""Of the exception and the HTTP status, which is 0 where there is none."""

CASES: tuple[tuple[Test, type[DeskwrightError], str], ...] = (
    (
        lambda error, _: isinstance(error, errors.HFValidationError),
        DeskwrightError,
        "{name!r} is neither a folder that is there nor an id of the hub, such as "
        "HuggingFaceTB/SmolLM2-360M-Instruct. `deskwright models` lists some.",
    ),
    (
        lambda error, status: isinstance(error, errors.GatedRepoError) or status == 403,
        DeskwrightError,
        "{name} is gated, and the hub does not give it to you ({status}). Open {hub}/{name} in a browser and accept "
        "its licence, make a token that may read it ({hub}/settings/tokens), set HF_TOKEN to that, and give the same "
        "command again.",
    ),
    (
        lambda error, _: isinstance(error, errors.RepositoryNotFoundError),
        DeskwrightError,
        "{hub} has no model {name}, or does not show it to you ({status}). Check the spelling (`deskwright models` "
        "lists some); for a private one set HF_TOKEN.",
    ),
    (
        lambda error, _: isinstance(error, errors.RevisionNotFoundError),
        DeskwrightError,
        "{name} has no revision {revision!r}. Name a branch, a tag or a commit of it.",
    ),
    (
        lambda _, status: status == 401,
        DeskwrightError,
        "The hub does not take the token that it was given ({status}). Set HF_TOKEN to a new one "
        "({hub}/settings/tokens), or unset it.",
    ),
    (
        lambda error, _: isinstance(error, errors.OfflineModeIsEnabled),
        Unreachable,
        "{name} at {revision} is not whole in the cache ({cache}), and HF_HUB_OFFLINE forbids to ask the hub. Unset "
        "it, or copy the model into the cache from a machine that has it.",
    ),
    (
        lambda error, _: isinstance(error, httpx2.ProxyError),
        Unreachable,
        "The proxy of HTTPS_PROXY does not let this through to {hub} ({what}), and {name} at {revision} is not whole "
        "in the cache ({cache}). Ask who runs the proxy, or copy the model into the cache from a machine that has it.",
    ),
    (
        lambda error, status: isinstance(error, httpx2.ConnectError | httpx2.TimeoutException) or status >= 500,
        Unreachable,
        "{hub} cannot be reached ({what}), and {name} at {revision} is not whole in the cache ({cache}). Check the "
        "network and HTTPS_PROXY, or copy the model into the cache from a machine that has it.",
    ),
    (
        lambda error, _: getattr(error, "errno", 0) == errno.ENOSPC or os.strerror(errno.ENOSPC) in str(error),
        DeskwrightError,
        "The disk of {cache} is full ({free} free), so {name} could not be stored. Make room, or set HF_HOME to a "
        "folder on another disk, and give the same command again: it goes on with what is missing.",
    ),
    (
        lambda error, _: "Consistency check failed" in str(error),
        DeskwrightError,
        "A file of {name} came through cut short ({what}). It was not kept; give the same command again.",
    ),
    (
        lambda *_: True,
        DeskwrightError,
        "The download of {name} broke off ({what}). Give the same command again: it goes on with what is missing.",
    ),
)


@contextmanager
def told(name: str, revision: str) -> Iterator[None]:
    """Runs a call to the hub, and raises its faults as the sentence of the first case that holds."""
    try:
        yield
    except (httpx2.HTTPError, errors.HFValidationError, OSError, RuntimeError) as raised:  # RuntimeError: of hf_xet
        error = _cause(raised)
        status = getattr(getattr(error, "response", None), "status_code", 0)
        kind, sentence = next((kind, sentence) for holds, kind, sentence in CASES if holds(error, status))
        facts = {"name": name, "revision": revision, "status": status, "what": status or _first_line(error)}
        places = {"hub": constants.ENDPOINT, "cache": constants.HF_HUB_CACHE, "free": _free(constants.HF_HUB_CACHE)}
        raise kind(sentence.format(**facts, **places)) from raised


def _cause(error: Exception) -> Exception:
    """Behind "not in the cache" stands why the hub was not asked."""
    while isinstance(error, errors.LocalEntryNotFoundError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    return error


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _free(folder: str) -> str:
    there = next(place for place in (Path(folder), *Path(folder).parents) if place.exists())
    return f"{shutil.disk_usage(there).free / 1e9:,.2f} GB"
