"""Examples of every command: shown by its ``--help`` and in the reference, and read by a test."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "ask": (
        'kgmed ask "drug interactions of warfarin"',
        'kgmed ask "华法林的药物相互作用" --limit 0',
        'kgmed ask "does warfarin interact with lisinopril?" --json',
        'kgmed ask "which drug treats gout?" --program cot --options "metformin|allopurinol"',
        "kgmed ask --file exam.jsonl --out answers.jsonl --program cot",
    ),
    "link": (
        'kgmed link "warfarin for AF, no fever"',
        "kgmed link --file notes.jsonl --out links.jsonl --processes 4",
    ),
    "verify": (
        'kgmed verify "Warfarin interacts with amiodarone." --fail-on refuted',
        "kgmed verify --file answer.txt --html answer.html",
        "kgmed verify --triples claims.csv --out verdicts.csv",
        "kgmed verify --file answer.txt --plausibility --prior 0.1",
    ),
    "proof": (
        'kgmed verify "Imatinib inhibits ABL1." --json > proof.json && kgmed proof proof.json',
    ),
    "show": ("kgmed show DB00682", "kgmed show warfarin --limit 0", "kgmed show 8f537b0d"),
    "paths": (
        'kgmed paths warfarin "pulmonary embolism"',
        "kgmed paths imatinib ABL1 --hops 2 --predicate inhibits",
        "kgmed paths imatinib asthma --rank learned",
    ),
    "why": ("kgmed why DOID:9477 UMLS:C0034065",),
    "info": ("kgmed info", "kgmed info --graph my-graph --json"),
    "coverage": ("kgmed coverage --predicate interacts_with",),
    "check": ("kgmed check --graph my-graph",),
    "diff": ("kgmed diff my-graph@previous my-graph --out changes.tsv",),
    "mappings": ("kgmed mappings --out mappings.sssom.tsv --prefix cmekg",),
    "load": (
        "kgmed load bolt://localhost:7687",
        "kgmed load bolt://localhost --graph my-graph --diff my-graph@previous",
    ),
    "cypher": (
        "kgmed cypher 'MATCH (c:Concept) RETURN count(c)' --graph bolt://localhost",
        "kgmed cypher 'MATCH (c:Concept {id: $id})-[:treats]->(d) RETURN d.name' "
        '--parameters \'{"id": "drugbank:DB00682"}\' --graph bolt://localhost',
    ),
    "build": (
        "kgmed build --umls 2024AB/META --drugbank drugbank.zip --out my-graph",
        "kgmed build kgmed.toml --dry-run",
    ),
    "overlay": (
        "kgmed overlay my-graph --errata errata.tsv",
        "kgmed overlay my-graph --nodes nodes.tsv --edges edges.tsv --licence CC0-1.0",
        "kgmed overlay my-graph --list",
    ),
    "synth": ("kgmed synth umls --scale 0.01 --seed 1 --out synthetic/umls",),
    "optimize": (
        "kgmed optimize train.jsonl --program cot --optimizer gepa --lm my-model",
        "kgmed optimize dev.jsonl --score --program prompts/programs/cot-gepa.json",
        'kgmed ask "which drugs treat gout?" --program prompts/programs/cot-gepa.json',
    ),
    "doctor": ("kgmed doctor", "kgmed doctor --quiet", "kgmed doctor --json"),
    "export": ("kgmed export --out dataset --trace 3f0c8a11d2e4b567",),
    "export corpus": (
        "kgmed export corpus --out corpus --tasks sentences,passages_two_hop --languages en",
    ),
    "export instructions": (
        "kgmed export instructions --out dataset --languages en,zh --format messages,alpaca",
        "kgmed export instructions --out dataset --dry-run",
    ),
    "export kgx": (
        "kgmed export kgx --out kgx --format tsv",
        "kgmed build --nodes kgx/nodes.tsv --edges kgx/edges.tsv --no-open --out again",
    ),
    "export neo4j": ("kgmed export neo4j --out files && files/import.sh",),
    "export preferences": ("kgmed export preferences --out pairs --languages en",),
    "export rationales": ("kgmed export rationales --file medqa.jsonl --out rationales",),
    "export rdf": ("kgmed export rdf --out graph.nq.gz",),
    "export sssom": ("kgmed export sssom --out mappings.sssom.tsv --prefix cmekg",),
    "lm check": (
        "kgmed lm check",
        "kgmed lm check --lm my-model --api-base http://localhost:8000/v1",
    ),
    "lm serve": (
        "kgmed lm serve ./my-model",
        "kgmed lm serve ./my-model --python ~/vllm/bin/python --port 8000",
        "kgmed lm serve Qwen/Qwen3-8B --reasoning-parser qwen3 -- --max-num-seqs 64",
    ),
    "serve": (
        "kgmed serve",
        "kgmed serve --port 0 --workers 2",
        "kgmed serve --host 0.0.0.0 --token-file token.txt --allow-host kg.example.org",
    ),
    "mcp": (
        "kgmed mcp",
        "kgmed mcp --http --port 0",
        "kgmed mcp --graph my-graph --open-only",
    ),
    "learn train": (
        "kgmed learn train",
        "kgmed learn train --model paths --name near",
        "kgmed learn train --graph my-graph --device cuda --dimension 256",
    ),
    "learn evaluate": (
        "kgmed learn evaluate --split entity --predicate interacts_with",
        "kgmed learn evaluate --predicate treats --methods degree,dwpc,complex+paths --seeds 0",
    ),
    "learn info": ("kgmed learn info", "kgmed learn info --name default --json"),
    "learn suggest": (
        "kgmed learn suggest warfarin --predicate interacts_with",
        "kgmed learn suggest --predicate treats --limit 50 --out treats_edges.tsv",
        "kgmed learn suggest --predicate treats --reviewed treats_edges.tsv --json",
    ),
    "evaluate run": (
        "kgmed evaluate run medqa.jsonl --out runs --lm my-model "
        "--api-base http://localhost:8000/v1",
        "kgmed evaluate run medmcqa.json --out runs --methods closed-cot,graph-cot --limit 200",
    ),
    "evaluate compare": (
        "kgmed evaluate compare runs/closed-cot runs/graph-cot --html compared.html",
    ),
    "evaluate judge": (
        "kgmed evaluate judge runs/closed-cot runs/verified --out judged --lm my-judge",
    ),
    "evaluate items": ("kgmed evaluate items exam.jsonl --leaks dataset",),
}


def epilog(command: str) -> str | None:
    """What ``--help`` prints below the options of a command; its lines aren't wrapped."""
    lines = EXAMPLES.get(command, ())
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)]) if lines else None
