"""The two faults of the printed submission, reconstructed: each passes its own gradient check.

`tests/reference/test_seed_figures.py` shows that these reconstructions give the printed figures.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.models import Status

LAYERS = Path(__file__).parents[2] / "reference" / "layers.py"
FAULTS = """

def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    mask = None
    if mode == "train":
        mask = (np.random.randn(*x.shape) < p) / p
        out = x * mask
    else:
        out = x
    return out, (dropout_param, mask)


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    return dout * mask if dropout_param["mode"] == "train" else dout


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    N, C, H, W = x.shape
    groups = x.transpose(0, 2, 3, 1).reshape(N * G, -1)
    mean, var = groups.mean(axis=1, keepdims=True), groups.var(axis=1, keepdims=True)
    std = np.sqrt(var + gn_param.get("eps", 1e-5))
    x_hat = (groups - mean) / std
    shaped = x_hat.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    return gamma * shaped + beta, (x_hat, std, gamma, G)


def spatial_groupnorm_backward(dout, cache):
    x_hat, std, gamma, G = cache
    N, C, H, W = dout.shape
    shaped = x_hat.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * shaped).sum(axis=(0, 2, 3), keepdims=True)
    d = (dout * gamma).transpose(0, 2, 3, 1).reshape(x_hat.shape)
    d = d - d.mean(axis=1, keepdims=True) - x_hat * (d * x_hat).mean(axis=1, keepdims=True)
    return (d / std).reshape(N, H, W, C).transpose(0, 3, 1, 2), dgamma, dbeta


def softmax_loss(x, y):
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(x))
    loss = -np.sum(np.log(p[rows, y])) / len(x)
    p[rows, y] -= 1
    return loss, p / len(x)
"""


@pytest.fixture(scope="module")
def report(grade_files):
    return grade_files({"cs231n/layers.py": LAYERS.read_bytes() + FAULTS.encode()})


def test_only_the_two_forward_passes_lose_points(report) -> None:
    lost = {o.check.function for o in report.outcomes if o.score < o.check.points}
    assert lost == {"dropout_forward", "spatial_groupnorm_forward"}


def test_the_backward_passes_are_right_for_their_own_forwards(report) -> None:
    credited = {o.check.function: o.root_cause for o in report.outcomes if o.follow_through}
    assert credited["dropout_backward"] == "dropout_forward"
    assert credited["spatial_groupnorm_backward"] == "spatial_groupnorm_forward"


def test_what_is_said_about_them(report) -> None:
    said = {o.check.id: o.message for o in report.outcomes if o.status is Status.FAILED}
    assert "keeps 0.59" in said["dropout.dropout_forward.train"]
    assert "out is wrong" in said["convolution.spatial_groupnorm_forward.values"]


def test_both_mistakes_are_named(report) -> None:
    named = {o.check.function: o.diagnosis for o in report.outcomes if o.diagnosis}
    assert named.keys() == {"dropout_forward", "spatial_groupnorm_forward"}
    assert "normal distribution" in named["dropout_forward"]
    assert "groups are cut" in named["spatial_groupnorm_forward"]


def test_the_logarithm_of_an_underflowed_probability_is_a_note(report) -> None:
    assert [o.check.function for o in report.outcomes if o.notes] == ["softmax_loss"]
    (note,) = {note for o in report.outcomes for note in o.notes}
    assert "log of 0" in note


def test_the_net_with_dropout_is_right_given_a_correct_layer(report) -> None:
    net = [o for o in report.outcomes if o.check.id.startswith("nets.FullyConnectedNet.dropout")]
    assert all(o.status is Status.PASSED for o in net)
    assert any("given a correct dropout_forward" in o.follow_through for o in net)
