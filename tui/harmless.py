"""Words and names from files, shown so that they cannot act on the terminal."""

from core.harmless import harmless as harmless
