"""The examples of docs/reference/signing.md run, one after the other, as a reader would run them."""

from __future__ import annotations

import re
from pathlib import Path

from msign.signing.evidence import EvidenceCollector
from tests.support.documents import write_pdf
from tests.support.pki import Pki

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "signing.md"


def test_the_examples_of_the_reference_run(tmp_path: Path, pki: Pki, evidence: EvidenceCollector) -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(examples) >= 8
    reader = {
        "pkcs12": pki.person("ion").pkcs12("demo"),
        "document": write_pdf(tmp_path / "document.pdf", pages=2),
        "signed": tmp_path / "signed.pdf",
        "archived": tmp_path / "archived.pdf",
        "container": tmp_path / "container.asice",
        "folder": tmp_path,
        "tsa": pki.tsa,
        "evidence": evidence,
    }
    for number, example in enumerate(examples, 1):
        exec(compile(example, f"{PAGE.name}, example {number}", "exec"), reader)
