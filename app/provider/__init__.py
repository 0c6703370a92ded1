"""Provider: OAuth 2.0 and OpenID Connect as services see them. One file an endpoint, one file a grant type.

Owns: endpoints, their parameters, their errors, and what happens next to an authorization request.
Does not own: upstreams and sign-in pages (signin), what a service may have of a person (grants), the browser's
session (sessions). Hands a person who must sign in to `/signin` with a sealed ask, and takes them back by it.
"""
