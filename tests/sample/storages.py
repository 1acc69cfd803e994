"""Storages that are in trouble."""

import threading
import time
from typing import Any

from django.core.files.storage import InMemoryStorage


class Full(InMemoryStorage):
    """Has no room left."""

    def _save(self, name: str, content: Any) -> str:
        raise OSError(28, "No space left on device")


class Hanging(InMemoryStorage):
    """Does not answer for a minute."""

    asked = threading.Event()

    def _save(self, name: str, content: Any) -> str:
        self.asked.set()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            time.sleep(0.01)
        return str(super()._save(name, content))
