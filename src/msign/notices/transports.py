"""Ways to carry mail: SMTP where a server is set, else the local mailbox, which keeps letters for a page to show."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage

from msign.kernel.errors import Code, MSignError
from msign.notices.values import Mail


class LocalMailbox:
    """Carries nothing anywhere: the outbox itself is the mailbox, shown by a page of the embedded default."""

    def send(self, mail: Mail) -> None:
        """Take the mail; it stays in the outbox."""


class NoTransport:
    """No mail server is set outside the sandbox: every letter waits, and its row says why."""

    def send(self, mail: Mail) -> None:  # noqa: ARG002  (the signature of every transport)
        """Refuse for now; the letter goes out once a server is set."""
        raise _failed("no mail server is set (mail.host)", permanent=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpTransport:
    """Hands mail to an SMTP server. ``security`` is ``starttls``, ``tls`` or ``none`` (a server on this machine)."""

    host: str
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password: str = ""
    timeout: float = 20.0

    def send(self, mail: Mail) -> None:
        """Send over a fresh connection; refusals of the address or content are permanent, everything else is not."""
        try:
            with self._connect() as server:
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(as_message(mail))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            raise _failed("the server refused the recipient", permanent=all(code >= 500 for code in codes)) from error
        except smtplib.SMTPResponseException as error:
            raise _failed(f"the server answered {error.smtp_code}", permanent=error.smtp_code >= 500) from error
        except (OSError, smtplib.SMTPException) as error:
            raise _failed(f"the mail server {self.host} cannot be reached", permanent=False) from error

    def _connect(self) -> smtplib.SMTP:
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=ssl.create_default_context())
        server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        if self.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        return server


def as_message(mail: Mail) -> EmailMessage:
    """Return the mail as a MIME message with a text and an HTML part, marked as made by a machine."""
    message = EmailMessage()
    message["From"] = Address("MSign", addr_spec=mail.sender)
    message["To"] = mail.recipient
    message["Subject"] = " ".join(mail.subject.split())  # a header is one line, whatever was put into it
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    message["Content-Language"] = mail.language.value
    return message


def _failed(what: str, *, permanent: bool) -> MSignError:
    return MSignError(Code.UNAVAILABLE, what, retry=not permanent)
