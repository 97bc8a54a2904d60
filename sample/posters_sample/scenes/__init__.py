"""The pictures: every scene by its name. A scene draws on a fresh canvas with whatever palette the canvas has.

The scenes keep what matters between y = 230 and y = 700 and calm above and below it, where the letters will stand.
"""

from collections.abc import Callable

from posters_sample.canvas import Canvas
from posters_sample.scenes import city, emblems, front, night, portraits, space, tales, wild

_FAMILIES = {
    city: "explosion helicopters chase detective_lamp city_lights lit_window under_umbrella",
    emblems: "heart_sun heart_window rose target slashes print_of_a_finger all_seeing skull_moon clawed clue badge "
    "shattered big_paw starburst plain",
    front: "patrol airdrop poppies wire dogfight",
    night: "haunted_hill bare_wood fog_lantern lighthouse open_door graveyard rising_hand keyhole spiral_stairs",
    portraits: "double_exposure two_profiles stand_off blinds crowd disguise",
    space: "ringed_planet planet_rise rocket abduction neon_grid tunnel domed_city",
    tales: "castle sword dragon islands enchanted_wood tree_house",
    wild: "lone_figure lone_tree mountains sea_boat open_road mesas cowboy_sun duel balloons cottage best_friends "
    "harbour_bench",
}

SCENES: dict[str, Callable[[Canvas], None]] = {
    name: getattr(family, name) for family, names in _FAMILIES.items() for name in names.split()
}
