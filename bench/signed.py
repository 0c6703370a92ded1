"""What a service signs: assertions of who it is, and proofs of the key that its tokens are bound to."""

import secrets
import time
from urllib.parse import urlencode

from joserfc import jwt

from bench.setting import Setting

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def assertion(setting: Setting) -> str:
    """The parameters of private_key_jwt (RFC 7523 §2.2)."""
    now = int(time.time())
    said = {"iss": setting.signer, "sub": setting.signer, "aud": setting.issuer, "iat": now, "exp": now + 60}
    signed = jwt.encode({"alg": "ES256"}, said | {"jti": secrets.token_hex(16)}, setting.key)
    return urlencode({"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed})


def proof(setting: Setting, method: str, path: str) -> str:
    """A DPoP proof (RFC 9449 §4.2)."""
    head = {"alg": "ES256", "typ": "dpop+jwt", "jwk": setting.key.as_dict(private=False)}
    said = {"htm": method, "htu": setting.issuer + path, "iat": int(time.time())}
    return jwt.encode(head, said | {"jti": secrets.token_hex(16)}, setting.key)
