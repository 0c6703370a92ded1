"""Acts that end something, as the rooms do them: a session, a person's rights, a consent."""

from uuid import UUID

from app.grants import consents
from app.lifecycle import block as blocking
from app.lifecycle import sign_out as signing_out
from tests.deployment import Deployment, Person, Service


def sign_out(deployment: Deployment, session: UUID | None = None) -> None:
    """End a session, or the only one."""
    rows = [row for row in deployment.rows("sessions") if session in (None, row.id)]
    assert len(rows) == 1
    deployment.storage.run(
        lambda tx: signing_out.sign_out(
            tx, deployment.sessions, rows[0].identity_id, rows[0].id, deployment.clock.now(), "signed_out"
        ),
        write=True,
    )


def block(deployment: Deployment, person: Person) -> None:
    """Block a person, as an operator does."""
    done = deployment.storage.run(
        lambda tx: blocking.block(
            tx, deployment.sessions, person.identity, deployment.clock.now(), actor="anna", reason="test"
        ),
        write=True,
    )
    assert done


def unblock(deployment: Deployment, person: Person) -> None:
    """Let a blocked person in again."""
    done = deployment.storage.run(
        lambda tx: blocking.unblock(tx, person.identity, deployment.clock.now(), actor="anna", reason="test"),
        write=True,
    )
    assert done


def withdraw(deployment: Deployment, person: Person, service: Service) -> bool:
    """Take a consent back."""
    return deployment.storage.run(
        lambda tx: consents.withdraw(tx, person.identity, service.client_id, deployment.clock.now()),
        write=True,
    )


def consent(deployment: Deployment, person: Person, service: Service, scope: str) -> None:
    """Give a consent without the page."""
    deployment.storage.run(
        lambda tx: consents.give(
            tx, person.identity, service.client_id, scope.split(), (), deployment.clock.now()
        ),
        write=True,
    )
