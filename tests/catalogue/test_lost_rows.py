"""A table that loses more than a tenth of its rows is refused, unless the user allows it."""

import pytest


def films(desk, count: int, genres="Drama|War", images=None) -> None:
    rows = "".join(f"{place},{place}.jpg,{genres}\n" for place in range(count))
    desk.table("t.csv", "id,image,genres\n" + rows)
    desk.images(*(f"{place}.jpg" for place in range(count if images is None else images)))


def test_a_tenth_may_be_lost_and_more_may_not(desk):
    films(desk, 100, images=90)
    assert len(desk.read("t.csv")) == 90
    (desk.folder / "images" / "0.jpg").unlink()
    message = desk.refusal("t.csv")
    assert message.startswith(f"{desk.folder / 't.csv'}: 11 of its 100 rows are left out, more than a share of 0.1: ")
    assert "11 rows: the image file is missing (0.jpg in row 2, 90.jpg in row 92, ...)" in message.replace(
        "91.jpg in row 93, ", ""
    )
    assert message.endswith("Mend the table, or pass max_lost=0.11 to go on without them")
    assert len(desk.read("t.csv", max_lost=0.11)) == 89


def test_three_rows_of_a_small_table_may_be_lost(desk):
    films(desk, 6, images=3)
    assert len(desk.read("t.csv")) == 3
    films(desk, 7, images=3)
    assert "4 of its 7 rows are left out" in desk.refusal("t.csv")


@pytest.mark.parametrize("joining", [" / ", "/", " & ", " + ", " and "])
def test_joined_genres_are_named_with_what_splits_them(desk, joining):
    joined = [joining.join(pair) for pair in (("Action", "Drama"), ("Drama", "War"), ("Comedy", "Drama"))]
    rows = "".join(f"{n},{n}.jpg,{'Drama' if n % 2 else joined[n // 2 % 3]}\n" for n in range(40))
    desk.table("t.csv", "id,image,genres\n" + rows)
    desk.images(*(f"{n}.jpg" for n in range(40)))
    message = desk.refusal("t.csv", min_posters=10)
    assert "20 of its 40 rows are left out" in message
    assert f"genres look joined, as in {joined[0]!r}: pass separator {joining!r}" in message
    catalogue = desk.read("t.csv", min_posters=10, separator=joining)
    assert (len(catalogue), catalogue.genre_names) == (40, ("Action", "Comedy", "Drama")[2:])


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(desk, share):
    films(desk, 1)
    assert f"max_lost must be a share from 0 to 1, but got {share}" in desk.refusal("t.csv", max_lost=share)
