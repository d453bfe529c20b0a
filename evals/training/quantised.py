"""A trained model over windows (pack.batch) as ONNX with int8 weights, embeddings too."""

import os

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process


def write(net, windows, out, keep=False):
    """``windows``: arrays of a batch to trace with; ``keep``: leave the float model beside it."""
    arrays = {key: torch.from_numpy(value) for key, value in windows.items()}
    full = out.replace(".onnx", ".fp32.onnx")
    torch.onnx.export(
        net,
        tuple(arrays.values()),
        full,
        input_names=list(arrays),
        output_names=["logits"],
        opset_version=17,
        dynamo=False,
        dynamic_axes={
            **{key: {0: "windows", 1: "tokens"} for key in ("input_ids", "token_type_ids", "sentence")},
            "markers": {0: "windows", 1: "sentences"},
            "logits": {0: "windows", 1: "sentences"},
        },
    )
    quant_pre_process(full, full + ".pre", skip_symbolic_shape=True)
    quantize_dynamic(
        full + ".pre",
        out,
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
    )
    os.remove(full + ".pre")
    if not keep:
        os.remove(full)
