"""Rows that a language model writes, kept only where the graph bears every word of them out.

- :mod:`.paraphrase`: the rows of instructions, said anew.
- :mod:`.packs`: questions with answers, and dialogues, from an evidence pack.
- :mod:`.samples`: a model's own answers, ranked by verdicts, as preference pairs.

What a model says is believed nowhere: :mod:`.faithful` compares it with what was said before, and
:mod:`.reading` is what texts are read by. The model and the reader are handed in.
"""
