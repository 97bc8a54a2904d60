"""All that an audit can find, by name: how bad it is, what it means and what to do."""

from posters.audit.finding import Kind
from posters.duplicates import NEAR

# An image with a shorter side than this is enlarged threefold for a network that takes 192 columns.
SHORTEST_SIDE = 64
# Width over height. Posters are about 2:3 (0.67); of the IMDb set's, 986 of 1,000 lie in this range, and the others are
# discs' covers, film stills and banners.
NARROWEST, WIDEST = 0.5, 0.9
# Standard deviation of 0 to 255. The dullest of the IMDb set's posters has 12; JPEG's noise on a single colour is 1.
BLANK_SPREAD = 4
# A genre may be another one misspelt that so many times as many posters have.
MUCH_COMMONER = 5

KINDS: dict[str, Kind] = {}


def _kind(name: str, severity: str, description: str, advice: str) -> Kind:
    KINDS[name] = Kind(name, severity, description, advice)
    return KINDS[name]


# Images

UNREADABLE_IMAGE = _kind(
    "unreadable-image",
    "error",
    "The file can't be read as an image: it is empty, no image, too large, or of a format that is not read.",
    "Download it again, save it as JPEG or PNG, or take its row out: training leaves it out.",
)
DAMAGED_IMAGE = _kind(
    "damaged-image",
    "error",
    "The file begins like an image, but is cut short or broken further on.",
    "Download it again, or take its row out: training leaves it out.",
)
BLANK_IMAGE = _kind(
    "blank-image",
    "warning",
    f"All pixels have nearly one colour (standard deviation below {BLANK_SPREAD} of 255). Blank posters are left out "
    "of the search for duplicates, since all of them look alike.",
    "Find the real poster, or take the row out: there is nothing to learn from it.",
)
TINY_IMAGE = _kind(
    "tiny-image",
    "warning",
    f"The shorter side has fewer than {SHORTEST_SIDE} pixels.",
    "Find a larger copy: enlarged, it shows little.",
)
ODD_SHAPE = _kind(
    "odd-shape",
    "warning",
    f"The width is less than {NARROWEST:g} or more than {WIDEST:g} times the height, where posters have about 0.67.",
    "Look whether it is a poster, and not a film still, a banner or a disc's cover.",
)
MISNAMED_IMAGE = _kind(
    "misnamed-image",
    "note",
    "The file's name says another image format than its bytes.",
    "Rename it if other programs go by names: here the bytes count.",
)

# Files

MISSING_IMAGE = _kind(
    "missing-image",
    "error",
    "A row's image file is not there, so that the row is left out.",
    "Download the file, mend its name in the row, or take the row out.",
)
UNUSED_IMAGE = _kind(
    "unused-image",
    "note",
    "No row names this file of the image folder.",
    "Add a row for it, or take it away.",
)

# Rows

CONFLICTING_ROWS = _kind(
    "conflicting-rows",
    "error",
    "Two rows of one id have different genres, which are united.",
    "Keep the row that is right, or give different posters different ids.",
)
CONFLICTING_FILM = _kind(
    "conflicting-film",
    "warning",
    "Two rows of one id have another title or year; the earlier is kept.",
    "Keep the row that is right, or give different posters different ids.",
)
REPEATED_ROW = _kind(
    "repeated-row",
    "note",
    "A row says what an earlier row of the same id has said.",
    "Take it out; here it counts once.",
)
UNUSABLE_ROW = _kind(
    "unusable-row",
    "warning",
    "A row lacks an id or an image, or is broken, and is left out.",
    "Mend the row, or take it out.",
)
NO_GENRE = _kind(
    "no-genre",
    "warning",
    "A row names no genre, and is left out: nobody knows whether it has none or nobody wrote it down.",
    "Add its genres, or take the row out.",
)
REPEATED_GENRE = _kind(
    "repeated-genre",
    "note",
    "A row names a genre twice, perhaps by two of its names; it counts once.",
    "Name it once.",
)
CORRECTION = _kind(
    "correction",
    "note",
    "Labels were changed while reading, or asked to be, by a file of corrections.",
    "Nothing, if that is what the file should do.",
)

# Genres

RARE_GENRE = _kind(
    "rare-genre",
    "warning",
    "A genre has fewer posters than can be learnt and judged from (--min-posters).",
    "Find more posters, merge it into another genre with --alias, or do without it, as training does.",
)
MISSPELT_GENRE = _kind(
    "misspelt-genre",
    "warning",
    f"A genre is written almost like another that has at least {MUCH_COMMONER} times as many posters.",
    "If it is the same genre, mend the table, or pass --alias; else leave it.",
)
ALIASED_GENRE = _kind(
    "aliased-genre",
    "note",
    "A name was taken for another name of a genre, and merged with it.",
    "Nothing, if they are the same; if not, pass --alias NAME=NAME to keep it.",
)
RESPELT_GENRE = _kind(
    "respelt-genre",
    "note",
    "A genre is also written with other capitals, hyphens or spaces, and was merged.",
    "Write it in one way if other programs read the table.",
)
NOT_A_GENRE = _kind(
    "not-a-genre",
    "note",
    'A word such as "N/A" stands where a genre should, and was dropped.',
    "Add the genres, or leave the cell empty; if it is a genre, pass --alias.",
)
JOINED_GENRES = _kind(
    "joined-genres",
    "warning",
    "Several genres with a slash between them are read as one genre of that name.",
    "Join them by `|`, `;` or `,` in the table; leave it if that is what the genre is called.",
)

# Duplicates

IDENTICAL_CONFLICT = _kind(
    "identical-conflict",
    "error",
    "Posters with the same bytes have different genres.",
    "Look which poster belongs to which film, and mend the image or the genres of the others.",
)
IDENTICAL_POSTERS = _kind(
    "identical-posters",
    "warning",
    "Posters with the same bytes, and the same genres, stand in several rows.",
    "Keep one of the rows, or the right image for each.",
)
NEAR_CONFLICT = _kind(
    "near-conflict",
    "warning",
    f"Posters that look alike (at most {NEAR} of 64 bits of their perceptual hashes differ) have different genres.",
    "Look at them: mend the genres if they show one film. Some are different pictures, such as two dark ones.",
)
NEAR_DUPLICATES = _kind(
    "near-duplicates",
    "note",
    f"Posters look alike (at most {NEAR} of 64 bits of their perceptual hashes differ), and have the same genres.",
    "Look at them: keep one if they are one picture. A split that is drawn here keeps them together in any case.",
)

# The split

LEAKED_PICTURE = _kind(
    "leaked-picture",
    "error",
    "Posters with the same bytes stand on different sides of the split.",
    "Put them on one side: otherwise scores flatter.",
)
LEAKED_LOOKALIKE = _kind(
    "leaked-lookalike",
    "warning",
    f"Posters that look alike (at most {NEAR} of 64 bits of their perceptual hashes differ) stand on different sides "
    "of the split.",
    "Look at them: if they are one picture, put them on one side; otherwise scores flatter.",
)
LEAKED_FILM = _kind(
    "leaked-film",
    "error",
    "Posters of one film (title and year) stand on different sides of the split.",
    "Put them on one side: otherwise scores flatter.",
)
LEAKED_GROUP = _kind(
    "leaked-group",
    "error",
    "Posters of one group of the table stand on different sides of the split.",
    "Put them on one side: otherwise scores flatter.",
)
UNKNOWN_ID = _kind(
    "unknown-id",
    "error",
    "The split names posters that the table does not have, or whose rows were left out.",
    "Mend the ids, or take them out of the split: training refuses it as it is.",
)
NO_SIDE = _kind(
    "no-side",
    "note",
    "Posters stand on no side of the split, and would not be used.",
    "Give them a side, if that is not what you want.",
)
