"""What an answer says when a request cannot be met.

Source: ETSI GS CIM 009 V1.8.1, 5.5.2 (error types), 6.3.2 (their HTTP status).
"""

from __future__ import annotations

ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"


class NgsiError(Exception):
    """A request that cannot be met; the message is for the asking program.

    ``kind`` is the standard's type of error, ``allow`` the methods that the resource knows.
    """

    kind = "BadRequestData"
    title = "The request is not understood"
    status = 400
    allow: str | None = None

    def problem(self) -> dict[str, object]:
        """Return what RFC 7807 calls the details of a problem."""
        return {"type": ERRORS + self.kind, "title": self.title, "detail": str(self)}


class NotFoundError(NgsiError):
    """There is no such resource."""

    kind, title, status = "ResourceNotFound", "There is no such resource", 404


class ForbiddenError(NgsiError):
    """Whoever asks may not see this."""

    kind, title, status = "AccessDenied", "Access is denied", 403


class TooComplexError(NgsiError):
    """To answer takes longer than an answer may."""

    kind, title, status = "TooComplexQuery", "The query takes too long", 403


class NotSupportedError(NgsiError):
    """The standard knows this, this service does not; it writes nothing."""

    kind, title, status = "OperationNotSupported", "This is not supported", 422


class MethodError(NotSupportedError):
    """A method that the standard does not know here either."""

    status = 405
    allow = "GET, HEAD"


class InternalError(NgsiError):
    """A fault of this service; what it is stands in its log."""

    kind, title, status = "InternalError", "A fault of this service", 500


class NotAcceptableError(NgsiError):
    """None of the forms that are accepted is one of this service's."""

    kind, title, status = "InvalidRequest", "None of the accepted forms is known", 406
