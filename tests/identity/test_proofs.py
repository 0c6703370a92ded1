"""Proofs: sealed for one act, one browser, one session, one target; spent once."""

from dataclasses import replace
from uuid import uuid4

import pytest

from app.identity.proofs import Act, BadProof, Binding, Proof, Proofs
from app.keys.sealing import Sealer
from app.storage.clock import Clock
from app.storage.database import Storage, Transaction
from tests.identity.world import World, keyring, mailru, push
from tests.services import ClockFile

SESSION, TARGET = uuid4(), uuid4()
BINDING = Binding(Act.LINK, "b" * 32, SESSION, TARGET)


@pytest.fixture
def proofs(clock: Clock) -> Proofs:
    return Proofs(Sealer(keyring(), ("proof",)), clock)


@pytest.mark.parametrize("assertion", [mailru(picture="https://example.ru/a.png"), push()])
@pytest.mark.parametrize("binding", [BINDING, Binding(Act.SIGN_IN, "b")])
def test_a_proof_carries_its_assertion_whole(proofs: Proofs, assertion, binding: Binding) -> None:  # type: ignore[no-untyped-def]
    proof = proofs.open(proofs.seal(assertion, binding), binding)
    assert proof.assertion == assertion
    assert proof.binding == binding


@pytest.mark.sr("SR-099", "SR-100", "SR-101")
@pytest.mark.parametrize(
    "other",
    [
        *[replace(BINDING, act=act) for act in Act if act is not Act.LINK],
        replace(BINDING, browser="c" * 32),
        replace(BINDING, session=uuid4()),
        replace(BINDING, session=None),
        replace(BINDING, target=uuid4()),
        replace(BINDING, target=None),
        replace(BINDING, session=TARGET, target=SESSION),
    ],
)
def test_a_proof_is_good_for_nothing_else(proofs: Proofs, other: Binding) -> None:
    with pytest.raises(BadProof):
        proofs.open(proofs.seal(mailru(), BINDING), other)


def test_a_proof_is_good_for_five_minutes(proofs: Proofs, clock_file: ClockFile) -> None:
    text = proofs.seal(mailru(), BINDING)
    clock_file.advance(298)
    proofs.open(text, BINDING)
    clock_file.advance(2)
    with pytest.raises(BadProof):
        proofs.open(text, BINDING)


def test_machines_may_differ_by_ten_seconds(proofs: Proofs, clock_file: ClockFile) -> None:
    text = proofs.seal(mailru(), BINDING)
    clock_file.advance(-9)
    proofs.open(text, BINDING)
    clock_file.advance(-3)
    with pytest.raises(BadProof):
        proofs.open(text, BINDING)


def test_a_changed_or_foreign_text_is_no_proof(proofs: Proofs, clock: Clock) -> None:
    text = proofs.seal(mailru(), BINDING)
    foreign = Proofs(Sealer(keyring(), ("proof", "ask")), clock)
    assert foreign.open(text, BINDING).assertion == mailru()
    for bad in ("", "x", text[:-2], text[:40] + ("A" if text[40] != "A" else "B") + text[41:], text * 2):
        with pytest.raises(BadProof):
            proofs.open(bad, BINDING)
    with pytest.raises(BadProof):
        proofs.open(Sealer(keyring(), ("ask",)).seal("ask", b"x" * 40, BINDING.context()), BINDING)


@pytest.mark.sr("SR-100")
@pytest.mark.parametrize("binding", [BINDING, Binding(Act.SIGN_IN, "b")])
def test_a_proof_is_spent_once(world: World, proofs: Proofs, binding: Binding) -> None:
    proof, another = (proofs.open(proofs.seal(mailru(), binding), binding) for _ in range(2))
    assert [_spend(world.storage, proofs, it) for it in (proof, proof, another)] == [True, False, True]


def test_an_act_that_fails_spends_nothing(world: World, proofs: Proofs) -> None:
    proof = proofs.open(proofs.seal(mailru(), BINDING), BINDING)

    def fail(tx: Transaction) -> None:
        assert proofs.spend(tx, proof)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.storage.run(fail, write=True)
    assert _spend(world.storage, proofs, proof)


def _spend(storage: Storage, proofs: Proofs, proof: Proof) -> bool:
    return storage.run(lambda tx: proofs.spend(tx, proof), write=True)
