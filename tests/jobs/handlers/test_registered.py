import pytest

from jobs import jsontext
from jobs.registry import registry

TYPES = {
    "cleanup.run": [],
    "echo": [],
    "email.send": ["recipient"],
    "fail": [],
    "file.ingest": ["file_id", "source"],
    "generic": ["command"],
    "image.thumbnail": [],
    "metadata.aggregate": ["file_id"],
    "report.generate": ["report_id"],
    "url_scrape": ["url"],
    "user.notify": ["user_id", "channel"],
    "webhook.dispatch": ["url"],
}


@pytest.mark.parametrize("type_", TYPES)
def test_each_type_has_a_schema_and_a_summary(type_: str) -> None:
    definition = registry.get(type_)
    schema = definition.json_schema()
    assert schema.get("required", []) == TYPES[type_]
    assert jsontext.encode(schema)
    assert definition.summary.endswith(".")


@pytest.mark.parametrize(("alias", "type_"), [("email", "email.send"), ("image_resize", "image.thumbnail")])
def test_aliases(alias: str, type_: str) -> None:
    assert registry.get(alias).type == type_


@pytest.mark.parametrize("type_", sorted(set(TYPES) - {"echo", "fail"}))
def test_only_the_demos_wait(type_: str) -> None:
    assert not {"delay_ms", "fail_times"} & set(registry.get(type_).json_schema()["properties"])
