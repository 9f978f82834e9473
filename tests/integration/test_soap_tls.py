"""The API over real mTLS: what strangers, guests and registered systems meet at the door."""

from __future__ import annotations

import base64
import logging
import socket
import ssl
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from msign.client.api import SoapClient
from msign.client.outgoing import Outgoing
from msign.faces.soap.listener import Listener
from msign.faces.soap.options import SoapOptions
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import ContentType
from tests.integration.soap_support import Api, running_api
from tests.support.pki import session_pki
from tests.unit.soap.support import REQUEST_ID, post_envelope, sample

POST = sample("post-hash.node-soap.xml")
HEAD = b"POST /MSign.svc HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\n"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("api")) as running:
        yield running


def connect(api: Api, name: str | None = "alfa-test", version: ssl.TLSVersion | None = None) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(api.ca))
    if version is not None:
        context.maximum_version = version
    if name is not None:
        context.load_cert_chain(*api.client(name))
    return context.wrap_socket(socket.create_connection(("127.0.0.1", api.port), 10), server_hostname="localhost")


def answer(connection: ssl.SSLSocket) -> tuple[int, dict[str, str], bytes]:
    """Read one response by its Content-Length, so that the connection can be used again."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        assert piece, data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return int(first.split()[1]), headers, body


def hears_nothing(api: Api, name: str | None) -> bool:
    """Whether a call ends with the connection instead of an answer."""
    try:
        with connect(api, name) as connection:
            connection.sendall(with_length(POST))
            return connection.recv(1) == b""
    except (ssl.SSLError, ConnectionResetError, BrokenPipeError):
        return True


def with_length(body: bytes, more: bytes = b"") -> bytes:
    return HEAD + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_registered_system_is_known_by_its_certificate(api: Api, version: ssl.TLSVersion) -> None:
    with connect(api, version=version) as connection:
        connection.sendall(with_length(POST))
        assert answer(connection)[0] == 200
    assert api.gate.asked[-1] == (session_pki().system("alfa-test").der, "127.0.0.1")


def test_tls_below_1_2_is_refused(api: Api) -> None:
    context = ssl.create_default_context(cafile=str(api.ca))
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    plain = socket.create_connection(("127.0.0.1", api.port), 10)
    with plain, pytest.raises((ssl.SSLError, ConnectionResetError)):
        context.wrap_socket(plain, server_hostname="localhost")


@pytest.mark.parametrize("name", [None, "unknown"])
@pytest.mark.parametrize("size", [100, 5_000_000])
def test_a_stranger_hears_the_fault_even_after_a_long_message(api: Api, name: str | None, size: int) -> None:
    with connect(api, name) as connection:
        connection.sendall(with_length(b"x" * size))
        status, headers, body = answer(connection)
    assert status == 500
    assert headers["content-type"] == "text/xml; charset=utf-8"
    assert b"<faultcode>s:AuthenticationFailed</faultcode>" in body
    assert api.store.created == len(api.store.files)


@pytest.mark.parametrize(
    ("name", "reason"), [("untrusted", "unable to get"), ("expired", "expired"), ("not-yet-valid", "not yet valid")]
)
def test_a_certificate_that_the_library_refuses_ends_the_handshake(
    api: Api, name: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A limit of CPython's ssl (docs/protocol/soap.md): such a client sees a TLS alert and no fault; the log tells."""
    with caplog.at_level(logging.WARNING, "msign.soap.tls"):
        assert hears_nothing(api, name)
    assert reason in caplog.text


def test_keep_alive_serves_many_calls_on_one_connection(api: Api) -> None:
    with connect(api) as connection:
        for _ in range(3):
            connection.sendall(with_length(POST))
            status, headers, _ = answer(connection)
            assert status == 200
            assert headers.get("connection") != "close"


def test_a_drained_refusal_leaves_the_connection_usable(api: Api) -> None:
    with connect(api) as connection:
        connection.sendall(with_length(b"<broken" + b" " * 500_000))
        assert b"s:Client" in answer(connection)[2]
        connection.sendall(with_length(POST))
        assert answer(connection)[0] == 200


def test_connection_close_is_kept(api: Api) -> None:
    with connect(api) as connection:
        connection.sendall(with_length(POST, b"Connection: close\r\n"))
        status, headers, _ = answer(connection)
        assert (status, headers["connection"]) == (200, "close")
        assert connection.recv(1) == b""


def test_chunked_bodies_are_read(api: Api) -> None:
    with connect(api) as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(POST), 100):
            piece = POST[start : start + 100]
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")
        assert answer(connection)[0] == 200


def test_expect_100_continue_is_answered_before_the_body(api: Api) -> None:
    with connect(api) as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(POST))
        assert answer(connection)[0] == 100
        connection.sendall(POST)
        assert answer(connection)[0] == 200


def test_expect_100_continue_of_a_stranger_is_refused_without_the_body(api: Api) -> None:
    with connect(api, "unknown") as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 100000000\r\n\r\n")
        status, headers, body = answer(connection)
        assert (status, headers["connection"]) == (500, "close")
        assert b"AuthenticationFailed" in body


def test_an_endless_head_is_cut_off(api: Api) -> None:
    with connect(api) as connection:
        connection.sendall(b"GET /MSign.svc HTTP/1.1\r\n" + b"X-A: " + b"a" * 70_000 + b"\r\n\r\n")
        assert answer(connection)[0] == 400


def test_too_many_headers_are_cut_off(api: Api) -> None:
    with connect(api) as connection:
        connection.sendall(b"GET /MSign.svc HTTP/1.1\r\n" + b"X-A: a\r\n" * 200 + b"\r\n")
        assert answer(connection)[0] == 400


def test_a_peer_that_sends_no_request_in_time_is_let_go(tmp_path: Path) -> None:
    with running_api(tmp_path, head_seconds=0.5) as api:
        with connect(api) as silent:
            assert silent.recv(1) == b""
        with connect(api) as dripping:
            dripping.sendall(HEAD)
            assert dripping.recv(1) == b""
        with connect(api) as prompt:
            prompt.sendall(with_length(POST))
            assert answer(prompt)[0] == 200


def test_peers_that_never_start_the_handshake_do_not_stall_others(api: Api) -> None:
    idle = [socket.create_connection(("127.0.0.1", api.port), 10) for _ in range(20)]
    with connect(api) as connection:
        connection.sendall(with_length(POST))
        assert answer(connection)[0] == 200
    for one in idle:
        one.close()


@pytest.mark.tool
def test_openssl_without_a_certificate_gets_the_fault(api: Api) -> None:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{api.port}", "-CAfile", str(api.ca), "-quiet"]
    body = with_length(POST, b"Connection: close\r\n")
    done = subprocess.run(command, input=body, capture_output=True, check=False, timeout=30)
    assert b"Invalid authentication certificate provided" in done.stdout


def test_a_foreign_address_may_be_dropped_without_a_word(tmp_path: Path) -> None:
    with running_api(tmp_path, options=SoapOptions(ip_reject="drop")) as api:
        api.gate.addresses = ("192.0.2.1",)
        assert hears_nothing(api, "alfa-test")


def test_a_certificate_may_be_required(tmp_path: Path) -> None:
    with running_api(tmp_path, client_certificate="required") as api:
        with connect(api) as connection:
            connection.sendall(with_length(POST))
            assert answer(connection)[0] == 200
        assert hears_nothing(api, None)


def test_anchors_join_and_leave_while_the_listener_runs(tmp_path: Path) -> None:
    with running_api(tmp_path) as api:
        certificate, key = api.client("untrusted")
        api.gate.known[session_pki().system("untrusted").der] = "pinned"

        def post() -> str:
            with SoapClient(api.url, certificate=certificate, key=key, ca=api.ca) as client:
                return client.post([Outgoing(bytes(32))], content_type=ContentType.HASH, short_description="Cerere")

        with pytest.raises(MSignError) as before:
            post()
        assert before.value.code is Code.UNAVAILABLE
        api.anchors.add(session_pki().system("untrusted").der)
        with connect(api) as kept:
            api.run(api.listener.reload())
            assert post() == REQUEST_ID
            api.anchors.discard(session_pki().system("untrusted").der)
            api.run(api.listener.reload())
            with pytest.raises(MSignError):
                post()
            kept.sendall(with_length(POST))
            assert answer(kept)[0] == 200, "a connection from before the reload goes on"


def test_answers_are_not_held_back_by_nagles_algorithm(tmp_path: Path) -> None:
    """Found by measuring: asyncio switches it off only for sockets that name their protocol; 40 ms a call."""
    with running_api(tmp_path) as api:
        assert {own.proto for own in api.listener._sockets} == {socket.IPPROTO_TCP}


def test_a_taken_port_is_said_at_once(api: Api) -> None:
    with pytest.raises(MSignError, match=f"port {api.port} on 127.0.0.1 cannot be used"):
        Listener(None, host="127.0.0.1", port=api.port).bind()


def large_post(size: int) -> bytes:
    content = base64.b64encode(bytes(size)).decode()
    return post_envelope(f"<SignContent><Content>{content}</Content></SignContent>", "Pdf")


def test_others_are_served_while_a_large_message_is_under_way(api: Api) -> None:
    body = large_post(3_000_000)
    with connect(api) as slow, connect(api, "beta-test") as quick:
        slow.sendall(with_length(body)[: len(body) // 2])
        quick.sendall(with_length(POST))
        assert answer(quick)[0] == 200
        slow.sendall(with_length(body)[len(body) // 2 :])
        assert answer(slow)[0] == 200


def test_a_client_that_hangs_up_half_way_leaves_nothing(tmp_path: Path) -> None:
    body = with_length(large_post(3_000_000))
    with running_api(tmp_path) as api:
        for _ in range(5):
            with connect(api) as connection:
                connection.sendall(body[: len(body) // 2])
        with connect(api) as connection:
            connection.sendall(with_length(POST))
            assert answer(connection)[0] == 200
        store = api.store
    assert store.created > 1
    assert len(store.files) == 1, "only the hash of the last, whole call"


def test_a_broken_message_in_the_middle_of_a_large_one(api: Api) -> None:
    body = large_post(3_000_000)
    broken = body[:1_000_000] + b"<" + body[1_000_001:]
    before = len(api.store.files)
    with connect(api) as connection:
        connection.sendall(with_length(broken))
        status, _, text = answer(connection)
        assert (status, b"s:Client" in text) == (500, True)
        connection.sendall(with_length(POST))
        assert answer(connection)[0] == 200
    assert len(api.store.files) == before + 1


def test_calls_at_the_same_time_do_not_mix(api: Api) -> None:
    """Parsers share one thread and one dictionary of names; contents must end where they belong."""
    sizes = [10, 200_000, 70_000, 500_000, 33, 90_000, 250_000, 1]

    def post(size: int) -> None:
        with connect(api) as connection:
            connection.sendall(with_length(large_post(size)))
            assert answer(connection)[0] == 200

    api.client()  # written once, before threads read it
    before = len(api.store.files)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(post, sizes * 3))
    found = sorted(map(len, api.store.files[before:]))
    assert found == sorted(sizes * 3)
