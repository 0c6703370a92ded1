"""Where Mail.ru is: under two names, as its API answers at oauth.mail.ru and at o2.mail.ru."""

from flask import Blueprint

from simulators.mailru.login import LoginPage
from simulators.mailru.token import TokenEndpoint
from simulators.mailru.userinfo import UserInfo
from simulators.mailru.vault import Vault
from simulators.world import World

HOSTS = ("/mailru", "/mailru/o2")


def blueprint(world: World, vault: Vault) -> Blueprint:
    """Its addresses. What begins at one name may go on at the other."""
    routes = Blueprint("mailru", __name__)
    login, token, userinfo = LoginPage(world, vault), TokenEndpoint(world, vault), UserInfo(world, vault)
    for host in HOSTS:
        routes.add_url_rule(f"{host}/login", f"login_{HOSTS.index(host)}", login.get, methods=["GET"])
        routes.add_url_rule(f"{host}/login", f"decide_{HOSTS.index(host)}", login.post, methods=["POST"])
        routes.add_url_rule(f"{host}/token", f"token_{HOSTS.index(host)}", token.post, methods=["POST"])
        routes.add_url_rule(
            f"{host}/userinfo", f"userinfo_{HOSTS.index(host)}", userinfo.answer, methods=["GET", "POST"]
        )
    return routes
