from __future__ import annotations

import pytest

from msign.signrequests.rules import Rules


@pytest.mark.parametrize(("setting", "named"), [("correlation-id", "doc-1"), ("name", "cerere.pdf"), ("none", "")])
def test_the_setting_says_what_a_hash_signature_calls_its_content(setting: str, named: str) -> None:
    assert Rules(reference_uri=setting).reference_name("doc-1", "cerere.pdf") == named
