import subprocess
import sys

import pytest

FAULTS = """
import resource
from core.compute.allocator import keep_freed_memory
{call}
import torch
for _ in range(12):
    torch.ones(12_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    torch.ones(12_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has the parameters")
def test_a_large_tensor_is_met_again_without_page_faults() -> None:
    def faults(call: str) -> int:
        command = [sys.executable, "-c", FAULTS.format(call=call)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    assert faults("keep_freed_memory()") < faults("pass") / 10
