"""What the witness takes down of a test system, and what is read back from it and the audit trail."""

from __future__ import annotations

import datetime as dt

import pytest

from msign.access.testimony import Testimony, VerifiedItem
from msign.access.values import Caller
from msign.audit import events
from msign.connections.conformance import witness
from msign.connections.conformance.recognition import recognise
from msign.connections.conformance.traffic import ObservedTraffic
from msign.connections.conformance.values import Instrument
from msign.connections.conformance.witness import Recorder
from msign.connections.models import ObservedCall
from msign.connections.ports import Seen
from msign.kernel.clock import FixedClock
from msign.kernel.words import ContentType, Environment, FailureReason

pytestmark = pytest.mark.django_db
TEST, PRODUCTION = Environment.TEST, Environment.PRODUCTION
SYSTEM = "abc"


def caller(environment: Environment = TEST, system: str = SYSTEM) -> Caller:
    return Caller(system, "Ghișeu", "Organizația Model", "1000000000007", environment, "40", "127.0.0.1")


def posted(recorder: Recorder, at: dt.datetime, request: str, digest: str = "00") -> None:
    recorder.saw(caller(), Testimony("PostSignRequest", request_id=request))
    events.request_posted(
        at=at,
        request_id=request,
        system_id=SYSTEM,
        environment=TEST,
        certificate_serial="40",
        content_type=ContentType.HASH,
        digests=(digest,),
        expected_signer=None,
    )
    events.session_started(at=at, request_id=request, session=f"s-{request}", instrument="mobile", signer_id=None)


def test_real_rows_prove_all_six_cases() -> None:
    clock = FixedClock()
    recorder, now = Recorder(clock=clock), clock.now()
    posted(recorder, now, "r1")
    recorder.arrived(SYSTEM, TEST, "r1", bad_number=False)
    events.request_failed(at=now, request_id="r1", reason=FailureReason.CANCELLED)
    recorder.saw(caller(), Testimony("GetSignResponse", request_id="r1", status="Failure"))
    clock.moment += dt.timedelta(minutes=1)
    posted(recorder, clock.now(), "r2")
    events.request_signed(
        at=clock.now(), request_id="r2", provider="p", signer_id=None, certificate_sha256="00", signatures=("5e",)
    )
    recorder.saw(caller(), Testimony("GetSignResponse", request_id="r2", status="Pending"))
    recorder.saw(caller(), Testimony("GetSignResponse", request_id="r2", status="Success"))
    recorder.saw(caller(), Testimony("PostSignRequest", "InvalidParameter", "ExpectedSigner.ID"))
    recorder.saw(caller(), Testimony("VerifySignatures", verified=(VerifiedItem("5e", valid=True, signatures=1),)))
    recorder.saw(caller(), Testimony("VerifySignatures", verified=(VerifiedItem("5e", valid=False, signatures=1),)))
    story = ObservedTraffic().story(SYSTEM, now)
    found = recognise(story, (Instrument("mobile"),), clock.now())
    assert [one.result for one in found] == ["passed"] * 6
    assert ObservedTraffic().seen(SYSTEM, TEST, now) == Seen(now, clock.now())


def test_other_systems_production_and_the_past_are_not_told() -> None:
    clock = FixedClock()
    recorder, now = Recorder(clock=clock), clock.now()
    recorder.saw(caller(PRODUCTION), Testimony("PostSignRequest", request_id="r1"))
    recorder.arrived(SYSTEM, PRODUCTION, "r1", bad_number=True)
    assert not ObservedCall.objects.exists()
    recorder.saw(caller(system="other"), Testimony("PostSignRequest", request_id="r2"))
    assert ObservedTraffic().seen(SYSTEM, TEST, now) == Seen()
    recorder.saw(caller(), Testimony("PostSignRequest", request_id="r3"))
    assert ObservedTraffic().seen(SYSTEM, TEST, now + dt.timedelta(days=1)) == Seen()
    assert not ObservedTraffic().story(SYSTEM, now + dt.timedelta(days=1)).signings


def test_alike_things_share_a_row() -> None:
    clock = FixedClock()
    recorder = Recorder(clock=clock)
    for _again in range(3):
        recorder.arrived(SYSTEM, TEST, "r1", bad_number=True)
    assert list(ObservedCall.objects.order_by("kind").values_list("kind", "count")) == [("number", 3), ("opened", 3)]
    assert not ObservedTraffic().story(SYSTEM, clock.now()).signings  # posted elsewhere: no request of this system


def test_rows_of_a_system_are_bounded() -> None:
    clock = FixedClock()
    ObservedCall.objects.bulk_create(
        ObservedCall(system=SYSTEM, kind=witness.POSTED, key=f"r{n}", first_at=clock.now(), last_at=clock.now())
        for n in range(witness.MAX_ROWS)
    )
    witness.keep(SYSTEM, witness.POSTED, "new", {}, clock.now() + dt.timedelta(seconds=1))
    assert ObservedCall.objects.count() == witness.MAX_ROWS
    assert not ObservedCall.objects.filter(key="r0").exists()


def test_a_flood_writes_no_more_than_its_bound() -> None:
    recorder = Recorder(clock=FixedClock(), seconds=lambda: 0.0)
    for number in range(150):
        recorder.saw(caller(), Testimony("PostSignRequest", request_id=f"r{number}"))
    assert ObservedCall.objects.count() == witness.BURST
