"""An integrator's system in test: zeep calls the API, a person acts on the pages and devices, as the six cases ask."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
from zeep.transports import Transport

from msign.ops import person
from msign.ops.person import Act, Part, Stage


@dataclass
class Integrator:
    """``certificate`` and ``key`` are the system's own; everything goes over the published contract."""

    api: str
    stage: Stage
    certificate: Path
    key: Path
    ca: Path

    def do_the_six_cases(self, instruments: Sequence[str]) -> None:
        """Sign with every instrument, cancel and sign again, send a wrong signer, verify, verify something else."""
        with requests.Session() as session:
            session.trust_env = False
            session.verify = str(self.ca)
            session.cert = (str(self.certificate), str(self.key))
            service = zeep.Client(self.api, transport=Transport(session=session)).service
            self._cancel_and_sign(service, instruments[0])
            posted = {self._post(service, secrets.token_bytes(32)): code for code in instruments[1:]}
            with ThreadPoolExecutor(3) as people:
                list(people.map(lambda one: self._act(*one), posted.items()))
            for request_id in posted:
                assert self._status(service, request_id) == "Success"
            self._send_a_wrong_signer(service)

    def _cancel_and_sign(self, service: Any, instrument: str) -> None:
        digest = secrets.token_bytes(32)
        cancelled = self._post(service, digest)
        self._act(cancelled, instrument, Act.REFUSE)
        assert self._status(service, cancelled) == "Failure"
        signed = self._post(service, digest)
        self._act(signed, instrument)
        answer = service.GetSignResponse(signed, "ro")
        signature = answer.Results.SignResult[0].Signature
        assert self._verify(service, digest, signature)
        assert not self._verify(service, secrets.token_bytes(32), signature)

    def _post(self, service: Any, digest: bytes, signer: str | None = None) -> str:
        content = {"SignContent": [{"Content": digest, "CorrelationID": "1"}]}
        request: dict[str, Any] = {"ContentType": "Hash", "Contents": content, "ShortContentDescription": "Autorizație"}
        if signer is not None:
            request["ExpectedSigner"] = {"DelegatedRoleID": 0, "DelegatorType": "None", "ID": signer}
        return str(service.PostSignRequest(request))

    def _act(self, request_id: str, instrument: str, act: Act = Act.ACCEPT) -> None:
        person.play(self.stage, request_id, Part(instrument=instrument, act=act))

    def _status(self, service: Any, request_id: str) -> str:
        return str(service.GetSignResponse(request_id, "ro").Status)

    def _verify(self, service: Any, digest: bytes, signature: bytes) -> bool:
        content = {"VerificationContent": [{"Content": digest, "CorrelationID": "1", "Signature": signature}]}
        asked = {"Contents": content, "Language": "ro", "SignedContentType": "Hash"}
        return bool(service.VerifySignatures(asked).VerificationResult[0].SignaturesValid)

    def _send_a_wrong_signer(self, service: Any) -> None:
        with pytest.raises(zeep.exceptions.Fault, match=r"ExpectedSigner\.ID"):
            self._post(service, secrets.token_bytes(32), "not an IDNP")
