"""A run on corrected labels, on the splits of the run before."""

from dataclasses import replace

import posters
from posters.catalogue import read_catalogue
from posters.runs import Run


def test_a_corrected_run_keeps_its_labels_and_the_old_split(colours, small, tmp_path, messages):
    rows = [f"{poster.id},{poster.image},{'|'.join(poster.genres)}" for poster in colours]
    (tmp_path / "table.csv").write_text("\n".join(["id,image,genres", *rows]))
    first = read_catalogue(tmp_path / "table.csv", colours.image_root)
    config = replace(small, epochs=0, head_epochs=2)
    posters.train(first, tmp_path / "first", config, cache=tmp_path / "cache")

    alone = next(poster for poster in first if len(poster.genres) == 1)
    other = next(poster for poster in first if poster.id != alone.id and "Red" not in poster.genres)
    corrections = f"id,genre,change,accept\n{other.id},Red,add,yes\n{alone.id},{alone.genres[0]},remove,yes\n"
    (tmp_path / "corrections.csv").write_text(corrections)
    corrected = read_catalogue(tmp_path / "table.csv", colours.image_root, corrections=tmp_path / "corrections.csv")
    splits = Run(tmp_path / "first").splits()
    posters.train(corrected, tmp_path / "second", config, splits=splits, cache=tmp_path / "cache")

    assert f"posters of the given splits that can't be used are left out: {alone.id}" in messages
    second = Run(tmp_path / "second")
    assert second.splits() == {id: split for id, split in splits.items() if id != alone.id}
    kept = {poster.id: poster.genres for poster in second.catalogue()}
    assert kept[other.id] == tuple(sorted({*other.genres, "Red"}))
    assert alone.id not in kept
