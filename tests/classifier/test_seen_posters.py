"""Which posters a classifier has seen before: by file, by look, by id."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib import recfunctions as rfn
from PIL import Image

from posters.catalogue import Catalogue, Poster
from posters.classifier.seen_posters import USES, SeenPosters, find_seen, look_at
from posters.config import PreprocessConfig
from posters.errors import ClassifierError
from posters.images.look_codes import CODE_SIZE
from posters.images.perceptual_hash import NEAR
from posters.tasks.export_posters import sample_posters
from tests.images.copies import COPIES, as_jpeg

FAR = [0xFFFF << (16 * part) for part in range(4)]  # hashes that differ in 32 bits


def file(number):
    return f"{number:064x}"[::-1]


def seen(*rows):
    """Posters (id, use, file, look) that were used."""
    ids, uses, files, looks = zip(*rows, strict=True)
    return SeenPosters.of(ids, uses, files, looks)


def posters(*rows):
    """Posters (id, file, look) to be judged."""
    return seen(*((id, "test", digest, look) for id, digest, look in rows))


def test_a_poster_is_found_by_its_file_by_its_look_and_by_its_id():
    known = seen(("a", "train", file(1), FAR[0]), ("b", "validation", file(2), FAR[1]), ("c", "weights", "", FAR[2]))
    judged = posters(
        ("other", file(1), FAR[3]),  # the same file under another name
        ("b2", file(9), FAR[1] ^ 0b1011),  # saved again
        ("c2", file(8), FAR[2]),
        ("new", file(7), FAR[3]),
        ("a", file(6), None),  # unreadable: the id is all that is known
    )
    found = find_seen(known, judged)
    assert [USES[use] if use >= 0 else "" for use in found.use] == ["train", "validation", "weights", "", "train"]
    assert found.same_file.tolist() == [True, False, False, False, False]
    assert found.look_alike.tolist() == [False, True, True, False, False]
    assert found.same_id.tolist() == [False, False, False, False, True]


def test_a_poster_that_two_records_share_is_kept_once_and_with_its_code():
    plain = seen(("a", "weights", file(1), 7), ("b", "weights", file(2), 7))
    # Another network takes another size, at which the hash differs.
    coded = SeenPosters.of(["a"], ["weights"], [file(1)], [8], np.ones((1, CODE_SIZE), np.int8))
    both = plain + coded
    assert len(both) == 2
    assert sorted(both.rows["code"].any(axis=1).tolist()) == [False, True]
    assert len(both + both) == 2


def test_uses_of_one_poster_and_posters_known_by_their_hashes_stay_apart():
    assert len(seen(("a", "train", file(1), 7)) + seen(("a", "weights", file(1), 7))) == 2
    hashes = SeenPosters.of_hashes(np.array([7, 8], np.uint64), "train")
    assert len(hashes + hashes) == 2


def test_the_worst_use_counts():
    known = seen(("a", "weights", file(1), 7), ("a", "train", file(1), 7), ("b", "validation", file(1), 7))
    assert find_seen(known, posters(("x", file(1), 7))).use.tolist() == [USES.index("train")]


def test_a_test_poster_of_the_run_itself_has_not_been_seen():
    assert not find_seen(seen(("a", "test", file(1), 7)), posters(("a", file(1), 7))).seen.any()


def test_numbers_of_rows_are_no_ids_where_the_pictures_differ():
    known = seen(*((str(n), "train", file(n), FAR[0]) for n in range(10)))
    judged = posters(*((str(n), file(100 + n), FAR[3]) for n in range(10)))
    found = find_seen(known, judged)
    assert not found.seen.any()
    assert found.other_picture.all()


def test_an_id_of_a_film_counts_whatever_the_picture():
    known = seen(("tt0078748", "train", file(1), FAR[0]), ("tt0083658", "train", file(2), FAR[0]))
    found = find_seen(known, posters(("tt0078748", file(3), FAR[3]), ("tt0099999", file(4), FAR[3])))
    assert found.same_id.tolist() == [True, False]


def test_an_id_counts_where_most_pictures_of_equal_ids_are_the_same():
    known = seen(*((str(n), "train", file(n), FAR[0]) for n in range(10)))
    judged = posters(*((str(n), file(n), FAR[0]) for n in range(8)), ("8", file(50), FAR[3]), ("9", file(51), FAR[3]))
    assert find_seen(known, judged).same_id.tolist() == [False] * 8 + [True] * 2


def drawn_poster(copy=lambda poster: poster, number=0):
    return as_jpeg(copy(Image.open(sample_posters().sources[number]).convert("RGB")))


def looked_at(folder, use, **files):
    """The digests of these files, with their look codes."""
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    rows = tuple(Poster(f"{folder.name}-{name}", name, ()) for name in files)
    return look_at(Catalogue(rows, ("Drama",), folder), PreprocessConfig(), [use] * len(rows), folder / "cache")


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_of_a_training_poster_is_known_by_its_code(tmp_path, kind):
    known = looked_at(tmp_path / "old", "train", a=drawn_poster(), b=drawn_poster(number=1))
    judged = looked_at(tmp_path / "new", "test", copy=drawn_poster(COPIES[kind]), other=drawn_poster(number=2))
    found = find_seen(known, judged)
    assert found.use.tolist() == [USES.index("train"), -1]
    assert found.look_alike.tolist() == [True, False]


def test_codes_survive_writing_and_choosing(tmp_path):
    known = looked_at(tmp_path / "old", "train", a=drawn_poster(), b=drawn_poster(number=1))
    known.write(tmp_path / "seen.npy")
    again = SeenPosters.read(tmp_path / "seen.npy").as_weights().among(["old-b", "nobody"])
    assert (again.rows["code"][0] == known.rows["code"][1]).all()
    assert again.rows["network"].astype(bool).tolist() == [True, False]


def test_codes_of_another_network_say_nothing(tmp_path):
    known = looked_at(tmp_path / "old", "train", a=drawn_poster())
    known.rows["network"] += 1
    assert not find_seen(known, looked_at(tmp_path / "new", "test", copy=drawn_poster(COPIES["mirrored"]))).seen.any()


def test_a_record_of_version_0_2_is_read_and_its_hashes_still_count(tmp_path):
    names = ["use", "id", "film", "file", "look", "looked"]
    record = seen(("a", "train", file(1), FAR[0]), ("b", "validation", "", None))
    np.save(tmp_path / "seen.npy", rfn.repack_fields(record.rows[names]))
    found = SeenPosters.read(tmp_path / "seen.npy")
    assert (found.rows == record.rows).all()
    assert find_seen(found, posters(("x", file(9), FAR[0]), ("b", file(8), FAR[1]))).seen.all()


near = st.integers(0, NEAR + 3).map(lambda bits: (1 << bits) - 1)
row = st.tuples(st.sampled_from("abcdef"), st.sampled_from(USES), st.integers(1, 6), st.sampled_from(FAR), near)


@given(st.lists(row, max_size=12), st.lists(row, max_size=12))
def test_files_and_looks_are_those_that_a_search_one_by_one_finds(known, judged):
    # Ids of their own on both sides, so that pictures alone decide.
    old = [(f"old-{id}", use, file(n), look ^ bits) for id, use, n, look, bits in known]
    new = [(f"new-{id}", file(n), look ^ bits) for id, _, n, look, bits in judged]
    found = find_seen(seen(*old) if old else SeenPosters.of([], [], [], []), posters(*new) if new else seen_none())
    for place, (_, digest, look) in enumerate(new):
        used = [each for each in old if each[1] != "test"]
        files = {USES.index(use) for _, use, other, _ in used if other == digest}
        looks = {USES.index(use) for _, use, _, other in used if bin(other ^ look).count("1") <= NEAR}
        assert found.use[place] == min(files | looks, default=-1)
        assert found.same_file[place] == bool(files)
        assert found.look_alike[place] == (bool(looks) and not files)


def seen_none():
    return SeenPosters.of([], [], [], [])


def test_the_record_is_kept_on_disk_and_holds_no_id(tmp_path):
    record = seen(("my-secret-film", "train", file(1), 7), ("b", "test", "", None))
    record.write(tmp_path / "seen.npy")
    assert b"secret" not in (tmp_path / "seen.npy").read_bytes()
    assert (SeenPosters.read(tmp_path / "seen.npy").rows == record.rows).all()


@pytest.mark.parametrize("damage", [b"", b"no array", None])
def test_a_damaged_record_is_refused_in_one_line(tmp_path, damage):
    path = tmp_path / "seen.npy"
    if damage is None:
        np.save(path, np.zeros(3))
    else:
        path.write_bytes(damage)
    with pytest.raises(ClassifierError, match=r"seen\.npy") as caught:
        SeenPosters.read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\0\x0a\0{'descr': (", np.zeros(3), np.uint64(7)])
def test_damaged_hashes_of_the_first_version_are_refused_in_one_line(tmp_path, content):
    path = tmp_path / "trained_on.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content)
    with pytest.raises(ClassifierError, match=r"trained_on\.npy"):
        SeenPosters.read_hashes(path)


def test_hashes_of_the_first_version_are_of_training_posters(tmp_path):
    np.save(tmp_path / "trained_on.npy", np.array(FAR[:2], np.uint64))
    rows = SeenPosters.read_hashes(tmp_path / "trained_on.npy").rows
    assert rows["look"].tolist() == FAR[:2]
    assert {USES[use] for use in rows["use"]} == {"train"}


def test_posters_are_looked_at_on_disk_and_an_unreadable_one_has_its_id(golden):
    rows = (Poster("1", "dusk.png", ()), Poster("2", "missing.png", ()), Poster("3", "dusk.png", ()))
    found = look_at(Catalogue(rows, ("Drama",), golden / "posters"), PreprocessConfig(), ["train"] * 3).rows
    assert found["looked"].tolist() == [True, False, True]
    assert found["file"][0] == found["file"][2] != found["file"][1] == 0
    assert len(set(found["id"].tolist())) == 3
