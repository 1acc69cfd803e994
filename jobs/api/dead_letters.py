"""Dead letters: the list, groups of a kind, and the verbs replay and delete."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api import paging
from jobs.api.chosen_letters import choose, refusals
from jobs.api.groups import groups
from jobs.api.letters import letters
from jobs.api.schema import bodies, shapes
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView, actor, body, reason
from jobs.envelope import Problems
from jobs.errors import Invalid, NotAllowed
from jobs.filters import cursors, fields, letter_filters
from jobs.queries import dead_letters as query
from jobs.services import access, dead_letters
from jobs.services.dead_letters import Overrides
from jobs.services.steered import Steered

TAG = "dead letters"
_CHOICE = ("ids", "filter", "dry_run", "reason")
_OVERRIDES = ("queue", "priority", "type", "payload")
_REPLAY = {"filter": {"error_type": "app.Boom"}, "dry_run": True, "rate": 10, "reason": "the mail server is back"}
_DELETE = {"ids": [1, 2], "reason": "known, and harmless"}


class LettersView(ApiView):
    """Finally failed jobs, newest first."""

    query = letter_filters.LIST

    @documented("List dead letters", tag=TAG, gives={200: shapes.DeadLetterPage}, errors=(400,))
    def get(self, request: Request) -> Response:
        """Of the jobs that you may see. A letter stays after a replay, until it is deleted."""
        asked = self.asked(request)
        page = query.search(request.user, letter_filters.wanted(asked), *cursors.wanted(asked))
        return Response(paging.answer(request, page, letters(page.rows, request.user)))


class GroupsView(ApiView):
    """Dead letters by what went wrong."""

    query = letter_filters.GROUPS

    @documented("Group dead letters", tag=TAG, gives={200: shapes.DeadLetterGroups}, errors=(400,))
    def get(self, request: Request) -> Response:
        """One for each fingerprint among the newest 50,000 letters, the most frequent first."""
        asked = self.asked(request)
        _, limit = cursors.wanted(asked)
        found, scanned = groups(request.user, letter_filters.wanted(asked), limit)
        return Response({"results": found, "scanned": scanned})


class ReplayView(ApiView):
    """Run the jobs of dead letters again."""

    needs: ClassVar = {"POST": access.REPLAY_JOB}
    examples: ClassVar = {"POST": _REPLAY}

    @documented("Replay dead letters", tag=TAG, takes=bodies.ReplayBody, gives={200: shapes.Replayed}, example=_REPLAY)
    def post(self, request: Request) -> Response:
        """By `ids`, or by `filter` (at most 10,000 at once, oldest first; only those whose job is still failed).

        `rate` spreads them: so many a second become ready, the others are scheduled behind them. When they run is
        up to the workers. `refused` says why a letter was not replayed; the others were.
        """
        given = body(request, (*_CHOICE, *_OVERRIDES, "rate"))
        overrides, rate = _overrides(request, given), given.get("rate")
        dead_letters.check_rate(rate)
        chosen = choose(request.user, given, query.to_replay)
        if overrides.payload is not None and overrides.type is None:
            access.check_replaced_payloads(request.user, query.jobs_of(chosen.keys))
        result = Steered[int]()
        if not chosen.dry_run:
            result = dead_letters.replay(chosen.keys, actor(request), overrides, reason(given), rate)
        moved = len(chosen.keys if chosen.dry_run else result.moved)
        return Response(
            {
                "dry_run": chosen.dry_run,
                "matched": len(chosen.keys),
                "replayed": result.moved,
                "refused": [*chosen.refused, *refusals(result)],
                "complete": chosen.complete,
                "spread_seconds": (moved - 1) / rate if rate and moved else 0.0,
            }
        )


def _overrides(request: Request, given: Mapping[str, Any]) -> Overrides:
    """Raises Invalid, NotAllowed."""
    overrides = Overrides(**{name: given[name] for name in _OVERRIDES if name in given})
    if overrides.type is not None:
        _check_type(request, overrides.type)
    overrides.stored()
    if overrides.queue is not None:
        access.check_queue(request.user, overrides.queue)
    if overrides.payload is not None:
        if not isinstance(overrides.payload, Mapping):
            raise Invalid.field("payload", "must be an object")
        if not request.user.has_perm(access.VIEW_PAYLOAD):
            raise NotAllowed("you may not replace payloads")
    return overrides


def _check_type(request: Request, given: Any) -> None:
    problems = Problems()
    problems.take("type", fields.text, given)
    problems.raise_any()
    access.check_type(request.user, given)


class DeleteView(ApiView):
    """Delete dead letters for good."""

    needs: ClassVar = {"POST": access.DELETE_DEAD_LETTER}
    examples: ClassVar = {"POST": _DELETE}

    @documented("Delete dead letters", tag=TAG, takes=bodies.LettersBody, gives={200: shapes.Deleted}, example=_DELETE)
    def post(self, request: Request) -> Response:
        """By `ids` or by `filter`, at most 10,000 at once. Their jobs stay failed, and can still be retried."""
        given = body(request, _CHOICE)
        chosen = choose(request.user, given, query.to_delete)
        result = Steered[int]()
        if not chosen.dry_run:
            result = dead_letters.delete(chosen.keys, actor(request), reason(given))
        return Response(
            {
                "dry_run": chosen.dry_run,
                "matched": len(chosen.keys),
                "deleted": result.moved,
                "refused": [*chosen.refused, *refusals(result)],
                "complete": chosen.complete,
            }
        )
