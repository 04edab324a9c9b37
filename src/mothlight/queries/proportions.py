"""How surely two shares differ: the statistics behind "what sets these events apart".

A share of few events says little: 2 of 2 is 100 %, and so is 5,000 of 5,000. So each share has its Wilson interval, and
of the difference of two shares Newcombe's interval is made of these (his method 10). The bound nearest to zero is the
difference that is there at least; what is ordered by it puts a sure, large difference first, and one that rests on a
few events behind it. It needs no approximation that fails for few events or for shares of 0 and 1.
"""

from math import sqrt

CONFIDENCE = 2.576
"""Standard deviations on both sides: 99 %. Many properties are looked at, and some differ by chance."""


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The interval of a share, between 0 and 1."""
    if whole == 0:
        return 0.0, 1.0
    square = CONFIDENCE**2
    middle = part + square / 2
    spread = CONFIDENCE * sqrt(part * (whole - part) / whole + square / 4)
    return max(0.0, (middle - spread) / (whole + square)), min(1.0, (middle + spread) / (whole + square))


def least_difference(part: int, whole: int, other_part: int, other_whole: int) -> float:
    """How far apart two shares are at least, between 0 and 1; 0 when they may be equal."""
    if whole == 0 or other_whole == 0:
        return 0.0
    share, other = part / whole, other_part / other_whole
    (low, high), (other_low, other_high) = wilson(part, whole), wilson(other_part, other_whole)
    if share < other:
        return max(0.0, other - share - sqrt((other - other_low) ** 2 + (high - share) ** 2))
    return max(0.0, share - other - sqrt((share - low) ** 2 + (other_high - other) ** 2))
