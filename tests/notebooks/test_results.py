"""Nets that come back from a notebook: their parameters decide, whatever else is claimed."""

import numpy as np
import pytest

from autograder.models import Status
from autograder.notebooks import results
from autograder.notebooks.results import Images, Net
from autograder.secret import PUBLIC
from reference.classifiers.cnn import ThreeLayerConvNet
from reference.classifiers.fc_net import FullyConnectedNet

X = np.random.default_rng(3).normal(size=(30, 3, 32, 32))
RESULTS = {result.name: result for result in results.RESULTS}


def read_back(net, **other):
    found = {
        "kind": type(net).__name__,
        "params": dict(net.params),
        "normalization": getattr(net, "normalization", None),
        "running": [
            {key: p[key] for key in ("running_mean", "running_var") if key in p}
            for p in getattr(net, "bn_params", ())
        ],
        "scores": net.loss(X),
    }
    return Net(**(found | other))


def fully_connected(**options):
    np.random.seed(4)
    net = FullyConnectedNet([20, 10], weight_scale=0.1, dtype=np.float64, **options)
    for _ in range(3):
        net.loss(X, np.arange(30) % 10)  # running averages
    return net


def convolutional():
    np.random.seed(4)
    return ThreeLayerConvNet(num_filters=4, filter_size=5, hidden_dim=8, weight_scale=0.1)


def judged(roster, net, name="best_model", labels=None):
    item = next(i for i in results.items(roster) if i.id.endswith(f".{name}"))
    result = RESULTS[name]
    y = net.scores.argmax(axis=1) if labels is None else labels
    nets = dict.fromkeys(result.nets, net)
    return results.judge(item, result, nets, Images(X, y), roster)


@pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
def test_a_net_that_classifies_rightly_passes(roster, normalization):
    outcome = judged(roster, read_back(fully_connected(normalization=normalization)))
    assert (outcome.status, outcome.measures["accuracy"]) == (Status.PASSED, 1.0)


def test_a_convolutional_net_passes_too(roster):
    assert judged(roster, read_back(convolutional()), "trained").status is Status.PASSED


def test_float32_scores_are_those_of_the_parameters(roster):
    net = fully_connected()
    rounded = {name: value.astype(np.float32) for name, value in net.params.items()}
    found = read_back(net, params=rounded, scores=net.loss(X).astype(np.float32))
    assert judged(roster, found).status is Status.PASSED


def test_a_net_that_guesses_stays_below_the_bar(roster):
    net = read_back(fully_connected())
    wrong = (net.scores.argmax(axis=1) + 1) % 10
    outcome = judged(roster, net, labels=wrong)
    assert outcome.status is Status.FAILED
    assert "is right on 0.0% of images it has never seen; 53% is asked for" in outcome.message


def without(params, name):
    return {key: value for key, value in params.items() if key != name}


GOOD = fully_connected()
CONV = convolutional()


@pytest.mark.parametrize(
    ("net", "other", "said"),
    [
        (GOOD, {"scores": np.eye(10)[np.zeros(30, int)]}, "are not those of its parameters"),
        (GOOD, {"scores": None}, "the scores of best_model is None"),
        (GOOD, {"scores": np.full((30, 10), np.nan)}, "not finite"),
        (GOOD, {"kind": "Oracle"}, "is a Oracle"),
        (GOOD, {"params": None}, "has no W1, W2"),
        (GOOD, {"params": {1: np.ones(3)}}, "is no text"),
        (GOOD, {"params": without(GOOD.params, "b2")}, "has no b2"),
        (GOOD, {"params": GOOD.params | {"W2": np.ones(3)}}, "has no W1, W2"),
        (GOOD, {"params": GOOD.params | {"W1": "a"}}, "is no array of numbers"),
        (GOOD, {"params": GOOD.params | {"W1": np.ones((99, 20))}}, "has 99 rows, not 3,072"),
        (GOOD, {"params": GOOD.params | {"W2": np.ones((7, 10))}}, "has shape (7, 10)"),
        (GOOD, {"params": GOOD.params | {"b1": np.full(20, np.inf)}}, "not finite"),
        (GOOD, {"params": {f"W{i}": np.ones((3072, 1)) for i in range(1, 80)}}, "more than 50"),
        (GOOD, {"normalization": np.zeros(3)}, "normalization is"),
        (GOOD, {"normalization": "groupnorm"}, "normalization is 'groupnorm'"),
        (CONV, {"params": CONV.params | {"W1": np.ones((9000, 3, 1, 1))}}, "can be judged"),
        (CONV, {"params": CONV.params | {"W1": np.ones((4, 3, 31, 31))}}, "can be judged"),
        (CONV, {"params": CONV.params | {"W1": np.ones((4, 2, 5, 5))}}, "can be judged"),
        (CONV, {"params": CONV.params | {"W3": np.ones((5000, 5000))}}, "more than 16,777,216"),
    ],
)
def test_what_is_no_such_net_fails_with_a_reason_and_is_no_fault_of_ours(roster, net, other, said):
    found = read_back(net, **other)
    outcome = judged(roster, found, labels=np.zeros(30, int))
    assert outcome.status is Status.FAILED
    assert said in outcome.message


def test_running_averages_cannot_smuggle_anything_else_in(roster):
    net = fully_connected(normalization="batchnorm")
    running = read_back(net).running
    odd = [{**kept, "eps": np.full(20, 1e9), "mode": "train"} for kept in running]
    assert judged(roster, read_back(net, running=odd)).status is Status.PASSED
    short = [{**kept, "running_mean": np.zeros(3)} for kept in running]
    outcome = judged(roster, read_back(net, running=short), labels=np.zeros(30, int))
    assert "running_mean" in outcome.message


def test_results_share_the_points_of_their_question(roster):
    for question in roster.questions:
        items = [i for i in results.items(roster) if i.question == question.id]
        assert sum(item.points for item in items) == pytest.approx(
            question.notebook if question.file else 0
        )


def test_held_out_images_differ_by_result_and_course_but_not_by_run(roster):
    first = results.images(RESULTS["best_model"], roster, PUBLIC)
    again = results.images(RESULTS["best_model"], roster, PUBLIC)
    other = results.images(RESULTS["trained"], roster, PUBLIC)
    assert np.array_equal(first.X, again.X)
    assert not np.array_equal(first.X, other.X)
    assert first.X.shape == (400, 3, 32, 32)
