"""`msign verify --api`: has files judged by a running MSign over its SOAP interface, as the demo system."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msign.client.answers import Verified
from msign.client.api import SoapClient
from msign.client.outgoing import ToVerify
from msign.config.options import Options
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.languages import Language
from msign.kernel.words import ContentType
from msign.validation.model import Verdict
from msign.validation.pool import Content

SECONDS = 600.0
_END = ".xades.xml"  # behind the name of the file that was signed


def judge(
    options: Options, files: Sequence[Path], contents: Sequence[Content], language: Language
) -> list[tuple[Verdict, dict[str, Any]]]:
    """Return verdict and facts of each file. Raises ``MSignError`` with the fault's words.

    A XAdES needs exactly one content: its digest is what the contract calls the original hash.
    """
    demo = options.data_path / "demo"
    if not (demo / "client.pem").exists():
        raise MSignError(Code.MISCONFIGURED, f"there is no demo system in {demo}; start `make run` first")
    url = f"https://{options.ports.host}:{options.ports.api_test}/MSign.svc"
    key, ca = demo / "client.key", demo / "ca.pem"
    with SoapClient(url, certificate=demo / "client.pem", key=key, ca=ca, timeout_seconds=SECONDS) as client:
        return [_judged(client, file, contents, language) for file in files]


def contents_of(signature: Path, given: Sequence[Content]) -> tuple[Content, ...]:
    """Return what is said to be signed, else the file beside a signature that is named after it, if there is one.

    ``msign sign --hash contract.docx`` writes ``contract.docx.xades.xml``: whoever has both need not say more.
    """
    if given or not signature.name.endswith(_END):
        return tuple(given)
    beside = signature.with_name(signature.name.removesuffix(_END) or signature.name)
    return (Content("", path=str(beside.resolve())),) if beside != signature and beside.is_file() else ()


def _judged(
    client: SoapClient, file: Path, contents: Sequence[Content], language: Language
) -> tuple[Verdict, dict[str, Any]]:
    with file.open("rb") as opened:
        kind = ContentType.PDF if b"%PDF-" in opened.read(1024) else ContentType.HASH
    digest = _original_hash(file, contents) if kind is ContentType.HASH else None
    verified = client.verify([ToVerify(file, content=digest)], content_type=kind, language=language)[0]
    verdict = Verdict.VALID if verified.valid else Verdict.INVALID if verified.certificates else Verdict.UNKNOWN
    return verdict, _facts(file, verdict, verified)


def _original_hash(file: Path, given: Sequence[Content]) -> bytes:
    contents = contents_of(file, given)
    if len(contents) != 1:
        raise invalid("--detached", f"{file} is no PDF; over the API it needs exactly one --detached or --digest")
    if contents[0].digest:
        return bytes.fromhex(contents[0].digest)
    with Path(contents[0].path).open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").digest()


def _facts(file: Path, verdict: Verdict, verified: Verified) -> dict[str, Any]:
    return {
        "file": str(file),
        "verdict": verdict.value,
        "message": verified.message,
        "signatures": [
            {
                "valid": one.valid,
                "subject": one.subject,
                "signed_at": one.signed_at.isoformat() if one.signed_at else None,
            }
            for one in verified.certificates
        ],
    }


def sentence(facts: dict[str, Any]) -> str:
    """Return the facts of one file for a person."""
    lines = [f"{facts['file']}: {facts['message']}"]
    lines += [
        f"  {'valid' if one['valid'] else 'NOT VALID'}  {one['signed_at'] or 'no time-stamp'}  {one['subject']}"
        for one in facts["signatures"]
    ]
    return "\n".join(lines)
