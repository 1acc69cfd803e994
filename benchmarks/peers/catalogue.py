"""The peers, each with the best settings found for two processes, what it keeps, and how that is looked up."""

import dataclasses

from benchmarks.peers.peer import Kept, Peer
from benchmarks.peers.stores import Keys, Lengths, Rows

PSYCOPG = "psycopg[binary,pool]==3.3.9"
HIREDIS = "hiredis==3.4.0"
UVLOOP = "uvloop==0.23.0"
CELERY = ("celery[redis]==5.7.0", HIREDIS)
SAQ = ("saq[hiredis]==0.26.4", UVLOOP, PSYCOPG)


def act(adapter: str) -> tuple[str, ...]:
    """The worker that the adapter itself is."""
    return ("{bin}/python", "-m", "benchmarks.peers.act", adapter, "work")


CELERY_WORKER = (
    *("{bin}/celery", "-A", "benchmarks.peers.adapters.celery:app", "worker", "-l", "ERROR", "-P", "solo"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)

PGQUEUER = Peer(
    name="pgqueuer",
    adapter="pgqueuer",
    packages=("pgqueuer==1.6.0", "asyncpg==0.32.0", UVLOOP),
    store="PostgreSQL",
    postgres=True,
    worker=act("pgqueuer"),
    copies=2,
    jobs=40_000,
    bulk=True,
    pending=Rows("select exists (select from pgqueuer)::int"),
    kept=Kept(
        job=Rows("select count(distinct job_id) from pgqueuer_log where status = 'successful'"),
        attempts=Rows("select count(*) from pgqueuer_log where status = 'picked'"),
        how_long="for ever",
    ),
    settings="asyncpg, uvloop, 2 processes, batch_size=500",
)

PEERS = (
    Peer(
        name="flowbit",
        adapter="flowbit",
        packages=(),
        store="PostgreSQL + Redis",
        postgres=True,
        environ={"DJANGO_SETTINGS_MODULE": "flowbit.settings", "FLOWBIT_APPS": "benchmarks.peers.work"},
        worker=("{bin}/python", "manage.py", "runworker", "--processes", "2", "--log-level", "warning"),
        jobs=40_000,
        bulk=True,
        pending=Rows("select exists (select from jobs_job where state in ('queued', 'running'))::int"),
        kept=Kept(
            job=Rows("select count(*) from jobs_job where state = 'succeeded' and finished_at is not null"),
            arguments=Rows("select count(*) from jobs_job where payload ? 'n'"),
            attempts=Rows("select count(*) from jobs_attempt where outcome = 'succeeded'"),
            result=Rows("select count(*) from jobs_job where result ? 'n'"),
            how_long="7 days, failures 90",
        ),
        settings="runworker --processes 2, defaults",
    ),
    PGQUEUER,
    dataclasses.replace(
        PGQUEUER,
        name="pgqueuer-gc",
        environ={"GC_THRESHOLD": "10000"},
        settings=f"{PGQUEUER.settings}; Python's garbage collector at 10,000, as Flowbit's workers set it",
    ),
    Peer(
        name="procrastinate",
        adapter="procrastinate",
        packages=("procrastinate==3.10.0", UVLOOP, PSYCOPG),
        store="PostgreSQL",
        postgres=True,
        worker=act("procrastinate"),
        copies=2,
        jobs=3_000,
        bulk=True,
        pending=Rows("select exists (select from procrastinate_jobs where status in ('todo', 'doing'))::int"),
        kept=Kept(
            job=Rows("select count(*) from procrastinate_jobs where status = 'succeeded'"),
            arguments=Rows("select count(*) from procrastinate_jobs where args ? 'n'"),
            attempts=Rows("select count(*) from procrastinate_events where type = 'started'"),
            how_long="for ever",
        ),
        settings="psycopg, uvloop, 2 processes, concurrency=5",
    ),
    Peer(
        name="saq-postgres",
        adapter="saq",
        packages=SAQ,
        store="PostgreSQL",
        postgres=True,
        environ={"STORE": "postgres", "CONCURRENCY": "10"},
        worker=act("saq"),
        copies=2,
        jobs=3_000,
        pending=Rows("select exists (select from saq_jobs where status in ('new', 'queued', 'active'))::int"),
        kept=Kept(
            job=Rows("select count(*) from saq_jobs where status = 'complete'"),
            arguments=Rows("select count(*) from saq_jobs where convert_from(job, 'utf8') like '%\"kwargs\"%'"),
            result=Rows("select count(*) from saq_jobs where convert_from(job, 'utf8') like '%\"result\"%'"),
            how_long="10 minutes",
        ),
        settings="psycopg, uvloop, 2 processes, concurrency=10",
    ),
    Peer(
        name="saq",
        adapter="saq",
        packages=SAQ,
        store="Redis",
        # No waiting for each other: a process that starts aborts what another holds but has not begun.
        environ={"PROCESSES": "1"},
        worker=act("saq"),
        copies=2,
        jobs=10_000,
        pending=Lengths(("ZCARD saq:peers:incomplete",)),
        kept=Kept(
            job=Keys("saq:job:peers:*", '"complete"'),
            arguments=Keys("saq:job:peers:*", '"kwargs"'),
            result=Keys("saq:job:peers:*", '"result"'),
            how_long="10 minutes, in memory",
        ),
        settings="uvloop, 2 processes, concurrency=20",
    ),
    Peer(
        name="celery",
        adapter="celery",
        packages=CELERY,
        store="Redis",
        worker=CELERY_WORKER,
        copies=2,
        jobs=6_000,
        settings="2 solo workers, prefetch 64, early acknowledgement, ignore_result",
    ),
    Peer(
        name="celery-results",
        adapter="celery",
        packages=CELERY,
        store="Redis",
        environ={"RESULTS": "1"},
        worker=CELERY_WORKER,
        copies=2,
        jobs=5_000,
        pending=Lengths(("LLEN peers", "HLEN unacked")),
        kept=Kept(
            job=Keys("celery-task-meta-*", '"SUCCESS"'),
            result=Keys("celery-task-meta-*", '"n"'),
            how_long="1 day, in memory",
        ),
        settings="2 solo workers, prefetch 64, acks_late, results in Redis",
    ),
    Peer(
        name="rq",
        adapter="rq",
        packages=("rq==3.0.0", "redis==8.1.0", HIREDIS),
        store="Redis",
        worker=act("rq"),
        jobs=2_000,
        bulk=True,
        pending=Lengths(("LLEN rq:queue:peers", "ZCARD rq:wip:peers")),
        kept=Kept(
            job=Keys("rq:job:*", "'finished'"),
            arguments=Keys("rq:job:*", "'data'"),
            result=Lengths(("ZCARD rq:finished:peers",)),
            how_long="500 seconds, in memory",
        ),
        settings="worker-pool -n 2, SimpleWorker (no fork for each job)",
    ),
    Peer(
        name="dramatiq",
        adapter="dramatiq",
        packages=("dramatiq==2.2.1", "redis==8.1.0", HIREDIS),
        store="Redis",
        environ={"dramatiq_queue_prefetch": "1000"},
        worker=(
            *("{bin}/dramatiq", "benchmarks.peers.adapters.dramatiq", "-p", "2", "-t", "1", "--skip-logging"),
            *("--path", "."),
        ),
        settings="-p 2 -t 1, prefetch 1000",
    ),
    Peer(
        name="huey",
        adapter="huey",
        packages=("huey==3.5.4", "redis==8.1.0", HIREDIS),
        store="Redis",
        worker=("{bin}/huey_consumer", "benchmarks.peers.adapters.huey.huey", "-k", "process", "-w", "2", "-q", "-n"),
        settings="-k process -w 2, results=False",
    ),
    Peer(
        name="taskiq",
        adapter="taskiq",
        packages=("taskiq==0.13.0", "taskiq-redis==1.2.4", HIREDIS, UVLOOP),
        store="Redis",
        worker=(
            *("{bin}/taskiq", "worker", "benchmarks.peers.adapters.taskiq:broker", "-w", "2"),
            *("--max-async-tasks", "100", "--log-level", "ERROR", "--no-parse"),
        ),
        settings="RedisStreamBroker, uvloop, -w 2, 100 tasks at a time",
    ),
)
