"""What is raised when a catalogue file cannot be what it must be."""


class CatalogueError(ValueError):
    """A catalogue file is wrong; the message names the file, the entry and what is wrong with it. For maintainers."""
