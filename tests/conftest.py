"""What all tests share."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data: POSTERS_SHARED, or `shared` beside the repository."""
    folder = Path(os.environ.get("POSTERS_SHARED") or REPOSITORY.parent / "shared")
    if not (folder / "imdb-posters" / "posters.csv").is_file():
        pytest.skip(f"THE REAL POSTERS ARE NOT THERE: no imdb-posters/posters.csv in {folder}; set POSTERS_SHARED")
    return folder
