"""A training keeps look-alikes in one split, by what the network of the package sees in them."""

import shutil
from dataclasses import replace

from PIL import Image

import posters
from posters.catalogue import Catalogue, Poster
from posters.classifier.seen_posters import SEEN, SeenPosters
from posters.runs import Run
from posters.tasks.export_posters import sample_posters
from tests.images.copies import COPIES, as_jpeg


def test_mirrored_copies_are_in_one_split_and_the_record_knows_them(colours, small, tmp_path):
    pairs = []
    for number, source in enumerate(sample_posters().sources):
        shutil.copy(source, colours.image_root / f"drawn-{number}.jpg")
        mirrored = as_jpeg(COPIES["mirrored"](Image.open(source)))
        (colours.image_root / f"mirrored-{number}.jpg").write_bytes(mirrored)
        ids = (f"drawn-{number}", f"mirrored-{number}")
        pairs += [Poster(id, f"{id}.jpg", (colours.genre_names[number % 3],)) for id in ids]
    catalogue = Catalogue((*colours.posters[:40], *pairs), colours.genre_names, colours.image_root)
    config = replace(small, epochs=1, look=True)
    posters.train(catalogue, tmp_path / "run", config, cache=tmp_path / "cache")
    splits = Run(tmp_path / "run").splits()
    together = [splits[f"drawn-{number}"] == splits[f"mirrored-{number}"] for number in range(6)]
    assert all(together)
    record = SeenPosters.read(tmp_path / "run" / "classifier" / SEEN).among([poster.id for poster in pairs])
    assert record.rows["network"].all()
