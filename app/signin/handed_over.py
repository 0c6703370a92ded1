"""The answer to the page for a number that may have changed hands: the person starts with a new account."""

from flask import Response, request

from app.identity.proofs import Act, BadProof, Binding
from app.sessions.ask import browser_hash
from app.signin.finish import Finish
from app.signin.journey import Journey, is_shared
from app.signin.phone import PhonePage
from app.web.pages import gettext


class HandedOverPage:
    """`POST /signin/phone/handed-over`."""

    def __init__(self, journey: Journey, phone: PhonePage, finish: Finish) -> None:
        self._journey, self._parts, self._phone, self._finish = journey, journey.parts, phone, finish

    def post(self) -> Response:
        """Spend the proof that waited on the page, once."""
        step = self._journey.posted()
        if isinstance(step, Response):
            return step
        binding = Binding(Act.SIGN_IN, browser_hash(self._parts.browser.id()))
        try:
            proof = self._parts.proofs.open(request.form.get("proof", ""), binding)
        except BadProof:
            return self._phone.show(step, problem=gettext("This page has expired. Confirm the number again."))
        if request.form.get("start") != "new":  # asked for again in another language
            return self._finish.ask_otherwise(
                step, proof.assertion, request.form["proof"], shared=is_shared()
            )
        return self._finish(step, proof.assertion, shared=is_shared(), start_new=True, proof=proof)
