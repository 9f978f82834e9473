"""The three operations, from a read call to its reply. Synchronous: the application runs them in threads."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from msign.access.testimony import Testimony
from msign.access.values import Caller
from msign.faces.soap import responses
from msign.faces.soap.calls import language, new_sign_request, request_id
from msign.faces.soap.contract import Operation
from msign.faces.soap.envelope import Call, EnvelopeParser
from msign.faces.soap.options import SoapOptions
from msign.faces.soap.ports import ContentSink, ContentStore, Service
from msign.faces.soap.responses import Reply
from msign.faces.soap.scratch import Scratch
from msign.faces.soap.verdicts import Item, Judged, Order, Validator, judge, order
from msign.kernel.errors import MSignError
from msign.kernel.languages import Language


class Operations:
    """Between the wire and the rooms below."""

    def __init__(
        self,
        *,
        service: Service,
        store: ContentStore,
        validator: Validator,
        options: SoapOptions,
    ) -> None:
        self._service = service
        self._store = store
        self._validator = validator
        self._options = options

    def parser(self, scratch: Scratch, action: Operation | None) -> EnvelopeParser:
        """Return a parser for one call; only what is posted to be signed goes into the store."""

        def create() -> ContentSink:
            return (self._store if parser.operation is Operation.POST_SIGN_REQUEST else scratch).create()

        parser = EnvelopeParser(
            create=create,
            max_content_bytes=self._options.max_content_bytes,
            max_items=self._options.max_contents,
            action=action,
        )
        return parser

    def run(self, caller: Caller, asked: Call, parser: EnvelopeParser) -> Reply | Order:
        """Return the reply to a call; for VerifySignatures what is to be judged, which takes longer."""
        match asked.operation:
            case Operation.POST_SIGN_REQUEST:
                return self._post_sign_request(caller, asked, parser)
            case Operation.GET_SIGN_RESPONSE:
                return self._get_sign_response(caller, asked)
            case Operation.VERIFY_SIGNATURES:
                return order(asked.arguments, unknown_language=self._options.unknown_language)
            case _:
                assert_never(asked.operation)

    def _post_sign_request(self, caller: Caller, asked: Call, parser: EnvelopeParser) -> Reply:
        """Hand a request over; its contents stay in the store only if it is accepted."""
        try:
            request = new_sign_request(asked.arguments)
        except Exception:
            self.discard(parser)
            raise
        try:
            return responses.posted(self._service.post(caller, request))
        except MSignError:
            # After any other error the request may exist all the same: then its contents have to stay.
            self.discard(parser)
            raise

    def discard(self, parser: EnvelopeParser) -> None:
        """Drop every content of a call that led to no request."""
        parser.abort()
        if parser.operation is not Operation.POST_SIGN_REQUEST:
            return
        for upload in parser.uploads:
            if upload.stored is not None:
                self._store.remove(upload.stored.key)

    def _get_sign_response(self, caller: Caller, asked: Call) -> Reply:
        """Tell how a request stands; signatures will stream from their files."""
        wanted = request_id(asked.arguments)
        spoken = language(asked.arguments, "language", unknown=self._options.unknown_language)
        response = self._service.get_response(caller, wanted, spoken)
        files = [
            None if result.signature_key is None else responses.file_part(self._store.path(result.signature_key))
            for result in response.results or ()
        ]
        about = Testimony(Operation.GET_SIGN_RESPONSE, request_id=wanted, status=response.status.value)
        reply = responses.sign_response(response, files, null_message=self._options.null_message)
        return replace(reply, testimony=about)

    def clear(self, parser: EnvelopeParser, scratch: Scratch) -> None:
        """Remove what was only here to be judged, looked at or not."""
        parser.abort()
        scratch.clear()

    def judge(self, item: Item, spoken: Language, scratch: Scratch) -> Judged:
        """Judge one item; slow."""
        return judge(item, spoken, self._validator, scratch, self._options.subject_order)
