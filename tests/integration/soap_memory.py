"""Posts a large document to an API in a process of its own, fetches it back, prints the API's growth in KiB."""

from __future__ import annotations

import multiprocessing
import os
import re
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from msign.client.api import SoapClient
from msign.client.outgoing import Outgoing
from msign.kernel.words import ContentType, SignStatus
from msign.signrequests.values import SignResponse, SignResult
from tests.integration.soap_support import running_api
from tests.unit.soap.support import REQUEST_ID


def main(folder: Path, size: int) -> None:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(folder, there))
    process.start()
    url, certificate, key, ca = here.recv()
    with SoapClient(url, certificate=certificate, key=key, ca=ca) as client:
        _post(client, folder, 100_000)
        idle = memory(process.pid, "VmRSS")
        _post(client, folder, size)
        posted = memory(process.pid, "VmHWM") - idle
        client.get_response(REQUEST_ID, lambda _: folder / "fetched")
        fetched = memory(process.pid, "VmHWM") - idle
    assert (folder / "fetched").stat().st_size == size
    here.send("stop")
    process.join(20)
    print(posted, fetched)  # noqa: T201


def serve(folder: Path, parent: Connection) -> None:
    with running_api(folder) as api:
        api.service.response = SignResponse(SignStatus.SUCCESS, None, (SignResult("a", b"der", "content-2"),))
        parent.send((api.url, *api.client(), api.ca))
        parent.recv()


def memory(process_id: int | None, name: str) -> int:
    status = Path(f"/proc/{process_id}/status").read_text("utf-8")
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    assert found
    return int(found.group(1))


def _post(client: SoapClient, folder: Path, size: int) -> None:
    document = folder / "document.pdf"
    with document.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(size)
    client.post([Outgoing(document)], content_type=ContentType.PDF, short_description="Cerere")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.settings")
    main(Path(sys.argv[1]), int(sys.argv[2]))
