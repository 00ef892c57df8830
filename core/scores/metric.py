"""Description of a number that is recorded, in one place for charts, tables and exports."""

from dataclasses import dataclass

UNIT_INTERVAL = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """Title and scale of a metric. It annotates the field of the event that holds the number."""

    title: str
    unit: str = ""
    bounds: tuple[float, float] | None = None
    """Ends of its axis; None takes those of its values."""
    noisy: bool = False
    """Smoothed by default on charts."""
    name: str = ""
    """Name of its series; the field's where it is empty."""

    @property
    def label(self) -> str:
        """Title with the unit, for an axis or a heading."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    @property
    def heading(self) -> str:
        """Title with the unit, where room is short."""
        return f"{self.title} {self.unit}".rstrip()
