"""One module for each peer. It is imported in that peer's own environment, by its workers and by `producer.py`.

Each has the job `noop(n)`, which calls `tick()` and gives its argument back, and `producer()`, a context manager
(an async one where the library is async) that gives a `Producer`. `set_up()` makes tables, `work()` is a worker that
the library has no command for; both may be missing. Addresses come by `POSTGRES_DSN` and `REDIS_URL`.
"""
