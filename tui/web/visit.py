"""App of one visitor; the one file that uses private names of textual-serve."""

import asyncio
import contextlib

from textual_serve.app_service import AppService

from core.compute.search_path import child_environment

GRACE_SECONDS = 1.0
"""Longest wait for an app to end by itself. It is read-only, so killing it loses nothing."""


class Visit(AppService):
    """App of one visitor, a child process on pipes."""

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        environment = super()._build_environment(width, height)
        environment.pop("PYTHONPATH", None)
        return {**child_environment(), **environment}

    async def run(self) -> None:
        """Relay the output of the app; close the connection when the app ends."""
        await super().run()
        await self.remote_close()

    async def end(self) -> None:
        """End the app; kill it where it does not end in time."""
        try:
            with contextlib.suppress(TimeoutError, OSError):
                await asyncio.wait_for(self.stop(), GRACE_SECONDS)
        finally:
            if self._process and self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()
