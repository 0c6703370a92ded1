"""The WSGI entry point: `wsgi:app`."""

from app import create_app
from config import load

app = create_app(load())
