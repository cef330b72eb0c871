"""How a model on an endpoint answers held-out questions, with the graph and without: vLLM on your
GPU, or any OpenAI-compatible server.

    kgmed export instructions --out dataset
    kgmed lm serve FOLDER_OR_NAME                            # or your own vLLM
    python benchmarks/gpu/ask_endpoint.py --dataset dataset --lm NAME --api-base http://HOST:8000/v1

It prints the rows for benchmarks/README.md's table: accuracy of each method by language, claims
refuted, tokens a second at ``--concurrency``, and what an answer takes one by one with
self-consistency and a tree of thoughts. Runs go to ``--out``, and go on where they were ended.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import loop_measures

import kgmed
from kgmed.reasoning.lm.connect import connect
from kgmed.reasoning.lm.settings import LMSettings


def main() -> int:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--dataset", type=Path, required=True, help="of kgmed export instructions")
    parser.add_argument("--out", type=Path, default=Path("endpoint-runs"))
    parser.add_argument("--lm", required=True)
    parser.add_argument("--api-base", required=True)
    parser.add_argument("--graph", default="kgmed:open")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--claims", type=int, default=300)
    parser.add_argument("--timed", type=int, default=20)
    parser.add_argument("--budget", type=int, default=600)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    asked = loop_measures.Asked(
        given.dataset, given.questions, given.claims, given.timed, given.budget, given.seed
    )
    settings = LMSettings(given.lm, given.api_base, concurrency=given.concurrency)
    with connect(settings) as model:
        found = loop_measures.measure(
            kgmed.open_graph(given.graph), model, given.out, asked, concurrency=given.concurrency
        )
    print(loop_measures.compared(given.out))
    print("\n".join(loop_measures.answer_table(found["answers"])))
    rates = {name: value for name, value in found.items() if name != "answers"}
    print("\n" + "; ".join(f"{name} {value}" for name, value in rates.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
