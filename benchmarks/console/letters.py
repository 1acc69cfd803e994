"""Dead letters: their groups, lists and dialogs."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.db.models import Count

from jobs.models import DeadLetter

LIST = "/admin/jobs/deadletter/"


def pages() -> Iterator[tuple[str, str]]:
    newest, oldest = (DeadLetter.objects.order_by(order)[0] for order in ("-pk", "pk"))
    yield "dead letters", LIST
    for given in filters():
        yield f"groups of letters, {urlencode(given)[:30]}", f"{LIST}?{urlencode(given)}"
    yield "dead letters one by one", f"{LIST}?view=letters"
    for given in filters():
        yield f"letters, {urlencode(given)[:40]}", f"{LIST}?{urlencode({'view': 'letters', **given})}"
    name, group = largest()
    yield name, f"{LIST}?{urlencode(group)}"
    yield "a dead letter", f"{LIST}{newest.pk}/change/"
    yield "the oldest dead letter", f"{LIST}{oldest.pk}/change/"
    for verb in ("replay", "delete"):
        for name, given in (("a group", group), ("a type", {"type": "bench.type-7"}), ("all", {})):
            yield f"dialog: {verb} {name}", f"/admin/bulk/begin/?{urlencode({'verb': f'dlq.{verb}', **given})}"


def filters() -> Iterator[dict[str, str]]:
    yield {"type": "bench.type-7"}
    yield {"type": "bench.rare"}
    yield {"queue": "queue-3"}
    yield {"tenant_id": "tenant-9"}
    yield {"error_type": "ValueError"}
    yield {"error_type": "KeyError"}
    yield {"replayed": "true"}
    for row in (1_000, 100_000):
        at = DeadLetter.objects.order_by("pk").values_list("failed_at", flat=True)[row : row + 1].first()
        if at is not None:
            yield {"created_before": f"{at:%Y-%m-%dT%H:%MZ}"}
            yield {"created_after": f"{at:%Y-%m-%dT%H:%MZ}"}


def largest() -> tuple[str, dict[str, str]]:
    """How the largest group is called, and the filter of it."""
    found = DeadLetter.objects.values("fingerprint").annotate(number=Count("pk")).order_by("-number")[0]
    return f"a group of {found['number']:,}", {"fingerprint": found["fingerprint"]}
