"""`msign sign`: the whole main job from a terminal, through the network interfaces only."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.filesize import decimal
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn

from msign.client.answers import Verified
from msign.client.api import SoapClient
from msign.client.outgoing import Outgoing, ToVerify
from msign.config.options import Options, load
from msign.kernel.clock import CHISINAU
from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language
from msign.kernel.words import ContentType, SignStatus
from msign.ops import person
from msign.ops.person import Part
from msign.ops.sandbox import stage
from msign.signrequests.values import ExpectedSigner

SUFFIXES = {ContentType.PDF: ".signed.pdf", ContentType.HASH: ".xades.xml"}
_CORRELATION = "document"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one file; ``ok`` only if it was signed and verified."""

    file: str
    ok: bool
    output: str = ""
    request_id: str = ""
    status: str = ""
    message: str = ""
    signer: str = ""
    signed_at: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """How the files are signed."""

    kind: ContentType
    part: Part
    reason: str | None
    output: Path | None


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--hash", "as_hash", is_flag=True, help="Sign the file's SHA-256 digest; the file itself stays here.")
@click.option("--signer", default=person.DEFAULT_IDNP, metavar="IDNP", show_default=True, help="Who signs.")
@click.option("--instrument", default="mobile", show_default=True, help="The tile to choose on the sign page.")
@click.option("--reason", help="Reason written into the PDF.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Folder for the results.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file, for machines.")
def sign(
    files: tuple[Path, ...],
    *,
    as_hash: bool,
    signer: str,
    instrument: str,
    reason: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Sign FILES through a running MSign and write FILE.signed.pdf (or FILE.xades.xml with --hash).

    Posts over mutual-TLS SOAP as the demo system, plays the person on the sign page and the sandbox's phone, fetches
    the result and has it verified. Exit status 0 only if every file was signed and verified.
    """
    job = Job(
        kind=ContentType.HASH if as_hash else ContentType.PDF,
        part=Part(idnp=signer, instrument=instrument),
        reason=reason,
        output=output,
    )
    try:
        options = load()
        results = list(_all(options, files, job, quiet=as_json))
    except MSignError as error:
        sys.exit(f"msign: {error}")
    for done in results:
        print(json.dumps(asdict(done), ensure_ascii=False) if as_json else _sentence(done))
    sys.exit(0 if all(done.ok for done in results) else 1)


def _all(options: Options, files: tuple[Path, ...], job: Job, *, quiet: bool) -> Iterator[Done]:
    demo = options.data_path / "demo"
    if not (demo / "client.pem").exists():
        raise MSignError(Code.MISCONFIGURED, f"there is no demo system in {demo}; start `make run` first")
    url = f"https://{options.ports.host}:{options.ports.api_test}/MSign.svc"
    with (
        SoapClient(
            url, certificate=demo / "client.pem", key=demo / "client.key", ca=demo / "ca.pem", timeout_seconds=600
        ) as client,
        _bars(quiet=quiet) as bars,
    ):
        for file in files:
            task = bars.add_task(file.name, total=None, step="", moved="")
            signing = _Signing(client, options, job, file, bars, task)
            try:
                yield signing.run()
            except MSignError as error:
                yield signing.failed("", str(error))
            except OSError as error:
                yield signing.failed("", f"{error.filename or file}: {error.strerror}")
            finally:
                bars.remove_task(task)


@dataclass(slots=True)
class _Signing:
    """One file on its way. The request's id is told whatever happens afterwards: what was signed can be fetched."""

    client: SoapClient
    options: Options
    job: Job
    file: Path
    bars: Progress
    task: TaskID
    request_id: str = ""

    def run(self) -> Done:
        content, target = self._content(), self._target()
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            self.request_id = self._posted(content)
            played = person.play(stage(self.options), self.request_id, self.job.part, told=self._step)
            draft = Path(folder) / "result"
            fetched = self.client.get_response(
                self.request_id, lambda _n: draft, language=Language.EN, progress=self._moving("fetching", None)
            )
            if fetched.status is not SignStatus.SUCCESS:
                return self.failed(fetched.status, fetched.message or played.words)
            self._step("verifying")
            verified = self.client.verify(
                [ToVerify(draft, content=content if isinstance(content, bytes) else None)],
                content_type=self.job.kind,
                language=Language.EN,
            )
            return self._finish(draft, target, verified)

    def failed(self, status: str, message: str) -> Done:
        return Done(str(self.file), ok=False, request_id=self.request_id, status=status, message=message)

    def _posted(self, content: Path | bytes) -> str:
        name = _shown(self.file)
        one = Outgoing(content, correlation_id=_CORRELATION, name=self._name(name), multiple_signatures=True)
        return self.client.post(
            [one],
            content_type=self.job.kind,
            short_description=f"Semnare: {name}"[:90],
            reason=self.job.reason if self.job.kind is ContentType.PDF else None,
            expected_signer=ExpectedSigner(id=self.job.part.idnp),
            progress=self._moving("posting", self.file.stat().st_size * 4 // 3),
        )

    def _content(self) -> Path | bytes:
        try:
            if self.job.kind is ContentType.PDF:
                self.file.open("rb").close()
                return self.file
            with self.file.open("rb") as opened:
                return hashlib.file_digest(opened, "sha256").digest()
        except OSError as error:
            raise MSignError(Code.INVALID_PARAMETER, f"the file cannot be read: {error.strerror}") from error

    def _name(self, shown: str) -> str | None:
        return shown[-256:] if self.job.kind is ContentType.PDF else None

    def _target(self) -> Path:
        """Return where the result goes; looked at before anything is posted, for nobody signs what cannot be kept."""
        folder = self.job.output or self.file.parent
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / (self.file.name + SUFFIXES[self.job.kind])
        if target.is_dir():
            raise MSignError(Code.INVALID_PARAMETER, f"{target} is a folder; move it away or choose another --output")
        return target

    def _finish(self, draft: Path, target: Path, verified: tuple[Verified, ...]) -> Done:
        verdict = verified[0]
        draft.replace(target)
        newest = verdict.certificates[-1] if verdict.certificates else None
        return Done(
            str(self.file),
            ok=verdict.valid,
            output=str(target),
            request_id=self.request_id,
            status=SignStatus.SUCCESS.value,
            message=verdict.message,
            signer=newest.subject if newest else "",
            signed_at=newest.signed_at.isoformat() if newest and newest.signed_at else "",
        )

    def _step(self, step: str) -> None:
        self.bars.update(self.task, step=step, moved="")

    def _moving(self, step: str, total: int | None) -> Callable[[int], None]:
        """Tell of bytes on their way; the envelope around them makes the last few more than ``total``."""
        self._step(step)
        whole, moved = f" of {decimal(total)}" if total else "", 0

        def tell(count: int) -> None:
            nonlocal moved
            moved += count
            self.bars.update(self.task, moved=decimal(min(moved, total or moved)) + whole)

        return tell


@contextmanager
def _bars(*, quiet: bool) -> Iterator[Progress]:
    columns = (
        SpinnerColumn(),
        TextColumn("[bold]{task.description}[/]"),
        TextColumn("{task.fields[step]}"),
        TextColumn("[green]{task.fields[moved]}"),
    )
    with Progress(*columns, console=Console(stderr=True, quiet=quiet), transient=True) as bars:
        yield bars


def _sentence(done: Done) -> str:
    if done.ok:
        when = f", {_local(done.signed_at)}" if done.signed_at else ""
        return f"signed    {done.file} -> {done.output}\n          {done.message}: {_person(done.signer)}{when}"
    return f"NOT DONE  {done.file}: {done.message}" + (f" (request {done.request_id})" if done.request_id else "")


def _shown(file: Path) -> str:
    """The file's name as XML and people can read it: names of files may hold any octets, also such as are no text."""
    return "".join(sign if sign.isprintable() else "�" for sign in file.name)


def _local(moment: str) -> str:
    """22.11.2026 23:00 in Chișinău."""
    return f"{dt.datetime.fromisoformat(moment).astimezone(CHISINAU):%d.%m.%Y %H:%M}"


def _person(subject: str) -> str:
    """The person of a certificate's subject; the whole subject is in ``--json``."""
    found = re.search(r"(?:^|,\s*)CN=([^,]+)", subject)
    return found[1] if found else subject
