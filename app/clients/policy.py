"""What a deployment allows of its services: decided by its settings, not by whoever registers."""

from dataclasses import dataclass

from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules that differ between a developer's machine and production."""

    production: bool = False
    """Production takes no http address of a web service, not even on loopback."""
    owned_domains: tuple[str, ...] = ()
    """Domains on which first-party services of production must live (SR-060)."""

    origins: tuple[str, ...] = ()
    """Where we answer ourselves: no service does, but for applications of ours (RFC 8252 §7.2)."""

    mutual_tls: bool = True
    """Whether clients may be known by certificates: where none reach us they could never prove themselves."""

    @classmethod
    def of(cls, settings: Settings) -> "Policy":
        """The policy of these settings."""
        domains = tuple(name.lower() for name in settings.owned_domains)
        return cls(
            production=settings.profile == "production",
            owned_domains=domains,
            origins=tuple(origin for origin in (settings.issuer, settings.mtls_origin) if origin),
            mutual_tls=settings.client_certificates,
        )

    def owns(self, host: str) -> bool:
        """Whether a host is one of our domains or below one."""
        return any(host == domain or host.endswith(f".{domain}") for domain in self.owned_domains)
