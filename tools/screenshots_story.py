"""The company of the pictures: from the form to production, then a refused call, a change that waits, a difference."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

COMPANY, PERSON, SYSTEM = "1020600000041", "nina@nucul.example", "Contracte verzi"
MANDATES = """number,delegator_type,delegator_id,delegate_id,role,valid_from,valid_until,basis
2026/117,Organization,1020600000041,2000000000004,0,2026-02-27,,Procura nr. 5 din 27 februarie 2026
2026/118,Organization,1020600000041,2000000000015,0,2026-03-02,2027-03-01,Procura nr. 6 din 2 martie 2026
2026/120,Person,2000000000004,2000000000015,7,2026-01-12,2099-12-31,Procura notarială 1-204
"""
ELSEWHERE = "127.0.0.9"  # an address that nobody registered


def carry_to_production(running: Any, browser: Any, folder: Path) -> None:
    """Tell the company's story as the browser tests tell it, so that there is something to see of the late states."""
    from tests.browser import test_desk_story as story

    from msign.kernel.words import Environment

    installation: Any = SimpleNamespace(options=running.options)
    test, production = (story.SystemCertificate(folder, name) for name in ("contracte-test", "contracte-productie"))
    for one in (test, production):
        one.order(installation, COMPANY)
    with story.visitor(browser, installation) as nina, story.visitor(browser, installation) as operator:
        nina.sign_in(PERSON, "Nina Nucu")
        operator.sign_in(story.OPERATOR, "")
        home = story.fill_in(nina, number=COMPANY, kind="private", system_name=SYSTEM)
        review = story.review_of(home)
        for action in ("take", "confirm", "issue-documents"):
            story.decide(operator, review, action)
        story.sign_papers(nina, installation, home, story.REPRESENTATIVE_IDNP)
        story.sign_papers(operator, installation, home, story.OPERATOR_IDNP)
        story.give(nina, home, "test", test.certificate)
        story.step(nina, home, "give-test-data")
        story.decide(operator, review, "configure-test")
        test.call(installation, Environment.TEST)
        test.integrator(installation).do_the_six_cases(("mobile", "moldsign", "mobisign", "nationalid"))
        story.assert_tests(nina, home, passed=6)
        story.step(nina, home, "validate")
        story.decide(operator, review, "confirm-compliance")
        story.give(nina, home, "production", production.certificate)
        story.step(nina, home, "give-production-data")
        _pay(operator)
        story.decide(operator, review, "activate")
        _call_from_elsewhere(installation, nina, home, test, production)
        _take_away(running, operator)


def _pay(operator: Any) -> None:
    operator.go("/connect/desk/invoices/")
    row = operator.page.locator("tr", has_text="Cooperativa Nucul Verde")
    row.locator("summary").click()
    with operator.page.expect_navigation():
        row.locator("button.secondary").click()


def _call_from_elsewhere(installation: Any, nina: Any, home: str, test: Any, production: Any) -> None:
    """Refused calls: in test it waits for the team, in production the team has asked the operator."""
    from tests.support.calling import REFUSED, Caller

    from msign.kernel.words import Environment

    for one, place in ((test, Environment.TEST), (production, Environment.PRODUCTION)):
        Caller(installation, one.certificate, one.key, source=ELSEWHERE).until(REFUSED, place)
    nina.go(f"{home}calls/production/")
    nina.press("button[name=repair][value=address]")


def give_powers(running: Any, folder: Path) -> None:
    """Register powers to sign for another: with and without an end, of a person and of organisations, one ended."""
    file = folder / "mandates.csv"
    file.write_text(MANDATES, encoding="utf-8")
    _command(running, "mandates", "import", str(file))
    _command(running, "mandates", "revoke", "--reason", "Contract de muncă încetat", "2026/118")


def _command(running: Any, *words: str) -> None:
    subprocess.run([sys.executable, "-m", "msign.ops.cli", *words], env=running.environment, check=True)


def _take_away(running: Any, operator: Any) -> None:
    """Take an address away behind the desk's back; the worker notices."""
    _command(running, "access", "network", "remove", "-s", SYSTEM, "-e", "test", "::1")
    for _look in range(60):
        operator.go("/connect/desk/access/")
        if operator.page.locator("main tbody .tag.danger").count():
            return
        operator.page.wait_for_timeout(500)
