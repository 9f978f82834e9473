"""The main job through the network interfaces only, on a whole installation, judged by what others wrote."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from lxml import etree

from tests.support.documents import write_big_pdf, write_pdf
from tests.support.installation import Installation

pytestmark = pytest.mark.xdist_group("installation")

DS = "{http://www.w3.org/2000/09/xmldsig#}"


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed; `.ci/run` installs it")
    return found


def _sign(installation: Installation, *arguments: str) -> list[dict[str, str]]:
    done = installation.msign("sign", "--json", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _verify(installation: Installation, *arguments: str) -> tuple[int, dict[str, object]]:
    trust = ("--trust", str(installation.options.data_path / "trust"))
    done = installation.msign("verify", "--json", *trust, *arguments)
    return done.returncode, json.loads(done.stdout.splitlines()[0])


@pytest.fixture(scope="module")
def signed(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("journey")
    one = write_pdf(folder / "one.pdf")
    big = write_big_pdf(folder / "big.pdf", 20)
    _sign(installation, str(one), str(big))
    first = folder / "one.pdf.signed.pdf"
    _sign(installation, str(first), "--signer", "2000000000015")
    _sign(installation, "--hash", str(one))
    return {
        "one": first,
        "big": folder / "big.pdf.signed.pdf",
        "twice": folder / "one.pdf.signed.pdf.signed.pdf",
        "original": one,
        "hash": folder / "one.pdf.xades.xml",
    }


@pytest.mark.parametrize(("name", "signatures"), [("one", 1), ("big", 1), ("twice", 2)])
def test_our_own_verifier_finds_every_signature_valid(
    installation: Installation, signed: dict[str, Path], name: str, signatures: int
) -> None:
    code, report = _verify(installation, str(signed[name]))
    assert code == 0
    assert report["verdict"] == "valid"
    assert [one["level"] for one in report["signatures"]] == ["T"] * signatures  # type: ignore[attr-defined]


def test_the_trusted_list_of_the_sandbox_decides_that_a_signature_is_qualified(
    installation: Installation, signed: dict[str, Path]
) -> None:
    refreshed = installation.msign("trust", "refresh", "--json")  # the worker has done so, sooner or later
    assert refreshed.returncode == 0, refreshed.stdout + refreshed.stderr
    [listed] = json.loads(refreshed.stdout)["lists"]
    code, report = _verify(installation, str(signed["one"]))
    assert code == 0
    [signature] = report["signatures"]  # type: ignore[misc]
    words = (signature["qualification"], signature["qualified_device"], signature["trusted_list"])  # type: ignore[index]
    assert words == ("qualified", True, f"{listed['territory']} {listed['sequence']}")


@pytest.mark.tool
@pytest.mark.parametrize(("name", "signatures"), [("one", 1), ("big", 1), ("twice", 2)])
def test_pdfsig_finds_every_signature_valid(signed: dict[str, Path], name: str, signatures: int) -> None:
    said = subprocess.run([_tool("pdfsig"), str(signed[name])], capture_output=True, text=True, check=False).stdout
    assert said.count("Signature is Valid.") == signatures
    assert said.count("ETSI.CAdES.detached") == signatures


@pytest.mark.tool
def test_xmlsec1_accepts_the_signature_over_the_hash(signed: dict[str, Path], tmp_path: Path) -> None:
    tree = etree.parse(signed["hash"])
    reference = next(one for one in tree.iter(f"{DS}Reference") if not one.get("Type"))
    uri = reference.get("URI")
    assert uri
    certificates = [
        "\n".join(["-----BEGIN CERTIFICATE-----", one.text or "", "-----END CERTIFICATE-----", ""])
        for one in tree.iter(f"{DS}X509Certificate")
    ]
    leaf = tmp_path / "leaf.pem"
    leaf.write_text(certificates[0])
    command = [
        _tool("xmlsec1"),
        "--verify",
        *("--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"),
        *("--pubkey-cert-pem", str(leaf)),
        *(f"--url-map:{uri}", str(signed["original"])),
        str(signed["hash"]),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_signature_over_a_hash_is_valid_for_that_file_only(
    installation: Installation, signed: dict[str, Path]
) -> None:
    code, report = _verify(installation, str(signed["hash"]), "--detached", f"document={signed['original']}")
    assert (code, report["verdict"]) == (0, "valid")
    code, report = _verify(installation, str(signed["hash"]), "--detached", f"document={signed['one']}")
    assert (code, report["verdict"]) == (1, "invalid")
    code, report = _verify(installation, str(signed["hash"]))  # the file lies beside its signature
    assert (code, report["verdict"]) == (0, "valid")


@pytest.mark.parametrize("name", ["one", "twice", "hash"])
def test_the_api_judges_as_the_command_does(installation: Installation, signed: dict[str, Path], name: str) -> None:
    right = ("--detached", f"document={signed['original']}") if name == "hash" else ()
    done = installation.msign("verify", "--api", "--json", str(signed[name]), *right)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["verdict"] == "valid"
    wrong = ("--detached", f"document={signed['one']}") if name == "hash" else ()
    if wrong:
        assert installation.msign("verify", "--api", str(signed[name]), *wrong).returncode == 1


def test_original_bytes_survive(signed: dict[str, Path]) -> None:
    original = signed["original"].read_bytes()
    assert signed["one"].read_bytes().startswith(original)
    assert signed["twice"].read_bytes().startswith(signed["one"].read_bytes())


def test_one_changed_byte_is_noticed(installation: Installation, signed: dict[str, Path], tmp_path: Path) -> None:
    data = bytearray(signed["one"].read_bytes())
    data[len(signed["original"].read_bytes()) // 2] ^= 1
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(data)
    code, report = _verify(installation, str(changed))
    assert (code, report["verdict"]) == (1, "invalid")


def test_refusing_ends_the_request_with_the_reason(installation: Installation, tmp_path: Path) -> None:
    from msign.client.outgoing import Outgoing
    from msign.kernel.words import ContentType, SignStatus

    digest = hashlib.sha256(b"an invented document").digest()
    with installation.client() as client:
        request_id = client.post([Outgoing(digest)], content_type=ContentType.HASH, short_description="Cerere nr. 17")
        done = installation.msign("sandbox", "sign", request_id, "--refuse", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        response = client.get_response(request_id, lambda n: tmp_path / str(n))
    assert response.status is SignStatus.FAILURE
    assert response.message == "Semnarea a fost anulată de utilizator"
    assert len(response.results) == 1


@pytest.mark.parametrize("level", ["LT", "LTA"])
def test_a_raised_signature_is_judged_without_asking_anybody(
    installation: Installation, signed: dict[str, Path], tmp_path: Path, level: str
) -> None:
    done = installation.msign("augment", str(signed["one"]), "--level", level, "--output", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    raised = tmp_path / "one.pdf.signed.pdf.augmented"
    assert raised.read_bytes().startswith(signed["one"].read_bytes())
    code, report = _verify(installation, str(raised), "--offline")
    assert (code, report["verdict"]) == (0, "valid")
    assert [one["level"] for one in report["signatures"]] == [level]  # type: ignore[attr-defined]


def test_an_unsigned_document_cannot_be_raised(
    installation: Installation, signed: dict[str, Path], tmp_path: Path
) -> None:
    done = installation.msign("augment", str(signed["original"]), "--output", str(tmp_path))
    assert done.returncode == 1
    assert "no signature to raise" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_conformance_command_plays_the_published_cases_and_reports(
    installation: Installation, tmp_path: Path
) -> None:
    report, page = tmp_path / "report.json", tmp_path / "report.html"
    done = installation.msign(
        "conformance", "--instrument", "mobile", "--language", "ro", "--json", str(report), "--html", str(page)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text("utf-8"))
    cases = [one["test_case"] for one in found["outcomes"] if one["test_case"]]
    assert cases == [f"TC_FUNCT_0{number}" for number in range(1, 7)]
    assert {one["result"] for one in found["outcomes"]} == {"passed"}
    assert "Totul a reușit" in page.read_text("utf-8")


def test_a_return_page_that_does_not_answer_fails_the_run(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        nowhere = f"http://127.0.0.1:{reserved.getsockname()[1]}/return"
    chosen = ("--scenario", "sign", "--instrument", "mobile", "--return-url", nowhere)
    done = installation.msign("conformance", *chosen)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "does not answer" in done.stderr


def test_another_platform_service_reads_the_client_registry(installation: Installation) -> None:
    demo, ports = installation.options.data_path / "demo", installation.options.ports
    serial = x509.load_pem_x509_certificate((demo / "client.pem").read_bytes()).serial_number
    url, search = f"https://{ports.host}:{ports.api_test}/clients", "CertificateSerialNumber"

    def connected(system: str) -> httpx.Client:
        context = ssl.create_default_context(cafile=str(demo / "ca.pem"))
        context.load_cert_chain(demo / f"{system}.pem", demo / f"{system}.key")
        return httpx.Client(verify=context, trust_env=False)

    with connected("client2") as reader, connected("client") as other:
        found = reader.get(url, params={"searchType": search, "searchValue": f"{serial:x}"})
        assert found.status_code == 200, found.text
        assert found.json()["ownerId"] == "1000000000007"
        again = reader.get(str(found.url), headers={"If-None-Match": found.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        by_id = reader.get(url, params={"searchType": "ID", "searchValue": found.json()["id"]})
        assert by_id.json() == found.json()
        assert found.json() in reader.get(url).json()
        assert reader.get(url, params={"searchType": search, "searchValue": "4000"}).status_code == 404
        assert other.get(url).status_code == 403
    context = ssl.create_default_context(cafile=str(demo / "ca.pem"))
    with httpx.Client(verify=context, trust_env=False) as stranger:
        assert stranger.get(url).status_code == 403
