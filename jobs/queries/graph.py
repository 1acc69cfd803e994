"""What hangs together by dependencies: from one job up to what it waits for, and down to what waits for it."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from jobs.models import Dependency, Job
from jobs.services import access
from jobs.services.access import AnyUser

MOST_NODES = 500
MOST_EDGES = 2_000
_COLUMNS = ("type", "queue", "state", "step", "reason", "progress", "created_at", "started_at", "finished_at")
_UPWARD = ("parent_id", "child_id")
_DOWNWARD = ("child_id", "parent_id")


@dataclass(frozen=True, slots=True)
class Graph:
    """`nodes` in the order of their ids; `truncated` when more hangs together than is shown."""

    root: UUID
    nodes: list[Job]
    edges: list[Dependency]
    truncated: bool


def graph(root: Job, user: AnyUser, most: int | None = None) -> Graph:
    """What `user` sees of the nearest `most` (else `MOST_NODES`) in either direction; four queries, however far it
    reaches."""
    most = most or MOST_NODES
    up, down = (_walk(root.id, *way, most + 1) for way in (_UPWARD, _DOWNWARD))
    wanted = [*up[:most], *down[:most]]
    nodes = list(access.visible(user).filter(pk__in=wanted).only(*_COLUMNS).order_by("pk"))
    seen = [job.id for job in nodes]
    edges = list(Dependency.objects.filter(child_id__in=seen, parent_id__in=seen).order_by("id")[: MOST_EDGES + 1])
    truncated = max(len(up), len(down)) > most or len(edges) > MOST_EDGES
    return Graph(root.id, nodes, edges[:MOST_EDGES], truncated)


def _walk(root: UUID, there: str, here: str, limit: int) -> list[UUID]:
    """`root` and the first that are reached from it by edges from `here` to `there`."""
    statement = f"""
        with recursive reached (job) as (
          select %(root)s::uuid
          union select e.{there} from reached join jobs_dependency e on e.{here} = reached.job)
        select job from reached limit %(limit)s"""  # noqa: S608 - names of columns from the constants above
    with connection.cursor() as cursor:
        cursor.execute(statement, {"root": root, "limit": limit})
        return [row[0] for row in cursor.fetchall()]
