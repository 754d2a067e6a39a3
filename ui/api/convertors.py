"""What stands in addresses, where Starlette's own kinds let too much or too little through."""

from starlette.convertors import Convertor, PathConvertor, register_url_convertor

COUNT, REST = ":count", ":rest"


class Count(Convertor[int]):
    """A whole number of at most nine digits.

    Starlette's takes any number of them, and Python refuses to read more than 4,300: a fault before
    any route is asked.
    """

    regex = "[0-9]{1,9}"

    def convert(self, value: str) -> int:
        """Read what the pattern has let pass."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Write it as it is read."""
        return str(value)


class Rest(PathConvertor):
    """All that follows, line breaks too, at which Starlette's path ends."""

    regex = "(?s:.*)"


register_url_convertor(COUNT[1:], Count())
register_url_convertor(REST[1:], Rest())
