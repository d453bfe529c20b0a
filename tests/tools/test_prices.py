import pytest

from tools.prices import dollars


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("global.anthropic.claude-sonnet-5-5", 0.012),  # 2 and 10 dollars a million tokens, 2026-11
        ("claude-haiku-4-5", 0.006),
        ("hookline-planner", 0.0),
        ("qwen3:8b", 0.0),
    ],
)
def test_a_known_model_has_a_price_and_a_local_one_is_free(model: str, price: float) -> None:
    assert dollars(model, 1000, 1000) == pytest.approx(price)


@pytest.mark.parametrize(
    "model",
    ["arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", "us.anthropic.claude-of-next-year"],
)
def test_a_model_on_bedrock_that_the_list_does_not_know_is_never_free(model: str) -> None:
    assert dollars(model, 1000, 1000) > dollars("global.anthropic.claude-opus-5-5", 1000, 1000) > 0


def test_what_is_read_from_the_cache_costs_less() -> None:
    model = "global.anthropic.claude-sonnet-5-5"
    assert dollars(model, 10_000, 10, cached=9_000) < dollars(model, 10_000, 10) / 2
