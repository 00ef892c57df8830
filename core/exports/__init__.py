"""What leaves the program: tables, curves, event files and pages of runs."""

from core.exports.export import FORMATS as FORMATS
from core.exports.export import write as write
