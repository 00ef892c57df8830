import pytest
import torch

from core.compute.hardware import Hardware, choose, find_device
from core.config.schema import HardwareConfig
from core.errors import InputError


def never_measured(candidate: Hardware) -> float:
    raise AssertionError(f"{candidate} was measured")


@pytest.fixture
def without_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def with_gpu(monkeypatch: pytest.MonkeyPatch, without_gpu: None) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


@pytest.mark.usefixtures("without_gpu")
class TestWithoutGpu:
    def test_auto_takes_the_processor(self) -> None:
        assert find_device("auto") == "cpu"

    @pytest.mark.parametrize("device", ["cuda", "mps"])
    def test_a_gpu_that_is_not_there_is_refused(self, device: str) -> None:
        with pytest.raises(InputError, match=f"there is no {device} here; accepted: auto, cpu"):
            find_device(device)

    def test_what_the_user_said_is_not_measured(self) -> None:
        config = HardwareConfig(threads=3, precision="bfloat16")
        assert choose(config, 128, never_measured) == Hardware("cpu", 3, "bfloat16", 128)

    def test_the_fastest_of_what_is_left_open_is_chosen(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.compute.hardware.processor_count", lambda: 6)
        measured = []

        def seconds(candidate: Hardware) -> float:
            measured.append((candidate.threads, candidate.precision))
            return abs(candidate.threads - 2) + (candidate.precision == "float32")

        assert choose(HardwareConfig(), 128, seconds) == Hardware("cpu", 2, "bfloat16", 128)
        assert measured == [(1, "float32"), (1, "bfloat16"), (2, "bfloat16"), (4, "bfloat16")]

    def test_a_larger_batch_is_chosen_while_it_is_worth_it(self) -> None:
        config = HardwareConfig(threads=1, precision="float32")
        times = {64: 1.0, 128: 0.6, 256: 0.5, 512: 0.49, 1024: 0.1}
        measured = []

        def seconds(candidate: Hardware) -> float:
            measured.append(candidate.batch_size)
            return times[candidate.batch_size]

        assert choose(config, 0, seconds) == Hardware("cpu", 1, "float32", 256)
        assert measured == [64, 128, 256, 512]


@pytest.mark.usefixtures("with_gpu")
class TestWithGpu:
    def test_auto_takes_it(self) -> None:
        assert find_device("auto") == "cuda"

    def test_the_processor_can_still_be_wanted(self) -> None:
        assert find_device("cpu") == "cpu"

    def test_its_threads_are_not_measured(self) -> None:
        config = HardwareConfig(precision="float32")
        assert choose(config, 128, never_measured) == Hardware("cuda", 1, "float32", 128)
