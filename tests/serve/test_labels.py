"""A table of labels that is handed in with its posters: the code of the page, in node and in a real browser."""

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import posters
from posters.catalogue.genre_names import ALIASES
from tests.browsing import DESKTOP, IN_A_BROWSER, PHONE, barriers
from tests.serve.test_folder import choose, finish, names, take, tile

SCRIPT = Path(posters.__file__).parent / "serve" / "page" / "labels.js"
NODE = shutil.which("node")
IN_NODE = pytest.mark.skipif(NODE is None, reason="THE PAGE'S CODE WAS RUN NOWHERE: there is no node; nodejs.org")
GENRES = ["Comedy", "Drama", "Horror", "Sci-Fi", "Western"]
RUN = """
import { readFileSync } from "node:fs";
const { readLabels, matchLabels, rowsOf } = await import(process.argv[1]);
const [texts, genres, names] = JSON.parse(readFileSync(0, "utf8"));
const answers = [];
for (const text of texts) {
  const bytes = Uint8Array.from(Buffer.from(text, "base64"));
  try {
    const { rows, strange } = await readLabels({ name: "t.csv", arrayBuffer: async () => bytes.buffer }, genres);
    const items = names.map((name) => ({ name }));
    const missing = matchLabels(items, rows);
    const read = rows.map((row) => [row.id || row.image, [...row.labels].sort(), [...row.unknown].sort()]);
    const ids = items.map(({ row }) => row?.id ?? null);
    answers.push({ rows: read, strange, missing, ids, cells: rowsOf(new TextDecoder().decode(bytes)) });
  } catch (error) { answers.push({ error: error.message }); }
}
console.log(JSON.stringify(answers));
"""


def read(*texts, names=()):
    """What the page reads from each text."""
    from base64 import b64encode

    data = [b64encode(text if isinstance(text, bytes) else text.encode()).decode() for text in texts]
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", RUN, str(SCRIPT)],
        input=json.dumps([data, GENRES, names]),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@IN_NODE
def test_tables_are_read_as_people_have_them():
    expected = [["1", ["Comedy", "Sci-Fi"], []], ["2", ["Drama"], []]]
    texts = [
        "id,genres\n1,Comedy|Science Fiction\n2,drama\n",
        "\ufeffid;genres\r\n1;Comedy, Sci Fi\r\n\r\n2;Drama\r\n",
        "id\ttitle\tgenre\n1\t\t['Comedy', 'SciFi']\n2\t\t\"Drama\"\n",
        'image,title,Comedy,Drama,genre_Sci-Fi,Horror\n1,"A, B",1,0,x,\n2,C,0,yes,0,0\n',
        "id,genres\n1,Comedy|Sci-Fi\n2,Drama\n".encode("utf-16"),
    ]
    assert [found["rows"] for found in read(*texts)] == [expected] * len(texts)
    [old] = read("id,genres\nam\xe9lie,Comedy\n".encode("cp1252"))
    assert old["rows"] == [["am\xe9lie", ["Comedy"], []]]
    [unsure, marked] = read("id,genres,unknown\n1,Drama,Horror|Western\n", "id,Drama,Horror\n1,1,?\n")
    assert (unsure["rows"], marked["rows"]) == (
        [["1", ["Drama"], ["Horror", "Western"]]],
        [["1", ["Drama"], ["Horror"]]],
    )


@IN_NODE
def test_what_is_no_table_of_labels_is_told_in_a_sentence():
    texts = {
        "title,genres\nHeat,Crime\n": "it has no column id or image, or no row",
        "": "it has no column id or image, or no row",
        "id,votes\n1,7\n": "it has no column genres, and none for a genre of the classifier",
        "id,genre,change,accept\n1,War,add,yes\n": "it is a file of corrections, not of labels",
        'id,genres\n1,"Drama\n': "row 2 has a quote that is not closed or not doubled",
        "id,Drama\n1,0.7\n": "the column Drama holds “0.7”, no mark such as 0 or 1",
    }
    assert [found["error"] for found in read(*texts)] == list(texts.values())


@IN_NODE
def test_rows_find_their_posters_by_path_name_or_id():
    names_ = ["scans/a/heat.jpg", "scans/b/heat.jpg", "scans/alien.png", "scans/tt7.webp", "brazil.jpg"]
    table = "id,image,genres\n1,a/heat.jpg,Drama\n2,https://x.org/Alien.jpg,Horror\ntt7,,Comedy\n4,heat.jpg,Drama\n5,brazil.jpg,Drama\n"
    [found] = read(table, names=names_)
    # heat.jpg alone may be either.
    assert (found["ids"], found["missing"]) == (["1", None, "2", "tt7", "5"], 1)


@IN_NODE
@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\ufeff\0")), min_size=3, max_size=3),
        min_size=1,
    )
)
def test_csv_is_parsed_as_python_writes_it(rows):
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["id", "genres", "x"], *rows])
    [found] = read(file.getvalue())
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    assert found.get("cells", []) == ([["id", "genres", "x"], *kept] if kept else [])


def test_aliases_are_those_of_the_package():
    block = re.search(r"const ALIASES = \{(.*?)\};", SCRIPT.read_text(), re.DOTALL)[1]
    assert dict(re.findall(r'"?([^":\n]+?)"?: "([^"]+)",', block.replace("  ", ""))) == ALIASES


@pytest.fixture
def films(golden, tmp_path) -> Path:
    """A folder of posters with the table of their labels in it; the golden classifier finds Western on dusk alone."""
    folder = tmp_path / "films"
    folder.mkdir()
    for file in sorted((golden / "posters").glob("*.png"))[:3]:
        shutil.copy(file, folder / file.name)
    shutil.copy(golden / "posters" / "dusk.png", folder / "dusk.png")
    rows = ["id,image,title,genres", "tt1,dusk.png,Dusk,Drama|Noir", "tt9,gone.png,Gone,War"]
    others = [path.name for path in sorted(folder.glob("*.png")) if path.name != "dusk.png"]
    rows += [f"tt{place},{name},Film,Western" for place, name in enumerate(others, start=2)]
    (folder / "films.csv").write_text("\n".join(rows) + "\n")
    return folder


class TestInABrowser:
    pytestmark = IN_A_BROWSER

    def test_labels_stand_beside_predictions_and_are_corrected(self, page, films, tmp_path):
        choose(page, films)
        finish(page)
        count = len(list(films.glob("*.png")))
        told = page.locator("#tables").text_content()
        assert told.startswith(f"films.csv has labels of {count} posters; 1 row names no poster here;")
        assert told.endswith("; the classifier doesn't know Noir, War.")
        assert page.locator("#left-out").is_hidden()
        dusk = tile(page, "dusk.png")
        assert dusk.locator(".tile-genres").text_content() == "Western"
        assert dusk.locator(".tile-labels").text_content() == "Labels: Drama"
        page.get_by_label("Show", exact=True).select_option("Other than its labels")
        assert "dusk.png" in names(page)
        page.get_by_label("Order").select_option("Most doubtful labels first")
        page.get_by_label("Show", exact=True).select_option("All posters")
        dusk.get_by_role("button").click()
        assert page.locator("#detail .labels").text_content() == "Labels: Drama. Predicted: Western."
        # It begins with the labels.
        ticked = page.locator("#detail input:checked")
        assert [each.get_attribute("aria-label") for each in ticked.all()] == ["Drama"]
        page.get_by_role("checkbox", name="Drama").uncheck()
        page.get_by_role("checkbox", name="Western").check()
        page.keyboard.press("Escape")
        assert dusk.locator(".tile-genres").text_content() == "Western"
        rows = take(page, "Corrections as CSV")
        # By the id of the table, and only what differs from it.
        assert {(row["id"], row["genre"], row["change"]) for row in rows} == {
            ("tt1", "Drama", "remove"),
            ("tt1", "Western", "add"),
        }
        by_name = {row["poster"]: row for row in take(page, "Genres as CSV")}
        assert (by_name["films/dusk.png"]["genres"], by_name["films/dusk.png"]["labels"]) == ("Western", "Drama")
        corrections = tmp_path / "corrections.csv"
        with corrections.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        table = films / "films.csv"
        read = posters.read_catalogue(table, films, min_posters=1, corrections=corrections, report=False)
        assert read["tt1"].genres == ("Film-Noir", "Western")

    def test_labels_that_are_right_are_confirmed_by_one_key(self, page, films):
        choose(page, films)
        finish(page)
        tile(page, "dusk.png").get_by_role("button").click()
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        dusk = tile(page, "dusk.png")
        assert (dusk.locator(".tile-genres").text_content(), dusk.locator(".sure").text_content()) == (
            "Drama",
            "Checked",
        )
        assert take(page, "Corrections as CSV") == []

    def test_the_table_may_come_before_or_after_its_posters(self, page, films):
        page.set_input_files("#files", films / "films.csv")
        page.get_by_text("films.csv is a table: hand in its posters too.").first.wait_for()
        page.set_input_files("#files", [films / "dusk.png", films / "films.csv"])
        page.get_by_text("1 of 1 poster done").wait_for()
        assert tile(page, "dusk.png").locator(".tile-labels").text_content() == "Labels: Drama"
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Remove all").click()
        choose(page, films)
        finish(page)
        (films / "more.csv").write_text("title\nHeat\n")
        page.set_input_files("#files", films / "more.csv")
        page.get_by_text("more.csv can't be read as labels: it has no column id or image, or no row.").first.wait_for()
        assert tile(page, "dusk.png").locator(".tile-labels").text_content() == "Labels: Drama"

    @pytest.mark.parametrize(
        "opened", [("/", scheme, width) for scheme in ("light", "dark") for width in (PHONE, DESKTOP)], indirect=True
    )
    def test_it_has_no_barrier(self, opened, films):
        page, said, _ = opened
        choose(page, films)
        finish(page)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert barriers(page) == []
        tile(page, "dusk.png").get_by_role("button").click()
        assert barriers(page) == []
        assert said == []
