"""A classifier as a folder for the Hugging Face Hub, which `posters.load_classifier("hf://owner/name")` reads again."""

import shutil
from pathlib import Path

from posters._base.atomic_files import replacing_directory
from posters.classifier.manifest import CARD, MANIFEST, read_manifest
from posters.errors import ConfigError
from posters.models import classifier_directory
from posters.report.hub_card import hub_card


def export_to_hub(
    classifier: str | Path, output: str | Path | None = None, *, force: bool = False, licence: str | None = None
) -> Path:
    """Write a folder that `huggingface_hub.upload_folder` takes as it is: the classifier, and README.md.

    Nothing is converted, so that neither TensorFlow nor the Hub is needed.

    Args:
        classifier: as in `posters.load_classifier`.
        output: the folder; by default named after the classifier, or after the run that keeps it, in the working
            directory.
        force: replace a folder that has something in it.
        licence: an identifier of the Hub, such as "apache-2.0"; by default what the model card says.

    Returns:
        The folder.

    Raises:
        ConfigError: something is in the way.
        ClassifierError: this is not a classifier.

    Examples:
        >>> import tempfile
        >>> folder = export_to_hub("posters", Path(tempfile.mkdtemp()) / "genres")
        >>> (folder / "README.md").is_file(), (folder / "network.tflite").is_file()
        (True, True)
    """
    directory = classifier_directory(classifier)
    manifest = read_manifest(directory)
    named = directory.resolve().parent if directory.name == "classifier" else directory.resolve()
    place = Path(f"{named.name}-hub") if output is None else Path(output)
    if place.is_file() or (place.is_dir() and any(place.iterdir()) and not force):
        raise ConfigError(f"{place} exists already: choose another --output, or replace it with --force")
    card = (directory / CARD).read_text(encoding="utf-8") if CARD in manifest.files else "# Movie poster genres\n"
    with replacing_directory(place) as folder:
        for name in (MANIFEST, *manifest.files):
            shutil.copyfile(directory / name, folder / name)
        (folder / "README.md").write_text(hub_card(manifest, card, named.name, licence), encoding="utf-8")
    return place
