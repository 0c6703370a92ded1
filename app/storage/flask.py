"""Flask-SQLAlchemy over our own engine and metadata: for migrations, commands and shells."""

from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine

from app.storage.model import metadata


class SharedEngine(SQLAlchemy):
    """Flask-SQLAlchemy that uses the writing engine which the application already has."""

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        engine: Engine = app.extensions["mostid_storage"].writer
        return engine


db = SharedEngine(metadata=metadata)
