"""Linking: a proof comes in, an identity comes out. The rules are in `decisions`; here the facts are read and the act is done."""
