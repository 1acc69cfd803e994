"""Dead letters: groups of what failed alike, the letters of one, and all letters; under the same filters."""

from typing import Any, ClassVar

from django.utils.functional import cached_property

from jobs.console.asked import Asked
from jobs.console.bulk.page import pages_beside
from jobs.console.bulk.panel import LATELY
from jobs.console.letters import filters
from jobs.console.page import Page, Panel
from jobs.filters import cursors
from jobs.models import DeadLetter
from jobs.queries import dead_letters, letter_facts
from jobs.queries.dead_letters import LetterFilter
from jobs.services import access

LIMIT = 25
MOST_GROUPS = 50
MOST_LETTERS = 20_000
"""Looked at for the groups: more would take longer than a page should."""
_CHANGES = "job.failed job.replayed job.retried job.dead_letter_deleted"
"""Groups are counted among very many rows: not each time that some job begins or ends."""


def _groups(page: "LettersPage") -> dict[str, Any]:
    """The commonest first, each with how often it came in each hour of the last day."""
    if page.fingerprint or page.shows_letters:
        return {}
    found, looked, whole = dead_letters.groups(page.user, page.wanted, MOST_GROUPS, MOST_LETTERS)
    trend = letter_facts.trend([row["fingerprint"] for row in found], MOST_LETTERS)
    rows = [{**row, "bars": _bars(trend.get(row["fingerprint"], []))} for row in found]
    return {"groups": rows, "looked": looked, "whole": whole, "most": MOST_GROUPS, "form": page.form}


def _bars(counts: list[int]) -> dict[str, Any]:
    """A path of bars that are 1 to 16 high; a day without any is no drawing."""
    most = max(counts, default=0)
    bars = [f"M{at * 4} 16v{-(16 * count // most or 1)}h3V16z" for at, count in enumerate(counts) if count]
    return {"path": "".join(bars), "total": sum(counts)}


def _letters(page: "LettersPage") -> dict[str, Any]:
    if not (page.fingerprint or page.shows_letters):
        return {}
    place, _ = cursors.wanted(page.asked.values)
    found = dead_letters.search(page.user, page.wanted, place, LIMIT)
    jobs = letter_facts.jobs_now(page.user, [row.job_id for row in found.rows])
    rows = [{"letter": row, "job": jobs.get(row.job_id)} for row in found.rows]
    beside = pages_beside(found)
    return {"letters": rows, "found": found, "form": page.form, "may": page.may, **beside}


def _group(page: "LettersPage") -> dict[str, Any]:
    if not page.fingerprint:
        return {}
    found, _, whole = dead_letters.groups(
        page.user, LetterFilter(equal={"fingerprint": page.fingerprint}), 1, MOST_LETTERS
    )
    bars = _bars(letter_facts.trend([page.fingerprint], MOST_LETTERS).get(page.fingerprint, []))
    return {"group": found[0] if found else None, "whole": whole, "fingerprint": page.fingerprint, "spark": bars}


class LettersPage(Page):
    """`/admin/jobs/deadletter/`: groups; with `?fingerprint=` one of them; with `?view=letters` one by one."""

    template = "console/letters/page.html"
    title = "Dead letters"
    permission = "jobs.view_deadletter"
    panels: ClassVar = {
        "operations": LATELY,
        "group": Panel("console/letters/group.html", _group, _CHANGES, label="This group"),
        "groups": Panel("console/letters/groups.html", _groups, _CHANGES, label="Groups of dead letters"),
        "letters": Panel("console/letters/letters.html", _letters, "job", label="Dead letters"),
    }

    def prepare(self) -> None:
        self.asked, self.wanted = filters.read(self)

    def context(self) -> dict[str, Any]:
        return {
            "form": self.form,
            "may": self.may,
            "fingerprint": self.fingerprint,
            "shows_letters": self.shows_letters,
            "filters": self.query,
            "any": DeadLetter.objects.exists(),
        }

    asked: Asked
    wanted: LetterFilter

    @cached_property
    def form(self) -> filters.Form:
        return filters.form(self.asked)

    @property
    def fingerprint(self) -> str:
        return str(self.asked.values.get("fingerprint", ""))

    @property
    def shows_letters(self) -> bool:
        return self.request.GET.get("view") == "letters"

    @property
    def query(self) -> str:
        """The filters alone, for buttons that do something to all that fit."""
        given = self.request.GET.copy()
        for name in ("panel", "drawer", "open", "cursor", "limit", "view"):
            given.pop(name, None)
        return given.urlencode()

    @property
    def may(self) -> dict[str, bool]:
        """Which buttons there are."""
        allowed = {"replay": access.REPLAY_JOB, "delete": access.DELETE_DEAD_LETTER}
        begins = self.user.has_perm(access.VIEW_JOB)
        return {name: begins and self.user.has_perm(permission) for name, permission in allowed.items()}
