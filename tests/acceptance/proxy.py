"""A Unix socket in front of a server, which loses what a test wants lost.

Every fault waits for a request that contains certain bytes, or is switched on and off; none depends on time.
"""

import contextlib
import select
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.acceptance.wire import Prepared, Protocol

Address = str | tuple[str, int]
What = Literal["request", "reply"]
_CHUNK = 65536


class Cut(Exception):
    """This connection ends here."""


@dataclass
class Fault:
    """What befalls the next `times` requests that contain `text`: their connection is cut.

    `what` is "request" when the server shall not hear of it, "reply" when it shall do it and the client not hear
    of that.
    """

    what: What
    text: bytes
    times: int
    taken: int = 0
    struck: int = 0

    @property
    def happened(self) -> bool:
        return self.struck == self.times


class Proxy:
    """Passes everything on between its own Unix socket `path` and the server at `upstream`.

    `environment` is what makes one of our processes go through it.
    """

    def __init__(self, upstream: Address, path: Path, protocol: Protocol, environment: dict[str, str]) -> None:
        self.environment = environment
        self.upstream = upstream
        self.protocol = protocol
        self.path = path
        self.flowing = threading.Event()
        self.flowing.set()
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._links: set[Link] = set()
        self._listener = self._listen()

    def lose(self, what: What, text: bytes, times: int = 1) -> Fault:
        fault = Fault(what, text, times)
        self._faults.append(fault)
        return fault

    def refuse(self) -> None:
        """Cut every connection and take no new one, as if the server were gone."""
        self.path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # wakes the thread in accept(), which closing alone would not
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def hang(self) -> None:
        """Take connections and requests, and answer none."""
        self.flowing.clear()

    def cut(self) -> None:
        for link in self._links.copy():
            link.cut()

    def restore(self) -> None:
        """Work again. Requests that hung go on to the server now, unless their connections were cut."""
        self.flowing.set()
        if self._listener.fileno() == -1:
            self._listener = self._listen()

    def close(self) -> None:
        self.refuse()
        self.flowing.set()

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        listener.listen(128)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                link = Link(listener.accept()[0], self)
                self._links.add(link)
                link.start()
                if listener.fileno() == -1:  # refused meanwhile
                    link.cut()

    def fault_of(self, meaning: bytes) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.taken < fault.times and fault.text in meaning:
                    fault.taken += 1
                    return fault
        return None

    def strike(self, fault: Fault) -> None:
        with self._lock:
            fault.struck += 1
        raise Cut

    def forget(self, link: "Link") -> None:
        self._links.discard(link)


class Link(threading.Thread):
    """One client's connection, and the one to the server that stands for it."""

    def __init__(self, client: socket.socket, proxy: Proxy) -> None:
        super().__init__(daemon=True)
        self._client = client
        self._proxy = proxy
        self._prepared: Prepared = {}
        self._request = self._lost = b""
        self._fault: Fault | None = None

    def cut(self) -> None:
        with contextlib.suppress(OSError):  # it may have ended by itself
            self._client.shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        with contextlib.suppress(OSError, Cut), self._client, _connect(self._proxy.upstream) as server:
            while self._pass_on(server):
                pass
        self._proxy.forget(self)

    def _pass_on(self, server: socket.socket) -> bool:
        ready, _, _ = select.select([self._client, server], [], [])
        self._proxy.flowing.wait()
        for end in ready:
            data = end.recv(_CHUNK)
            if not data:
                return False
            if end is server:
                self._answer(data)
            else:
                self._ask(data, server)
        return True

    def _ask(self, data: bytes, server: socket.socket) -> None:
        self._request += data
        meaning = self._proxy.protocol.meaning(self._request, self._prepared)
        self._fault = self._fault or self._proxy.fault_of(meaning)
        if self._fault and self._fault.what == "request":
            self._proxy.strike(self._fault)
        server.sendall(data)

    def _answer(self, data: bytes) -> None:
        if self._fault is None:
            self._request = b""
            self._client.sendall(data)
            return
        self._lost += data
        if self._proxy.protocol.is_whole(self._lost):
            self._proxy.strike(self._fault)


def _connect(address: Address) -> socket.socket:
    if isinstance(address, tuple):
        return socket.create_connection(address)
    server = socket.socket(socket.AF_UNIX)
    server.connect(address)
    return server
