"""How the engine behaves when there is much of something; see `docs/performance.md`."""
