"""Why reading a table drops, merges or leaves out, by names that programs can go by; the words are for people."""

from enum import StrEnum


class Cause(StrEnum):
    """One for each reason that `read_catalogue` counts its losses by, but for corrections."""

    UNUSABLE_ROW = "unusable row"
    NO_IMAGE_NAMED = "no image named"
    NO_ID = "no id"
    MISSING_IMAGE = "missing image"
    NOT_A_GENRE = "not a genre"
    ALIAS = "alias"
    SPELLING = "spelling"
    JOINED_GENRES = "joined genres"
    GENRE_TWICE = "genre twice"
    REPEAT = "repeat"
    GENRES_DIFFER = "genres differ"
    FILM_DIFFERS = "film differs"
    RARE_GENRE = "rare genre"
    NO_GENRE_NAMED = "no genre named"
    NO_GENRE_LEFT = "no genre left"
    UNNAMED_IMAGE = "unnamed image"
