"""Kinds of provider that an operator brings along: folders outside this product, named by a setting."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from pathlib import Path

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError
from msign.pki.tsa import TimestampSource
from msign.providers.base import Provider
from msign.signing.xades import HashStyle

_NAME = re.compile(r"[a-zA-Z_]\w*(\.[a-zA-Z_]\w*)*", re.ASCII)
_VERBS = ("start", "poll", "cancel", "check_config")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the installation lends to a provider."""

    folder: Path  # of the operator's provider files
    web_url: str  # where people reach the sign pages, without a trailing slash
    clock: Clock
    tsa: TimestampSource
    hash_style: HashStyle = HashStyle.DETACHED_DIGEST  # for those who sign digests: how a Hash is signed here


def load_kind(module: str, given: Surroundings) -> tuple[Provider, ...]:
    """Return the providers of one folder: what its function ``providers(given)`` returns.

    Raises ``MSignError`` (``MISCONFIGURED``) for a module that cannot be imported, has no such function or returns
    something that cannot be a provider. What the folder's own code raises as ``MSignError`` is passed on.
    """
    try:
        make = importlib.import_module(_checked(module)).providers
    except ImportError as error:
        raise _wrong(module, f"cannot be imported: {error}") from error
    except AttributeError as error:
        raise _wrong(module, "has no function called providers") from error
    made = tuple(make(given))
    for one in made:
        missing = [verb for verb in _VERBS if not callable(getattr(one, verb, None))]
        if missing or not isinstance(getattr(one, "identifier", None), str):
            raise _wrong(
                module, f"{type(one).__name__} is no provider: {', '.join(missing) or 'identifier'} is missing"
            )
    return made


def _checked(module: str) -> str:
    if not _NAME.fullmatch(module):
        raise _wrong(module, "the name of a Python package was expected")
    return module


def _wrong(module: str, message: str) -> MSignError:
    return MSignError(Code.MISCONFIGURED, f"{module} {message}", member="provider.modules")
