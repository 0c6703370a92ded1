"""RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0)."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, request

from app.clients.registry import Client
from app.grants import revocation
from app.keys.sealing import Unsealable
from app.keys.signing import BadToken
from app.lifecycle.aside import Sessions, leave
from app.provider.parts import Parts
from app.sessions.browser import BrowserSession
from app.sessions.others import Present
from app.storage.database import Transaction
from app.web.browser import Browser
from app.web.cookies import Cookies
from app.web.forms import Forms
from app.web.pages import Pages, gettext, origin_of

log = logging.getLogger("mostid.provider")

PURPOSE = "logout"
POSTED = "request"
"""The parameter of a request that was POSTed."""
CARRIED = ("id_token_hint", "post_logout_redirect_uri", "state", "client_id", "ui_locales", "logout_hint")


class BadLogout(Exception):
    """The request contradicts itself, or names an address that is not registered. Text and section are for the log."""

    def __init__(self, cause: str, section: str = "RP-Initiated Logout 1.0 §2") -> None:
        super().__init__(cause)
        self.section = section


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """What a request proves. Whatever does not check is left out, and the person is asked."""

    client: Client | None = None
    sid: str | None = None
    """Session of a valid hint, as the client's sector knows it."""
    contradicted: bool = False
    """Whether `logout_hint` names something else than the ID token does: then the person is asked."""
    hinted: bool = False
    """Whether one came, of whatever session: only then may a person be redirected unasked (§3)."""
    return_url: str | None = None


class LogoutPage:
    """`GET` and `POST /logout`."""

    def __init__(self, parts: Parts, pages: Pages, cookies: Cookies, forms: Forms, browser: Browser) -> None:
        self._parts, self._pages, self._cookies, self._forms = parts, pages, cookies, forms
        self._browser = browser

    def get(self) -> Response:
        """Sign out at once if the service proves by its ID token which session it means; otherwise ask (SR-091)."""
        fields = self._posted(request.args[POSTED]) if POSTED in request.args else _carried(request.args)
        asked, here = self._read(fields), self._here()
        if not here.all:
            return self._end(asked, here, (), confirmed=asked.hinted)
        meant = next((session for session in here.all if self._is_meant(asked, session)), None)
        if meant is not None:
            return self._end(asked, here, (meant,))
        return self._pages.render(
            "provider/logout.html",
            client_name=asked.client.name(self._pages.language()) if asked.client else None,
            fields=fields,
            current=here.current is not None,
            others=bool(here.others),
            redirects_to=(origin_of(asked.return_url),) if asked.return_url else (),
        )

    def post(self) -> Response:
        """The person's answer; or a service's POST, which comes back by GET, where the cookies are."""
        fields = _carried(request.form)
        if "decision" not in request.form:
            return self._pages.redirect(f"/logout?{urlencode({POSTED: self._seal(fields)})}")
        self._forms.check()
        asked, here, decision = self._read(fields), self._here(), request.form["decision"]
        if decision == "everybody":
            return self._end(asked, here, here.all)
        if decision != "allow" and here.all:
            return self._stayed(asked.client)
        return self._end(asked, here, (here.current,) if here.current is not None else ())

    def _seal(self, fields: Mapping[str, str]) -> str:
        """What was POSTed, in a form that an address may carry: an ID token stays out of histories and logs."""
        value = [self._parts.clock.now(), fields]
        return self._parts.sealer.seal(PURPOSE, json.dumps(value, ensure_ascii=False).encode())

    def _posted(self, text: str) -> Mapping[str, str]:
        """What `_seal` was given; nothing, when it is not ours or has waited for too long."""
        try:
            at, fields = json.loads(self._parts.sealer.open(PURPOSE, text))
        except Unsealable:
            return {}
        alive = self._parts.clock.now() - at <= self._parts.settings.lifetimes.ask_s * 1000
        return dict(fields) if alive else {}

    def _read(self, fields: Mapping[str, str]) -> LogoutRequest:
        self._pages.use_locales(fields.get("ui_locales", ""))
        try:
            return self._checked(fields)
        except BadLogout as problem:
            said = {"reference": request.environ["mostid.reference"], "cause": str(problem)}
            log.info("logout request not heeded", extra=said | {"section": problem.section})
            return LogoutRequest()

    def _checked(self, fields: Mapping[str, str]) -> LogoutRequest:
        """Raises BadLogout."""
        client_id, sid, contradicted = fields.get("client_id"), None, False
        if "id_token_hint" in fields:
            claims = self._hinted(fields["id_token_hint"])
            if client_id not in (None, claims["aud"]):
                raise BadLogout("client_id is not the audience of the hint")
            client_id, sid = str(claims["aud"]), claims.get("sid")
            contradicted = fields.get("logout_hint") not in (None, sid, claims["sub"])
        client = self._parts.clients.get(client_id) if client_id else None
        hinted, return_url = "id_token_hint" in fields, _return_url(client, fields)
        return LogoutRequest(client, sid, contradicted, hinted, return_url)

    def _hinted(self, hint: str) -> Mapping[str, Any]:
        """Claims of the ID token; an expired one still says whose it was (RP-Initiated Logout §2)."""
        try:
            claims = self._parts.signing.verify(hint, "JWT", expired_ok=True)
        except BadToken as problem:
            raise BadLogout(f"id_token_hint: {problem}") from None
        if not isinstance(claims.get("aud"), str):
            raise BadLogout("id_token_hint: it is for no single client")
        return claims

    def _is_meant(self, asked: LogoutRequest, session: BrowserSession) -> bool:
        """Whether the service proved that it means this browser's session, and says nothing against it."""
        if asked.client is None or asked.contradicted:
            return False
        return asked.sid == self._parts.keyed.sid(session.id, asked.client.sector)

    def _here(self) -> Present:
        sid, others = self._cookies.read("sid"), self._cookies.read("others")
        find, browser = self._parts.others.present, self._browser.id()
        return self._parts.storage.run(lambda tx: find(tx, sid, others, browser))

    def _end(
        self, asked: LogoutRequest, here: Present, meant: Sessions, *, confirmed: bool = True
    ) -> Response:
        """Sign these out; whoever else is signed in here stays.

        `confirmed`: a valid hint or the person vouches for the address to go to; else it is a link on the page.
        """
        parts, now = self._parts, self._parts.clock.now()

        def act(tx: Transaction) -> list[str]:
            clients = [
                client_id
                for session in meant
                for client_id in revocation.clients_of_session(tx, session.identity_id, session.id)
            ]
            leave(tx, parts.sessions, meant, now, "signed_out")
            return clients

        ended = parts.storage.run(act, write=True) if meant else []
        known = (parts.clients.get(client_id) for client_id in dict.fromkeys(ended))
        names = tuple(client.name(self._pages.language()) for client in known if client)
        kept = here.without(*meant)
        if asked.return_url is not None and confirmed:
            response = self._pages.redirect(asked.return_url)
        else:
            response = self._pages.render(
                "provider/signed_out.html", services=names, others=bool(kept), continue_url=asked.return_url
            )
        if here.current is None or here.current in meant:
            self._cookies.clear(response, "sid")
        others = parts.others.seal(kept, self._browser.id())
        self._cookies.replace(response, "others", others, parts.settings.lifetimes.session_absolute_s)
        return response

    def _stayed(self, client: Client | None) -> Response:
        """Nothing has changed; one click leads back into the service, which may have ended its own session."""
        title, text = gettext("You are still signed in"), gettext("Nothing has changed.")
        url = client.login_url(self._parts.settings.issuer) if client else ""
        if client is None or not url:
            services = gettext("Your services")
            return self._pages.error(200, title, text, next_url="/", next_label=services)
        label = gettext("Back to {service}", service=client.name(self._pages.language()))
        return self._pages.error(200, title, text, next_url=url, next_label=label)


def _carried(sent: Mapping[str, str]) -> dict[str, str]:
    return {name: sent[name] for name in CARRIED if sent.get(name)}


def _return_url(client: Client | None, fields: Mapping[str, str]) -> str | None:
    """Where to go afterwards: exactly an address that the client registered (§3). Raises BadLogout."""
    url = fields.get("post_logout_redirect_uri")
    if url is None:
        return None
    if client is None or url not in client.post_logout_redirect_uris:
        raise BadLogout(
            "post_logout_redirect_uri is not registered for this client", "RP-Initiated Logout 1.0 §3"
        )
    if "state" not in fields:
        return url
    return (
        url + ("&" if "?" in url else "?") + urlencode({"state": fields["state"]}, quote_via=quote, safe="")
    )
