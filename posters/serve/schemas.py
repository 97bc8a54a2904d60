"""The JSON of the API, as the OpenAPI page shows it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def keep_summary(schema: dict[str, Any]) -> None:
    r"""Cut the examples from the description that a class's docstring gives its schema: they are Python, not HTTP.

    Args:
        schema: a JSON schema, changed in place.

    Examples:
        >>> schema = {"description": "What went wrong.\n\nExamples:\n    >>> 1 + 1"}
        >>> keep_summary(schema)
        >>> schema
        {'description': 'What went wrong.'}
    """
    schema["description"] = schema.get("description", "").partition("\n\nExamples:")[0]


class Schema(BaseModel):
    """A JSON object of the API.

    Examples:
        >>> ErrorResponse.model_json_schema()["description"]
        'What went wrong, in one sentence.'
    """

    model_config = ConfigDict(json_schema_extra=keep_summary)


class ErrorResponse(Schema):
    """What went wrong, in one sentence.

    Examples:
        >>> ErrorResponse(error="the file is empty").model_dump_json()
        '{"error":"the file is empty"}'
    """

    error: str


class ServedClassifier(Schema):
    """The classifier that answers.

    Examples:
        >>> ServedClassifier(name="run", version="0123456789ab", made=None).name
        'run'
    """

    name: str = Field(description="name of the run or directory")
    version: str = Field(description="the first 12 digits of the network's SHA-256")
    made: str | None = Field(description="the day it was trained, if known")


class GenrePrediction(Schema):
    """One predicted genre of one poster.

    Examples:
        >>> GenrePrediction(genre="Horror", probability=0.9).genre
        'Horror'
    """

    genre: str
    probability: float = Field(description="calibrated, from 0 to 1")


class PosterPrediction(Schema):
    """The prediction for one poster: genres, or the reason why it can't be read.

    Examples:
        >>> PosterPrediction(file="none.jpg", error="the file is empty").predicted is None
        True
    """

    file: str | None = Field(description="the file's name, if the request had one")
    predicted: list[str] | None = Field(default=None, description="the names of the predicted genres, likeliest first")
    genres: list[GenrePrediction] | None = Field(default=None, description="the same, with their probabilities")
    probabilities: dict[str, float] | None = Field(
        default=None, description="of every genre, likeliest first; null without the parameter `all`"
    )
    by_rule: dict[str, list[str]] | None = Field(
        default=None,
        description="what each rule predicts, likeliest first; null without the parameter `all`",
    )
    novelty: float | None = Field(
        default=None,
        description="how unlike the posters that the classifier learned from; above 1, as for one in a hundred "
        "posters, it may be no poster, and the probabilities mean little; null if the classifier can't tell",
    )
    error: str | None = Field(default=None, description="why the poster can't be read; then there are no genres")


class PredictResponse(Schema):
    """The posters of one request, in its order.

    Examples:
        >>> classifier = ServedClassifier(name="run", version="0123456789ab", made=None)
        >>> PredictResponse(classifier=classifier, rule="f1", posters=[]).rule
        'f1'
    """

    classifier: ServedClassifier
    rule: str = Field(description="what decided: a rule, `top=N` or `threshold=X`")
    posters: list[PosterPrediction]


class ExplainResponse(Schema):
    """Where on a poster the probability of one genre comes from.

    Examples:
        >>> sorted(name for name, field in ExplainResponse.model_fields.items() if field.is_required())[:3]
        ['box', 'classifier', 'file']
    """

    classifier: ServedClassifier
    file: str | None = Field(description="the file's name, if the request had one")
    genre: str
    probability: float = Field(description="calibrated, from 0 to 1")
    size: list[int] = Field(description="[width, height] of the upright poster in pixels")
    box: list[int] | None = Field(
        description="[left, top, right, bottom] of the strongest region, in pixels of the poster; null: nothing on it "
        "speaks for the genre"
    )
    frame: list[float] = Field(
        description="[left, top, right, bottom] of what the map covers, in pixels of the poster: the poster itself, "
        "unless the classifier crops or pads posters"
    )
    map: list[list[float]] = Field(
        description="rows from the top, each from the left: how much a place adds to the genre's logit, as a share of "
        "the place that adds most, from 0 to 1; 0 also where a place speaks against the genre"
    )


class RuleDescription(Schema):
    """A rule that decides which genres are predicted.

    Examples:
        >>> rule = RuleDescription(name="f1", promise="", fitted_on="validation", thresholds={"Western": None})
        >>> rule.thresholds
        {'Western': None}
    """

    name: str
    promise: str
    fitted_on: str
    thresholds: dict[str, float | None] | None = Field(
        description="by genre, null for a genre that is never predicted; null for a rule that decides poster by poster"
    )
    most: int | None = Field(default=None, description="`balanced` predicts no more genres than this")


class Limits(Schema):
    """The limits of one request.

    Examples:
        >>> Limits(max_bytes=20_000_000, max_posters=66).max_posters
        66
    """

    max_bytes: int
    max_posters: int


class ClassifierResponse(Schema):
    """Everything about the classifier.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> from posters.serve.description import describe
        >>> describe(load_classifier(), Limits(max_bytes=1, max_posters=1)).rules[0].name
        'balanced'
    """

    classifier: ServedClassifier
    genres: list[str]
    explains: bool = Field(description="whether it can explain where on a poster a genre comes from")
    prior: dict[str, float] = Field(description="each genre's share of the training posters")
    rules: list[RuleDescription] = Field(description="the first is the default")
    calibrated_on: str
    metrics: dict[str, Any] = Field(
        description="figures on the validation posters, with baselines: `macro_map_of_the_prior` is the score of a "
        "classifier that never looks at the poster. Validation also chose the weights, which flatters the figures."
    )
    preprocess: dict[str, Any]
    provenance: dict[str, Any]
    limits: Limits


class HealthResponse(Schema):
    """Whether the server is alive, whether it has room for another poster, and which classifier serves.

    Examples:
        >>> served = ServedClassifier(name="run", version="0123456789ab", made=None)
        >>> HealthResponse(live=True, ready=False, classifier=served).ready
        False
    """

    live: bool
    ready: bool
    classifier: ServedClassifier
