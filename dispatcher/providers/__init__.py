"""Who turns a sentence into a proposal: Gemini, any OpenAI-compatible server, or the offline parser."""
