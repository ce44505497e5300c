"""The Solver on models small enough to know every number beforehand."""

import re
from collections.abc import MutableMapping

import numpy as np
import pytest

from reference import optim
from reference.solver import Solver


@pytest.fixture(autouse=True)
def seeded():
    np.random.seed(231)


class Linear:
    """Squared distance of x @ W from one-hot labels; records what it is called with."""

    def __init__(self, D=3, C=2):
        self.params = {"W": np.zeros((D, C)), "b": np.zeros(C)}
        self.batches = []

    def loss(self, X, y=None):
        self.batches.append((len(X), y is not None))
        scores = X @ self.params["W"] + self.params["b"]
        if y is None:
            return scores
        off = scores - np.eye(scores.shape[1])[y]
        return np.mean(off**2), {"W": X.T @ off / len(X), "b": off.mean(axis=0)}


class Script:
    """A model whose accuracy goes through a given list, whatever the data are.

    Its only parameter counts the steps; label 0 is always right, label 1 always wrong.
    """

    def __init__(self, accuracies):
        self.params = {"step": np.zeros(1)}
        self.accuracies = accuracies

    def loss(self, X, y=None):
        if y is not None:
            return 1.0, {"step": np.ones(1)}
        right = round(self.accuracies[int(self.params["step"][0]) - 1] * len(X))
        return np.eye(2)[(np.arange(len(X)) >= right).astype(int)]


def count_up(w, dw, config):
    return w + dw, config


def data(num=40, num_val=20, D=3):
    rng = np.random.default_rng(0)
    X, X_val = rng.normal(size=(num, D)), rng.normal(size=(num_val, D))
    return {
        "X_train": X,
        "y_train": (X[:, 0] > 0).astype(int),
        "X_val": X_val,
        "y_val": (X_val[:, 0] > 0).astype(int),
    }


def zeros(num=40, num_val=20):
    return {
        "X_train": np.zeros((num, 1)),
        "y_train": np.zeros(num, dtype=int),
        "X_val": np.zeros((num_val, 1)),
        "y_val": np.zeros(num_val, dtype=int),
    }


def test_training_learns_and_keeps_the_history():
    model = Linear()
    solver = Solver(
        model,
        data(),
        optim_config={"learning_rate": 0.5},
        batch_size=10,
        num_epochs=8,
        verbose=False,
    )
    solver.train()
    assert len(solver.loss_history) == 8 * 4
    assert len(solver.train_acc_history) == len(solver.val_acc_history) == 1 + 8
    assert solver.epoch == 8
    assert solver.loss_history[-1] < solver.loss_history[0] / 2
    assert solver.best_val_acc == max(solver.val_acc_history) >= 0.8
    assert solver.check_accuracy(solver.X_val, solver.y_val) == solver.best_val_acc


def test_sgd_steps_are_those_of_the_equation_on_numpys_draws():
    d, model = data(), Linear()
    np.random.seed(5)
    Solver(
        model,
        d,
        optim_config={"learning_rate": 0.1},
        batch_size=10,
        num_epochs=1,
        num_train_samples=7,
        num_val_samples=6,
        verbose=False,
    ).train()

    np.random.seed(5)
    twin, history = Linear(), []
    for step in range(4):
        batch = np.random.choice(40, 10)
        _, grads = twin.loss(d["X_train"][batch], d["y_train"][batch])
        for name in twin.params:
            twin.params[name] = twin.params[name] - 0.1 * grads[name]
        if step in {0, 3}:  # then accuracies are measured, training images first
            for part, num in (("train", 7), ("val", 6)):
                sample = np.random.choice(len(d[f"X_{part}"]), num)
                scores = twin.loss(d[f"X_{part}"][sample])
                accuracy = np.mean(scores.argmax(axis=1) == d[f"y_{part}"][sample])
            history.append((accuracy, {k: v.copy() for k, v in twin.params.items()}))
    best = max(history, key=lambda entry: entry[0])[1]
    for name in best:
        np.testing.assert_allclose(model.params[name], best[name], rtol=1e-12)


def test_progress_is_printed_as_in_the_notebooks(capsys):
    model = Script([0.25, 0.25, 0.5, 0.75, 1.0, 1.0])
    solver = Solver(
        model, zeros(), update_rule=count_up, batch_size=20, num_epochs=3, print_every=4
    )
    solver.train()
    assert capsys.readouterr().out.splitlines() == [
        "(Iteration 1 / 6) loss: 1.000000",
        "(Epoch 0 / 3) train acc: 0.250000; val_acc: 0.250000",
        "(Epoch 1 / 3) train acc: 0.250000; val_acc: 0.250000",
        "(Epoch 2 / 3) train acc: 0.750000; val_acc: 0.750000",
        "(Iteration 5 / 6) loss: 1.000000",
        "(Epoch 3 / 3) train acc: 1.000000; val_acc: 1.000000",
    ]


def test_quiet_training_prints_nothing(capsys):
    Solver(Linear(), data(), num_epochs=1, verbose=False).train()
    assert capsys.readouterr().out == ""


def test_a_set_smaller_than_a_batch_is_one_step_an_epoch():
    solver = Solver(Linear(), data(num=5), batch_size=100, num_epochs=3, verbose=False)
    solver.train()
    assert len(solver.loss_history) == 3
    # The first step ends the first epoch: measured once.
    assert len(solver.val_acc_history) == 3


def test_no_epochs_leave_the_model_alone():
    model = Linear()
    Solver(model, data(), num_epochs=0, verbose=False).train()
    assert set(model.params) == {"W", "b"}
    assert not model.params["W"].any()
    assert model.batches == []


def test_the_best_parameters_come_back_at_the_end():
    model = Script([0.5, 1.0, 0.5, 0.0])
    solver = Solver(
        model, zeros(), update_rule=count_up, batch_size=40, num_epochs=4, verbose=False
    )
    solver.train()
    assert solver.val_acc_history == [0.5, 1.0, 0.5, 0.0]
    assert solver.best_val_acc == 1.0
    assert model.params["step"].tolist() == [2.0]


def test_the_first_of_equally_good_parameters_is_kept():
    model = Script([0.5, 0.5, 0.5])
    Solver(model, zeros(), update_rule=count_up, batch_size=40, num_epochs=3, verbose=False).train()
    assert model.params["step"].tolist() == [1.0]


def test_a_model_that_is_never_right_keeps_parameters():
    model = Script([0.0, 0.0])
    solver = Solver(
        model, zeros(), update_rule=count_up, batch_size=40, num_epochs=2, verbose=False
    )
    solver.train()
    assert solver.best_val_acc == 0
    assert model.params["step"].tolist() == [1.0]


def test_a_rule_that_works_in_place_does_not_spoil_the_best_parameters():
    def in_place(w, dw, config):
        w += dw
        return w, config

    model = Script([0.5, 1.0, 0.0, 0.0, 0.0, 0.0])
    solver = Solver(
        model, zeros(), update_rule=in_place, batch_size=40, num_epochs=3, verbose=False
    )
    solver.train()
    assert solver.best_params["step"].tolist() == [2.0]
    model.params["step"] += 100
    assert solver.best_params["step"].tolist() == [2.0]


def test_the_learning_rate_decays_after_each_epoch():
    seen = []

    def rule(w, dw, config):
        seen.append(config["learning_rate"])
        return w, config

    solver = Solver(
        Script([0.0]),
        zeros(),
        update_rule=rule,
        optim_config={"learning_rate": 8.0},
        lr_decay=0.5,
        batch_size=20,
        num_epochs=3,
        verbose=False,
    )
    solver.train()
    assert seen == [8, 8, 4, 4, 2, 2]


def test_each_parameter_has_a_config_of_its_own_and_it_is_handed_on():
    def rule(w, dw, config):
        assert config.setdefault("shape", w.shape) == w.shape
        return w, {**config, "calls": config.get("calls", 0) + 1}

    given = {"note": 1}
    solver = Solver(
        Linear(),
        data(),
        update_rule=rule,
        optim_config=given,
        batch_size=20,
        num_epochs=2,
        lr_decay=0.5,
        verbose=False,
    )
    solver.train()
    assert solver.optim_configs == {
        "W": {"note": 1, "shape": (3, 2), "calls": 4},
        "b": {"note": 1, "shape": (2,), "calls": 4},
    }
    assert given == {"note": 1}


@pytest.mark.parametrize("rule", ["sgd", "sgd_momentum", "rmsprop", "adam"])
def test_rules_are_found_by_name(rule):
    solver = Solver(Linear(), data(), update_rule=rule, num_epochs=1, verbose=False)
    assert solver.update_rule is getattr(optim, rule)
    solver.train()
    assert np.isfinite(solver.loss_history).all()


@pytest.mark.parametrize("rule", ["sgdd", "__name__", "__import__"])
def test_unknown_rules_are_refused(rule):
    with pytest.raises(ValueError, match=f"no update rule '{rule}'"):
        Solver(Linear(), data(), update_rule=rule)


def test_unknown_arguments_are_named():
    with pytest.raises(ValueError, match="Unknown arguments of Solver: epochs, lr"):
        Solver(Linear(), data(), lr=1, epochs=2, verbose=False)


def test_missing_data_are_named():
    parts = data()
    del parts["y_train"], parts["X_val"]
    with pytest.raises(ValueError, match="lack y_train, X_val"):
        Solver(Linear(), parts)


def test_accuracy_counts_the_last_incomplete_batch():
    d, model = data(), Linear()
    model.params["W"][0] = [-1, 1]
    solver = Solver(model, d, verbose=False)
    d["y_train"][37:] = 1 - d["y_train"][37:]
    assert solver.check_accuracy(d["X_train"], d["y_train"], batch_size=7) == 37 / 40
    assert [size for size, _ in model.batches] == [7, 7, 7, 7, 7, 5]
    assert not any(labelled for _, labelled in model.batches)


@pytest.mark.parametrize(("num_samples", "images"), [(None, 40), (15, 15), (40, 40), (90, 40)])
def test_accuracy_on_a_sample(num_samples, images):
    d, model = data(), Linear()
    solver = Solver(model, d, verbose=False)
    np.random.seed(1)
    state = np.random.get_state()[2]
    accuracy = solver.check_accuracy(d["X_train"], 0 * d["y_train"], num_samples, batch_size=64)
    assert accuracy == 1  # equal scores: class 0
    assert [size for size, _ in model.batches] == [images]
    # All images need no draw: histories stay comparable.
    assert (np.random.get_state()[2] == state) is (images == 40)


class Remote(MutableMapping):
    """Parameters that live elsewhere: every read is a copy, and only assignment changes them."""

    def __init__(self, values):
        self.values = values

    def __getitem__(self, name):
        return self.values[name].copy()

    def __setitem__(self, name, value):
        if name not in self.values:
            raise KeyError(name)
        self.values[name] = value.copy()

    def __delitem__(self, name):
        raise AssertionError

    def __iter__(self):
        return iter(self.values)

    def __len__(self):
        return len(self.values)


class Distant:
    """As the grader's stand-in for a student's net: params cannot be replaced as a whole."""

    def __init__(self):
        self.near = Linear()
        self.far = Remote(self.near.params)

    @property
    def params(self):
        return self.far

    def loss(self, X, y=None):
        return self.near.loss(X, y)


def test_parameters_are_only_a_mapping():
    models = Linear(), Distant()
    for model in models:
        np.random.seed(0)
        Solver(
            model, data(), update_rule="adam", num_epochs=5, batch_size=10, verbose=False
        ).train()
    for name, value in models[0].params.items():
        assert np.array_equal(models[1].params[name], value)
        assert value.any()


def test_checkpoints_hold_arrays_and_the_history(tmp_path, capsys):
    name = str(tmp_path / "run.1")
    model, last = Linear(), {}

    def rule(w, dw, config):
        w, config = optim.sgd_momentum(w, dw, config)
        last["W" if w.ndim == 2 else "b"] = w
        return w, config

    solver = Solver(
        model,
        data(),
        update_rule=rule,
        num_epochs=2,
        batch_size=20,
        checkpoint_name=name,
        print_every=100,
    )
    solver.train()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == [f"run.1_epoch_{n}.npz" for n in range(3)]
    assert len(re.findall("Saving checkpoint to ", capsys.readouterr().out)) == 3
    with np.load(f"{name}_epoch_2.npz", allow_pickle=False) as saved:
        content = {key: saved[key] for key in saved.files}
    assert content["epoch"] == 2
    assert content["loss_history"].tolist() == solver.loss_history
    assert content["val_acc_history"].tolist() == solver.val_acc_history
    assert content["train_acc_history"].tolist() == solver.train_acc_history
    assert {key for key in content if key.startswith("param/")} == {"param/W", "param/b"}
    velocity = solver.optim_configs["W"]["velocity"]
    assert np.array_equal(content["optim/W/velocity"], velocity)
    assert content["optim/b/momentum"] == 0.9
    assert np.array_equal(content["param/W"], last["W"])


def test_a_seed_gives_the_same_history_again():
    def run():
        np.random.seed(3)
        solver = Solver(Linear(), data(), num_epochs=3, batch_size=10, verbose=False)
        solver.train()
        return solver.loss_history

    assert run() == run()
