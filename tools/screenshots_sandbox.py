"""Pictures of the sandbox's own pages: demo e-service, simulated phone and card, trust service; and the home page."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

WIDE, NARROW = 1280, 320
LOOKS = ((WIDE, "ro"), (NARROW, "ru"))


def take(camera: Any, running: Any) -> None:
    """Take every page of the sandbox, with a request that waits on a phone and one that waits on a card."""
    host, ports = running.options.ports.host, running.options.ports
    provider, service = f"http://{host}:{ports.sandbox_provider}", f"http://{host}:{ports.sandbox_eservice}"
    pages = {
        "sandbox-eservice": service,
        "sandbox-trust": f"http://{host}:{ports.sandbox_tsp}",
        "sandbox-devices": provider,
    }
    if camera.wants("sandbox-phone") or camera.wants("sandbox-card"):
        for device, instrument in (("phone", "mobile"), ("card", "nationalid")):
            pages[f"sandbox-{device}"] = f"{provider}/{device}/{_ask(camera, running, provider, instrument)}"
    for name, address in pages.items():
        if camera.wants(name):
            for width, language in LOOKS:
                camera.picture(name, f"{address}?lang={language}", "", width, language)
    if camera.wants("sandbox-document"):
        for width, language in LOOKS:
            camera.picture("sandbox-document", f"{service}?lang={language}", "button[name=sample]", width, language)


def _ask(camera: Any, running: Any, provider: str, instrument: str) -> str:
    """Post a document, choose the instrument as the person; return the request once its message is on the device."""
    from tests.support.documents import write_pdf

    from msign.client.outgoing import Outgoing
    from msign.kernel.words import ContentType
    from msign.ops.person import DEFAULT_IDNP
    from msign.signrequests.values import ExpectedSigner

    with tempfile.TemporaryDirectory() as folder, running.client() as client:
        document = Outgoing(write_pdf(Path(folder) / "cerere.pdf"), correlation_id="1", name="Cerere nr. 17.pdf")
        request_id = client.post(
            [document],
            content_type=ContentType.PDF,
            short_description="Cerere nr. 17",
            expected_signer=ExpectedSigner(id=DEFAULT_IDNP),
        )
    page = camera.browser.new_page()
    page.goto(f"{camera.base}/{request_id}?Instrument={instrument}&MSISDN=37360000000")
    while request_id not in page.content():  # the list of devices names the request once the message is there
        page.wait_for_timeout(200)
        page.goto(provider)
    page.close()
    return str(request_id)
