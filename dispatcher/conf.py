"""The dispatcher's own settings, in one frozen dataclass; `flowbit/settings.py` fills it from the environment."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Durations are seconds."""

    provider: str = "auto"
    """auto takes Gemini when it has a key, else an OpenAI-compatible server when one is named, else the offline one."""
    timeout: float = 15.0
    """For a whole dispatch, however many models are asked."""
    max_prompt: int = 4000
    retention: float = 30 * 86_400.0
    default_labels: tuple[str, ...] = ("general",)

    gemini_key: str = ""
    gemini_model: str = "gemini-3-flash-preview"
    gemini_fallbacks: tuple[str, ...] = ()
    gemini_url: str = ""
    """Another server that speaks Gemini's protocol: a gateway, or a test's."""

    openai_url: str = ""
    openai_key: str = ""
    openai_model: str = "default"

    def chosen(self) -> str:
        """The provider that serves: gemini, openai, offline or none."""
        if self.provider != "auto":
            return self.provider
        if self.gemini_key:
            return "gemini"
        return "openai" if self.openai_url else "offline"

    def problems(self) -> list[str]:
        """What contradicts itself, one sentence each; `manage.py check` reports them."""
        if self.provider == "gemini" and not self.gemini_key:
            return ["DISPATCH_PROVIDER=gemini needs GEMINI_API_KEY"]
        if self.provider == "openai" and not self.openai_url:
            return ["DISPATCH_PROVIDER=openai needs OPENAI_BASE_URL"]
        return []


def options() -> Options:
    """The options in force."""
    found: Options = settings.DISPATCHER
    return found
