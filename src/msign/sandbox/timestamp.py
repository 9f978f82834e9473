"""A time-stamping authority of the sandbox (RFC 3161, ETSI EN 319 422)."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from msign.kernel.clock import Clock
from msign.sandbox.authority import PrivateKey, new_key
from msign.sandbox.profiles import TIMESTAMP_POLICY
from msign.sandbox.status import Mode

_LENGTHS = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
_STALE_BY = dt.timedelta(days=30)
ACCURACY_SECONDS = 60


class TimeStampAuthority:
    """Signs the hash of anything together with the present time."""

    def __init__(
        self,
        *,
        key: PrivateKey,
        certificate: x509.Certificate,
        chain: Sequence[x509.Certificate],
        clock: Clock,
        algorithms: Sequence[str] = ("sha256",),
        policy: str = TIMESTAMP_POLICY,
    ) -> None:
        self.key = key
        self.certificate = certificate
        self.chain = tuple(chain)
        self._clock = clock
        self._algorithms = frozenset(algorithms)
        self._policy = policy
        self._stranger = new_key("p256") if isinstance(key, ec.EllipticCurvePrivateKey) else new_key("rsa2048")

    def respond(self, request: bytes, mode: Mode = Mode.NORMAL) -> bytes:
        """Return the DER TimeStampResp to a DER TimeStampReq; what cannot be granted is rejected with its reason."""
        try:
            parsed = tsp.TimeStampReq.load(request, strict=True)
            imprint = parsed["message_imprint"]
            algorithm = imprint["hash_algorithm"]["algorithm"].native
            digest = imprint["hashed_message"].native
            policy, nonce = parsed["req_policy"].native, parsed["nonce"].native
            with_certificates = bool(parsed["cert_req"].native)
        except ValueError:
            return _rejection("bad_data_format")
        if algorithm not in self._algorithms or len(digest) != _LENGTHS[algorithm]:
            return _rejection("bad_alg")
        if policy is not None and parsed["req_policy"].dotted != self._policy:
            return _rejection("unaccepted_policy")
        token = self._token(digest, algorithm, nonce=nonce, with_certificates=with_certificates, mode=mode)
        status = tsp.PKIStatusInfo({"status": "granted"})
        return bytes(tsp.TimeStampResp({"status": status, "time_stamp_token": token}).dump())

    def timestamp(self, imprint: bytes, algorithm: str) -> bytes:
        """Return a DER TimeStampToken over ``imprint``: the ``TimestampSource`` of signing, without a network."""
        return bytes(self._token(imprint, algorithm, nonce=None, with_certificates=True, mode=Mode.NORMAL).dump())

    def _token(
        self, imprint: bytes, algorithm: str, *, nonce: int | None, with_certificates: bool, mode: Mode
    ) -> cms.ContentInfo:
        content = self._info(imprint, algorithm, nonce, mode).dump()
        attributes = self._signed_attributes(content)
        key = self._stranger if mode is Mode.WRONG_KEY else self.key
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": "tst_info", "content": cms.ParsableOctetString(content)},
                "signer_infos": [self._signer_info(attributes, key)],
            }
        )
        if with_certificates:
            signed["certificates"] = [_asn1(item) for item in (self.certificate, *self.chain)]
        return cms.ContentInfo({"content_type": "signed_data", "content": signed})

    def _info(self, imprint: bytes, algorithm: str, nonce: int | None, mode: Mode) -> tsp.TSTInfo:
        now = self._clock.now()
        values: dict[str, object] = {
            "version": "v1",
            "policy": self._policy,
            "message_imprint": {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": imprint},
            "serial_number": secrets.randbits(120) | 1 << 120,
            "gen_time": now - _STALE_BY if mode is Mode.STALE else now,
            "accuracy": {"seconds": ACCURACY_SECONDS},
            "tsa": asn1_x509.GeneralName("directory_name", _asn1(self.certificate).subject),
        }
        if nonce is not None:
            values["nonce"] = nonce
        return tsp.TSTInfo(values)

    def _signed_attributes(self, content: bytes) -> cms.CMSAttributes:
        identifier = {"cert_hash": hashlib.sha256(self.certificate.public_bytes(Encoding.DER)).digest()}
        return cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
                cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(content).digest()]}),
                cms.CMSAttribute(
                    {
                        "type": "signing_certificate_v2",
                        "values": [tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2(identifier)]})],
                    }
                ),
            ]
        )

    def _signer_info(self, attributes: cms.CMSAttributes, key: PrivateKey) -> cms.SignerInfo:
        certificate = _asn1(self.certificate)
        name = "sha256_rsa" if isinstance(key, rsa.RSAPrivateKey) else "sha256_ecdsa"
        return cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    "issuer_and_serial_number",
                    {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
                ),
                "digest_algorithm": {"algorithm": "sha256"},
                "signed_attrs": attributes,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": name}),
                "signature": _sign(key, attributes.untag().dump()),
            }
        )


def _sign(key: PrivateKey, data: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _rejection(reason: str) -> bytes:
    status = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {reason}})
    return bytes(_Refusal({"status": status}).dump())


class _Refusal(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types, and wants a token in every answer
    _fields = [("status", tsp.PKIStatusInfo)]
