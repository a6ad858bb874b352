"""The precisions that a run can train in, by name."""

# What autocast lets run in fewer than 32 bits; weights, gradients and optimizer stay fp32.
DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}  # names in torch
