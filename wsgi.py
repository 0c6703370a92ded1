"""The WSGI entry point: `wsgi:app`. A mistake in the settings ends the start with a sentence for each (SR-156)."""

from app import create_app
from app.storage.ephemeral import WrongPolicy
from config import ConfigurationError, load

try:
    app = create_app(load())
except (ConfigurationError, WrongPolicy) as mistake:
    raise SystemExit(str(mistake)) from None
