"""What a dialect is."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from posters.catalogue.layout import Layout
from posters.catalogue.rows import RawRow
from posters.catalogue.tables import Source, Table


@dataclass(frozen=True)
class Dialect(ABC):
    """One way in which people write down which poster shows which genres.

    Attributes:
        name: what users call it.
        description: one line about it.
        needs: what a table or folder must have to be in it, in words.
        images_inside: whether the images lie in the table's own folder, not in a folder beside the table.
    """

    name: str
    description: str
    needs: str
    images_inside: bool = False

    @abstractmethod
    def recognises(self, source: Source) -> bool:
        """Whether `source` is written in it."""

    @abstractmethod
    def rows(self, source: Source) -> Iterator[RawRow]:
        """The rows of a source that it recognises.

        Raises:
            CatalogueError: a row contradicts itself, or a file of the folder can't be read.
        """


@dataclass(frozen=True, kw_only=True)
class TableDialect(Dialect):
    """A dialect that is told by a table's columns, and whose columns say it all."""

    layout: Layout
    fits: Callable[[Table], bool]

    def recognises(self, source: Source) -> bool:
        return isinstance(source, Table) and self.fits(source)

    def rows(self, source: Source) -> Iterator[RawRow]:
        assert isinstance(source, Table)  # or it would not have been recognised
        return self.layout.rows(source)
