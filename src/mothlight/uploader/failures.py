"""What ends an upload."""


class UploadFailed(Exception):
    """It cannot be done. The text is the one line that people see."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code
        """What the server calls it, or empty."""
