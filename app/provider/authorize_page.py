"""The authorization endpoint's other answers: pages, and the way to pages."""

import logging
from urllib.parse import urlencode

from flask import Response, request
from markupsafe import Markup
from werkzeug.exceptions import TooManyRequests

from app.provider.asked import Gone, Visit
from app.provider.authorization_response import Posted
from app.provider.authorize import Authorize, Decision
from app.provider.launcher import Entrance
from app.provider.next_step import FRESH_PROMPTS, ChooseAccount, SignIn
from app.provider.parts import Parts
from app.provider.target import Refused, Unanswerable
from app.sessions.ask import Ask, Expired, begin_again
from app.sessions.browser import BrowserSession
from app.storage.database import Unavailable
from app.web.browser import Browser
from app.web.cookies import Cookies
from app.web.headers import allow_script
from app.web.pages import Pages, gettext, origin_of
from app.web.request import Answer, Form

log = logging.getLogger("mostid.provider")

SELECT = "/signin/select"
"""The page of those who are signed in here."""
SUBMIT = 'document.getElementById("answer").submit()'
"""All that the page of a form does by script."""


class AuthorizePage:
    """`GET` and `POST /authorize` for a browser that has to see something first."""

    def __init__(
        self, parts: Parts, authorize: Authorize, pages: Pages, browser: Browser, cookies: Cookies
    ) -> None:
        self._parts, self._authorize = parts, authorize
        self._pages, self._browser, self._cookies = pages, browser, cookies

    def get(self) -> Response:
        """Decide, and go where the decision leads."""
        form = Form.parse(request.query_string, self._parts.settings.limits.request_parameters)
        self._pages.use_locales(form.get("ui_locales", ""))
        visit = Visit(form, self._browser.id(), self._cookies.read("sid"), self._cookies.read("others"))
        try:
            decision = self._authorize.confirmed(
                self._parts.storage.run(lambda tx: self._authorize.decide(tx, visit))
            )
            if decision.spends:
                self._authorize.spend(decision)
        except Unanswerable as problem:
            return self._unanswerable(problem)
        except Gone as gone:
            return self._gone(gone)
        except Expired as expired:
            return self._expired(expired.ask)
        except Refused as refused:
            return self._refused(refused)
        if decision.stale_session is not None:
            self._touch(decision.stale_session)
        answer = self._authorize.answer(decision, _reference())
        return self._to_service(answer) if answer is not None else self._to_pages(decision, visit)

    def post(self) -> Response:
        """Validate a POSTed request and have the browser come back by GET, where its cookies are."""
        form = Form.parse(request.get_data(), self._parts.settings.limits.request_parameters)
        self._pages.use_locales(form.get("ui_locales", ""))
        if request.query_string:
            return self._unanswerable(Unanswerable("parameters in the query of a POST", "OIDC Core §3.1.2.1"))
        self._count_start()
        try:
            ask = self._authorize.unbound_ask(form)
        except Unanswerable as problem:
            return self._unanswerable(problem)
        except Gone as gone:
            return self._gone(gone)
        except Refused as refused:
            return self._refused(refused)
        return self._pages.redirect(f"/authorize?{urlencode({'ask': ask})}")

    def _refused(self, refused: Refused) -> Response:
        try:
            return self._to_service(self._authorize.refusal(refused, _reference()))
        except Gone as gone:
            return self._gone(gone)

    def _to_service(self, answer: Answer | Posted) -> Response:
        """A redirect, or the page that posts the answer (OAuth 2.0 Form Post Response Mode §2)."""
        if isinstance(answer, Answer):
            return Response(answer.body, answer.status, list(answer.headers))
        target, client = answer.target, answer.target.client
        allow_script(SUBMIT)
        return self._pages.render(
            "provider/form_post.html",
            action=target.redirect_uri,
            fields=answer.fields,
            submit=Markup(SUBMIT),  # noqa: S704  # our own constant
            service=Entrance.of(client, self._pages.language(), self._parts.settings.issuer),
            redirects_to=(origin_of(target.redirect_uri),),
        )

    def _to_pages(self, decision: Decision, visit: Visit) -> Response:
        if decision.ask is None:
            self._count_start()
        step, query = decision.step, {"ask": self._authorize.ask(decision, visit)}
        path = "/signin" if isinstance(step, SignIn) else "/consent"
        if isinstance(step, ChooseAccount) or self._may_be_known(decision, visit):
            path = SELECT
            if isinstance(step, ChooseAccount) and step.named:
                query["first"] = step.named
        return self._pages.redirect(f"{path}?{urlencode(query)}")

    def _may_be_known(self, decision: Decision, visit: Visit) -> bool:
        """Whether nobody is the current one, but others have signed in here before, and no new proof is asked for."""
        signs_in = isinstance(decision.step, SignIn) and decision.session is None
        return signs_in and bool(visit.others_cookie) and not decision.request.prompt & FRESH_PROMPTS

    def _count_start(self) -> None:
        """A new ask may have to be kept for its stranger: one address has so many a minute."""
        if not self._parts.starts.admit(request.environ["mostid.address"]):
            raise TooManyRequests

    def _touch(self, session: BrowserSession) -> None:
        """Write down the session's use. Where that cannot be now, the code is given all the same."""
        try:
            self._parts.storage.run(lambda tx: self._parts.sessions.touch(tx, session), write=True)
        except Unavailable as error:
            log.warning("session not touched", extra={"reference": _reference(), "cause": str(error)})

    def _unanswerable(self, problem: Unanswerable) -> Response:
        log.info(
            "authorization unanswerable",
            extra={"reference": _reference(), "cause": str(problem), "section": problem.section},
        )
        return self._pages.error(
            400,
            gettext("This link does not work"),
            gettext(
                "The service that sent you here is not set up correctly. "
                "Go back to it and try again, or tell its support the number below."
            ),
        )

    def _gone(self, gone: Gone) -> Response:
        """A pushed request that has had its answer, or its time: only the service can begin again."""
        said = {"reference": _reference(), "cause": str(gone), "section": "RFC 9126 §4"}
        log.info("pushed request gone", extra=said)
        client = gone.client
        return self._pages.render(
            "signin/expired.html",
            status=400,
            continue_url=client.login_url(self._parts.settings.issuer) or None,
            service_name=client.name(self._pages.language()),
        )

    def _expired(self, ask: Ask | None) -> Response:
        """One click continues where the person was going."""
        url = name = None
        if ask is not None:
            self._pages.use_locales(ask.parameters.get("ui_locales", ""))
            client = self._parts.clients.get(ask.parameters["client_id"])
            name = client.name(self._pages.language()) if client else ask.service
            url = begin_again(ask, client, self._parts.clock.now(), self._parts.settings.issuer)
        return self._pages.render("signin/expired.html", status=400, continue_url=url, service_name=name)


def _reference() -> str:
    return str(request.environ["mostid.reference"])
