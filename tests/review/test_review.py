"""A review from the first poster to corrections: what is asked, what is kept, and what a table that changes does."""

import pytest

from posters.catalogue import read_catalogue
from posters.errors import ReviewError
from posters.evaluation.label_issues import LabelIssue
from posters.review import ReviewQueue
from posters.review.corrections import corrections_of

DOUBT = LabelIssue("tt1", "Heat", "1.jpg", "Comedy", "missing", 0.9, 0.8, ("Crime", "Drama"))


def answers(item, **changed):
    """What a reviewer answers who keeps all labels but those that are changed."""
    return {question.genre: question.label or "no" for question in item.questions} | changed


class TestQuestions:
    def test_doubted_genres_come_first_then_the_labelled_ones_then_by_probability(self, opening):
        review = opening(queue=ReviewQueue("doubts", ("tt1", "tt2"), {"tt1": (DOUBT,)}))
        item = review.next_item("ann")
        assert [(q.genre, q.label, q.probability, q.doubt) for q in item.questions] == [
            ("Comedy", "no", 0.2, "missing"),
            ("Crime", "yes", 0.8, None),
            ("Drama", "yes", 0.3, None),
            ("Horror", "no", 0.1, None),
            ("Western", None, 0.05, None),  # The table was read without it.
        ]

    def test_a_random_sample_shows_neither_labels_nor_probabilities_and_one_order_of_genres(self, opening):
        review = opening(queue=ReviewQueue("random", ("tt1", "tt2")))
        first, second = review.item("tt1"), review.item("tt2")
        assert first.questions == second.questions
        assert {(q.label, q.probability, q.doubt) for q in first.questions} == {(None, None, None)}
        shown = review.decide("tt1", {"Crime": "yes"}, "ann").shown
        assert shown["predicted"] == ["Crime"]
        assert all(question["probability"] is None for question in shown["questions"])

    def test_what_was_shown_is_kept_with_the_decision(self, review):
        item = review.next_item("ann")
        kept = review.decide(item.poster.id, answers(item), "ann").shown
        assert kept["classifier"] == "tagger"
        assert kept["questions"][0] == {
            "genre": "Crime",
            "label": "yes",
            "probability": 0.8,
            "doubt": None,
            "predicted": False,
        }


class TestDeciding:
    def test_a_review_ends_when_every_poster_is_decided(self, review):
        for id in ("tt1", "tt2", "tt3"):
            item = review.next_item("ann")
            assert item.poster.id == id
            review.decide(id, answers(item), "ann")
        assert review.next_item("ann") is None
        assert review.progress("ben") == review.progress("ann").__class__(3, 3, 0, 0)

    def test_it_goes_on_where_it_ended(self, opening):
        review = opening()
        review.decide("tt1", answers(review.item("tt1")), "ann")
        review.skip("tt2", "ann")
        again = opening()
        assert again.next_item("ann").poster.id == "tt3"
        assert again.progress("ann").skipped == 1

    @pytest.mark.parametrize(
        ("id", "genres", "reason"),
        [
            ("tt9", {"Crime": "yes"}, "has the id 'tt9'"),
            ("tt1", {"Crme": "yes"}, "no genre 'Crme': did you mean Crime?"),
            ("tt1", {"Crime": "perhaps"}, "an answer is one of yes, no, unknown"),
        ],
    )
    def test_what_fits_no_question_is_refused_and_keeps_nothing(self, review, id, genres, reason):
        with pytest.raises(ReviewError, match=reason.replace("?", r"\?")):
            review.decide(id, genres, "ann")
        assert review.store.history() == ()


class TestCorrections:
    def test_the_file_takes_the_table_to_what_was_decided(self, review, table, tmp_path):
        review.decide("tt1", answers(review.item("tt1"), Drama="no", Comedy="unknown"), "ann")
        review.decide("tt2", answers(review.item("tt2"), Crime="yes"), "ben")
        path = tmp_path / "corrections.csv"
        path.write_text("\n".join(review.corrections().lines()), encoding="utf-8")
        corrected = read_catalogue(table, min_posters=1, report=False, corrections=path)
        assert [(p.genres, p.unknown) for p in corrected] == [
            (("Crime",), ("Comedy",)),
            (("Crime", "Horror"), ()),
            (("Comedy",), ()),
        ]

    def test_what_reviewers_keep_as_it_is_is_no_correction(self, review):
        review.decide("tt1", answers(review.item("tt1")), "ann")
        review.skip("tt2", "ann")
        assert review.corrections().rows == ()

    def test_where_reviewers_disagree_a_person_has_to_accept(self, review):
        review.decide("tt1", answers(review.item("tt1"), Drama="no"), "ann")
        review.decide("tt1", answers(review.item("tt1")), "ben")
        found = review.corrections()
        (row,) = found.rows
        assert (row["genre"], row["change"], row["accept"]) == ("Drama", "remove", "")
        assert row["reviewers"] == "ann: no; ben: yes"
        (note,) = found.notes
        assert note.startswith("1 label left open, on which reviewers disagree or which they did not see")

    def test_a_genre_whose_label_was_not_shown_is_left_to_a_person(self, review, table, tmp_path):
        review.decide("tt1", answers(review.item("tt1"), Western="no"), "ann")
        table.write_text(table.read_text().replace("Crime|Drama", "Crime|Drama|Western"))
        catalogue = read_catalogue(table, min_posters=1, report=False)
        (row,) = corrections_of(catalogue, review.store.standing()).rows
        assert (row["genre"], row["change"], row["accept"]) == ("Western", "remove", "")

    def test_what_was_decided_blind_is_left_to_a_person(self, opening):
        blind = opening(queue=ReviewQueue("random", ("tt1", "tt2")))
        blind.decide("tt1", {"Crime": "yes", "Drama": "no"}, "ann")
        assert [(row["genre"], row["accept"]) for row in blind.corrections().rows] == [("Drama", "")]
        review = opening()
        review.decide("tt1", {"Crime": "yes", "Drama": "yes", "Comedy": "yes"}, "ann")
        assert [(row["genre"], row["accept"]) for row in review.corrections().rows] == [("Comedy", "yes")]

    def test_a_genre_that_the_table_lacks_is_left_out_and_named(self, review):
        review.decide("tt1", answers(review.item("tt1"), Western="yes"), "ann")
        found = review.corrections()
        assert found.rows == ()
        assert found.notes[0].startswith("answers about Western left out")


class TestATableThatChanges:
    def test_decisions_stay_and_one_line_tells(self, opening, table, messages):
        review = opening()
        for id in ("tt1", "tt2"):
            review.decide(id, answers(review.item(id), Comedy="yes"), "ann")
        text = table.read_text().replace("tt2,2.jpg,Alien,Horror\n", "").replace("Crime|Drama", "Comedy|Crime|Drama")
        table.write_text(text)
        changed = opening()
        (told,) = [line for line in messages if "has changed" in line]
        assert "of 2 decided posters 1 are gone, and 1 label of the others changed; the decisions stay" in told
        # The label is what was decided by now, and nothing is left to correct.
        assert changed.corrections().rows == ()
        assert changed.corrections().notes == (f"1 decided poster left out: not in {table} any more",)
        assert changed.next_item("ann").poster.id == "tt3"
        assert len(changed.store.standing()) == 2

    def test_another_table_is_refused(self, opening, table):
        review = opening()
        review.decide("tt1", {"Crime": "yes"}, "ann")
        table.write_text(table.read_text().replace("tt", "xx"))
        with pytest.raises(ReviewError, match=r"the 1 poster that .* has decisions about are not in"):
            opening()
        assert len(review.store.standing()) == 1

    def test_an_unchanged_table_tells_nothing(self, opening, messages):
        review = opening()
        review.decide("tt1", {"Crime": "yes"}, "ann")
        opening()
        assert messages == []
        assert review.notice() is None

    def test_a_table_that_changes_while_it_is_reviewed_is_noticed(self, review, table):
        table.write_text(table.read_text() + "tt4,1.jpg,Up,Comedy\n")
        assert review.notice() == f"{table} has changed since this review was opened: start posters review again"
        table.unlink()
        assert "has changed" in review.notice()
        assert review.decide("tt1", {"Crime": "yes"}, "ann").number == 1


def test_the_measurement_is_of_the_random_sample_alone(opening):
    opening().decide("tt3", {"Crime": "no", "Comedy": "yes"}, "ann")
    review = opening(queue=ReviewQueue("random", ("tt1", "tt3")))
    review.decide("tt1", {"Crime": "yes", "Drama": "yes"}, "ann")
    found = review.measurement()
    assert (found.posters, found.precision.value, found.recall.value) == (1, 1.0, 0.5)
