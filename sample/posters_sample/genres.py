"""What each genre looks like, and which genres come together: the sample's own small world, as data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """The means by which a genre shows itself. Many of them are shared with other genres, as on real posters.

    Attributes:
        palettes: names in `posters_sample.palettes`.
        scenes: names in `posters_sample.scenes.SCENES`.
        letterings: names in `posters_sample.lettering.LETTERINGS`.
        layouts: names in `posters_sample.layouts.LAYOUTS`.
        finishes: names in `posters_sample.finishes.FINISHES`.
        alike: the genres whose means it borrows now and then.
    """

    palettes: tuple[str, ...]
    scenes: tuple[str, ...]
    letterings: tuple[str, ...]
    layouts: tuple[str, ...]
    finishes: tuple[str, ...]
    alike: tuple[str, ...]


def _look(palettes: str, scenes: str, letterings: str, layouts: str, finishes: str, alike: str) -> Look:
    return Look(*(tuple(names.split()) for names in (palettes, scenes, letterings, layouts, finishes, alike)))


LOOKS: dict[str, Look] = {
    "Action": _look(
        "ember teal_and_orange ember teal_and_orange gunmetal",
        "explosion helicopters chase target slashes explosion slashes stand_off",
        "impact heavy_italic sliced poster_black wide_heavy condensed stencil",
        "low_block high_block slant low spine letterbox banded_dark",
        "glossy film glossy",
        "Crime Sci-Fi War",
    ),
    "Comedy": _look(
        "lemon tangerine poolside bubblegum mint lemon candy",
        "disguise crowd starburst crowd disguise starburst big_paw open_road",
        "bouncing bubble comic rounded marquee poster_black",
        "high_block banded banded_high medallion high corner",
        "clean clean halftone",
        "Family Romance",
    ),
    "Crime": _look(
        "noir sodium asphalt noir sodium absinthe",
        "detective_lamp blinds print_of_a_finger shattered city_lights blinds chase",
        "condensed typewriter tall stencil_worn poster_black marquee",
        "low corner banded_dark spine letterbox low_left split",
        "film film halftone aged",
        "Mystery Action Drama",
    ),
    "Drama": _look(
        "linen slate dusk linen slate wheat evening",
        "lone_figure double_exposure lone_tree lit_window sea_boat open_road stand_off harbour_bench mountains plain",
        "spaced quiet didone quiet_lower didone_title tall carved",
        "high split low arch framed type_light low_left medallion",
        "film clean glossy aged",
        "Romance War Mystery",
    ),
    "Family": _look(
        "meadow candy meadow candy storybook poolside",
        "balloons cottage best_friends big_paw balloons cottage tree_house",
        "bouncing bubble rounded storybook rounded",
        "high_block high banded_high medallion low banded",
        "clean glossy clean",
        "Comedy Fantasy",
    ),
    "Fantasy": _look(
        "aurora enchanted amethyst enchanted amethyst storybook",
        "castle sword dragon islands enchanted_wood castle tree_house",
        "storybook carved didone carved glowing slab",
        "low high arch split framed_high medallion_dark low_block",
        "glossy film glossy",
        "Family Sci-Fi Horror",
    ),
    "Horror": _look(
        "blood sickly blood midnight blood bone",
        "haunted_hill bare_wood rising_hand all_seeing skull_moon clawed open_door graveyard",
        "dripping scratched trembling dripping condensed tall",
        "low high low_block medallion_dark letterbox slant",
        "film film aged",
        "Mystery Fantasy",
    ),
    "Mystery": _look(
        "fog violet_hour fog violet_hour absinthe midnight",
        "clue keyhole fog_lantern lighthouse spiral_stairs clue keyhole open_door",
        "typewriter spaced trembling didone carved tall",
        "framed split high low spine letterbox type_only",
        "film glossy aged",
        "Crime Horror Drama",
    ),
    "Romance": _look(
        "rosewater afterglow rosewater afterglow champagne",
        "heart_sun heart_window rose two_profiles under_umbrella harbour_bench rose",
        "didone_italic soft_italic didone_title quiet_lower rounded didone_italic",
        "arch medallion low high framed type_light",
        "clean glossy clean",
        "Comedy Drama",
    ),
    "Sci-Fi": _look(
        "nebula chrome nebula chrome neon red_planet",
        "ringed_planet planet_rise rocket abduction neon_grid tunnel domed_city",
        "wide_thin glowing scanned outlined wide_heavy sliced spaced",
        "high low split letterbox high_block framed_high",
        "glossy film clean",
        "Action Fantasy",
    ),
    "War": _look(
        "khaki smoke olive khaki",
        "patrol airdrop poppies wire dogfight patrol airdrop",
        "stencil stencil_worn stencil poster_black carved condensed",
        "low banded_dark letterbox low_block framed high",
        "aged film aged halftone",
        "Action Drama",
    ),
    "Western": _look(
        "desert parchment turquoise desert",
        "mesas cowboy_sun duel badge mesas cowboy_sun",
        "slab wood_type slab wood_type poster_black",
        "high_block framed low_block low banded_high medallion",
        "aged halftone film",
        "War Action",
    ),
}

GENRES: tuple[str, ...] = tuple(LOOKS)

# How often, out of about a hundred posters, exactly these genres come together. The first leads.
MIXTURES: tuple[tuple[float, str], ...] = (
    (8.5, "Drama"),
    (6.5, "Drama Romance"),
    (3.0, "Drama War"),
    (3.0, "Crime Drama"),
    (2.0, "Drama Mystery"),
    (2.0, "Drama Family"),
    (1.2, "Western Drama"),
    (2.0, "Crime Drama Mystery"),
    (4.5, "Comedy Drama"),
    (3.5, "Comedy Drama Romance"),
    (1.0, "Sci-Fi Drama"),
    (1.0, "Romance War Drama"),
    (2.0, "Action Crime Drama"),
    (5.0, "Comedy"),
    (6.0, "Comedy Romance"),
    (3.5, "Family Comedy"),
    (2.0, "Crime Comedy"),
    (1.5, "Action Comedy"),
    (1.0, "Horror Comedy"),
    (1.0, "Family Fantasy Comedy"),
    (3.5, "Action"),
    (3.0, "Action Crime"),
    (4.0, "Sci-Fi Action"),
    (1.2, "War Action"),
    (1.2, "Western Action"),
    (1.5, "Fantasy Action"),
    (5.0, "Horror"),
    (4.0, "Horror Mystery"),
    (1.5, "Sci-Fi Horror"),
    (0.7, "Horror Fantasy"),
    (3.5, "Sci-Fi"),
    (1.0, "Sci-Fi Mystery"),
    (2.0, "Crime"),
    (3.0, "Mystery Crime"),
    (1.5, "Mystery"),
    (2.0, "Family"),
    (2.5, "Family Fantasy"),
    (2.0, "Fantasy"),
    (1.0, "Fantasy Romance"),
    (3.0, "Romance"),
    (1.5, "War"),
    (3.0, "Western"),
)
