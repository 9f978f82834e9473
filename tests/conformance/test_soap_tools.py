"""Other people's HTTP stacks against a real listener: curl with its Expect header, Node with Connection: close."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.soap_support import Api, running_api
from tests.unit.soap.support import EXAMPLES, REQUEST_ID, SCHEMA, Answer

pytestmark = pytest.mark.tool
ACTION = '"https://msign.gov.md/IMSign/PostSignRequest"'
NODE = """
const fs = require('fs'), https = require('https');
const [url, ca, cert, key, body] = process.argv.slice(1);
const data = fs.readFileSync(body);
const options = {method: 'POST', ca: fs.readFileSync(ca), cert: fs.readFileSync(cert), key: fs.readFileSync(key),
  headers: {'Content-Type': 'text/xml; charset=utf-8', 'SOAPAction': 'ACTION', 'Connection': 'close',
            'Content-Length': data.length, 'User-Agent': 'node-soap/1.0', 'Accept-Encoding': 'none'}};
const request = https.request(url, options, (response) => {
  console.log(response.statusCode);
  response.pipe(process.stdout);
});
request.end(data);
""".replace("ACTION", ACTION)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("tools")) as running:
        yield running


def needs(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"no {program} on this machine")


def curl(api: Api, body: Path, *more: str) -> Answer:
    needs("curl")
    command = ["curl", "-sS", "-i", "--noproxy", "*", "--cacert", str(api.ca), "--data-binary", f"@{body}"]
    headers = ["-H", "Content-Type: text/xml; charset=utf-8", "-H", f"SOAPAction: {ACTION}"]
    done = subprocess.run([*command, *headers, *more, api.url], capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    head, _, rest = done.stdout.partition(b"\r\n\r\n")
    if head.split()[1] == b"100":
        head, _, rest = rest.partition(b"\r\n\r\n")
    return Answer(int(head.split()[1]), {}, rest)


def identity(api: Api, name: str = "alfa-test") -> list[str]:
    certificate, key = api.client(name)
    return ["--cert", str(certificate), "--key", str(key)]


def test_curl_posts_a_sample_of_the_documentation(api: Api) -> None:
    answer = curl(api, EXAMPLES / "post-hash.node-soap.xml", *identity(api))
    assert answer.status == 200
    SCHEMA.assertValid(answer.tree)
    assert REQUEST_ID.encode() in answer.body


@pytest.mark.parametrize("expect", ["Expect: 100-continue", "Expect:"])
@pytest.mark.parametrize("known", [True, False])
def test_curl_hears_the_fault_after_or_instead_of_a_large_body(
    api: Api, tmp_path: Path, expect: str, *, known: bool
) -> None:
    """A refused client must not see a broken connection, whether it asked before sending or not."""
    body = tmp_path / "large"
    body.write_bytes(b"<x>" + b" " * 8_000_000)
    answer = curl(api, body, *identity(api, "alfa-test" if known else "unknown"), "-H", expect)
    assert answer.status == 500
    assert answer.fault[0] == ("Client" if known else "AuthenticationFailed")


def test_node_posts_with_connection_close(api: Api) -> None:
    needs("node")
    certificate, key = api.client()
    arguments = [api.url, str(api.ca), str(certificate), str(key), str(EXAMPLES / "post-hash.node-soap.xml")]
    done = subprocess.run(["node", "-e", NODE, *arguments], capture_output=True, check=False, timeout=60)
    status, _, body = done.stdout.partition(b"\n")
    assert status == b"200", done.stderr
    SCHEMA.assertValid(Answer(200, {}, body).tree)
