"""The story of a public body in a real browser on a whole installation: form, signatures, access, production.

Papers are signed through the gateway with the sandbox's phone; the system's certificate comes from the sandbox's CA;
what the desk granted is proved by calling the API with it, before and after.
"""

from __future__ import annotations

import contextlib
import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization

from msign.client.api import SoapClient
from msign.client.outgoing import Outgoing
from msign.kernel.errors import MSignError
from msign.kernel.words import ContentType, Environment
from msign.ops import person
from msign.ops.person import Part
from tests.support import browsers
from tests.support.calling import LET_IN, REFUSED, Caller, Traffic
from tests.support.installation import Installation
from tests.support.integrator import Integrator

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("desk")]
OPERATOR = "operator@msign.example"
OPERATOR_IDNP, REPRESENTATIVE_IDNP = "2000000000026", "2000000000004"
IDNO = "1000600000016"
COMPANY = "1020600000041"
ANSWERS = {
    "address": "mun. Chișinău, str. Stejarilor 1",
    "representative_name": "Ion Model",
    "representative_idnp": "2000 0000 00004",
    "representative_position": "director",
    "representative_basis": "statutul",
    "representative_email": "director@agentie.example",
    "system_name": "Evidența autorizațiilor",
    "rrsi": "RSI-0008-2025",
    "system_description": "Eliberează autorizații.",
    "contact_mailbox": "it@agentie.example",
    "technical_email": "tehnic@agentie.example",
    "technical_phone": "069 123 456",
    "legal_basis": "Legea nr. 124/2022",
    "volume": "1 000",
    "return_hosts": "https://portal.agentie.example/inapoi",
}
INSTRUMENTS = ("mobile", "moldsign", "mobisign", "nationalid", "securesign", "tax")
CHOICES = {"purpose": "new-system", "service": "msign", "content_types": "both", "callback_method": "post"}

_SESSIONS: dict[tuple[str, str], Any] = {}  # by installation and address


@dataclass
class Visitor:
    """One person with a browser window."""

    page: Any
    base: str

    def go(self, path: str) -> None:
        self.page.goto(self.base + path)

    def press(self, selector: str) -> None:
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()

    def sign_in(self, email: str, name: str) -> None:
        """With the link of a letter, as everybody does; who was here before still has the session."""
        if known := _SESSIONS.get((self.base, email)):
            self.page.context.add_cookies([known])
            return
        self._use_link(email, name)
        cookies = self.page.context.cookies(self.base)
        _SESSIONS[self.base, email] = next(one for one in cookies if one["name"] == "sessionid")

    def _use_link(self, email: str, name: str) -> None:
        self.go("/connect/sign-in/")
        self.page.fill("#id_email", email)
        self.page.fill("#id_name", name)
        self.press("main form[novalidate] button")
        self.go("/connect/mailbox/")
        self.press("tbody a")
        assert email in self.page.inner_text("main")
        self.press("article a[href*='/connect/sign-in/']")
        self.press("main form button.large")

    def state(self) -> str:
        return str(self.page.inner_text("main"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsers.launched() as started:
        yield started


@contextlib.contextmanager
def visitor(browser: Any, installation: Installation, *, language: str = "ro", width: int = 1280) -> Iterator[Visitor]:
    context = browser.new_context(locale=language, java_script_enabled=False, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.set_default_timeout(browsers.PATIENCE)
    yield Visitor(page, installation.options.web_url)
    context.close()


@dataclass
class SystemCertificate:
    """A fresh certificate of the sandbox's CA with its key."""

    folder: Path
    name: str

    @property
    def certificate(self) -> Path:
        return self.folder / f"{self.name}.cer"

    @property
    def key(self) -> Path:
        return self.folder / f"{self.name}.key"

    def order(self, installation: Installation, idno: str) -> None:
        url = f"http://{installation.options.ports.host}:{installation.options.ports.sandbox_tsp}/api/systems"
        answer = httpx.post(
            url, data={"name": f"TEST {self.name}", "idno": idno, "organisation": "Agenția Publică Exemplu"}
        )
        answer.raise_for_status()
        key = serialization.load_pem_private_key(answer.content, None)
        self.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.certificate.write_bytes(answer.content[answer.content.index(b"-----BEGIN CERTIFICATE") :])

    def call(self, installation: Installation, environment: Environment) -> str:
        """Post a hash with this certificate; return the request id. Raises ``MSignError`` when refused."""
        ports = installation.options.ports
        port = ports.api_test if environment is Environment.TEST else ports.api_production
        with SoapClient(
            f"https://{ports.host}:{port}/MSign.svc",
            certificate=self.certificate,
            key=self.key,
            ca=installation.options.data_path / "demo" / "ca.pem",
        ) as client:
            content = Outgoing(b"\x01" * 32, correlation_id="1", name="autorizație")
            return client.post([content], content_type=ContentType.HASH, short_description="Autorizație")

    def integrator(self, installation: Installation) -> Integrator:
        """Return the system that has this certificate, played by a SOAP client that others wrote."""
        ports, options = installation.options.ports, installation.options
        return Integrator(
            api=f"https://{ports.host}:{ports.api_test}/MSign.svc",
            stage=person.Stage(options.web_url, f"http://{ports.host}:{ports.sandbox_provider}"),
            certificate=self.certificate,
            key=self.key,
            ca=options.data_path / "demo" / "ca.pem",
        )


@dataclass(frozen=True)
class Connected:
    """The public body after its story: its page, and its certificates."""

    home: str
    test: SystemCertificate
    production: SystemCertificate


def _connect_public_body(installation: Installation, browser: Any, tmp_path: Path) -> Connected:
    test, production = SystemCertificate(tmp_path, "evidenta-test"), SystemCertificate(tmp_path, "evidenta-productie")
    for one in (test, production):
        one.order(installation, IDNO)
    with visitor(browser, installation) as ion, visitor(browser, installation, language="en") as operator:
        ion.sign_in("ion@agentie.example", "Ion Stejaru")
        operator.sign_in(OPERATOR, "")
        home = fill_in(ion)
        review = review_of(home)
        reference = review.split("/")[3]
        for action in ("take", "confirm", "issue-documents"):
            decide(operator, review, action)
        sign_papers(ion, installation, home, REPRESENTATIVE_IDNP)
        sign_papers(operator, installation, home, OPERATOR_IDNP)

        give(ion, home, "test", test.certificate)
        with pytest.raises(MSignError):
            test.call(installation, Environment.TEST)
        step(ion, home, "give-test-data")
        decide(operator, review, "configure-test")
        assert test.call(installation, Environment.TEST)
        with pytest.raises(MSignError):
            test.call(installation, Environment.PRODUCTION)

        assert_tests(ion, home, passed=0)
        assert "TC_FUNCT_04" in refused_step(ion, home, "validate")
        test.integrator(installation).do_the_six_cases(INSTRUMENTS)
        assert_tests(ion, home, passed=6)
        step(ion, home, "validate")
        ion.go(f"{home}tests/")
        assert "înghețată" in ion.state()
        operator.go(f"{home}tests/")
        assert operator.page.locator("li.card .tag.success").count() == 6
        decide(operator, review, "confirm-compliance")
        give(ion, home, "production", production.certificate)
        with pytest.raises(MSignError):
            production.call(installation, Environment.PRODUCTION)
        step(ion, home, "give-production-data")
        decide(operator, review, "activate")
        assert production.call(installation, Environment.PRODUCTION)
        with pytest.raises(MSignError):
            production.call(installation, Environment.TEST)

        ion.go("/connect/mailbox/")
        assert f"{reference}: integrarea este încheiată" in ion.state()
        ion.go(f"{home}history/")
        assert "a activat producția" in ion.state()
        return Connected(home, test, production)


@pytest.fixture(scope="module")
def connected(installation: Installation, browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Connected:
    """The public body's whole story, once for each installation; the extension builds on its contract."""
    return _connect_public_body(installation, browser, tmp_path_factory.mktemp("public-body"))


@pytest.mark.timeout(300)
def test_a_public_body_from_the_form_to_production(connected: Connected) -> None:
    assert connected.home


@pytest.mark.timeout(300)
def test_a_company_pays_before_production_in_russian(installation: Installation, browser: Any, tmp_path: Path) -> None:
    test, production = SystemCertificate(tmp_path, "firma-test"), SystemCertificate(tmp_path, "firma-productie")
    for one in (test, production):
        one.order(installation, COMPANY)
    with visitor(browser, installation, language="ru") as nina, visitor(browser, installation) as operator:
        nina.sign_in("nina@nucul.example", "Нина Нуку")
        operator.sign_in(OPERATOR, "")
        home = fill_in(nina, number=COMPANY, kind="private", system_name="Contracte verzi")
        review = review_of(home)
        for action in ("take", "confirm", "issue-documents"):
            decide(operator, review, action)
        sign_papers(nina, installation, home, REPRESENTATIVE_IDNP)
        sign_papers(operator, installation, home, OPERATOR_IDNP)
        nina.go(f"{home}documents/")
        assert "15\u00a0200,00 lei" in nina.state()
        give(nina, home, "test", test.certificate)
        step(nina, home, "give-test-data")
        decide(operator, review, "configure-test")
        assert test.call(installation, Environment.TEST)
        nina.go(f"{home}tests/")
        assert "Последний вызов вашей системы" in nina.state()
        assert nina.page.locator("details textarea").count() == 0  # nothing is confirmed by hand
        waive_tests(operator, home)
        step(nina, home, "validate")
        decide(operator, review, "confirm-compliance")
        give(nina, home, "production", production.certificate)
        step(nina, home, "give-production-data")
        operator.go(review)
        operator.press("button[name=action][value=activate]")
        assert "Factura nu a fost încă achitată" in operator.page.inner_text(".error-summary")
        operator.go("/connect/desk/invoices/")
        row = operator.page.locator("tr", has_text="Cooperativa Nucul Verde")
        row.locator("summary").click()
        with operator.page.expect_navigation():
            row.locator("button.secondary").click()
        decide(operator, review, "activate")
        assert production.call(installation, Environment.PRODUCTION)
        nina.go(home)
        assert "Активно в промышленной среде" in nina.state() or "Завершено" in nina.state()


@pytest.mark.timeout(300)
def test_an_extension_signs_the_annex_and_gives_a_serial_number_in_english(
    installation: Installation, browser: Any, tmp_path: Path, connected: Connected
) -> None:
    """The system uses MPass already; its organisation has a contract from the story above it in this file."""
    test = SystemCertificate(tmp_path, "portal-test")
    test.order(installation, IDNO)
    recorded = installation.msign(
        "desk", "record-certificate", str(test.certificate), "--organisation", IDNO, "--system", "Portalul plăților",
        "--service", "mpass", "--environment", "test",
    )  # fmt: skip
    assert recorded.returncode == 0, recorded.stderr
    serial = recorded.stdout.split()[0]
    with visitor(browser, installation, language="en") as ion, visitor(browser, installation) as operator:
        ion.sign_in("ion@agentie.example", "")
        operator.sign_in(OPERATOR, "")
        home = fill_in(ion, purpose="extension", system_name="Portalul plăților", rrsi="RSI-0001-2025")
        review = review_of(home)
        for action in ("take", "confirm", "issue-documents"):
            decide(operator, review, action)
        ion.go(f"{home}documents/")
        assert "Annex A-" in ion.state()
        assert "Contract C-" not in ion.state()
        sign_papers(ion, installation, home, REPRESENTATIVE_IDNP, papers=1)
        sign_papers(operator, installation, home, OPERATOR_IDNP, papers=1)
        ion.go(f"{home}certificate/test/")
        ion.page.fill("#id_serial", f"0x{serial[:2].lower()}:{serial[2:].lower()}")
        ion.press("main form[enctype] button:not([name])")
        assert "It already serves this system with mpass" in ion.state()
        ion.press("main form[enctype] button")
        addresses(ion, home, "test")
        step(ion, home, "give-test-data")
        decide(operator, review, "configure-test")
        assert test.call(installation, Environment.TEST)


@pytest.mark.timeout(300)
def test_a_refusal_is_explained_and_repaired_by_the_beneficiary_alone(
    installation: Installation, browser: Any, connected: Connected
) -> None:
    """The system calls from a new server; the team sees the call, reads why it is refused, and adds the address."""
    caller = Caller(installation, connected.test.certificate, connected.test.key, source="127.0.0.9")
    with visitor(browser, installation) as ion:
        ion.sign_in("ion@agentie.example", "")
        verdict, fault = caller.call()
        assert verdict == REFUSED
        ion.go(f"{connected.home}calls/test/")
        assert "127.0.0.9" in ion.state()
        ion.press("a[href*='?attempt=']")
        assert f"HTTP 403: {fault}" in ion.state()
        assert "Adresa nu este înscrisă pentru acest sistem" in ion.state()
        assert "Echipa dumneavoastră poate remedia aici." in ion.state()
        ion.press("section a.button")
        ion.press("button[name=repair][value=address]")
        assert "Contează într-o secundă" in ion.state()
        assert caller.until(LET_IN) < 5, "no decision is older than five seconds"


@pytest.mark.timeout(300)
def test_a_certificate_is_rotated_under_traffic_without_a_failed_call(
    installation: Installation, browser: Any, connected: Connected, tmp_path: Path
) -> None:
    old, new = connected.production, SystemCertificate(tmp_path, "evidenta-productie")
    new.order(installation, IDNO)
    place = Environment.PRODUCTION
    with visitor(browser, installation) as ion, Traffic(installation, old.certificate, old.key, place) as traffic:
        ion.sign_in("ion@agentie.example", "")
        ion.go(f"{connected.home}rotation/production/")
        ion.page.set_input_files("#id_file", str(new.certificate))
        ion.press("main form[enctype] button")
        assert "contează imediat" in ion.state(), ion.state()
        ion.press("main form[enctype] button")
        assert "Certificatul nou este în vigoare" in ion.state()
        Caller(installation, new.certificate, new.key).until(LET_IN, place)
        traffic.switch(new.certificate, new.key)
        ion.go(f"{connected.home}rotation/production/")
        with ion.page.expect_navigation():
            ion.page.locator("button[name=remove]").nth(1).click()  # the older one stands below
        assert "scos din uz" in ion.state()
        Caller(installation, old.certificate, old.key).until(REFUSED, place)
        traffic.some_more()
    assert traffic.failures == []
    assert traffic.made > 10


@pytest.mark.timeout(300)
def test_a_suspension_takes_effect_in_the_running_gateway_and_its_end_too(
    installation: Installation, browser: Any, connected: Connected
) -> None:
    caller = Caller(installation, connected.test.certificate, connected.test.key)
    review = review_of(connected.home)
    with visitor(browser, installation) as operator:
        operator.sign_in(OPERATOR, "")
        assert caller.call()[0] == LET_IN
        suspend = f"/connect/cases/{review.split('/')[3]}/suspend/operator/"
        operator.go(suspend)
        operator.page.fill("#id_text", "Verificare")
        operator.press("main form[novalidate] button.button")
        assert caller.until(REFUSED) < 5
        operator.go("/connect/desk/access/")
        assert "diferă de ce s-a decis" not in operator.state()
        operator.go(suspend)
        operator.press("main form[novalidate] button.button")
        assert caller.until(LET_IN) < 5


@pytest.mark.timeout(300)
def test_an_import_of_the_rrsi_looks_at_every_connection_again(
    installation: Installation, connected: Connected, tmp_path: Path
) -> None:
    """A system that is missing in the new extract is refused within seconds; the next extract brings it back."""
    caller = Caller(installation, connected.test.certificate, connected.test.key)
    rows = json.loads((installation.options.data_path / "registers" / "systems.json").read_text("utf-8"))

    def imported(left_out: str) -> str:
        extract = tmp_path / "rrsi.csv"
        with extract.open("w", encoding="utf-8", newline="") as stream:
            table = csv.DictWriter(stream, ["number", "name", "owner"])
            table.writeheader()
            table.writerows(row for row in rows if row["number"] != left_out)
        done = installation.msign("desk", "import-register", "systems", str(extract))
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert caller.call()[0] == LET_IN
    assert "1 missing, 1 changed" in imported(left_out=ANSWERS["rrsi"])
    assert caller.until(REFUSED) < 5
    assert "0 missing, 1 changed" in imported(left_out="")
    assert caller.until(LET_IN) < 5


def review_of(home: str) -> str:
    return f"/connect/desk/{home.rstrip('/').rpartition('/')[2]}/"


def fill_in(
    ion: Visitor,
    *,
    number: str = "",
    kind: str = "public",
    purpose: str = "new-system",
    service: str = "msign",
    **mine: str,
) -> str:
    """From the start page to the receipt; return the address of the case."""
    answers, choices = {**ANSWERS, **mine}, {**CHOICES, "purpose": purpose, "service": service}
    ion.go("/connect/")
    ion.press("main a.button")
    ion.page.check(f"input[value={purpose}]")
    ion.page.check(f"input[value={kind}]")
    ion.page.fill("#id_number", number or IDNO)
    ion.press("main form[novalidate] button")
    if purpose == "extension":
        ion.page.get_by_label(answers["system_name"]).check()
        ion.press("main form button.button:not(.text)")
    home = re.sub(r"^https?://[^/]+", "", ion.page.url)
    ion.press("ul.tasks a")
    while "/form/" in ion.page.url:
        for field in ion.page.locator("main form[novalidate] [name]").all():
            name, kind = field.get_attribute("name"), field.get_attribute("type")
            if kind == "radio" and field.get_attribute("value") == choices.get(name or ""):
                field.check()
            elif kind not in ("radio", "hidden") and name in answers:
                field.fill(answers[name])
        before = ion.page.url
        ion.press("main form[novalidate] button")
        assert ion.page.url != before, ion.state()
    if service == "msign":
        ion.page.check("#users_ready")
    ion.press("main form button.large")
    assert ion.page.url.endswith("/sent/"), ion.state()
    return home


def decide(operator: Visitor, review: str, action: str) -> None:
    operator.go(review)
    operator.press(f"button[name=action][value={action}]")
    assert operator.page.locator(".error-summary").count() == 0, operator.state()


def step(who: Visitor, home: str, name: str) -> None:
    who.go(f"{home}do/{name}/")
    who.press("main form[novalidate] button.button")
    assert who.page.locator(".error-summary").count() == 0, who.state()


def sign_papers(who: Visitor, installation: Installation, home: str, idnp: str, papers: int = 2) -> None:
    """Sign the papers through the gateway: the desk sends to the sign page, the sandbox's phone confirms."""
    for place in range(papers):
        who.go(f"{home}documents/")
        who.page.locator(".card a").nth(place).click()
        image = who.page.locator(".pages img").first.get_attribute("src")
        assert who.page.request.get(f"{who.base}{image}").body().startswith(b"\x89PNG")
        who.press("button[name=sign]")
        request_id = who.page.url.split("?")[0].rstrip("/").rpartition("/")[2]
        ports, options = installation.options.ports, installation.options
        stage = person.Stage(options.web_url, f"http://{ports.host}:{ports.sandbox_provider}")
        person.play(stage, request_id, Part(idnp=idnp))
        who.go(f"/{request_id}")  # the person's own page shows the result and leads back to the desk
        who.go(f"{home}documents/")
        number = who.page.locator(".card a").nth(place).get_attribute("href")
        who.go(f"{number}signed/{request_id}/")
        assert who.page.locator(".message.error").count() == 0, who.state()


def give(who: Visitor, home: str, environment: str, certificate: Path) -> None:
    who.go(f"{home}certificate/{environment}/")
    who.page.set_input_files("#id_file", str(certificate))
    who.press("main form[enctype] button")
    assert who.page.locator("input[name=confirmed]").count() == 1, who.state()
    who.press("main form[enctype] button")
    addresses(who, home, environment)


def addresses(who: Visitor, home: str, environment: str) -> None:
    who.go(f"{home}addresses/{environment}/")
    who.page.fill("#id_addresses", "127.0.0.1\n::1")
    who.press("main form[novalidate] button")
    if who.page.locator("#sure").count():
        who.page.check("#sure")
        who.press("main form[novalidate] button")
    assert who.page.locator(".error-summary").count() == 0, who.state()


def refused_step(who: Visitor, home: str, name: str) -> str:
    """Try a step that is not allowed yet; return why."""
    who.go(f"{home}do/{name}/")
    who.press("main form[novalidate] button.button")
    return who.state()


def assert_tests(who: Visitor, home: str, *, passed: int) -> None:
    who.go(f"{home}tests/")
    assert who.page.locator("li.card .tag.success").count() == passed, who.state()


def waive_tests(operator: Visitor, home: str) -> None:
    """The operator lets all six go, each with a reason."""
    operator.go(f"{home}tests/")
    for number in range(1, 7):
        case = operator.page.locator(f"#TC_FUNCT_0{number}")
        case.locator("summary").click()
        case.locator("textarea").fill("Sistemul semnează deja prin alt serviciu al platformei.")
        with operator.page.expect_navigation():
            case.locator("details button").click()
    assert operator.page.locator("li.card .tag.brand-outlined").count() == 6, operator.state()
