"""What a model call costs, by the price list that comes inside a package."""

from __future__ import annotations

import logging

log = logging.getLogger("hookline")

UNKNOWN_IN, UNKNOWN_OUT = 5e-6, 25e-6
"""Dollars a token for a model of Bedrock's that the list does not know, such as an application profile's ARN: dearer than
any Claude of 2026-11, so that a cap in dollars is met too early rather than never."""


def dollars(model: str, tokens_in: int, tokens_out: int, cached: int = 0, written: int = 0) -> float:
    """Dollars of one call; 0 for the embedded planner and for models that run here.

    ``tokens_in`` includes those read from the cache and those written to it.
    """
    from genai_prices import Usage, calc_price

    usage = Usage(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cache_read_tokens=cached or None,
        cache_write_tokens=written or None,
    )
    for provider in ("aws", None):
        try:
            return float(calc_price(usage, model_ref=model, provider_id=provider).total_price)
        except LookupError:
            continue
    if not (model.startswith("arn:aws") or "." in model):  # Bedrock's ids name their maker: amazon.nova-pro-v1:0
        return 0.0
    log.warning("no price is known for this model; it is counted as the dearest", extra={"model": model[:80]})
    return tokens_in * UNKNOWN_IN + tokens_out * UNKNOWN_OUT
