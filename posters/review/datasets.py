"""What was decided, as other programs take it: Label Studio, FiftyOne and `datasets` of Hugging Face.

The formats: https://labelstud.io/guide/task_format, https://docs.voxel51.com/user_guide/dataset_creation/datasets.html
(FiftyOneImageClassificationDataset) and https://huggingface.co/docs/datasets/image_dataset (ImageFolder).
"""

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from posters._base.atomic_files import replacing_directory
from posters._base.progress import tqdm
from posters.catalogue import Catalogue, Poster
from posters.errors import ReviewError
from posters.review.corrections import label_of
from posters.review.decisions import Decision

FOLDERS = ("label-studio", "fiftyone", "huggingface")


def write_dataset(folder: str | Path, kind: str, catalogue: Catalogue, decisions: Iterable[Decision] = ()) -> None:
    """Write posters with their labels as a folder that another program imports, whole or not at all.

    Args:
        folder: it must not be there, or be empty.
        kind: "label-studio" writes `tasks.json` and `labels.xml`, which point to the images where they are; "fiftyone"
            and "huggingface" copy the images.
        catalogue: with its labels; for Label Studio as they were before the review.
        decisions: those that stand, for Label Studio: each becomes an annotation.

    Raises:
        ReviewError: something is in the way, or an image can't be copied.

    Examples:
        >>> import tempfile
        >>> catalogue = Catalogue((Poster("tt1", "heat.jpg", ("Crime",)),), ("Crime", "War"), Path("images"))
        >>> folder = Path(tempfile.mkdtemp()) / "tasks"
        >>> write_dataset(folder, "label-studio", catalogue)
        >>> sorted(path.name for path in folder.iterdir())
        ['labels.xml', 'tasks.json']
    """
    folder = Path(folder)
    check_folder(folder)
    with replacing_directory(folder) as new:
        if kind == "label-studio":
            _write_json(new / "tasks.json", label_studio_tasks(catalogue, decisions))
            (new / "labels.xml").write_text(label_studio_interface(catalogue.genre_names), encoding="utf-8")
        elif kind == "fiftyone":
            names = copy_images(catalogue, new / "data")
            _write_json(new / "labels.json", fiftyone_labels(catalogue, names))
        else:
            write_image_folder(catalogue, new)


def check_folder(folder: Path) -> None:
    """Refuse a folder that has something in it.

    Raises:
        ReviewError: it has, or it is a file.

    Examples:
        >>> check_folder(Path("none"))
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise ReviewError(f"{folder} exists already: choose another --export")


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", errors="backslashreplace")


def label_studio_root(catalogue: Catalogue) -> Path:
    """Return the folder that Label Studio serves images from: LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT.

    Examples:
        >>> label_studio_root(Catalogue((Poster("tt1", "heat.jpg", ()),), (), Path("/films/images")))
        PosixPath('/films/images')
    """
    folders = {os.path.dirname(os.path.abspath(catalogue.image_path(each))) for each in catalogue}  # noqa: PTH100, PTH120
    root = catalogue.image_root.absolute()
    inside = all(Path(each).is_relative_to(root) for each in folders)
    return root if inside else Path(os.path.commonpath(folders))


def label_studio_tasks(catalogue: Catalogue, decisions: Iterable[Decision]) -> list[dict[str, Any]]:
    """Return the tasks that Label Studio imports: a poster each, with an annotation for each decision about it.

    Args:
        catalogue: its labels, where it has any, become predictions, which an annotator begins with.
        decisions: those that stand.

    Examples:
        >>> catalogue = Catalogue((Poster("tt1", "heat 1.jpg", ("Crime",)),), ("Crime",), Path("images"))
        >>> label_studio_tasks(catalogue, [])[0]["data"]
        {'image': '/data/local-files/?d=heat%201.jpg', 'poster_id': 'tt1', 'title': 'tt1'}
    """
    own = defaultdict(list)
    for each in decisions:
        if each.kind == "decided":
            own[each.poster].append(each)
    root, tasks = label_studio_root(catalogue), []
    for poster in catalogue:
        address = "/data/local-files/?d=" + quote(os.path.relpath(catalogue.image_path(poster), root))
        data = {"image": address, "poster_id": poster.id, "title": poster.title or poster.id}
        data |= {name: value for name in ("year", "group", "split") if (value := getattr(poster, name))}
        labelled = set(poster.unknown) != set(catalogue.genre_names)
        before = {"model_version": Path(catalogue.name).name, "result": _result(poster.genres, poster.unknown)}
        answers = [_annotation(catalogue, poster, each) for each in own[poster.id]]
        tasks.append({"data": data, "annotations": answers, "predictions": [before] * labelled})
    return tasks


def _annotation(catalogue: Catalogue, poster: Poster, decision: Decision) -> dict[str, Any]:
    labels = {name: label_of(poster, name) for name in catalogue.genre_names} | decision.genres
    yes, unknown = ([name for name, label in labels.items() if label == word] for word in ("yes", "unknown"))
    return {"result": _result(yes, unknown), "was_cancelled": False, "ground_truth": False}


def _result(genres: Sequence[str], unknown: Sequence[str]) -> list[dict[str, Any]]:
    # Label Studio has no region without a choice.
    return [
        {"id": name, "from_name": name, "to_name": "poster", "type": "choices", "value": {"choices": list(chosen)}}
        for name, chosen in (("genres", genres), ("unknown", unknown))
        if chosen
    ]


def label_studio_interface(genre_names: Sequence[str]) -> str:
    """Return the labelling interface of the project that the tasks are for, as XML.

    Examples:
        >>> '<Choice value="Sci-Fi &amp; Fantasy"/>' in label_studio_interface(["Sci-Fi & Fantasy"])
        True
    """
    controls = []
    for name, heading in (("genres", "Genres"), ("unknown", "Nobody can tell")):
        choices = "".join(f"    <Choice value={quoteattr(genre)}/>\n" for genre in genre_names)
        start = f'  <Header value="{heading}"/>\n  <Choices name="{name}" toName="poster" choice="multiple">\n'
        controls.append(f"{start}{choices}  </Choices>\n")
    poster = '  <Header value="$title"/>\n  <Image name="poster" value="$image"/>\n'
    return f"<View>\n{poster}{''.join(controls)}</View>\n"


def fiftyone_labels(catalogue: Catalogue, names: Mapping[str, str]) -> dict[str, Any]:
    """Return what `labels.json` of a FiftyOneImageClassificationDataset has.

    Args:
        catalogue: with its labels; one that is unknown is left out, for which the format has no place.
        names: of the images, by the posters' ids.

    Examples:
        >>> catalogue = Catalogue((Poster("tt1", "heat.jpg", ("Crime",)),), ("Crime", "War"), Path("images"))
        >>> fiftyone_labels(catalogue, {"tt1": "heat.jpg"})
        {'classes': ['Crime', 'War'], 'labels': {'heat': ['Crime']}}
    """
    labels = {os.path.splitext(names[each.id])[0]: list(each.genres) for each in catalogue}  # noqa: PTH122
    return {"classes": list(catalogue.genre_names), "labels": labels}


def write_image_folder(catalogue: Catalogue, folder: Path) -> None:
    """Write the images and `metadata.jsonl` as `load_dataset("imagefolder", data_dir=...)` and every command read them.

    Args:
        catalogue: where each poster has a split, each split gets a folder of its own.
        folder: which is there.

    Raises:
        ReviewError: an image can't be copied.

    Examples:
        >>> import tempfile
        >>> root, folder = (Path(tempfile.mkdtemp()) for _ in range(2))
        >>> (root / "heat.jpg").touch()
        >>> write_image_folder(Catalogue((Poster("tt1", "heat.jpg", ("Crime",)),), ("Crime",), root), folder)
        >>> sorted(path.name for path in folder.iterdir())
        ['heat.jpg', 'metadata.jsonl']
    """
    # `datasets` refuses a split without any genre: it takes the type of a column from its values.
    labelled = {each.split for each in catalogue if each.genres}
    divided = bool(labelled) and all(each.split and each.split in labelled for each in catalogue)
    for split in sorted(labelled, key=str) if divided else [None]:
        own = catalogue.among(each.id for each in catalogue if not divided or each.split == split)
        place = folder / (split or "")
        names = copy_images(own, place)
        lines = (json.dumps(_metadata(each, names[each.id]), ensure_ascii=False) + "\n" for each in own)
        with (place / "metadata.jsonl").open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(lines)


def _metadata(poster: Poster, name: str) -> dict[str, Any]:
    # Texts, and all of them in each row: of a column without values, `datasets` takes the type for another one.
    texts = {key: str(getattr(poster, key) or "") for key in ("title", "year", "group", "split")}
    return {"file_name": name, "id": poster.id, "genres": poster.genres, "unknown": "|".join(poster.unknown), **texts}


def copy_images(catalogue: Catalogue, folder: Path) -> dict[str, str]:
    """Copy the images of a catalogue into one folder, and return their names in it, by the posters' ids.

    Names that differ in their extensions or in case alone get a number in front.

    Raises:
        ReviewError: an image can't be copied.

    Examples:
        >>> import tempfile
        >>> root, folder = (Path(tempfile.mkdtemp()) for _ in range(2))
        >>> (root / "heat.jpg").touch()
        >>> copy_images(Catalogue((Poster("tt1", "heat.jpg", ()),), (), root), folder)
        {'tt1': 'heat.jpg'}
    """
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, str] = {}
    taken: set[str] = set()
    for number, poster in enumerate(tqdm(catalogue, desc="copying", unit="poster")):
        name = PurePosixPath(poster.image).name
        while (stem := os.path.splitext(name)[0].casefold()) in taken:  # noqa: PTH122
            name = f"{number}-{name}"
        taken.add(stem)
        names[poster.id] = name
        try:
            shutil.copyfile(catalogue.image_path(poster), folder / name)
        except OSError as error:
            where = catalogue.image_path(poster)
            raise ReviewError(f"{where}: can't be copied ({error.strerror}): nothing is written") from error
    return names
