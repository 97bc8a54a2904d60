"""The JSON of the API, as the OpenAPI page shows it."""

from typing import Any

from pydantic import BaseModel, Field


class ErrorAnswer(BaseModel):
    """What went wrong, in one sentence."""

    error: str


class ServedAnswer(BaseModel):
    """Which classifier answers."""

    name: str = Field(description="of the run or the directory that it came from")
    version: str = Field(description="the first 12 digits of its network's SHA-256")
    made: str | None = Field(description="the day it was trained, if it says so")


class GenreAnswer(BaseModel):
    """One genre of one poster."""

    genre: str
    probability: float = Field(description="calibrated, from 0 to 1")
    threshold: float | None = Field(description="said from this probability on; null: never by probability alone")
    said: bool


class PosterAnswer(BaseModel):
    """What the classifier says of one poster: genres, or why it could not be read."""

    file: str | None = Field(description="its file's name, where the request had one")
    said: list[str] | None = Field(default=None, description="the genres that the rule says, the surest first")
    genres: list[GenreAnswer] | None = Field(default=None, description="all or the `top` surest, the surest first")
    error: str | None = Field(default=None, description="why it could not be read; then there are no genres")


class PredictAnswer(BaseModel):
    """The posters of one request, in its order."""

    classifier: ServedAnswer
    rule: str = Field(description="by which genres were said")
    posters: list[PosterAnswer]


class ExplainAnswer(BaseModel):
    """Where on a poster the probability of one genre comes from."""

    classifier: ServedAnswer
    file: str | None = Field(description="its file's name, where the request had one")
    genre: str
    probability: float = Field(description="calibrated, from 0 to 1")
    size: list[int] = Field(description="[width, height] of the poster in pixels, upright")
    box: list[int] | None = Field(
        description="[left, top, right, bottom] of the strongest region, in pixels of the poster; null: nothing on it "
        "speaks for the genre"
    )
    frame: list[float] = Field(
        description="[left, top, right, bottom] of what the map covers, in pixels of the poster: the poster itself, "
        "unless the classifier cuts or pads posters"
    )
    map: list[list[float]] = Field(
        description="rows from the top, each from the left: how much a place adds to the genre's logit, as a share of "
        "the place that adds most, from 0 to 1; 0 also where it speaks against the genre"
    )


class RuleAnswer(BaseModel):
    """A rule by which genres are said."""

    name: str
    promise: str
    fitted_on: str
    thresholds: dict[str, float | None] = Field(description="by genre; null: never by probability alone")


class LimitsAnswer(BaseModel):
    """What one request may hold."""

    max_bytes: int
    max_posters: int


class ClassifierAnswer(BaseModel):
    """All that the classifier says of itself."""

    classifier: ServedAnswer
    genres: list[str]
    explains: bool = Field(description="whether it can say where on a poster a genre comes from")
    prior: dict[str, float] = Field(description="each genre's share of the training posters")
    rules: list[RuleAnswer] = Field(description="the first one decides unless another is asked for")
    calibrated_on: str
    metrics: dict[str, Any] = Field(
        description="figures on the validation posters, with baselines: `macro_map_of_the_prior` is what never looking "
        "at a poster scores. Validation also chose the weights, and flatters."
    )
    preprocess: dict[str, Any]
    provenance: dict[str, Any]
    limits: LimitsAnswer


class HealthAnswer(BaseModel):
    """Whether the server lives, and whether it has room for another poster."""

    live: bool
    ready: bool
