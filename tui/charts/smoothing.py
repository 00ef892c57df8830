"""A series made smooth: an exponential mean that is right from its first value on."""

import math
from array import array


class Smoothed:
    """Exponential mean of a series that grows, without the bias towards 0 of its beginning.

    m[t] = w m[t-1] + (1 - w) x[t], shown as m[t] / (1 - w^t). Source: Kingma & Ba 2015, section 3,
    as TensorBoard draws it. A value that is not finite is passed over and shown as nan.
    """

    def __init__(self, weight: float) -> None:
        self.weight = weight
        """Share of what came before, from 0 to below 1."""
        self.values = array("d")
        self._begin()

    def _begin(self) -> None:
        self._mean, self._bias, self._newest = 0.0, 1.0, math.nan
        del self.values[:]

    def follow(self, values: "array[float]") -> "array[float]":
        """The mean of all values, of which those known from the last call are not summed again."""
        known = len(self.values)
        if known and (len(values) < known or not _same(values[known - 1], self._newest)):
            self._begin()
            known = 0
        weight, rest, mean, bias = self.weight, 1 - self.weight, self._mean, self._bias
        new = values[known:]
        for value in new:
            if math.isfinite(value):
                mean, bias = weight * mean + rest * value, weight * bias
                self.values.append(mean / (1 - bias))
            else:
                self.values.append(math.nan)
        self._mean, self._bias = mean, bias
        if new:
            self._newest = new[-1]
        return self.values


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))
