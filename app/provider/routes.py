"""Where each endpoint is."""

from collections.abc import Callable, Mapping
from functools import partial

from flask import Blueprint

from app.clients.client import LOGO_PATH
from app.clients.statements import Statements
from app.provider.app_links import apple_association, asset_links
from app.provider.asked import Visit
from app.provider.authorize import Authorize, quick
from app.provider.authorize_page import AuthorizePage
from app.provider.client_assertion import ClientAssertions
from app.provider.client_auth import ClientAuthentication
from app.provider.device import DeviceAuthorizationEndpoint
from app.provider.device_qr import DeviceQrEndpoint
from app.provider.discovery import Discovery, jwks, metadata
from app.provider.introspection import IntrospectionEndpoint
from app.provider.launcher import LauncherPage
from app.provider.logo import LogoEndpoint
from app.provider.logout import LogoutPage
from app.provider.par import ParEndpoint
from app.provider.parts import Parts
from app.provider.registration import PATH, ManagementEndpoint, RegistrationEndpoint
from app.provider.resource_metadata import PATH as RESOURCE_METADATA
from app.provider.resource_metadata import resource_metadata
from app.provider.revocation import RevocationEndpoint
from app.provider.token import TokenEndpoint
from app.provider.userinfo import UserinfoEndpoint
from app.web.browser import Browser
from app.web.cookies import Cookies
from app.web.door import Endpoint
from app.web.forms import Forms
from app.web.pages import Pages
from app.web.request import Answer, Request

GET = frozenset({"GET", "HEAD"})
POST = frozenset({"POST"})


def endpoints(parts: Parts, cookies: Cookies) -> Mapping[str, Endpoint]:
    """The machines' endpoints, answered at the door."""
    assertions = ClientAssertions(parts.client_keys, parts.ephemeral, parts.clock, parts.settings.issuer)
    authenticate = ClientAuthentication(
        parts.clients, assertions, parts.certificates, parts.clock, parts.failures
    )
    origins = parts.clients.browser_origins
    read, write = partial(Endpoint, services=True), partial(Endpoint, services=True, write=True)
    known = partial(metadata, parts.settings, parts.detail_types)
    documents = read(Discovery(parts.settings, parts.signing, known), GET, origins=origins)
    resource = Discovery(parts.settings, parts.signing, partial(resource_metadata, parts.settings))
    issuers = parts.settings.software_statement_issuers
    statements = Statements(issuers, parts.settings.issuer, parts.clock)
    return {
        "/.well-known/openid-configuration": documents,
        "/.well-known/oauth-authorization-server": documents,
        RESOURCE_METADATA: read(resource, GET, origins=origins),
        "/jwks.json": read(jwks(parts.signing, parts.settings.lifetimes.key_publish_s), GET, origins=origins),
        "/.well-known/assetlinks.json": read(asset_links(parts.clients), GET),
        "/.well-known/apple-app-site-association": read(apple_association(parts.clients), GET),
        "/authorize": Endpoint(_quick(parts, cookies), frozenset({"GET"}), pages=True),
        LOGO_PATH: Endpoint(LogoEndpoint(parts), GET, pages=True),
        "/device_authorization": read(DeviceAuthorizationEndpoint(parts, authenticate), POST),
        "/device/qr.svg": Endpoint(DeviceQrEndpoint(parts, "svg"), GET),
        "/device/qr.png": Endpoint(DeviceQrEndpoint(parts, "png"), GET),
        "/par": read(ParEndpoint(parts, authenticate), POST, origins=origins),
        "/token": write(TokenEndpoint(parts, authenticate), POST, origins=origins),
        "/userinfo": read(UserinfoEndpoint(parts), frozenset({"GET", "POST"}), origins=origins),
        "/introspect": read(IntrospectionEndpoint(parts, authenticate), POST),
        "/revoke": write(RevocationEndpoint(parts, authenticate), POST, origins=origins),
        PATH: write(RegistrationEndpoint(parts, statements), POST, raw_body=True),
        f"{PATH}/": write(
            ManagementEndpoint(parts, statements), frozenset({"GET", "PUT", "DELETE"}), raw_body=True
        ),
    }


def blueprint(parts: Parts, pages: Pages, browser: Browser, cookies: Cookies, forms: Forms) -> Blueprint:
    """The provider's pages."""
    routes = Blueprint("provider", __name__)
    authorize = AuthorizePage(parts, Authorize(parts), pages, browser, cookies)
    logout = LogoutPage(parts, pages, cookies, forms, browser)
    routes.add_url_rule("/", "launcher", LauncherPage(parts, pages, cookies).get, methods=["GET"])
    routes.add_url_rule("/authorize", "authorize", authorize.get, methods=["GET"])
    routes.add_url_rule("/authorize", "authorize_posted", authorize.post, methods=["POST"])
    routes.add_url_rule("/logout", "logout", logout.get, methods=["GET"])
    routes.add_url_rule("/logout", "logout_posted", logout.post, methods=["POST"])
    return routes


def _quick(parts: Parts, cookies: Cookies) -> Callable[[Request], Answer | None]:
    authorize = Authorize(parts)
    browser, session, others = (cookies.name(kind) for kind in ("browser", "sid", "others"))

    def answer(request: Request) -> Answer | None:
        values = request.cookies((browser, session, others))
        if browser not in values or session not in values:
            return None
        visit = Visit(request.query, values[browser], values[session], values.get(others))
        return quick(authorize, request.tx, visit, request.reference)

    return answer
