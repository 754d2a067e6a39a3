"""How often a code may be tried: so often that people can mistype it, too seldom to guess it."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """So many wrong tries at once, and then one more every so often.

    Attributes:
        burst: tries.
        every_s: seconds.
    """

    burst: int
    every_s: float


EACH = Pace(burst=20, every_s=3.0)  # a class may stand behind one address
ALL = Pace(burst=60, every_s=1.0)
MAX_ADDRESSES = 4_096


class Tries:
    """Counts wrong tries, by address and in all.

    It remembers one number for each address: when all that was wrong there will be forgiven. Of
    more addresses than it remembers, the longest quiet one is forgotten; the pace of all stays.

    Args:
        clock: seconds that only go on.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._forgiven: OrderedDict[str, float] = OrderedDict()
        self._all = 0.0

    def wait_s(self, address: str) -> float:
        """Seconds until somebody at an address may try again; 0.0 for now."""
        now = self._clock()
        mine = self._forgiven.get(_place(address), 0.0)
        return max(0.0, _wait_s(mine, now, EACH), _wait_s(self._all, now, ALL))

    def was_wrong(self, address: str) -> None:
        """Count a wrong try."""
        now, place = self._clock(), _place(address)
        self._all = max(self._all, now) + ALL.every_s
        self._forgiven[place] = max(self._forgiven.get(place, 0.0), now) + EACH.every_s
        self._forgiven.move_to_end(place)
        if len(self._forgiven) > MAX_ADDRESSES:
            self._forgiven.popitem(last=False)


def _wait_s(forgiven: float, now: float, pace: Pace) -> float:
    return forgiven - now - (pace.burst - 1) * pace.every_s


def _place(address: str) -> str:
    """An address; of IPv6 the network, since one computer there has more than it can use up."""
    try:
        found = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
