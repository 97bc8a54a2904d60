"""Open what a catalogue is read from."""

import os
from pathlib import Path

from posters.catalogue.csv_tables import csv_table
from posters.catalogue.json_tables import json_table
from posters.catalogue.tables import Folder, Source, Table
from posters.catalogue.text_files import read_text_file
from posters.errors import CatalogueError


def open_source(path: Path) -> Source:
    """The table or the folder at `path`.

    Raises:
        CatalogueError: there is none, or it can't be read.
    """
    try:
        if path.is_dir():
            return _open_folder(path)
        found = path.is_file()
    except (OSError, ValueError) as error:
        raise CatalogueError(f"{path}: the table can't be read ({error})") from error
    if not found:
        raise CatalogueError(f"{path}: there is no such table, neither a file nor a folder")
    return open_table(path)


def open_table(path: Path) -> Table:
    """The table in a file: JSON or JSON lines if its text begins like that, else CSV, whatever the file is called.

    Raises:
        CatalogueError: it can't be read as a table.
    """
    file = read_text_file(path)
    return json_table(file) if file.data.lstrip()[:1] in (b"[", b"{") else csv_table(file)


def _open_folder(path: Path) -> Folder:
    with os.scandir(path) as entries:
        kinds = {entry.name: entry.is_dir() for entry in entries}
    files = sorted(name for name, is_folder in kinds.items() if not is_folder)
    folders = sorted(name for name, is_folder in kinds.items() if is_folder)
    return Folder(path, tuple(files), tuple(folders))
