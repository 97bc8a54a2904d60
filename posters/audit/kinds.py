"""The kinds of findings: what can be wrong with a catalogue, how bad that is, and what to do about it.

`docs/audit.md` lists every kind of this module; a test compares the two.
"""

from dataclasses import asdict, dataclass
from typing import Any

from posters._base.brief import brief_repr
from posters.errors import ConfigError
from posters.images.look_codes import LOOK
from posters.images.perceptual_hash import NEAR

# The worst first.
SEVERITIES = ("error", "warning", "note")

# An image whose shorter side has fewer pixels is enlarged threefold for a network that takes 192 columns.
SHORTEST_SIDE = 64
# Width over height. Posters are about 2:3 (0.67). Of the IMDb set's, 986 of 1,000 are in this range; the others are
# covers of discs, film stills and banners.
NARROWEST, WIDEST = 0.5, 0.9
# Standard deviation, 0 to 255. The dullest poster of the IMDb set has 12; JPEG noise on a single colour has 1.
BLANK_SPREAD = 4
# A genre may be a misspelling of another that has so many times as many posters.
MUCH_COMMONER = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an audit found. Made by `Kind.finding`.

    Attributes:
        kind: name of one of `posters.audit.KINDS`.
        severity: one of `SEVERITIES`.
        ids: of the posters concerned, sorted; may be empty.
        images: files concerned, as paths below the image folder, sorted.
        genres: genre names concerned, sorted.
        message: what was found, in one line.
        advice: what to do about it.

    Examples:
        >>> found = Finding("tiny-image", "warning", ("a",), ("a.jpg",), (), "a.jpg: 40 x 60 pixels", "Replace it.")
        >>> found.order
        (1, 'tiny-image', ('a',), ('a.jpg',), 'a.jpg: 40 x 60 pixels')
    """

    __repr__ = brief_repr

    kind: str
    severity: str
    ids: tuple[str, ...]
    images: tuple[str, ...]
    genres: tuple[str, ...]
    message: str
    advice: str

    @property
    def order(self) -> tuple[int, str, tuple[str, ...], tuple[str, ...], str]:
        """Sort key of findings: the worst first, then by kind and by what they concern."""
        return SEVERITIES.index(self.severity), self.kind, self.ids, (*self.images, *self.genres), self.message

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON can hold it."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding. Made by `register_kind`.

    Attributes:
        name: of the kind, such as "tiny-image".
        severity: of its findings, one of `SEVERITIES`.
        description: what it means, in a sentence.
        advice: what to do about it, in a sentence.

    Examples:
        >>> KINDS["tiny-image"].finding("a.jpg: 40 x 60 pixels", ids=("b", "a", "b")).ids
        ('a', 'b')
    """

    name: str
    severity: str
    description: str
    advice: str

    def finding(
        self,
        message: str,
        *,
        ids: tuple[str, ...] = (),
        images: tuple[str, ...] = (),
        genres: tuple[str, ...] = (),
    ) -> Finding:
        """Return a finding of this kind.

        Args:
            message: what was found; whitespace is collapsed to make it one line.
            ids: of the posters concerned, in any order, with or without repeats.
            images: files concerned, likewise.
            genres: genre names concerned, likewise.
        """
        ids, images, genres = (tuple(sorted({*names} - {""})) for names in (ids, images, genres))
        return Finding(self.name, self.severity, ids, images, genres, " ".join(message.split()), self.advice)


KINDS: dict[str, Kind] = {}


def register_kind(name: str, severity: str, description: str, advice: str) -> Kind:
    """Add a kind of finding, for a check that `posters.audit.register_check` adds.

    Args:
        name: lower-case words joined by hyphens. Registering a name again replaces the kind.
        severity: of each of its findings, one of `SEVERITIES`.
        description: what it means, in a sentence.
        advice: what to do about it, in a sentence.

    Returns:
        the kind, whose `finding` method makes findings.

    Raises:
        ConfigError: there is no such severity.

    Examples:
        >>> register_kind("example-kind", "note", "The title is in capitals.", "Look at it.").severity
        'note'
        >>> del KINDS["example-kind"]
    """
    if severity not in SEVERITIES:
        raise ConfigError(f"the severity of {name} must be one of {', '.join(SEVERITIES)}, but got {severity!r}")
    KINDS[name] = Kind(name, severity, description, advice)
    return KINDS[name]


# Images

UNREADABLE_IMAGE = register_kind(
    "unreadable-image",
    "error",
    "The file can't be read as an image: it is empty, not an image, too large, or in an unsupported format.",
    "Download it again, save it as JPEG or PNG, or remove its row: training skips it.",
)

DAMAGED_IMAGE = register_kind(
    "damaged-image",
    "error",
    "The file begins like an image, but is cut short or corrupt.",
    "Download it again, or remove its row: training skips it.",
)

BLANK_IMAGE = register_kind(
    "blank-image",
    "warning",
    f"All pixels have nearly one colour (standard deviation below {BLANK_SPREAD} of 255). Blank posters are not "
    "compared with others, since all of them look alike.",
    "Find the real poster, or remove the row: there is nothing to learn from it.",
)

TINY_IMAGE = register_kind(
    "tiny-image",
    "warning",
    f"The shorter side has fewer than {SHORTEST_SIDE} pixels.",
    "Find a larger copy: this one has too little detail.",
)

ODD_SHAPE = register_kind(
    "odd-shape",
    "warning",
    f"The width is less than {NARROWEST:g} or more than {WIDEST:g} times the height; for most posters it is 0.67.",
    "Check that it is a poster, and not a film still, a banner or the cover of a disc.",
)

MISNAMED_IMAGE = register_kind(
    "misnamed-image",
    "note",
    "The file's extension names another image format than its bytes have.",
    "Rename it if other programs rely on extensions: this one reads the bytes.",
)

# Files

MISSING_IMAGE = register_kind(
    "missing-image",
    "error",
    "The image file of a row is missing, so the row is dropped.",
    "Download the file, fix its name in the row, or remove the row.",
)

FAILED_DOWNLOAD = register_kind(
    "failed-download",
    "error",
    "The image of a row can't be downloaded (--download), so the row is dropped.",
    "Fix the address, save the image in the image folder under the poster's id, or remove the row.",
)

UNUSED_IMAGE = register_kind(
    "unused-image",
    "note",
    "No row names this file of the image folder.",
    "Add a row for it, or delete it.",
)

# Rows

CONFLICTING_ROWS = register_kind(
    "conflicting-rows",
    "error",
    "Two rows with the same id have different genres; the poster gets all of them.",
    "Keep the correct row, or give different posters different ids.",
)

CONFLICTING_FILM = register_kind(
    "conflicting-film",
    "warning",
    "Two rows with the same id have different titles or years; the first one counts.",
    "Keep the correct row, or give different posters different ids.",
)

REPEATED_ROW = register_kind(
    "repeated-row",
    "note",
    "A row repeats an earlier row with the same id.",
    "Remove it; it counts only once.",
)

UNUSABLE_ROW = register_kind(
    "unusable-row",
    "warning",
    "A row has no id or no image, or is malformed, and is dropped.",
    "Fix the row, or remove it.",
)

OTHER_NAME = register_kind(
    "other-name",
    "note",
    "The image of a row was found under another name, by its id or with another extension.",
    "Check that it is the right image, and fix the name in the table.",
)

NO_GENRE = register_kind(
    "no-genre",
    "warning",
    "A row has no genre, and is dropped: the genres may be missing rather than none.",
    "Add its genres, or remove the row.",
)

REPEATED_GENRE = register_kind(
    "repeated-genre",
    "note",
    "A row has a genre twice, perhaps under two names; it counts once.",
    "Remove one of the two.",
)

CORRECTION = register_kind(
    "correction",
    "note",
    "A file of corrections changed labels, or has a correction that does not apply.",
    "Nothing, if that is what the file is meant to do.",
)

# Genres

RARE_GENRE = register_kind(
    "rare-genre",
    "warning",
    "A genre has too few posters to be learnt and evaluated (--min-posters).",
    "Find more posters, or merge it into another genre with --alias; otherwise training drops it.",
)

MISSPELT_GENRE = register_kind(
    "misspelt-genre",
    "warning",
    f"A genre is spelt almost like one that has at least {MUCH_COMMONER} times as many posters, or is one letter away "
    "from one of IMDb's.",
    "If it is the same genre, fix the table or pass --alias; otherwise do nothing.",
)

ALIASED_GENRE = register_kind(
    "aliased-genre",
    "note",
    "A name was recognised as another name of a genre, and merged with it.",
    "Nothing, if they are the same genre; otherwise keep it with --alias NAME=NAME.",
)

RESPELT_GENRE = register_kind(
    "respelt-genre",
    "note",
    "A genre is also spelt with other capitals, hyphens or spaces; the spellings were merged.",
    "Use one spelling if other programs read the table.",
)

NOT_A_GENRE = register_kind(
    "not-a-genre",
    "note",
    'A word such as "N/A" is in place of a genre, and was dropped.',
    "Add the genres, or empty the cell; if it is a genre, pass --alias.",
)

JOINED_GENRES = register_kind(
    "joined-genres",
    "warning",
    "Several genres joined in one name are read as one genre.",
    "Join them with `|`, `;` or `,` in the table; do nothing if it is the name of one genre.",
)

UNIVERSAL_GENRE = register_kind(
    "universal-genre",
    "warning",
    "Every poster that training would use has the genre, so there is nothing to tell apart: any network learns to "
    "predict it always, with probability 1.",
    "Add posters that don't have it, or remove it from the table: every figure of it is undefined or perfect.",
)

# Duplicates

_ALIKE = (
    f"Posters that look alike (at most {NEAR} of 64 bits of their hashes differ, or a cosine of at least {LOOK:.2f})"
)

IDENTICAL_CONFLICT = register_kind(
    "identical-conflict",
    "error",
    "Posters with the same bytes have different genres.",
    "Check which film the poster belongs to, and fix the image or the genres of the other rows.",
)

IDENTICAL_POSTERS = register_kind(
    "identical-posters",
    "warning",
    "Several rows have posters with the same bytes and the same genres.",
    "Keep one of the rows, or find the right image for each.",
)

NEAR_CONFLICT = register_kind(
    "near-conflict",
    "warning",
    f"{_ALIKE} have different genres.",
    "Look at them, and fix the genres if they show one film, or the pictures if one stands for several films. Some are "
    "different pictures, such as two dark ones.",
)

NEAR_DUPLICATES = register_kind(
    "near-duplicates",
    "note",
    f"{_ALIKE} have the same genres.",
    "Look at them, and keep one if they are one picture. `posters train` keeps them in one split in any case.",
)

SAME_FILM_CONFLICT = register_kind(
    "same-film-conflict",
    "warning",
    "Several ids of what seems to be one film (same title and year) have different genres.",
    "Give them the same genres if it is one film; do nothing if two films of one year share a title.",
)

SAME_FILM_POSTERS = register_kind(
    "same-film-posters",
    "note",
    "Several ids have the same title, year and genres.",
    "Keep one if a film is there twice; do nothing if it has several posters, which `posters train` keeps together.",
)

# The split

LEAKED_PICTURE = register_kind(
    "leaked-picture",
    "error",
    "Posters with the same bytes are in different splits.",
    "Put them in one split: otherwise the test scores are too good.",
)

LEAKED_LOOKALIKE = register_kind(
    "leaked-lookalike",
    "warning",
    f"{_ALIKE} are in different splits.",
    "Look at them, and put them in one split if they are one picture: otherwise the test scores are too good.",
)

LEAKED_FILM = register_kind(
    "leaked-film",
    "error",
    "Posters of one film (same title and year) are in different splits.",
    "Put them in one split: otherwise the test scores are too good.",
)

LEAKED_GROUP = register_kind(
    "leaked-group",
    "error",
    "Posters of one group of the table are in different splits.",
    "Put them in one split: otherwise the test scores are too good.",
)

UNKNOWN_ID = register_kind(
    "unknown-id",
    "error",
    "The splits name posters that are not in the table, or whose rows were dropped.",
    "Fix the ids, or remove them from the splits: `posters train` refuses such splits.",
)

NO_SPLIT = register_kind(
    "no-split",
    "note",
    "Posters are in no split, and would not be used.",
    "Assign them to a split, if they should be used.",
)
