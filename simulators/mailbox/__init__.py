"""A mail server that takes every mail and delivers none: they are read here."""
