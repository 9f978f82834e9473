"""The address that the WSDL tells clients to post to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msign.faces.soap.contract import PATH
from msign.faces.soap.exchange import header

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def public_address(scope: Mapping[str, Any], public_url: str) -> str:
    """Return the configured public URL, else scheme, host and port that the client reached.

    The Host header is the client's own word and goes back to the same client only; one that is not plainly a host
    gives way to the socket's address. Behind a proxy, configure ``api.public_url_…``.
    """
    if public_url:
        bare = public_url.rstrip("/")
        return bare if bare.lower().endswith(PATH.lower()) else f"{bare}{PATH}"
    host = (header(scope, b"host") or b"").decode("latin-1")
    if not _HOST.fullmatch(host):
        name, port = (scope.get("server") or ("localhost", 8443))[:2]
        host = f"[{name}]:{port}" if ":" in str(name) else f"{name}:{port}"
    return f"{scope['scheme']}://{host}{PATH}"
