"""Handsets: one for every telephone number that anybody writes to."""
