"""The verification receipt: made when it is asked for, sealed once in each language, gone with its files."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from msign.faces.verifypages.cases import Case
from msign.faces.verifypages.receipt.content import Sealed, make_receipt
from msign.faces.verifypages.receipt.layout import render as laid_out
from msign.faces.verifypages.services import Seal
from msign.faces.verifypages.views.pages import PDF, VerifyView
from msign.frame import languages
from msign.frame.downloads import download
from msign.kernel.errors import MSignError

_log = logging.getLogger(__name__)


class ReceiptFile(VerifyView):
    """The receipt as a PDF; a sentence where the seal cannot be had just now."""

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        case, seal = self.case(token), self.given.services.seal
        if seal is None:
            raise Http404
        name = f"receipt-{languages.current()}.pdf"
        try:
            path = case.derived(name, partial(self._make, case, seal))
        except MSignError as error:
            _log.warning("a receipt could not be sealed: %s", error)
            return render(request, "verifypages/no_receipt.html", {"case": case}, status=503)
        except FileNotFoundError:
            raise Http404 from None
        return download(request, path, name=f"{Path(case.name).stem}.{name}", media_type=PDF)

    def _make(self, case: Case, seal: Seal, draft: Path) -> None:
        bench = self.given
        address = f"{bench.services.public_url.rstrip('/')}{reverse('verify')}"
        sealed = Sealed(seal.owner, address)
        receipt = make_receipt(case, bench.report(case), bench.machine(case), sealed, bench.services.clock.now())
        bare = draft.with_suffix(".bare")
        try:
            bare.write_bytes(laid_out(receipt))
            seal.seal(bare, draft)
        finally:
            bare.unlink(missing_ok=True)
