"""What every example service does alike: signing people in and out with an OpenID Provider.

Owns: discovery, the code flow with PKCE, ID tokens, the renewal of access tokens, the service's own sessions, the
common page frame. Does not own: what a service sells or shows. Hands a `Customer` to the service's pages.
"""
