"""Values on their way into SQL: each gets a name, the text gets the name's placeholder."""

from collections.abc import Mapping, Sequence

from mothlight.storage.events.interface import Parameter


class Bindings:
    """Collects the parameters of one statement."""

    def __init__(self, values: Mapping[str, Parameter] | None = None) -> None:
        self._values: dict[str, Parameter] = dict(values or {})

    def copy(self) -> "Bindings":
        """The same values, for a statement that binds further ones."""
        return Bindings(self._values)

    def bind(self, value: Parameter, type_: str) -> str:
        """The placeholder of a value, to be written into the statement. `type_` is ClickHouse's name."""
        name = f"p{len(self._values)}"
        self._values[name] = value
        return f"{{{name}:{type_}}}"

    def text(self, value: str) -> str:
        """The placeholder of a text."""
        return self.bind(value, "String")

    def texts(self, values: Sequence[str]) -> str:
        """The placeholder of a list of texts."""
        return self.bind(list(values), "Array(String)")

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """All values by name."""
        return self._values
