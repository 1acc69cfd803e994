import json
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator
from drf_spectacular.validation import validate_schema

from jobs import requests
from jobs.api.schema import bodies
from jobs.api.schema.openapi import once
from jobs.registry import registry

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [(path, method, told) for path, methods in document["paths"].items() for method, told in methods.items()]


def test_it_is_openapi(document: Any) -> None:
    validate_schema(document)
    assert document["openapi"].startswith("3.1")


def test_every_reference_leads_somewhere(document: Any) -> None:
    text = json.dumps(document)
    names = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(document["components"]["schemas"])


def test_every_operation_has_a_name_of_its_own_and_words(document: Any) -> None:
    found = operations(document)
    names = [told["operationId"] for _, _, told in found]
    assert len(set(names)) == len(names)
    assert [path for path, _, told in found if not told.get("summary")] == []


def test_every_operation_tells_its_errors(document: Any) -> None:
    for path, method, told in operations(document):
        statuses = set(told["responses"])
        assert statuses >= {"503"}, path
        if told["security"] != [{}]:
            assert statuses >= {"401", "403"}, path
        if "{" in path:
            assert "404" in statuses, path
        if "requestBody" in told:
            assert statuses >= {"400", "413", "415"}, (path, method)


def test_what_has_several_addresses_is_told_once(document: Any) -> None:
    paths = set(document["paths"])
    assert {path for path in paths if not path.startswith("/api/v1/")} == {
        "/api/jobs",
        "/api/jobs/{job_id}",
        "/metrics",
    }
    assert {"/api/v1/health", "/api/v1/dispatch", "/api/v1/settings/dispatch-categories"} <= paths


def test_no_view_is_left_out_for_that() -> None:
    endpoints = EndpointEnumerator().get_api_endpoints()
    views = [(view.cls, method) for _, _, method, view in once(endpoints)]
    assert len(set(views)) == len(views)
    assert set(views) == {(view.cls, method) for _, _, method, view in endpoints}


def test_bodies_have_examples(document: Any) -> None:
    lacking = [
        path
        for path, _, told in operations(document)
        for media in told.get("requestBody", {}).get("content", {}).items()
        if media[0] == "application/json" and "examples" not in media[1]
    ]
    assert lacking == []


def test_payloads_of_handlers_are_components(document: Any) -> None:
    schemas = document["components"]["schemas"]
    for definition in registry:
        assert definition.model.__name__ in schemas
    assert schemas["EmailSendPayload"]["required"] == ["recipient"]
    assert {"$ref": "#/components/schemas/EmailSendPayload"} in schemas["JobBody"]["properties"]["payload"]["anyOf"]


def test_the_documented_fields_of_a_job_are_those_that_are_taken() -> None:
    assert set(bodies.JobBody.model_fields) | requests.LATER == requests.NAMES


def test_it_is_served_to_everybody(client: Client) -> None:
    answer = client.get("/api/schema", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    assert "/api/v1/jobs" in answer.json()["paths"]


def test_it_is_made_once_whatever_is_asked_for(client: Client, monkeypatch: pytest.MonkeyPatch, document: Any) -> None:
    formats = {"yaml": "application/vnd.oai.openapi", "json": "application/vnd.oai.openapi+json"}
    first = {name: client.get("/api/schema", headers={"Accept": type_}) for name, type_ in formats.items()}
    assert {name: answer["Content-Type"] for name, answer in first.items()} == {
        name: f"{type_}; charset=utf-8" for name, type_ in formats.items()
    }
    assert json.loads(first["json"].content) == document
    assert first["yaml"].content.startswith(b"openapi: 3.1")
    monkeypatch.delattr(SchemaGenerator, "get_schema")
    for query in ("version=7", "lang=de"):
        again = {name: client.get(f"/api/schema?{query}&format={name}").content for name in formats}
        assert again == {name: answer.content for name, answer in first.items()}


def test_the_pages_for_people_load_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/docs").content.decode()
    assert "swagger-ui-bundle.js" in page
    assert "//cdn" not in page
    for part in page.split('src="')[1:] + page.split('href="')[1:]:
        assert part.startswith("/")
