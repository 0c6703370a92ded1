"""The chain of authenticators: a push on the handset, then a code by SMS, until one succeeds or none is left."""

import secrets
import threading
from functools import partial
from uuid import uuid4

from simulators.kept import Kept
from simulators.mobileid.callbacks import Callbacks
from simulators.mobileid.errors import NO_SUPPORT, Refused
from simulators.mobileid.id_token import tokens
from simulators.mobileid.keys import OperatorKey
from simulators.mobileid.request_object import SiRequest
from simulators.mobileid.transaction import (
    BUSY,
    DENIED,
    NO_ANSWER,
    NO_ATTEMPTS,
    Failure,
    Otp,
    Result,
    Transaction,
)
from simulators.person import Person
from simulators.upstream_switches import Authenticator
from simulators.wire import same
from simulators.world import World

OTP_PATH = "/mobileid/sms_otp/send/"
OTP_DIGITS = 4
SENDER = "MegaFon"


class Chain:
    """All requests of one operator. A subscriber has one at a time."""

    def __init__(self, world: World, issuer: str, key: OperatorKey) -> None:
        self._world, self._issuer, self._key = world, issuer, key
        self._callbacks = Callbacks(world.outbound, world.timetable, world.scenario)
        self._lock = threading.RLock()
        self._transactions: Kept[Transaction] = Kept()
        self._by_otp: Kept[Transaction] = Kept()
        self._open: dict[str, str] = {}
        """Number → id of the request that is not finished."""

    def accept(self, request: SiRequest) -> Transaction:
        """Note a request that can be served. Raises Refused."""
        person = self._world.scenario.subscriber(request.number)
        if person.not_subscriber:
            raise Refused(404, "not_found_entity", "Subscriber not found")
        if person.blocked:
            raise Refused(403, "authorization_error", "Subscriber blocked")
        able = [each for each in self._world.scenario.mobileid.chain if _serves(each, request, person)]
        if not able:
            raise Refused(403, "authorization_error", NO_SUPPORT)
        transaction = Transaction(str(uuid4()), request, able, self._world.clock.now())
        self._transactions.put(transaction.id, transaction)
        return transaction

    def begin(self, transaction: Transaction) -> None:
        """Turn to the subscriber; the client has its answer by now."""
        request, scenario = transaction.request, self._world.scenario
        with self._lock:
            if self._transactions.get(transaction.id) is None:
                return  # all was forgotten meanwhile
            if scenario.subscriber(request.number).busy or request.number in self._open:
                self._finish_later(transaction, BUSY)
                return
            self._open[request.number] = transaction.id
            end = partial(self._finish, transaction, NO_ANSWER)
            self._world.timetable.at(transaction.started_at + scenario.mobileid.expires_in, end)
            self._next(transaction, transaction.started_at)

    def find(self, auth_req_id: str) -> Transaction | None:
        """A request by its id."""
        return self._transactions.get(auth_req_id)

    def enter(self, key: str, code: str) -> int | None:
        """Somebody enters an SMS code. Attempts left if it is wrong, -1 if it is right, None if none is expected."""
        with self._lock:
            transaction = self._by_otp.get(key)
            otp = transaction.otp if transaction else None
            if transaction is None or otp is None or transaction.result is not None:
                return None
            if same(code, otp.code):
                self._succeed(transaction, "OTP_OK")
                return -1
            otp.attempts -= 1
            if otp.attempts == 0:
                self._finish(transaction, NO_ATTEMPTS)
            return otp.attempts

    def poll(self, transaction: Transaction) -> Result | None:
        """The result, once; None while there is none."""
        with self._lock:
            transaction.polled_at = self._world.clock.now()
            if transaction.result is not None:
                self._transactions.take(transaction.id)
            return transaction.result

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._transactions.clear()
            self._by_otp.clear()
            self._open.clear()

    def _next(self, transaction: Transaction, now: float) -> None:
        if not transaction.remaining:
            self._finish(transaction, NO_ANSWER)
        elif transaction.remaining.pop(0) == "PushMc":
            self._push(transaction, now)
        else:
            self._send_code(transaction, now)

    def _push(self, transaction: Transaction, now: float) -> None:
        request, world = transaction.request, self._world
        person = world.scenario.subscriber(request.number)
        if person.refuse:
            self._finish_later(transaction, DENIED)
        elif person.approve:
            self._later(transaction, partial(self._answered, transaction, True))
        else:
            if not person.no_answer:
                answered = partial(self._answered, transaction)
                transaction.push_id = world.handsets.show(request.number, request.binding_message, answered)
            wait = world.scenario.mobileid.authenticator_wait_s
            world.timetable.at(now + wait, partial(self._push_over, transaction))

    def _answered(self, transaction: Transaction, yes: bool) -> None:
        if yes:
            self._succeed(transaction, "SIM_PIN" if transaction.request.lowest == "3" else "PUSH_OK")
        else:
            self._finish(transaction, DENIED)

    def _push_over(self, transaction: Transaction) -> None:
        """Nobody answered: the next authenticator's turn."""
        with self._lock:
            answered = transaction.push_id and not self._world.handsets.withdraw(transaction.push_id)
            if transaction.result is None and not answered:
                self._next(transaction, self._world.clock.now())

    def _send_code(self, transaction: Transaction, now: float) -> None:
        request, world, switches = transaction.request, self._world, self._world.scenario.mobileid
        code = f"{secrets.randbelow(10**OTP_DIGITS):0{OTP_DIGITS}d}"
        otp = Otp(secrets.token_hex(16), code, switches.otp_attempts)
        transaction.otp = otp
        self._by_otp.put(otp.key, transaction)
        if not world.scenario.subscriber(request.number).sms_lost:
            world.handsets.receive(request.number, f"Код {code} для входа в {switches.client_name}", SENDER)
        payload = transaction.named() | {
            "smsotp_endpoint": f"{world.origin}{OTP_PATH}{otp.key}",
            "send": {"verify_code": "enter_otp_code"},
        }
        due = max(now, transaction.started_at + switches.callback_delay_s)
        self._callbacks.send(request.otp_uri, request.notification_token, payload, when=due)
        world.timetable.at(now + switches.otp_life_s, partial(self._code_over, transaction))

    def _code_over(self, transaction: Transaction) -> None:
        with self._lock:
            if transaction.result is None:
                transaction.otp = None
                self._next(transaction, self._world.clock.now())

    def _succeed(self, transaction: Transaction, amr: str) -> None:
        request, world = transaction.request, self._world
        person = world.scenario.subscriber(request.number)
        found = tokens(request, person, amr, world.clock.now(), self._issuer, self._key)
        self._finish(transaction, found)

    def _finish_later(self, transaction: Transaction, failure: Failure) -> None:
        self._later(transaction, partial(self._finish, transaction, failure))

    def _later(self, transaction: Transaction, act: "partial[None]") -> None:
        """At the earliest moment when the client is called back."""
        delay = self._world.scenario.mobileid.callback_delay_s
        self._world.timetable.at(transaction.started_at + delay, act)

    def _finish(self, transaction: Transaction, result: Result) -> None:
        """The end, unless there was one before."""
        request, world = transaction.request, self._world
        with self._lock:
            if transaction.result is not None:
                return
            transaction.result = result
            if self._open.get(request.number) == transaction.id:
                del self._open[request.number]
            if transaction.push_id:
                world.handsets.withdraw(transaction.push_id)
        if not request.polling:
            said = result.to_json() if isinstance(result, Failure) else result
            cut = world.scenario.subscriber(request.number).malformed
            self._callbacks.send(
                request.notification_uri,
                request.notification_token,
                transaction.named() | said,
                when=world.clock.now(),
                cut=cut,
            )


def _serves(authenticator: Authenticator, request: SiRequest, person: Person) -> bool:
    """A push asks for a tap (level 2) or a PIN (3), and needs an applet. A code by SMS is level 2 and no more."""
    if authenticator == "PushMc":
        return not person.no_applet and bool({"2", "3"} & set(request.levels))
    return request.lowest == "2"
