"""Pages: rendering, redirects, and what people see when something is wrong."""

import logging
from urllib.parse import urlsplit

from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from app.storage.database import Unavailable
from app.storage.ephemeral.base import EphemeralDown
from app.web.forms import ForgedForm, Forms, StaleForm
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
        g.form_action = redirects_to
        values = {"service": None, "back": None, "problem": None, "support_url": self._support_url} | context
        return Response(render_template(template, **values), status, content_type="text/html; charset=utf-8")

    def redirect(self, url: str) -> Response:
        """To another address, by GET (RFC 9700 §4.12)."""
        return Response(status=303, headers={"Location": url})

    def error(
        self, status: int, title: str, text: str, *, next_url: str | None = None, next_label: str | None = None
    ) -> Response:
        """What happened, what it means, what to do now; with the reference that an operator can search for."""
        return self.render(
            "error.html",
            status=status,
            title=title,
            text=text,
            next_url=next_url,
            next_label=next_label,
            reference=request.environ.get("mostid.reference", ""),
        )

    def language(self) -> str:
        """The reader's language."""
        return language()

    def use_locales(self, wanted: str) -> None:
        """Heed the service's `ui_locales`."""
        self._languages.use(wanted)

    def install(self, app: Flask) -> None:
        """Answer every error of the application with a page."""
        app.jinja_env.globals["csrf_token"] = self._forms.token
        app.register_error_handler(HTTPException, self._http)
        app.register_error_handler(ForgedForm, self._forged)
        app.register_error_handler(Malformed, self._malformed)
        app.register_error_handler(Unavailable, self._unavailable)
        app.register_error_handler(EphemeralDown, self._unavailable)
        app.register_error_handler(Exception, self._unexpected)

    def _http(self, error: HTTPException) -> Response:
        status = error.code or 500
        if status == 404:
            return self.error(404, gettext("There is no such page"), gettext("The address may be mistyped or old."))
        response = self.error(
            status, gettext("This request cannot be answered"), gettext("Go back to the service and try again.")
        )
        allowed = getattr(error, "valid_methods", None)
        if status == 405 and allowed:
            response.headers["Allow"] = ", ".join(allowed)
        return response

    def _forged(self, error: ForgedForm) -> Response:
        log.info("form refused", extra={"reference": request.environ["mostid.reference"], "cause": str(error)})
        ask = request.form.get("ask")
        if isinstance(error, StaleForm) and ask:
            return self.error(
                400,
                gettext("This page has expired"),
                gettext("Press Continue to go on."),
                next_url=f"{request.path}?ask={ask}",
                next_label=gettext("Continue"),
            )
        return self.error(
            403, gettext("This request cannot be answered"), gettext("Go back to the service and try again.")
        )

    def _malformed(self, _error: Malformed) -> Response:
        return self.error(
            400, gettext("This request cannot be answered"), gettext("Go back to the service and try again.")
        )

    def _unavailable(self, error: Exception) -> Response:
        log.warning(
            "unavailable", extra={"reference": request.environ["mostid.reference"], "cause": type(error).__name__}
        )
        response = self.error(
            503, gettext("MostID is busy"), gettext("Nothing is lost. Try again in a few seconds.")
        )
        response.headers["Retry-After"] = "2"
        return response

    def _unexpected(self, _error: Exception) -> Response:
        log.exception("unexpected", extra={"reference": request.environ.get("mostid.reference", "")})
        return self.error(
            500,
            gettext("Something on our side failed"),
            gettext("Nothing is lost. Try again, or tell support the number below."),
        )


def origin_of(url: str | None) -> str:
    """The origin of an http address; empty for other schemes, which no `form-action` names."""
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else f"{parts.scheme}:"
