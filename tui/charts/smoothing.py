"""A series made smooth: an exponential mean that is right from its first value on."""

import math
from array import array

NO_BIAS = 1e-17
"""A bias that no longer changes a number."""
PORTION = 4096
"""Values that are summed at a time."""


class Smoothed:
    """Exponential mean of a series that grows, without the bias towards 0 of its beginning.

    m[t] = w m[t-1] + (1 - w) x[t], shown as m[t] / (1 - w^t). Source: Kingma & Ba 2015, section 3,
    as TensorBoard draws it. A value that is not finite is passed over and shown as nan.
    """

    def __init__(self, weight: float) -> None:
        self.weight = weight
        """Share of what came before, from 0 to below 1."""
        self.values = array("d")
        self._mean, self._bias = 0.0, 1.0

    def follow(self, values: "array[float]") -> "array[float]":
        """The mean of all values, of which those known from the last call are not summed again."""
        for start in range(len(self.values), len(values), PORTION):
            self._add(values[start : start + PORTION])
        return self.values

    def _add(self, new: "array[float]") -> None:
        weight, rest, mean, bias = self.weight, 1 - self.weight, self._mean, self._bias
        if bias < NO_BIAS and math.isfinite(sum(new)):
            # Nearly all of a long series; three times as fast.
            self.values.fromlist([mean := weight * mean + rest * value for value in new])
        else:
            for value in new:
                if math.isfinite(value):
                    mean, bias = weight * mean + rest * value, weight * bias
                    self.values.append(mean / (1 - bias))
                else:
                    self.values.append(math.nan)
        self._mean, self._bias = mean, bias
