"""Questions of a file, answered side by side, each once, whatever happens meanwhile."""

from kgmed.reasoning.bulk.journal import Journal
from kgmed.reasoning.bulk.questions import Question, digest, read_questions
from kgmed.reasoning.bulk.run import CONCURRENCY, Asked, Done, answer_all

__all__ = [
    "CONCURRENCY", "Asked", "Done", "Journal", "Question", "answer_all", "digest", "read_questions",
]  # fmt: skip
