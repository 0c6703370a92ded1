"""As much of SMTP as it takes to receive a mail (RFC 5321). No authentication, no encryption, no delivery."""

import re
import threading
from socketserver import StreamRequestHandler, ThreadingTCPServer

from simulators.mailbox.mails import Mails

HOST = "127.0.0.1"
LONGEST_LINE = 65_536
LARGEST_MAIL = 1_048_576
MOST_RECIPIENTS = 100
PATH = re.compile(rb"(?:FROM|TO):\s*<([^<>\s]{0,254})>", re.IGNORECASE)


class SmtpServer(ThreadingTCPServer):
    """Listens on loopback."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, mails: Mails) -> None:
        super().__init__((HOST, port), Session)
        self.mails = mails

    def start(self) -> None:
        """Begin to receive."""
        threading.Thread(target=self.serve_forever, name="smtp", daemon=True).start()


class Session(StreamRequestHandler):
    """One connection."""

    timeout = 60
    server: SmtpServer

    def setup(self) -> None:
        """A fresh envelope."""
        super().setup()
        self._sender: str | None = None
        self._recipients: list[str] = []

    def handle(self) -> None:
        """Greet, and obey until the client leaves."""
        self._say("220 localhost simulator")
        try:
            while self._command():
                pass
        except (OSError, _Gone):
            return

    def _command(self) -> bool:
        verb, _, argument = self._line().rstrip().partition(b" ")
        match verb.upper():
            case b"EHLO":
                self._say("250-localhost", f"250-SIZE {LARGEST_MAIL}", "250-8BITMIME", "250 SMTPUTF8")
            case b"HELO" | b"NOOP":
                self._say("250 OK")
            case b"RSET":
                self._begin(None)
                self._say("250 OK")
            case b"MAIL":
                self._mail(argument)
            case b"RCPT":
                self._recipient(argument)
            case b"DATA":
                self._data()
            case b"QUIT":
                self._say("221 bye")
                return False
            case _:
                self._say("502 not implemented")
        return True

    def _mail(self, argument: bytes) -> None:
        path = PATH.match(argument)
        if path is None:
            self._say("501 MAIL FROM:<address>")
            return
        self._begin(path[1].decode(errors="replace"))
        self._say("250 OK")

    def _recipient(self, argument: bytes) -> None:
        path = PATH.match(argument)
        if self._sender is None:
            self._say("503 MAIL first")
        elif path is None or not path[1]:
            self._say("501 RCPT TO:<address>")
        elif len(self._recipients) >= MOST_RECIPIENTS:
            self._say("452 too many recipients")
        else:
            self._recipients.append(path[1].decode(errors="replace"))
            self._say("250 OK")

    def _data(self) -> None:
        if self._sender is None or not self._recipients:
            self._say("503 RCPT first")
            return
        self._say("354 end with a line of one dot")
        content = self._content()
        if content is None:
            self._say("552 too large")
        else:
            self.server.mails.receive(self._sender, self._recipients, content)
            self._say("250 OK")
        self._begin(None)

    def _content(self) -> bytes | None:
        """Everything up to a lone dot, with doubled dots made single (RFC 5321 §4.5.2); None if it is too much."""
        lines: list[bytes] = []
        size = 0
        while (line := self._line()) not in {b".\r\n", b".\n"}:
            size += len(line)
            if size <= LARGEST_MAIL:
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines) if size <= LARGEST_MAIL else None

    def _begin(self, sender: str | None) -> None:
        self._sender, self._recipients = sender, []

    def _line(self) -> bytes:
        line = self.rfile.readline(LONGEST_LINE)
        if not line:
            raise _Gone
        return line

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class _Gone(Exception):
    """The client has left without a word."""
