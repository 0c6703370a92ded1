"""Where VK ID is."""

from flask import Blueprint

from simulators.vkid.doors import Doors
from simulators.vkid.login import LoginPage
from simulators.vkid.vault import Vault
from simulators.world import World


def blueprint(world: World, vault: Vault) -> Blueprint:
    """Its addresses."""
    routes, login, doors = Blueprint("vkid", __name__), LoginPage(world, vault), Doors(world, vault)
    routes.add_url_rule("/vkid/authorize", "authorize", login.get, methods=["GET"])
    routes.add_url_rule("/vkid/authorize", "decide", login.post, methods=["POST"])
    for name, answer in {
        "auth": doors.auth, "user_info": doors.user_info, "public_info": doors.public_info,
        "logout": doors.end, "revoke": doors.end,
    }.items():  # fmt: skip
        routes.add_url_rule(f"/vkid/oauth2/{name}", name, answer, methods=["POST"])
    return routes
