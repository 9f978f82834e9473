from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from msign.jobs.values import Done, GivenUp, Task
from msign.jobs.worker import Worker
from msign.kernel.clock import FixedClock
from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language
from msign.notices import queries
from msign.notices.rendering import as_html, as_text
from msign.notices.services import JOB, MAX_ATTEMPTS, Deliverer, put
from msign.notices.transports import LocalMailbox, NoTransport, as_message
from msign.notices.values import Letter, Mail, Sent

LETTER = Letter(
    recipient="it@exemplu.md",
    language=Language.RO,
    subject="Cererea a fost primită\r\nBcc: x@y.md",
    greeting="Bună ziua,",
    paragraphs=(
        "Un <b>rând</b> & altul.",
        "Al doilea paragraf, destul de lung încât să treacă peste marginea de șaptezeci și șase de semne.",
    ),
    closing="Echipa MSign\nservicii@exemplu.md",
    link="https://exemplu.md/connect/cases/MS-2026-00001",
    link_text="Deschideți cererea",
    kind="submitted",
    about="MS-2026-00001",
)


@dataclass
class Postman:
    failures: list[MSignError] = field(default_factory=list)
    taken: list[Mail] = field(default_factory=list)

    def send(self, mail: Mail) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(mail)


def busy(*, retry: bool) -> MSignError:
    return MSignError(Code.UNAVAILABLE, "the mail server cannot be reached", retry=retry)


def test_both_parts_say_the_same_and_html_is_escaped() -> None:
    text, html = as_text(LETTER), as_html(LETTER)
    assert "Un <b>rând</b> & altul." in text
    assert "Un &lt;b&gt;rând&lt;/b&gt; &amp; altul." in html
    assert max(map(len, text.splitlines())) <= 80
    assert LETTER.link in text
    assert '<html lang="ro">' in html


def test_a_message_has_two_parts_and_no_injected_header() -> None:
    mail = Mail(
        "msign@exemplu.md", LETTER.recipient, Language.RO, LETTER.subject, "text", "<p>html</p>", "<1@exemplu.md>"
    )
    message = as_message(mail)
    assert message["Bcc"] is None
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["Content-Language"] == "ro"


@pytest.mark.django_db
def test_a_letter_goes_out_once_and_those_who_wait_hear_of_it() -> None:
    clock, postman, heard = FixedClock(), Postman(), []
    put(LETTER, clock.now())
    deliverer = Deliverer(transport=postman, clock=clock, sender="msign@exemplu.md", after=heard.append)
    worker = Worker(handlers={JOB: deliverer.handle}, clock=clock)
    assert worker.run_due() == 1
    assert worker.run_due() == 0
    assert [mail.recipient for mail in postman.taken] == ["it@exemplu.md"]
    assert heard == [Sent("submitted", "MS-2026-00001")]
    assert queries.latest(about="MS-2026-00001")[0].sent == clock.now()


@pytest.mark.django_db
def test_a_passing_fault_is_tried_again_with_the_same_message_id() -> None:
    clock, postman = FixedClock(), Postman([busy(retry=True)])
    number = put(LETTER, clock.now())
    deliverer = Deliverer(transport=postman, clock=clock, sender="msign@exemplu.md")
    worker = Worker(handlers={JOB: deliverer.handle}, clock=clock)
    worker.run_due()
    assert queries.letter(number).last_error  # type: ignore[union-attr]
    clock.move(minutes=5)
    worker.run_due()
    assert postman.taken[0].message_id == f"<msign-notice-{number}@exemplu.md>"
    assert queries.letter(number).last_error == ""  # type: ignore[union-attr]


@pytest.mark.django_db
@pytest.mark.parametrize(("retry", "attempts"), [(False, 1), (True, MAX_ATTEMPTS)])
def test_a_lasting_fault_is_given_up_and_stays_visible(retry: bool, attempts: int) -> None:
    clock = FixedClock()
    number = put(LETTER, clock.now())
    deliverer = Deliverer(transport=Postman([busy(retry=retry)]), clock=clock, sender="msign@exemplu.md")
    assert isinstance(deliverer.handle(Task(JOB, str(number), {}, attempts)), GivenUp)
    assert queries.letter(number).sent is None  # type: ignore[union-attr]


@pytest.mark.django_db
def test_a_letter_that_is_gone_or_sent_is_done() -> None:
    deliverer = Deliverer(transport=LocalMailbox(), clock=FixedClock(), sender="msign@exemplu.md")
    assert deliverer.handle(Task(JOB, "999", {}, 1)) == Done()


@pytest.mark.django_db
def test_without_a_mail_server_letters_wait_and_say_why() -> None:
    clock = FixedClock()
    number = put(LETTER, clock.now())
    deliverer = Deliverer(transport=NoTransport(), clock=clock, sender="msign@exemplu.md")
    Worker(handlers={JOB: deliverer.handle}, clock=clock).run_due()
    row = queries.letter(number)
    assert row is not None
    assert row.sent is None
    assert "mail.host" in row.last_error
