"""Search path of child processes, without the working directory."""

import os


def child_environment() -> dict[str, str]:
    """Return the environment for a child process that runs Python.

    An empty or relative entry of PYTHONPATH starts from the working directory, so it is left out.
    """
    environment = dict(os.environ)
    entries = filter(os.path.isabs, environment.pop("PYTHONPATH", "").split(os.pathsep))
    if kept := os.pathsep.join(entries):
        environment["PYTHONPATH"] = kept
    return environment
