"""What a person does on the admin's pages."""

import json
from collections.abc import Sequence
from typing import Any

from django.test import Client


def verb(client: Client, model: str, name: str, keys: Sequence[Any], **fields: str) -> Any:
    """Confirm a verb; follows the redirect, so that the page with the message is the answer."""
    body = {"keys": json.dumps([str(key) for key in keys]), **fields}
    return client.post(f"/admin/jobs/{model}/verb/{name}/", body, follow=True)


def action(client: Client, model: str, name: str, keys: Sequence[Any], **fields: str) -> Any:
    """Tick rows of the list and choose an action."""
    body = {"action": name, "_selected_action": [str(key) for key in keys], **fields}
    return client.post(f"/admin/jobs/{model}/", body)


def messages(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]
