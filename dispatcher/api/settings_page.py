"""The settings page: a draft of the categories that lives in the form until it is saved."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from dispatcher import categories, services
from dispatcher.categories import Category
from dispatcher.conf import options
from dispatcher.providers.contract import Trace
from dispatcher.providers.offline.provider import read_offline
from jobs.errors import FlowbitError, Invalid
from jobs.registry import registry

POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
PAGE, PARTIAL = "dispatcher/categories.html", "dispatcher/categories_form.html"


@dataclass(frozen=True, slots=True)
class Draft:
    """The categories as the form has them, and what there is to say."""

    current: list[Category]
    problem: str = ""
    said: str = ""
    changed: bool = False
    prompt: str = ""
    reading: dict[str, Any] | None = None
    label: str = ""


def acted(request: Request) -> Draft:
    """The draft after the button that was pressed."""
    form = request.data
    if not isinstance(form, QueryDict):
        raise MethodNotAllowed("POST", "POST takes the form of the settings page; programs use PUT")
    draft = Draft(_posted(form), changed=bool(form.get("changed")), prompt=str(form.get("prompt", ""))[:4000])
    action, _, argument = _action(form).partition(":")
    try:
        if action == "add":
            return _added(draft, str(form.get("label", "")), str(form.get("new_type", "")))
        if action == "remove":
            left = [one for one in draft.current if one.label != argument]
            return replace(draft, current=left, changed=True, said=f"{argument} is removed. Not saved yet.")
        if action == "try":
            return _tried(draft)
        saved = categories.replace(request.user.pk, [one._asdict() for one in draft.current])
        return replace(draft, current=saved, changed=False, said="Saved.")
    except Invalid as error:
        return replace(draft, problem=error.message, label=str(form.get("label", ""))[:200])


def _action(form: QueryDict) -> str:
    """The button that was pressed; for the Enter key, what was typed says which was meant."""
    action = str(form.get("action", "save"))
    if action != "enter":
        return action
    return "add" if form.get("label") else "try" if form.get("prompt") else "save"


def _posted(form: QueryDict) -> list[Category]:
    """The rows of the form. What is no list of ours is cut, and refused when it is saved."""
    pairs = zip(form.getlist("row_label")[:50], form.getlist("row_type")[:50], strict=False)
    return [Category(label[:200], type_name) for label, type_name in pairs]


def _added(draft: Draft, label: str, type_name: str) -> Draft:
    given: Any = {"label": label, "type": type_name}
    current = categories.check([*(one._asdict() for one in draft.current), given])
    return replace(draft, current=current, changed=True, said=f"{current[-1].label} is added. Not saved yet.")


def _tried(draft: Draft) -> Draft:
    """How the offline parser would read the sentence with this draft; nothing is submitted and nobody is asked."""
    text = services.check_prompt(draft.prompt, options())
    choices = categories.choices_of(categories.check([one._asdict() for one in draft.current]))
    services.check_choices(choices)
    try:
        proposal = read_offline(text, choices, Trace("offline"))
        payload, warnings = services.fit(proposal, choices)
    except FlowbitError as error:
        return replace(draft, problem=error.message)
    read = {"label": proposal.label, "type": proposal.choice.definition.type, "confidence": proposal.confidence}
    return replace(draft, reading={**read, "payload": payload, "warnings": warnings})


def shown(request: Request, draft: Draft) -> Response:
    """The whole page, or for HTMX the part of it that changes."""
    # HTMX accepts anything, and would get JSON.
    request.accepted_renderer, request.accepted_media_type = TemplateHTMLRenderer(), TemplateHTMLRenderer.media_type
    rows = [{"label": one.label, "type": one.type, "definition": registry.find(one.type)} for one in draft.current]
    context = {
        "draft": draft,
        "rows": rows,
        "full": len(rows) >= categories.MOST,
        "most": categories.MOST,
        "longest": categories.LONGEST,
        "offered": categories.offered(),
        "provider": options().chosen(),
        "max_prompt": options().max_prompt,
    }
    partial = request.headers.get("HX-Request") == "true"
    status = 422 if draft.problem and not partial else 200
    headers = {"Content-Security-Policy": POLICY, "Vary": "Accept, Cookie, HX-Request"}
    return Response(context, template_name=PARTIAL if partial else PAGE, status=status, headers=headers)
