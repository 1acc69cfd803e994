"""Clients that submit over HTTP all the time, and repeat what was refused, as they should."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx


class Crowd:
    """`accepted` are ids of jobs, `refused` the 503 answers. Every request has an idempotency key of its own."""

    def __init__(self, web: httpx.Client, job: dict[str, Any]) -> None:
        self.accepted: list[str] = []
        self.refused: list[httpx.Response] = []
        self._web = web
        self._job = job
        self._enough = threading.Event()
        self._hopeless = threading.Event()

    @contextmanager
    def at_work(self, clients: int) -> Iterator["Crowd"]:
        """Submit until the end of the `with`; each client still has its last request accepted, unless that failed."""
        with ThreadPoolExecutor(clients) as pool:
            ends = [pool.submit(self._submit, f"client-{number}") for number in range(clients)]
            try:
                yield self
            except BaseException:
                self._hopeless.set()
                raise
            finally:
                self._enough.set()
            for end in ends:
                end.result()

    def _submit(self, client: str) -> None:
        number = 0
        while not self._enough.wait(0.01):
            number += 1
            self._until_accepted(f"{client}-{number}")

    def _until_accepted(self, key: str) -> None:
        while not self._hopeless.is_set():
            answer = self._web.post("/api/v1/jobs", json={**self._job, "idempotency_key": key})
            if answer.status_code != 503:
                answer.raise_for_status()
                self.accepted.append(str(answer.json()["id"]))
                return
            self.refused.append(answer)
            self._enough.wait(0.05)
