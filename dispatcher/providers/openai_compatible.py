"""Any server that speaks OpenAI's chat completions: a local model server, or a hosted one."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from dispatcher.choices import Choices
from dispatcher.conf import Options
from dispatcher.errors import ProviderRefused, UnfitAnswer
from dispatcher.providers import bounded, contract
from dispatcher.providers.contract import Trace
from dispatcher.schema import Proposal, answer_schema, read_answer


@dataclass(frozen=True, slots=True)
class OpenAICompatible:
    """One model, one request."""

    conf: Options

    def __call__(self, prompt: str, choices: Choices, trace: Trace) -> Proposal:
        """See `contract.Provider`."""
        trace.model, trace.tried = self.conf.openai_model, [self.conf.openai_model]
        answer = bounded.run(self._ask(_request(self.conf.openai_model, prompt, choices)))
        usage = answer.get("usage")
        if isinstance(usage, Mapping):
            trace.input_tokens, trace.output_tokens = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
        trace.answer = _text(answer)
        return read_answer(trace.answer, choices)

    async def _ask(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {self.conf.openai_key}"} if self.conf.openai_key else {}
        url = f"{self.conf.openai_url.rstrip('/')}/chat/completions"
        try:
            async with asyncio.timeout(self.conf.timeout), bounded.client(self.conf.timeout) as client:
                reply = await client.post(url, json=body, headers=headers)
        except (TimeoutError, httpx.TimeoutException):
            raise contract.too_slow() from None
        except httpx.TransportError:
            raise contract.unreachable() from None
        return _answer(reply)


def _request(model: str, prompt: str, choices: Choices) -> dict[str, Any]:
    schema = {"name": "job", "schema": answer_schema(choices)}
    return {
        "model": model,
        "messages": [{"role": "system", "content": contract.INSTRUCTION}, {"role": "user", "content": prompt}],
        "response_format": {"type": "json_schema", "json_schema": schema},
        "max_tokens": contract.MAX_TOKENS,
        "temperature": 0,
    }


def _answer(reply: httpx.Response) -> Mapping[str, Any]:
    if contract.is_passing(reply.status_code):
        raise contract.overloaded()
    if not reply.is_success:
        raise ProviderRefused("the language model's provider refused the request")
    try:
        found = reply.json()
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, Mapping):
        raise UnfitAnswer("the provider's answer is not of its protocol")
    return found


def _text(answer: Mapping[str, Any]) -> str:
    """The words of the first choice; empty when there is none."""
    try:
        content = answer["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        return ""
    return content if isinstance(content, str) else ""


def _count(usage: Mapping[str, Any], name: str) -> int | None:
    value = usage.get(name)
    return value if isinstance(value, int) and 0 <= value < 2**31 else None
