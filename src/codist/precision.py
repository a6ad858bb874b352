"""The precisions that a run can train in."""

# The dtype of autocast; weights, gradients and optimizer state stay fp32.
DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}  # names in torch
