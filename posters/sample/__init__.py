"""The sample catalogue: posters drawn from a seed: something honest to train on without any data.

Every genre speaks through words, letters, colours, pictures and layouts (`genres`, as data). A poster of several genres
mixes their means, means are borrowed, and the table is not always right, so a perfect score is out of reach.
"""

from posters.sample.catalogue import draw_sample
from posters.sample.genres import GENRES
from posters.sample.sheet import contact_sheet

__all__ = ["GENRES", "contact_sheet", "draw_sample"]
