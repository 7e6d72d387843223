"""The type of number to train in is measured; a graphics card needs no measuring."""

import pytest

from agent.tune import precision


@pytest.mark.parametrize(
    ("seconds", "faster"),
    [({"float32": 1.0, "bfloat16": 2.0}, "float32"), ({"float32": 2.0, "bfloat16": 1.0}, "bfloat16")],
)
def test_a_processor_trains_in_what_it_multiplies_faster(
    seconds: dict[str, float], faster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "_seconds_of_a_product", seconds.__getitem__)
    assert precision.precision_to_train_in("cpu") == faster
    assert precision.precision_to_train_in("cuda") == "bfloat16"


@pytest.mark.slow
def test_a_product_takes_time_in_both() -> None:
    assert min(precision._seconds_of_a_product("float32"), precision._seconds_of_a_product("bfloat16")) > 0
