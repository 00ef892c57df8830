"""Search path of child processes, without the working directory."""

import os


def child_environment() -> dict[str, str]:
    """Return the environment for a child process that runs Python.

    An empty entry of PYTHONPATH means the working directory, so it is left out.
    """
    environment = dict(os.environ)
    entries = filter(None, environment.pop("PYTHONPATH", "").split(os.pathsep))
    if kept := os.pathsep.join(entries):
        environment["PYTHONPATH"] = kept
    return environment
