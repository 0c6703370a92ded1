"""Typed settings and their profiles.

Owns: every setting, its default, its docstring and its validation. Nothing else reads the environment.
Does not own: what the settings configure. Hands `Settings` to `app.create_app`.
"""

from config.load import ConfigurationError, in_command, load, settings_file, unknown_names
from config.settings import Settings

__all__ = ["ConfigurationError", "Settings", "in_command", "load", "settings_file", "unknown_names"]
