from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def artifacts(settings: Any, tmp_path: Path) -> Path:
    """The folder of the artifact storage."""
    folder = tmp_path / "artifacts"
    folder.mkdir()
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {"BACKEND": backend, "OPTIONS": {"location": str(folder)}},
    }
    return folder
