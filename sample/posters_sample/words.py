"""The words of each genre, and the titles, taglines, names and credits made of them. The films are all made up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from posters_sample.canvas import one_of


@dataclass(frozen=True, slots=True)
class Words:
    """What titles and taglines of a genre are made of.

    Attributes:
        adjectives: words that go before a thing.
        things: nouns in the singular.
        places: what may follow "of", "at" or "from".
        taglines: whole sentences.
    """

    adjectives: tuple[str, ...]
    things: tuple[str, ...]
    places: tuple[str, ...]
    taglines: tuple[str, ...]


def _words(adjectives: str, things: str, places: str, taglines: str) -> Words:
    phrases = (tuple(part.strip() for part in text.split("/")) for text in (places, taglines))
    return Words(tuple(adjectives.split()), tuple(things.split()), *phrases)


WORDS: dict[str, Words] = {
    "Action": _words(
        "Final Lethal Burning Relentless Rapid Steel Double Ruthless Maximum Reckless",
        "Velocity Strike Pursuit Impact Bullet Vengeance Fury Detonator Courier Overdrive Breach Ultimatum",
        "Sector Nine / Fire Pass / Port Cardenas / Zero Hour / the Red Line",
        "No brakes. No mercy. / One man. Twelve minutes. / They should have checked his file. / Run first. Ask "
        "later. / This time it burns.",
    ),
    "Comedy": _words(
        "Awkward Accidental Slightly Lucky Unbelievable Total Wrong Borrowed Second-Hand Terrible",
        "Wedding Roommate Holiday Cousin Sandwich Neighbour Reunion Karaoke Vacation Moustache Divorce Casserole",
        "Aunt Mabel's / the Wrong House / Table Nine / Lake Wobble / the Office Party",
        "Nobody invited them. / It seemed funny at the time. / Some families should stay apart. / RSVP at your "
        "own risk. / Everything went according to plan. Almost.",
    ),
    "Crime": _words(
        "Dirty Crooked Cold Unmarked Quiet Counterfeit Midnight Small Loaded Stolen",
        "Alibi Ledger Syndicate Heist Witness Informant Verdict Kingpin Debt Getaway Precinct Racket",
        "Canal Street / the Ninth Ward / Union Dock / the Back Room / Halloran Avenue",
        "Everybody pays. / Honour among thieves is extra. / The city keeps its own books. / He knew where it was "
        "buried. / One last job was one too many.",
    ),
    "Drama": _words(
        "Quiet Distant Last Ordinary Unfinished Silent Broken Early Borrowed Small",
        "Winter Harvest Letter Daughter Orchard River Silence House Inheritance Season Father Distance",
        "Elm County / Saint Brigid / the Lake / Marrow Hill / Our Years",
        "Some things are never said. / What we leave behind. / A family. A summer. A choice. / Home is a long way"
        " back. / Based on things that happened.",
    ),
    "Family": _words(
        "Little Magic Big Brave Fluffy Great Wonderful Runaway Muddy Giant",
        "Puppy Adventure Balloon Treehouse Penguin Kite Circus Pirate Picnic Dragon Snowman Parade",
        "Pumpkin Hill / Maple Lane / Bumble Bay / the Attic / Willow Wood",
        "The biggest friend is a small one. / Adventure starts at the garden gate. / Bring your wellies. / Every "
        "dog has his day. / Fun for all sizes.",
    ),
    "Fantasy": _words(
        "Enchanted Forgotten Eternal Silver Elven Ancient Moonlit Crystal Hollow Golden",
        "Kingdom Sword Crown Prophecy Dragon Sorceress Realm Oracle Throne Raven Talisman Tower",
        "Aldermoor / the Seven Isles / Everwinter / Old Thornwood / the Dawn King",
        "The crown chooses its own. / Every legend begins with a door. / Winter remembers. / Magic has a price. /"
        " Beyond the map there be wonders.",
    ),
    "Horror": _words(
        "Screaming Hollow Dead Unholy Crawling Rotten Bleeding Nameless Pale Buried",
        "Grave Whisper Coffin Ritual Demon Cellar Possession Corpse Nightmare Slaughter Swarm Shroud",
        "Black Hollow / Ward Thirteen / Ashgrove Manor / the Cellar / Crow Lake",
        "Don't answer it. / It never left the house. / Keep the lights on. / Something is under the floor. / You "
        "will hear it first.",
    ),
    "Mystery": _words(
        "Missing Hidden Vanishing Secret Locked Third Unknown Glass Invisible Cold",
        "Key Stranger Cipher Room Clue Riddle Witness Disappearance Portrait Lighthouse Passenger Envelope",
        "Gull Point / Room 46 / the Lost Hour / Wexcombe / the Night Train",
        "Who was the fifth guest? / Everyone here is lying. / The answer was in the room. / Nobody leaves the "
        "island. / Look again.",
    ),
    "Romance": _words(
        "Tender Endless Sweet Paper Secret Summer Velvet Second Moonlit Dearest",
        "Kiss Heart Promise Letter Rose Waltz Valentine Sunset Embrace Bride Serenade Affair",
        "Lisbon / Lemon Street / the Pier / Always / Midsummer",
        "They only had the summer. / Love takes the long way home. / Two tickets. One seat. / It started with a "
        "letter. / Some hearts keep time.",
    ),
    "Sci-Fi": _words(
        "Quantum Stellar Artificial Infinite Lunar Synthetic Parallel Orbital Distant Neon",
        "Signal Orbit Android Colony Horizon Paradox Gravity Protocol Nebula Machine Eclipse Probe",
        "Titan Station / Sector 12 / Kepler Deep / the Void / Year 3000",
        "We were not the first. / The signal is answering. / Earth is eleven minutes away. / Gravity always wins."
        " / It has learned to dream.",
    ),
    "War": _words(
        "Last Fallen Forgotten Iron Broken Bitter Distant Muddy Valiant Northern",
        "Battalion Regiment Trench Offensive Platoon Bridgehead Sergeant Armistice Rifle Convoy Barrage Front",
        "Hill 212 / Calais Road / the Eastern Front / No Man's Field / Fort Adler",
        "They held for nine days. / Not all of them came home. / One bridge. One night. / Brothers before orders."
        " / The longest mile of the war.",
    ),
    "Western": _words(
        "Dusty Lonesome Wanted Rusty Wild Hanging Bitter Painted Lawless Copper",
        "Saddle Outlaw Stagecoach Canyon Marshal Gunslinger Rider Noose Prairie Mustang Posse Spur",
        "Dry Creek / Abilene Pass / Rattlesnake Gulch / Silver Bluff / the Rio Seco",
        "The law stops at the river. / He came to settle up. / Two graves, one bullet. / Dead or alive. Mostly "
        "dead. / High country. Hard men.",
    ),
}

FIRST_NAMES: tuple[str, ...] = (
    "Mara", "Ida", "Tomas", "Edda", "Jonas", "Priya", "Otis", "Lena", "Casimir", "Noor", "Hugo", "Selma", "Ravi",
    "Greta", "Amos", "Yuki", "Delia", "Bruno", "Ines", "Kofi", "Petra", "Silas", "Wanda", "Emil", "Thea", "Omar",
    "Clara", "Viggo", "Rosa", "Felix",
)  # fmt: skip
LAST_NAMES: tuple[str, ...] = (
    "Quill", "Vance", "Okoro", "Lindqvist", "Marlowe", "Santoro", "Pell", "Haddad", "Brandt", "Ferreira", "Ashdown",
    "Kimura", "Thorne", "Novak", "Delgado", "Wray", "Castellan", "Iyer", "Holm", "Fairweather", "Rourke", "Sorel",
    "Mbeki", "Grantham", "Vale", "Zielinski", "Crane", "Abbott", "Leone", "Hart",
)  # fmt: skip
STUDIOS: tuple[str, ...] = (
    "Lantern Hill Pictures", "Paper Moon & Sons", "Ninth Wave Films", "Copper Kettle", "Old Harbour",
    "Blue Door Pictures", "Tin Star Features", "Meridian House", "Two Rivers Film", "Northlight",
)  # fmt: skip


_PATTERNS: tuple[str, ...] = (
    "The {adjective} {thing}",
    "{adjective} {thing}",
    "The {thing} of {place}",
    "{thing} at {place}",
    "The {adjective} {thing}",
    "{adjective} {thing}",
    "The {thing}",
    "{thing} & {other}",
    "A {thing} from {place}",
    "The {thing} and the {other}",
    "{name}'s {thing}",
    "{name} and the {thing}",
)

_VOWELS = tuple("AEIOU")


def make_title(genre: Callable[[], str], rng: np.random.Generator) -> str:
    """A title; `genre` is asked anew for the genre that each of its words comes from."""
    thing = one_of(WORDS[genre()].things, rng)
    words = {
        "adjective": one_of(WORDS[genre()].adjectives, rng),
        "thing": thing,
        "other": one_of([other for other in WORDS[genre()].things if other != thing], rng),
        "place": one_of(WORDS[genre()].places, rng),
        "name": one_of(FIRST_NAMES, rng),
    }
    title = one_of(_PATTERNS, rng).format(**words)
    if title.startswith("A ") and title[2:].startswith(_VOWELS):
        return f"An {title[2:]}"
    return title


def make_tagline(genre: str, rng: np.random.Generator) -> str:
    """Return one of a genre's taglines."""
    return one_of(WORDS[genre].taglines, rng)


def make_names(count: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Full names of people who do not exist, no two with the same first or last name."""
    first, last = (rng.permutation(len(names))[:count] for names in (FIRST_NAMES, LAST_NAMES))
    return tuple(f"{FIRST_NAMES[int(a)]} {LAST_NAMES[int(b)]}" for a, b in zip(first, last, strict=True))


def make_credits(title: str, names: Sequence[str], rng: np.random.Generator) -> tuple[str, str]:
    """The two lines of a credits block; `names` are at least six."""
    first, second, music, camera, editor, director = names[:6]
    return (
        f"{one_of(STUDIOS, rng)} presents  a {director} film  {title}  {first}  {second}  casting by {editor}",
        f"music by {music}  photographed by {camera}  edited by {editor}  written and directed by {director}",
    )
