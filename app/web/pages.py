"""Pages: rendering, redirects, and what people see when something is wrong."""

import logging
from urllib.parse import urlsplit

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from app.storage.database import Unavailable
from app.storage.ephemeral.base import EphemeralDown
from app.web import layout
from app.web.door import BY_COOKIES, REFUSED, RETRY_AFTER
from app.web.forms import ForgedForm, Forms, StaleForm
from app.web.headers import allow_forms_to
from app.web.i18n import Languages, gettext, language, ngettext
from app.web.request import Malformed

__all__ = ["Pages", "gettext", "ngettext", "origin_of"]

log = logging.getLogger("mostid.web")


class Pages:
    """Renders templates with what every page needs."""

    def __init__(self, forms: Forms, languages: Languages, support_url: str) -> None:
        self._forms, self._languages, self._support_url = forms, languages, support_url

    def render(
        self, template: str, *, status: int = 200, redirects_to: tuple[str, ...] = (), **context: object
    ) -> Response:
        """A page. `redirects_to` are the origins, besides ours, that its forms may lead to."""
        allow_forms_to(redirects_to)
        values = {"service": None, "back": None, "problem": None, "support_url": self._support_url} | context
        return Response(render_template(template, **values), status, content_type="text/html; charset=utf-8")

    def redirect(self, url: str) -> Response:
        """To another address, by GET (RFC 9700 §4.12, SR-011)."""
        return Response(status=303, headers={"Location": url})

    def error(
        self,
        status: int,
        title: str,
        text: str,
        *,
        next_url: str | None = None,
        next_label: str | None = None,
    ) -> Response:
        """What happened, what it means, what to do now; with the reference that an operator can search for."""
        return self.render(
            "error.html",
            status=status,
            title=title,
            text=text,
            next_url=next_url,
            next_label=next_label,
            reference=_reference() if status >= 400 else "",
        )

    def language(self) -> str:
        """The reader's language."""
        return language()

    def use_locales(self, wanted: str) -> None:
        """Heed the service's `ui_locales`."""
        self._languages.use(wanted)

    def install(self, app: Flask) -> None:
        """Make the application's templates and forms ours, and answer each of its errors with a page."""
        layout.install(app)
        self._forms.install(app)
        app.before_request(_name_rule)
        app.before_request(self._refused)
        app.register_error_handler(HTTPException, self._http)
        app.register_error_handler(ForgedForm, self._forged)
        app.register_error_handler(Malformed, self._malformed)
        app.register_error_handler(Unavailable, self._unavailable)
        app.register_error_handler(EphemeralDown, self._unavailable)
        app.register_error_handler(Exception, self._unexpected)

    def _refused(self) -> Response | None:
        """The page of a request that the door refuses."""
        status: int | None = request.environ.get(REFUSED)
        if status is None:
            return None
        if status in RETRY_AFTER:
            return self._busy(status)
        if request.environ[BY_COOKIES]:
            return self._unreadable_cookies(status)
        return self._failed() if status == 500 else self._unanswerable(status)

    def _http(self, error: HTTPException) -> Response:
        status = error.code or 500
        if status == 404:
            return self.error(
                404, gettext("There is no such page"), gettext("The address may be mistyped or old.")
            )
        if status in RETRY_AFTER:
            return self._busy(status)
        response = self._unanswerable(status)
        allowed = getattr(error, "valid_methods", None)
        if status == 405 and allowed:
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    def _forged(self, error: ForgedForm) -> Response:
        log.info("form refused", extra={"reference": _reference(), "cause": str(error)})
        if not isinstance(error, StaleForm):
            return self._unanswerable(403)
        return self.error(
            400,
            gettext("This page has expired"),
            gettext("Press Continue to go on."),
            next_url=layout.this_page(),
            next_label=gettext("Continue"),
        )

    def _malformed(self, _error: Malformed) -> Response:
        return self._unanswerable(400)

    def _unanswerable(self, status: int) -> Response:
        return self.error(
            status,
            gettext("This request cannot be answered"),
            gettext("Go back to the service and try again."),
        )

    def _unreadable_cookies(self, status: int) -> Response:
        return self.error(
            status,
            gettext("The cookies of this site cannot be read"),
            gettext(
                "A neighbouring site may have set one that is in the way. In your browser's settings delete the "
                "cookies of this site and of its whole domain, then go back to the service and try again."
            ),
        )

    def _unavailable(self, error: Exception) -> Response:
        log.warning("unavailable", extra={"reference": _reference(), "cause": type(error).__name__})
        return self._busy(503)

    def _busy(self, status: int) -> Response:
        response = self.error(
            status, gettext("MostID is busy"), gettext("Nothing is lost. Try again in a few seconds.")
        )
        response.headers["Retry-After"] = RETRY_AFTER[status]
        return response

    def _unexpected(self, error: Exception) -> Response:
        log.error("unexpected", exc_info=error, extra={"reference": _reference()})
        return self._failed()

    def _failed(self) -> Response:
        return self.error(
            500,
            gettext("Something on our side failed"),
            gettext("Nothing is lost. Try again, or tell support the number below."),
        )


def origin_of(url: str | None) -> str:
    """What `form-action` calls the place of an address: its origin, or the scheme where that is not http."""
    parts = urlsplit(url or "")
    if parts.scheme in {"http", "https"} and "[" not in parts.netloc:
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:" if parts.scheme else ""  # CSP has no word for an IPv6 host


def _reference() -> str:
    return str(request.environ.get("mostid.reference", ""))


def _name_rule() -> None:
    """Tell the door's metrics which page this is, without what the address carries."""
    if request.url_rule is not None:
        request.environ["mostid.rule"] = request.url_rule.rule
