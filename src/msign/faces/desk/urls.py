"""Addresses of the desk, under ``/connect/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from msign.connections.ports import Desk
from msign.faces.desk.instruments import Overview, no_overview
from msign.faces.desk.views import (
    actions,
    calls,
    cases,
    change,
    documents,
    expiring,
    fleet,
    form,
    instruments,
    lists,
    mandates,
    money,
    operator,
    organisation,
    public,
    queue,
    receipt,
    rotation,
    statistics,
    team,
    technical,
    testing,
    trail,
    usage,
)
from msign.frame.previews import PageImages
from msign.frame.visitors import VisitorShares
from msign.signrequests.rules import Quota

DEFAULT_QUOTA = Quota()


def patterns(
    desk: Desk, images: PageImages, *, quota: Quota = DEFAULT_QUOTA, overview: Overview = no_overview
) -> list[URLPattern]:
    """Return the addresses, served with ``desk``; ``images`` draws papers, ``overview`` tells of instruments."""
    given = {"desk": desk}
    drawn = {"desk": desk, "images": images}
    shares = VisitorShares(clock=desk.clock, requests=desk.policy.links_for_visitor, size=0)
    case = "connect/cases/<str:reference>"
    return [
        path("connect/", public.Start.as_view(**given), name="desk"),
        path("connect/sign-in/", public.SignIn.as_view(**given, shares=shares), name="desk-sign-in"),
        path("connect/sign-in/sent/", public.LinkSent.as_view(**given), name="desk-link-sent"),
        path("connect/sign-in/<str:secret>/", public.UseLink.as_view(**given), name="desk-use-link"),
        path("connect/sign-out/", public.SignOut.as_view(**given), name="desk-sign-out"),
        path("connect/mailbox/", public.Mailbox.as_view(**given), name="desk-mailbox"),
        path("connect/mailbox/<int:number>/", public.Mailbox.as_view(**given), name="desk-letter"),
        path("connect/new/", cases.New.as_view(**given), name="desk-new"),
        path("connect/change/", change.Change.as_view(**given), name="desk-change"),
        path("connect/cases/", cases.Cases.as_view(**given), name="desk-cases"),
        path("connect/team/<int:organisation>/", team.Team.as_view(**given), name="desk-team"),
        path(f"{case}/", cases.Home.as_view(**given), name="desk-case"),
        path(f"{case}/form/<slug:slug>/", form.Form.as_view(**given), name="desk-form"),
        path(f"{case}/check/", form.Check.as_view(**given), name="desk-check"),
        path(f"{case}/sent/", receipt.Sent.as_view(**given), name="desk-sent"),
        path(f"{case}/sent/receipt.pdf", receipt.Receipt.as_view(**given), name="desk-receipt"),
        path(f"{case}/history/", cases.History.as_view(**given), name="desk-history"),
        path(f"{case}/comment/", cases.Comment.as_view(**given), name="desk-comment"),
        path(f"{case}/do/<slug:name>/", actions.Do.as_view(**given), name="desk-do"),
        path(f"{case}/suspend/<slug:name>/", actions.Suspend.as_view(**given), name="desk-suspend"),
        path(
            f"{case}/certificate/<slug:environment>/", technical.Certificate.as_view(**given), name="desk-certificate"
        ),
        path(f"{case}/addresses/<slug:environment>/", technical.Addresses.as_view(**given), name="desk-addresses"),
        path(f"{case}/rotation/<slug:environment>/", rotation.Rotation.as_view(**given), name="desk-rotation"),
        path(f"{case}/calls/<slug:environment>/", calls.Calls.as_view(**given), name="desk-calls"),
        path(f"{case}/calls/<slug:environment>/state/", calls.CallsState.as_view(**given), name="desk-calls-state"),
        path(f"{case}/explain/", calls.Explain.as_view(**given), name="desk-explain"),
        path(f"{case}/proposals/<int:number>/", fleet.Decide.as_view(**given), name="desk-decide"),
        path(f"{case}/tests/", testing.Tests.as_view(**given), name="desk-tests"),
        path(f"{case}/usage/<slug:environment>/", usage.Usage.as_view(**given, quota=quota), name="desk-usage"),
        path(f"{case}/promotion/", technical.Promotion.as_view(**given), name="desk-promotion"),
        path(f"{case}/documents/", documents.Documents.as_view(**given), name="desk-documents"),
        path(f"{case}/documents/<int:number>/", documents.Document.as_view(**drawn), name="desk-document"),
        path(f"{case}/documents/<int:number>/paper/", documents.Paper.as_view(**given), name="desk-paper"),
        path(f"{case}/documents/<int:number>/<int:page>.png", documents.PageImage.as_view(**drawn), name="desk-page"),
        path(
            f"{case}/documents/<int:number>/signed/<str:request_id>/",
            documents.Signed.as_view(**given),
            name="desk-signed",
        ),
        path(f"{case}/invoices/<int:number>/", documents.InvoicePaper.as_view(**given), name="desk-invoice"),
        path("connect/expiries/", fleet.Expiries.as_view(**given), name="desk-expiries"),
        path("connect/calendar/<str:secret>.ics", fleet.Calendar.as_view(**given), name="desk-calendar"),
        *operator_patterns(desk, overview),
    ]


def operator_patterns(desk: Desk, overview: Overview) -> list[URLPattern]:
    """Return the addresses of the operator's side, under ``/connect/desk/``."""
    given = {"desk": desk}
    case = "connect/desk/<str:reference>"
    return [
        path("connect/desk/", queue.Queue.as_view(**given), name="desk-queue"),
        path("connect/desk/access/", fleet.Access.as_view(**given), name="desk-access"),
        path("connect/desk/expiring/", expiring.Expiring.as_view(**given), name="desk-expiring"),
        path(
            "connect/desk/instruments/",
            instruments.Instruments.as_view(**given, overview=overview),
            name="desk-instruments",
        ),
        path("connect/desk/invoices/", money.Invoices.as_view(**given), name="desk-invoices"),
        path("connect/desk/lists/", lists.Lists.as_view(**given), name="desk-lists"),
        path("connect/desk/lists/<slug:name>/", lists.Lists.as_view(**given), name="desk-list"),
        path("connect/desk/mandates/", mandates.Mandates.as_view(**given), name="desk-mandates"),
        path("connect/desk/mandates/<path:number>/", mandates.OneMandate.as_view(**given), name="desk-mandate"),
        path(
            "connect/desk/organisations/<int:number>/",
            organisation.Organisation.as_view(**given),
            name="desk-organisation",
        ),
        path("connect/desk/statistics/", statistics.Statistics.as_view(**given), name="desk-statistics"),
        path("connect/desk/trail/", trail.Trail.as_view(**given), name="desk-trail"),
        path(f"{case}/", operator.Review.as_view(**given), name="desk-review"),
        path(f"{case}/assign/", operator.Assign.as_view(**given), name="desk-assign"),
        path(f"{case}/access/", trail.Enforced.as_view(**given), name="desk-enforced"),
    ]
