import pytest

from harness.machine.facts import Gpu


@pytest.mark.parametrize(
    ("gpu", "model_name", "text"),
    [
        (Gpu(model="NVIDIA H200"), "NVIDIA H200", "NVIDIA H200"),
        (
            Gpu(model="Apple M2 Max", cores=38, metal="Metal 3"),
            "Apple M2 Max (38 cores)",
            "Apple M2 Max (38 cores, Metal 3)",
        ),
        (Gpu(model="AMD Radeon", metal="Metal 3"), "AMD Radeon", "AMD Radeon (Metal 3)"),
    ],
)
def test_the_metal_family_is_shown_but_is_no_part_of_the_model(gpu, model_name, text):
    assert gpu.model_name == model_name
    assert gpu.text == text
