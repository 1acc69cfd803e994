"""How the console writes a state, an instant, a number, a piece of JSON, and a live panel."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from jobs.console.json_text import coloured, marked
from jobs.console.numbers import compact, duration
from jobs.models import Job
from jobs.states import State

register = template.Library()


@register.simple_tag
def state(name: str, word: str = "") -> SafeString:
    """An icon and a word in the state's colour. `word` is said instead of the state's own (`parked`)."""
    return format_html(
        '<span class="state state-{}"><svg aria-hidden="true"><use href="#state-{}"/></svg>{}</span>',
        name,
        name,
        word or name,
    )


@register.simple_tag
def ago(instant: datetime | None, empty: str = "-") -> SafeString:
    """How long ago, or in how long; counts on in the browser, with the whole instant as its title."""
    if instant is None:
        return SafeString(empty)
    seconds = (timezone.now() - instant).total_seconds()
    said = f"{duration(seconds)} ago" if seconds >= 0 else f"in {duration(-seconds)}"
    whole = instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return format_html('<time class="ago" datetime="{}" title="{}">{}</time>', whole, whole, said)


@register.filter
def seconds(value: float | None) -> str:
    """`3.2 s`, `4 m 10 s`; a dash for none."""
    return "-" if value is None else duration(float(value))


@register.filter
def milliseconds(value: float | None) -> str:
    return "-" if value is None else duration(float(value) / 1000)


@register.filter
def big(value: int | float | None) -> SafeString:
    """`1,234`; from a million on `1.2 M` with all digits as its title."""
    if value is None:
        return SafeString("-")
    short, whole = compact(value), f"{value:,}"
    return SafeString(whole) if short == whole else format_html('<span title="{}">{}</span>', whole, short)


@register.filter
def short(job_id: UUID) -> str:
    """The end of an id: its beginning is the time, which jobs of one moment share."""
    return f"…{str(job_id)[-8:]}"


@register.filter
def ran(job: Job) -> float | None:
    """Seconds of its last attempt, or of the one that runs; None when its times are of different ones."""
    end = timezone.now() if job.state == State.RUNNING else job.finished_at
    if job.started_at is None or end is None or end < job.started_at:
        return None
    return (end - job.started_at).total_seconds()


@register.filter
def words(name: str) -> str:
    """`timed_out` -> `timed out`."""
    return name.replace("_", " ")


@register.filter
def percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"


@register.simple_tag(name="json")
def json_(value: Any, label: str = "") -> SafeString:
    """A value as highlighted JSON with a button that copies it; what is long is cut and says so."""
    return mark_safe(render_to_string("console/json.html", {"shown": coloured(value), "label": label}))  # noqa: S308 - rendered by a template, which escapes


@register.filter
def json_parts(text: str) -> SafeString:
    """The beginning of some JSON: its parts do not turn each other around, whatever direction they are read in."""
    return marked(text)


@register.simple_tag
def chart_rows(rows: Iterable[tuple[datetime, Mapping[str, float | None]]], at: str = "%H:%M") -> SafeString:
    """The body of a chart's table: its instants as strftime() writes `at`, and their values as they are.

    A page has a thousand of these cells, of which a template makes in 20 ms what is made in one here.
    """
    lines = (f"<tr><th>{escape(when.strftime(at))}</th>{_cells(values)}</tr>" for when, values in rows)
    return mark_safe("".join(lines))  # noqa: S308 - times and numbers


def _cells(values: Mapping[str, float | None]) -> str:
    told = (("", "-") if value is None else (value, value) for value in values.values())
    return "".join(f'<td class="num" data-value="{value}">{shown}</td>' for value, shown in told)


@register.simple_tag(takes_context=True)
def panel(context: Context, name: str) -> SafeString:
    """The panel of this name with its live frame; nothing when this person may not see it."""
    page = context["page"]
    if (found := page.shown_panels.get(name)) is None:
        return SafeString("")
    shown = {"page": page, "panel": found, "name": name, "address": page.address_of(name), **found.context(page)}
    return mark_safe(render_to_string("console/panel.html", shown, context["request"]))  # noqa: S308 - rendered by a template, which escapes


@register.simple_tag(takes_context=True)
def with_query(context: Context, **changes: Any) -> str:
    """This page's address with some of its filters changed; None takes one away."""
    query = context["request"].GET.copy()
    for gone in ("panel", "drawer", "open", "cursor"):
        query.pop(gone, None)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"{context['request'].path}?{query.urlencode()}" if query else str(context["request"].path)
