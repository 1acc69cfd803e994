"""Flowbit's own settings, in one frozen dataclass; `flowbit/settings.py` fills it from the environment."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings

from jobs.rates import Rate
from jobs.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideIssuer:
    """Whose tokens are taken: `name` is their `iss`, `audience` what their `aud` must say."""

    jwks_url: str
    name: str
    audience: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Options:
    """Durations are seconds, sizes are bytes. Two are the same only if they are one object: caches go by that."""

    redis_url: str
    key_prefix: str = "flowbit"
    redis_timeout: float = 0.2
    """A submit never waits longer than this for Redis; the reconciler brings later what was not pushed."""

    worker_id: str = ""
    """Base of the workers' ids; empty means host-pid."""
    queues: str = ""
    types: str = ""
    processes: int = 1
    concurrency: int = 10
    lease_ttl: float = 30.0
    heartbeat_interval: float = 5.0
    poll_interval: float = 0.25
    claim_deadline: float = 5.0
    """How long a claimed id may stay unstarted before the reconciler gives it back."""
    horizon: float = 0.05
    """Only what free slots will begin within this time is claimed."""
    settle_interval: float = 0.005
    settle_batch: int = 1000
    max_unsettled: int = 5000
    """Outcomes kept while PostgreSQL is away; a full buffer stops claiming."""
    interrupt_grace: float = 5.0
    """Between asking a handler to stop and ending its process."""
    orphan_patience: float = 300.0
    """How long, beyond its grace, a worker process without supervisor may wait for servers to write what it has."""

    scheduler_id: str = ""
    scheduler_interval: float = 0.25
    leadership_ttl: float = 15.0
    reconcile_interval: float = 10.0
    reconcile_grace: float = 2.0
    prune_interval: float = 60.0
    retention: "Mapping[str, float]" = field(
        default_factory=lambda: {
            "succeeded": 7 * 86_400.0,
            "cancelled": 7 * 86_400.0,
            "failed": 90 * 86_400.0,
            "audit": 365 * 86_400.0,
            "statistics": 14 * 86_400.0,
        }
    )

    default_timeout: float = 300.0
    default_max_attempts: int = 3
    default_retry: RetryPolicy = RetryPolicy()
    dedupe_window: float = 900.0
    max_payload: int = 256 * 1024
    max_result: int = 64 * 1024
    max_artifact: int = 64 * 1024 * 1024
    max_batch: int = 10_000
    max_dependencies: int = 10_000

    service_version: str = "unknown"
    auto_migrate: bool = False
    """Web, worker and scheduler migrate the database at their start."""
    admin_token: str = ""
    metrics_open: bool = True
    """Whether figures are read without a credential."""
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    """Where a worker or scheduler serves /metrics and /healthz; None is nowhere."""
    trust_user_header: str = "off"
    """`on`, `off`, or `loopback`: on for clients on this machine only."""
    access_token_life: float = 600.0
    refresh_token_life: float = 7 * 86_400.0
    outside_issuer: OutsideIssuer | None = None
    api_rate: Rate | None = None
    """Requests of one user, or of one address without a credential; None is no limit."""
    key_rate: Rate | None = None
    """Requests of one API key."""
    web_threads: int = 32
    """Requests that a web process works on at once; it opens so many connections to PostgreSQL at most for them."""
    streams_per_identity: int = 50
    """Open WebSockets and SSE streams of one key, or of one user otherwise, in one web process."""
    dispatch_rate: Rate | None = Rate(20, 60.0)
    upload_quota: Rate | None = Rate(2048, 86_400.0)
    """MiB of one user; a file counts as one at least."""
    login_rate: Rate | None = Rate(10, 300.0)
    """Wrong passwords for one user name."""
    login_address_rate: Rate | None = Rate(30, 300.0)
    demo: bool = False
    allow_private_addresses: bool = False
    """Lets webhooks and fetches reach loopback and private networks (the SSRF guard is then off)."""
    generic_commands: tuple[str, ...] = ()
    pgbouncer: bool = False

    def problems(self) -> list[str]:
        """What contradicts itself, one sentence each; `manage.py check` reports them."""
        found = []
        if self.lease_ttl < 2 * self.heartbeat_interval:
            found.append("LEASE_TTL must be at least twice HEARTBEAT_INTERVAL, or living workers lose their jobs")
        if self.default_max_attempts < 1:
            found.append("DEFAULT_MAX_ATTEMPTS must be at least 1")
        if self.processes < 1 or self.concurrency < 1:
            found.append("WORKER_PROCESSES and WORKER_CONCURRENCY must be at least 1")
        if self.leadership_ttl < 4 * self.scheduler_interval:
            found.append("SCHEDULER_LEADERSHIP_TTL must be at least four times SCHEDULER_INTERVAL")
        return found


def options() -> Options:
    """The options in force."""
    return settings.FLOWBIT
