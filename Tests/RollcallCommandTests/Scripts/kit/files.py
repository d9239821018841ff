"""Files that a run is given. Standard library only."""


def private(path, text):
    """Replaces the file whole, so that whoever reads it meets either text."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.chmod(0o600)
    fresh.rename(path)
    return path
