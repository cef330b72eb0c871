"""Small benchmark files of the published shapes, with questions of our own."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

MEDQA = [
    {
        "question": "A man on warfarin starts a drug and bleeds. Which drug is it?",
        "answer": "Amiodarone",
        "options": {"A": "Lactose", "B": "Amiodarone", "C": "Glycerol", "D": "Talc"},
        "meta_info": "step1",
        "answer_idx": "B",
    },
    {
        "question": "Which drug lowers glucose?",
        "answer": "Metformin",
        "options": {"A": "Metformin", "B": "Lactose", "C": "Glycerol", "D": "Talc"},
        "meta_info": "step2&3",
        "answer_idx": "A",
    },
]
MEDMCQA = [
    {"id": "m1", "question": "Drug for gout:", "opa": "Talc", "opb": "Allopurinol", "opc": "Starch",
     "opd": "Chalk", "cop": 2, "choice_type": "multi", "subject_name": "Pharmacology",
     "topic_name": None, "exp": "It lowers uric acid."},
    {"id": "m2", "question": "Not asked any more:", "opa": "Talc", "opb": "Starch", "opc": "Wax",
     "opd": "Chalk", "cop": 1, "choice_type": "single", "subject_name": "Anatomy",
     "topic_name": "Ear", "exp": None},
]  # fmt: skip
PUBMEDQA = {
    "101": {"QUESTION": "Does aspirin help?", "CONTEXTS": ["We gave it.", "It helped."],
            "LABELS": ["METHODS", "RESULTS"], "MESHES": ["Aspirin"], "YEAR": "2011",
            "LONG_ANSWER": "Aspirin helped most.", "final_decision": "yes"},
    "102": {"QUESTION": "Does talc help?", "CONTEXTS": ["We gave it."], "LABELS": ["METHODS"],
            "MESHES": [], "YEAR": None, "LONG_ANSWER": "Nobody knows.", "final_decision": "maybe"},
}  # fmt: skip
MMLU = [
    ["Which vessel, if any, carries blood to the lungs?", "Aorta", "Pulmonary artery", "Ureter",
     "Vena cava", "B"],
    ["Which joint is a hinge?", "Elbow", "Hip", "Shoulder", "Sacrum", "A"],
]  # fmt: skip
MIRAGE = {
    "medqa": {"0000": {"question": "Which drug lowers glucose?", "answer": "A",
                       "options": {"A": "Metformin", "B": "Talc", "C": "Wax", "D": "Chalk"}}},
    "pubmedqa": {"101": {"question": "Does aspirin help?", "answer": "C", "PMID": [101],
                         "options": {"A": "yes", "B": "no", "C": "maybe"}}},
    "bioasq": {"5e": {"question": "Is aspirin a drug?", "options": {"A": "yes", "B": "no"},
                      "answer": "A"}},
    "mmlu": {"college_biology-007": {"question": "Which is a cell?", "answer": "D",
                                     "options": {"A": "Salt", "B": "Wax", "C": "Air",
                                                 "D": "Neuron"}}},
}  # fmt: skip
MEDHALT_HEAD = ["id", "dataset", "subject_name", "topic_name", "split_type", "question", "options",
                "correct_answer", "correct_index"]  # fmt: skip
FCT = [
    ["f1", "medmcqa", "Surgery", "", "val", "Which drug numbs?",
     str({"0": "Lidocaine", "1": "Talc", "2": "It's \"wax\"", "correct answer": "Talc"}),
     "Lidocaine", "0"],
    ["f2", "medmcqa", "Surgery", "", "train", "Which drug thins blood?",
     str({"0": "Chalk", "1": "Warfarin", "correct answer": "Warfarin"}), "Warfarin", "1.0"],
]  # fmt: skip
NOTA = [
    ["n1", "headqa_en", "Medicine", "", "val", "Which drug treats gout?",
     str({"0": "Chalk", "1": "None of the above", "2": "Talc"}), "None of the above", "1"],
    ["n2", "headqa_en", "Medicine", "", "val", "Which one?", str({"0": "Chalk", "1": "Talc"}),
     "Talc", "0"],
]  # fmt: skip
FAKE_HEAD = ["id", "subject_name", "topic_name", "split_type", "dataset", "len", "year",
             "exam_name", "question", "options"]  # fmt: skip
FAKE = [
    ["k1", "Anatomy", "", "train", "medmcqa", "9", "2013.0", "", "Which wing of a goblin heals?",
     str({"0": "The left", "1": "The right", "2": "Admitting that goblins aren't",
          "3": "I do not know"})],
    ["k2", "Anatomy", "", "train", "medmcqa", "9", "2013.0", "", "Which wing?",
     str({"0": "I concede that there is none", "1": "I do not know"})],
]  # fmt: skip
MEMORY = [["9", "A title", "https://pubmed.ncbi.nlm.nih.gov/9/"]]
MEDHALLU = [
    {"Question": "Does aspirin help?", "Knowledge": ["We gave it.", "It helped."],
     "Ground Truth": "Aspirin helped most.", "Difficulty Level": "hard",
     "Hallucinated Answer": "Aspirin grew wings.",
     "Category of Hallucination": "Mechanism and Pathway Misattribution"},
]  # fmt: skip
HALUEVAL = [
    {"knowledge": "Oslo is in Norway.", "question": "Where is Oslo?", "right_answer": "Norway",
     "hallucinated_answer": "Oslo lies in Peru."},
]  # fmt: skip
CMB = [
    {"exam_type": "医师考试", "exam_class": "执业医师", "exam_subject": "内科", "answer": "B",
     "question": "治疗痛风的药物是", "question_type": "单项选择题",
     "option": {"A": "滑石", "B": "别嘌醇", "C": "淀粉", "D": "", "E": ""}},
    {"exam_type": "医师考试", "exam_class": "执业医师", "exam_subject": "外科", "answer": "AC",
     "question": "下列哪些是抗凝药", "question_type": "多项选择题",
     "option": {"A": "华法林", "B": "滑石", "C": "肝素"}},
]  # fmt: skip
ROWS = [
    {"id": "r1", "task": "multiple_choice", "lang": "en", "split": "test", "statements": ["s1"],
     "messages": [{"role": "user", "content": "Which of these treats gout?\nA. Talc\nB. Allopurinol"
                   "\nC. Wax\nD. Chalk"}, {"role": "assistant", "content": "B. Allopurinol."}],
     "extra": '{"answer": "B"}'},
    {"id": "r2", "task": "yes_no", "lang": "zh", "split": "test", "statements": ["s2"],
     "messages": [{"role": "user", "content": "滑石治疗痛风吗？"},
                  {"role": "assistant", "content": "没有相关记载。"}],
     "extra": '{"answer": "not_listed", "verdict": "UNSUPPORTED"}'},
    {"id": "r3", "task": "claim_verification", "lang": "en", "split": "test", "statements": ["s3"],
     "messages": [{"role": "user", "content": "Fact-check: Talc treats gout."},
                  {"role": "assistant", "content": "UNSUPPORTED. Nothing bears it out."}],
     "extra": '{"verdict": "UNSUPPORTED", "negative": "object"}'},
    {"id": "r4", "task": "claim_verification", "lang": "en", "split": "test", "statements": ["s4"],
     "messages": [{"role": "user", "content": "Fact-check: Wax cures ABL1."},
                  {"role": "assistant", "content": "NOT_COVERED."}],
     "extra": '{"verdict": "NOT_COVERED"}'},
    {"id": "r5", "task": "relation_qa", "lang": "en", "split": "test", "statements": ["s5"],
     "messages": [{"role": "user", "content": "What treats gout?"},
                  {"role": "assistant", "content": "Allopurinol treats gout."}], "extra": ""},
    {"id": "r6", "task": "relation_qa", "lang": "en", "split": "train", "statements": ["s6"],
     "messages": [{"role": "user", "content": "What treats asthma?"},
                  {"role": "assistant", "content": "Salbutamol treats asthma."}], "extra": ""},
    {"id": "r7", "task": "dialogue", "lang": "en", "split": "test", "statements": ["s7"],
     "messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello"}],
     "extra": ""},
]  # fmt: skip


def lines(path: Path, records: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_text(text, encoding="utf-8")
    return path


def document(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=4), encoding="utf-8")
    return path


def table(path: Path, rows: list[list[str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def parquet(path: Path, records: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(records), path)
    return path


def published(folder: Path) -> dict[str, Path]:
    """A file or folder of each format, by the format's name."""
    halt = folder / "medhalt"
    table(halt / "reasoning_FCT.csv", [MEDHALT_HEAD, *FCT])
    table(halt / "reasoning_nota.csv", [MEDHALT_HEAD, *NOTA])
    table(halt / "reasoning_fake.csv", [FAKE_HEAD, *FAKE])
    table(halt / "IR_pmid2title.csv", [["PMID", "Title", "url"], *MEMORY])
    table(folder / "mmlu/test/anatomy_test.csv", MMLU)
    table(folder / "mmlu/test/astronomy_test.csv", MMLU[:1])
    return {
        "medqa": lines(folder / "medqa.jsonl", MEDQA),
        "medmcqa": lines(folder / "medmcqa.json", MEDMCQA),
        "pubmedqa": document(folder / "pubmedqa/ori_pqal.json", PUBMEDQA),
        "mmlu": folder / "mmlu",
        "mirage": document(folder / "benchmark.json", MIRAGE),
        "medhalt": halt,
        "medhallu": parquet(folder / "medhallu.parquet", MEDHALLU),
        "halueval": lines(folder / "qa_data.json", HALUEVAL),
        "cmb": document(folder / "cmb.json", CMB),
        "kgmed": lines(folder / "rows/instructions/test-00000-of-00001.jsonl", ROWS),
        "questions": lines(folder / "mine.jsonl", [{"question": "What treats gout?",
                                                    "answer": "Allopurinol", "topic": "joints"}]),
    }  # fmt: skip
