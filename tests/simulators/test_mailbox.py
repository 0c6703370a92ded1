"""Mails are received over SMTP and read over HTTP."""

import smtplib
import socket
from email.message import EmailMessage

import pytest

from tests.services import ClockFile
from tests.simulation import Simulation


def mail(to: str, text: str, subject: str = "Вход") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "MostID <mostid@mostid.example>", to, subject
    message.set_content(text)
    return message


def test_a_mail_is_received(simulation: Simulation, clock_file: ClockFile) -> None:
    clock_file.advance(86_400)
    text = "Добавлен вход с Mail.ru.\n.точка в начале строки\n"
    message = mail("maria.ivanova@mail.ru", text)
    message.add_alternative("<p>Добавлен вход</p>", subtype="html")
    with smtplib.SMTP("localhost", simulation.smtp_port) as smtp:
        smtp.send_message(message)
        smtp.send_message(mail("alexey.smirnov@bk.ru", "second"))
    found = simulation.mails("Maria.Ivanova@MAIL.ru", 1)[0]
    assert found.keys() == {"id", "from", "to", "subject", "text", "html", "at"}
    assert (found["from"], found["to"]) == ("mostid@mostid.example", ["maria.ivanova@mail.ru"])
    assert (found["subject"], found["text"]) == ("Вход", text)
    assert found["html"].strip() == "<p>Добавлен вход</p>"
    assert [each["text"].strip() for each in simulation.mails()] == ["second", text.strip()]
    page = simulation.http.get(f"{simulation.url}/mailbox", params={"to": "maria.ivanova@mail.ru"}).text
    assert "Добавлен вход с Mail.ru." in page
    assert "second" not in page
    assert "&lt;p&gt;" not in page


def test_one_mail_to_several(simulation: Simulation) -> None:
    with smtplib.SMTP("localhost", simulation.smtp_port) as smtp:
        smtp.sendmail("a@b.example", ["one@mail.ru", "two@mail.ru"], mail("list", "hello").as_bytes())
    assert simulation.mails("two@mail.ru", 1)[0]["to"] == ["one@mail.ru", "two@mail.ru"]


def test_html_alone_is_shown_as_text(simulation: Simulation) -> None:
    message = mail("x@mail.ru", "")
    message.set_content("<script>alert(1)</script>", subtype="html")
    with smtplib.SMTP("localhost", simulation.smtp_port) as smtp:
        smtp.send_message(message)
    simulation.mails("x@mail.ru", 1)
    assert "<script>alert" not in simulation.http.get(f"{simulation.url}/mailbox").text


@pytest.mark.parametrize(
    ("commands", "status"),
    [
        (["MAIL FROM:<a@b.example>", "DATA"], "503"),
        (["RCPT TO:<a@b.example>"], "503"),
        (["DATA"], "503"),
        (["MAIL FROM: nobody"], "501"),
        (["MAIL FROM:<>", "RCPT TO:<>"], "501"),
        (["MAIL FROM:<a@b.example>", "RSET", "RCPT TO:<a@b.example>"], "503"),
        (["STARTTLS"], "502"),
        (["NOOP"], "250"),
        (["HELO localhost"], "250"),
        (["QUIT"], "221"),
    ],
)
def test_the_order_of_commands(simulation: Simulation, commands: list[str], status: str) -> None:
    with socket.create_connection(("127.0.0.1", simulation.smtp_port), 5) as connection:
        replies = connection.makefile("r")
        assert replies.readline().startswith("220")
        for command in commands:
            connection.sendall(f"{command}\r\n".encode())
            reply = replies.readline()
        assert reply.startswith(status)
    assert simulation.mails() == []


def test_a_mail_that_is_too_large(simulation: Simulation) -> None:
    with (
        smtplib.SMTP("localhost", simulation.smtp_port) as smtp,
        pytest.raises(smtplib.SMTPDataError, match="too large"),
    ):
        smtp.sendmail("a@b.example", ["one@mail.ru"], b"x: y\r\n\r\n" + b"a line of some length\r\n" * 60_000)
    assert simulation.mails() == []
