"""Limits: how often, how many, how long. Each can be made stricter by an operator without code."""

from pydantic import BaseModel, ConfigDict, Field


class LimitsSettings(BaseModel):
    """How often each thing may happen, by the window in its name. "At each process" is counted by each worker for itself."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    otp_tries_per_challenge: int = Field(5, ge=1, le=5)
    """Tries of one code before the challenge is dead (SR-127)."""
    otp_fails_per_hour: int = Field(10, ge=1, le=10)
    """Wrong codes for one number over an hour, across all challenges (SR-128)."""
    otp_fails_per_day: int = Field(20, ge=1, le=20)
    """Wrong codes for one number over a day, across all challenges (SR-128)."""
    otp_fails_consecutive: int = Field(100, ge=1, le=100)
    """Wrong codes in a row after which codes by SMS are off for the number until another proof (SR-128)."""
    wrong_codes_10_minutes: int = Field(500, ge=1)
    """Wrong codes in 10 minutes, over everything, that are usual at any time; thrice the usual is a wave (SR-148)."""
    sms_gaps_s: tuple[int, ...] = (30, 60, 120, 300)
    """Seconds to wait before the second, third, … message to one number (SR-129)."""
    sms_per_10_minutes: int = Field(5, ge=1, le=5)
    """Messages to one number in 10 minutes, over all purposes and clients (SR-129)."""
    sms_per_hour: int = Field(10, ge=1, le=10)
    """Messages to one number in an hour (SR-129)."""
    sms_per_day: int = Field(15, ge=1, le=15)
    """Messages to one number in a day (SR-129)."""
    push_per_10_minutes: int = Field(3, ge=1, le=3)
    """Push prompts to one number in 10 minutes without a success (SR-138)."""
    push_per_day: int = Field(10, ge=1, le=10)
    """Push prompts to one number in a day without a success (SR-138)."""
    sends_per_address_10_minutes: int = Field(10, ge=1, le=10)
    """Messages caused by one IPv4 address or IPv6 /64 in 10 minutes (SR-130)."""
    sends_per_address_hour: int = Field(50, ge=1, le=50)
    """Messages caused by one IPv4 address or IPv6 /64 in an hour (SR-130)."""
    sends_per_network_hour: int = Field(200, ge=1, le=200)
    """Messages caused by one IPv4 /24 or IPv6 /48 in an hour (SR-130)."""
    sends_per_prefix_hour: int = Field(2000, ge=1)
    """Messages to one number prefix (first 7 digits) in an hour, before any baseline is known (SR-130)."""
    sends_per_hour: int = Field(200_000, ge=1)
    """Messages in an hour over everything: the spending ceiling. Sends stop, other ways in go on (SR-131)."""
    send_to_verify_percent: int = Field(30, ge=0, le=100)
    """A prefix, network or client whose codes are used less often than this is throttled (SR-131)."""
    send_to_verify_minimum: int = Field(50, ge=1)
    """Messages in 15 minutes before the send-to-verify ratio of a slice is looked at (SR-131)."""
    requests_per_address_minute: int = Field(600, ge=1)
    """Requests to pages from one address in a minute, at each process; to services' endpoints, faulty ones alone."""
    signin_starts_per_address_minute: int = Field(60, ge=1)
    """Sign-in journeys begun from one address in a minute, at each process."""
    client_failures_per_address_minute: int = Field(60, ge=1)
    """Failed client authentications from one address in a minute, at each process."""
    user_codes_per_browser_10_minutes: int = Field(10, ge=1, le=10)
    """Codes of devices tried in one browser in 10 minutes (SR-047)."""
    user_codes_per_address_minute: int = Field(20, ge=1, le=60)
    """Codes of devices tried from one address in a minute, at each process (SR-047)."""
    request_bytes: int = Field(8192, ge=1024, le=65536)
    """Largest request line with query, and largest form body, in bytes (SR-024)."""
    request_parameters: int = Field(60, ge=10, le=60)
    """Most parameters in one request (SR-024)."""


class LifetimeSettings(BaseModel):
    """How long things live, in seconds."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    code_s: int = Field(60, ge=5, le=60)
    """Authorization code (SR-023)."""
    access_token_s: int = Field(600, ge=30, le=600)
    """Access token (SR-067)."""
    id_token_s: int = Field(600, ge=30, le=3600)
    """ID token."""
    refresh_idle_s: int = Field(30 * 86400, ge=60, le=30 * 86400)
    """Refresh token without use (SR-039)."""
    refresh_absolute_s: int = Field(180 * 86400, ge=60, le=180 * 86400)
    """Refresh family from its birth; use does not move it (SR-039)."""
    refresh_retry_s: int = Field(10, ge=0, le=10)
    """How long a lost refresh answer may be asked for again (SR-035)."""
    session_idle_s: int = Field(14 * 86400, ge=60, le=14 * 86400)
    """Browser session without use (SR-086)."""
    session_absolute_s: int = Field(30 * 86400, ge=60, le=30 * 86400)
    """Browser session from sign-in (SR-086)."""
    session_shared_s: int = Field(12 * 3600, ge=60, le=24 * 3600)
    """Browser session on a device that others use, from sign-in: some browsers never forget what ends with them."""
    session_overlap_s: int = Field(30, ge=0, le=30)
    """How long the cookie of the former generation still works, so that a lost answer signs nobody out."""
    ask_s: int = Field(600, ge=60, le=3600)
    """A waiting authorization request; afterwards one click renews it."""
    pushed_request_s: int = Field(60, ge=5, le=90)
    """From pushing an authorization request until the browser comes with its reference (SR-021)."""
    device_code_s: int = Field(600, ge=60, le=1800)
    """A device's request, until somebody has allowed it and the device has come for it."""
    upstream_s: int = Field(600, ge=60, le=600)
    """A visit to an upstream: state, verifier (SR-113)."""
    otp_s: int = Field(300, ge=30, le=600)
    """A code by SMS (SR-126)."""
    push_s: int = Field(120, ge=30, le=600)
    """A push request on the handset."""
    key_publish_s: int = Field(3600, ge=0)
    """How long a signing key is published before its first signature; also the cache time of the key set (SR-069)."""
    key_retire_s: int = Field(7200, ge=600)
    """How long a key stays published after its last signature (SR-068)."""
