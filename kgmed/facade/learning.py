"""Models trained on a graph, and how plausible they find what it doesn't say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from kgmed.facade.base import Opened

if TYPE_CHECKING:
    from kgmed.reasoning.plausibility.scorer import Scorer
    from kgmed.reasoning.plausibility.told import Learned, LearnedModels, LearnEvaluation

Ends = Literal["subject", "object", "either"]
How = Literal["random", "entity", "unseen", "source", "release"]


class Learning(Opened):
    """The methods of a graph that train models on it and use them.

    A plausibility is no verdict and supports nothing: it ranks what to look at.
    """

    def learn_train(
        self,
        *,
        model: str = "complex",
        name: str = "default",
        split: How = "random",
        predicates: Sequence[str] | None = None,
        share: float = 0.05,
        end: Ends = "subject",
        source: str = "",
        since: str = "",
        without: Sequence[str] = (),
        unseen: bool = True,
        device: str = "cpu",
        tell: Callable[[str], None] = lambda _text: None,
        **settings: Any,
    ) -> Learned:
        """Train a model on the graph's statements and keep it beside the graph as ``name``.

        ``model`` is complex, distmult, transe or rotate, each weighed together with path counts, or
        ``paths`` for these alone, which needs no torch. By ``split`` a part is held out, half of it
        to stop by, to weigh and to calibrate, half to measure on: a ``share`` of the pairs of
        concepts each (random), all triples at a share of the subjects, or of what ``end`` says
        (entity), these and whatever else is said of them (unseen), what ``source`` alone states, or
        what no release before ``since`` states; of ``predicates`` and those below them, where they
        are named. Statements of the sources ``without`` are not read. ``device``
        is torch's name of one. ``settings`` are those of
        :class:`kgmed.reasoning.plausibility.embedding.settings.Settings`: dimension, epochs ...

        With ``unseen``, complex and distmult know concepts without a statement by their names; to
        tell how sure they are of these, each is trained once more without some. A training that was
        ended goes on when it is asked for again. Raises
        :class:`~kgmed.kg.errors.UsageError` for what the graph doesn't have, and
        :class:`~kgmed.kg.errors.MissingExtra` without torch or torch_geometric.
        """
        from kgmed.reasoning.plausibility.learn import Wanted, learn, settings_of

        wanted = Wanted(split, predicates, share, end, source, since, without)
        return learn(
            self.local_store().snapshot, settings_of(settings), wanted, name=name, model=model,
            unseen=unseen, registry=self.registry, device=device, tell=tell,
        )  # fmt: skip

    def learn_evaluate(
        self,
        *,
        methods: Sequence[str] | None = None,
        seeds: Sequence[int] = (0, 1, 2),
        split: How = "random",
        predicates: Sequence[str] | None = None,
        share: float = 0.1,
        end: Ends = "subject",
        source: str = "",
        since: str = "",
        without: Sequence[str] = (),
        device: str = "cpu",
        tell: Callable[[str], None] = lambda _text: None,
        **settings: Any,
    ) -> LearnEvaluation:
        """How methods find what is held out of the graph: MRR, Hits@k, AUC against hard negatives,
        calibration; each trained anew for each of ``seeds``. Nothing is kept.

        ``methods`` are degree, dwpc (path counts, summed), paths (weighed), the models, and a model
        with paths (``complex+paths``). After the model may stand standins, for concepts that never
        stand at an end (``complex+standins+paths``), or nearest, names or peers, which say whose
        numbers concepts get that nothing was trained on (``complex+names``). The rest, and what is
        raised, as for :meth:`learn_train`.
        """
        from kgmed.reasoning.plausibility.learn import METHODS, Wanted, evaluate, settings_of

        wanted = Wanted(split, predicates, share, end, source, since, without)
        return evaluate(
            self.local_store().snapshot, settings_of(settings), wanted,
            methods=methods or METHODS, seeds=seeds, registry=self.registry, device=device,
            tell=tell,
        )  # fmt: skip

    def learn_info(self, name: str | None = None) -> LearnedModels:
        """The models beside the graph, or one of them: what each is, and how it measured."""
        from kgmed.kg.errors import KgmedError
        from kgmed.reasoning.plausibility.stored import check_snapshot, names_of, read
        from kgmed.reasoning.plausibility.told import LearnedModels

        snapshot = self.local_store().snapshot
        found, unusable = [], {}
        for one in names_of(snapshot.root) if name is None else [name]:
            try:
                found.append(read(snapshot.root, one))
                check_snapshot(found[-1], self.info().snapshot)
            except KgmedError as error:
                if name is not None and not found:
                    raise
                unusable[one] = str(error)
        return LearnedModels(self.info().snapshot, tuple(found), unusable)

    def scorer(self, name: str = "default") -> Scorer:
        """A trained model to use; it needs NumPy alone.

        Raises :class:`~kgmed.kg.errors.UsageError` where there is none of that name, and
        :class:`~kgmed.kg.errors.StoreError` where it was trained on another snapshot.
        """
        from kgmed.reasoning.plausibility.scorer import Scorer

        return Scorer.open(self.local_store().snapshot, name)

    def plausibility(
        self, triples: Iterable[tuple[str, str, str]], *, name: str = "default"
    ) -> list[float | None]:
        """How probable each statement is to a trained model, among as many true statements as
        hard negatives; None for what the model has never seen.

        A triple is (subject, predicate, object); concepts by id or name. It is no verdict, whatever
        the number. Raises as :meth:`scorer` does, and
        :class:`~kgmed.kg.errors.UnknownConcept` for a name that none or several have.
        """
        model = self.scorer(name)
        given = list(triples)
        ends = list(dict.fromkeys(end for s, _p, o in given for end in (s, o)))
        ids = {
            end: id if id is not None else self.named(end)
            for end, id in zip(ends, self.store.resolve(ends), strict=True)
        }
        return model.score([(ids[s], p, ids[o]) for s, p, o in given])
