"""One chaos run from the first process to the evidence."""

import json
import re
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, connection

from benchmarks.chaos import exam, figures, journal, ledger, orders, rows, schedule, verdict
from benchmarks.chaos.evidence import Evidence
from benchmarks.chaos.faults import Striker
from benchmarks.chaos.journal import Journal
from benchmarks.chaos.operators import open_everything
from benchmarks.chaos.settings import Told, environment
from benchmarks.chaos.stage import Process, Stage
from jobs.broker import patient_broker

_TROUBLE = re.compile(r"Traceback|CRITICAL")
_POLL = 0.2


class Run:
    """`play()` once; the stage is closed by the caller, whatever happens."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._folder = told.folder
        self._faults = schedule.draw(told.seed, told.faults)
        self._deadline = time.monotonic() + 60 * told.minutes
        self._late: list[str] = []
        self.stage = Stage(told.folder, environment(told.folder))

    def play(self) -> dict[str, Any]:
        """The summary, as `report.show` wants it."""
        began = time.monotonic()
        self.stage.open()
        call_command("migrate", verbosity=0)
        self.stage.start_engine()
        people = self._start_people()
        striker = Striker(self.stage)
        striker.run(self._faults, self._deadline)
        self._until(lambda: all(one.popen.poll() is not None for one in people), "every client has ended")
        self._end_people(people)
        self._until(self._opened, "queues and workers are open again")
        self._until(lambda: rows.pending() == 0, "every job is final or blocked")
        quiet = time.monotonic() - began
        if not self._late:
            self._examine()
        evidence = self._evidence()
        found = figures.recovery(striker.struck, evidence.attempts, evidence)
        self._write_down(evidence, found)
        return self._summary(evidence, found, quiet, time.monotonic() - began)

    # -- people ----------------------------------------------------------------------------------------------------

    def _start_people(self) -> list[Process]:
        told, seconds = self._told, max(schedule.length(self._faults), 5.0)
        common = ["--seed", str(told.seed), "--seconds", f"{seconds:.2f}"]
        people = [
            self.stage.start(
                f"client-{number}",
                "chaosclient",
                *common,
                *("--jobs", str(told.jobs), "--clients", str(told.clients), "--number", str(number)),
                *("--journal", str(self._folder / f"client-{number}.journal")),
            )
            for number in range(told.clients)
        ]
        verbs = max(told.jobs // 100, 10)
        file = str(self._folder / "operators.journal")
        operators = self.stage.start("operators", "chaosoperator", *common, "--verbs", str(verbs), "--journal", file)
        return [*people, operators]

    def _end_people(self, people: Sequence[Process]) -> None:
        for process in people:
            if process.popen.poll() is None:
                process.kill()
            elif process.popen.returncode:
                self._late.append(f"{process.name} ended with exit code {process.popen.returncode}")

    # -- the end ---------------------------------------------------------------------------------------------------

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait; after the deadline it is one of the things that must not be."""
        while not self._holds(condition):
            if time.monotonic() > self._deadline:
                self._late.append(f"the time was over before {what}")
                return
            self.stage.look_after()
            time.sleep(_POLL)

    @staticmethod
    def _holds(condition: Callable[[], bool]) -> bool:
        try:
            return condition()
        except (DatabaseError, InterfaceError):
            connection.close()
            return False

    @staticmethod
    def _opened() -> bool:
        open_everything()
        return True

    def _examine(self) -> None:
        """Workers stop, Redis is tampered with, the scheduler heals it, workers come back and finish."""
        self.stage.end_workers()
        broker = patient_broker()
        self._late += exam.agree(broker, self.stage.look_after)
        probes = exam.submit_probes(10 * self._told.jobs, Journal(self._folder / "exam.journal"))
        exam.tamper(broker, probes)
        self._late += exam.agree(broker, self.stage.look_after)
        broker.close()
        self.stage.start_workers()
        self._until(lambda: rows.pending() == 0, "the jobs of the exam are final")

    def _evidence(self) -> Evidence:
        self.stage.end_engine()
        told = journal.read(sorted(self._folder.glob("*.journal")))
        calls = orders.draw(self._told.seed, self._told.jobs, self._told.clients)
        return Evidence(
            kinds={order.number: order.kind for client in calls for call in client for order in call.orders},
            wishes=told.wishes,
            jobs=rows.jobs(),
            attempts=rows.attempts(),
            edges=rows.edges(),
            keys=rows.keys(),
            letters=rows.letters(),
            workers=rows.workers(),
            ledger=list(ledger.read(self._folder / "ledger")),
            operated=rows.operated(),
            duties=rows.duties(),
            verbs=told.verbs,
            surprises=[*self._late, *told.surprises, *self.stage.surprises, *self._troubles()],
        )

    def _write_down(self, evidence: Evidence, faults: Sequence[dict[str, Any]]) -> None:
        """Rows and faults, for whoever has to find out why; `--keep` saves them."""
        tables: dict[str, Iterable[dict[str, Any]]] = {"faults": faults}
        for name in ("jobs", "attempts", "edges", "workers"):
            tables[name] = (row._asdict() for row in getattr(evidence, name))
        for name, table in tables.items():
            lines = [json.dumps(row, default=str) + "\n" for row in table]
            (self._folder / f"{name}.jsonl").write_text("".join(lines))

    def _troubles(self) -> list[str]:
        """Lines of our processes' logs that no fault may cause."""
        return [
            f"{log.stem} wrote: {line[:300]}"
            for log in sorted((self._folder / "logs").glob("*.log"))
            for line in log.read_text(errors="replace").splitlines()
            if _TROUBLE.search(line)
        ]

    def _deadlocks(self) -> int:
        """They cost a second and a repeat, and break no promise."""
        return self.stage.servers.logs["postgres"].read_text(errors="replace").count("deadlock detected")

    def _summary(
        self, evidence: Evidence, faults: Sequence[dict[str, Any]], quiet: float, total: float
    ) -> dict[str, Any]:
        told = self._told
        return {
            "run": {
                "seed": told.seed,
                "jobs ordered": told.jobs,
                "faults": len(faults),
                "seconds until quiet": round(quiet, 1),
                "seconds in all": round(total, 1),
                "jobs per second until quiet": round(len(evidence.jobs) / quiet, 1),
                "deadlocks that PostgreSQL broke": self._deadlocks(),
            },
            "figures": figures.counts(evidence),
            "recovery": figures.by_sort(faults),
            "verdict": verdict.judge(evidence),
        }
