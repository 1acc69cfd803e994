"""Google Gemini by `google-genai`: a chain of models under one deadline."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from google import genai
from google.genai import errors, types

from dispatcher.choices import Choices
from dispatcher.conf import Options
from dispatcher.errors import ProviderRefused, UnfitAnswer
from dispatcher.providers import bounded, contract
from dispatcher.providers.contract import Trace
from dispatcher.schema import Proposal, answer_schema, read_answer
from jobs.errors import FlowbitError

SHORTEST = 0.01  # seconds; a call with less left is not begun


@dataclass(frozen=True, slots=True)
class Gemini:
    """Asks one model after the other, as long as they fail in a way that passes."""

    conf: Options
    clock: Callable[[], float] = time.monotonic

    def __call__(self, prompt: str, choices: Choices, trace: Trace) -> Proposal:
        """See `contract.Provider`."""
        config = types.GenerateContentConfig(
            system_instruction=contract.INSTRUCTION,
            response_mime_type="application/json",
            response_schema=answer_schema(choices),
            max_output_tokens=contract.MAX_TOKENS,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        answer = bounded.run(self._first_answer(prompt, config, trace))
        usage = answer.usage_metadata
        if usage is not None:
            trace.input_tokens, trace.output_tokens = usage.prompt_token_count, usage.candidates_token_count
        trace.answer = _text(answer)
        return read_answer(trace.answer, choices)

    async def _first_answer(
        self, prompt: str, config: types.GenerateContentConfig, trace: Trace
    ) -> types.GenerateContentResponse:
        """Of the first model that gives one. Raises what the last one's failure means."""
        end = self.clock() + self.conf.timeout
        problem: FlowbitError = contract.too_slow()
        for number, model in enumerate(models := _models(self.conf)):
            left = end - self.clock()
            if left < SHORTEST:
                break
            trace.model, trace.tried = model, models[: number + 1]
            # A model that hangs must leave time for the next: each but the last gets half of what is left.
            limit = left if number == len(models) - 1 else left / 2
            try:
                return await asyncio.wait_for(self._ask(model, prompt, config, limit), limit)
            except (TimeoutError, httpx.TimeoutException):
                problem = contract.too_slow()
            except httpx.TransportError:
                raise contract.unreachable() from None
            except errors.APIError as error:
                if not contract.is_passing(error.code):
                    raise ProviderRefused("the language model's provider refused the request") from None
                problem = contract.overloaded()
        raise problem from None

    async def _ask(
        self, model: str, prompt: str, config: types.GenerateContentConfig, limit: float
    ) -> types.GenerateContentResponse:
        async with bounded.client(limit) as http:
            served = types.HttpOptions(
                base_url=self.conf.gemini_url or None, timeout=max(1, int(limit * 1000)), httpx_async_client=http
            )
            client = genai.Client(api_key=self.conf.gemini_key, vertexai=False, http_options=served)
            try:
                return await client.aio.models.generate_content(model=model, contents=prompt, config=config)
            except (ValueError, RecursionError):  # no JSON, or not Gemini's
                raise UnfitAnswer("the provider's answer is not of its protocol") from None


def _models(conf: Options) -> Sequence[str]:
    """Each once, in their order."""
    return list(dict.fromkeys([conf.gemini_model, *conf.gemini_fallbacks]))


def _text(answer: types.GenerateContentResponse) -> str:
    """The words of the first candidate, thoughts left out; empty when it was blocked or has none."""
    candidates: Sequence[Any] = answer.candidates or ()
    parts = (candidates[0].content.parts or ()) if candidates and candidates[0].content else ()
    return "".join(part.text for part in parts if part.text and not part.thought)
