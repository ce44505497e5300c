"""Training: the loop of minibatches, updates and accuracies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import optim
from .devices import device_of, move, to_device

Array: TypeAlias = NDArray[Any]
Config: TypeAlias = dict[str, Any]
UpdateRule: TypeAlias = Callable[[Array, Array, Config], tuple[Array, Config]]

DATA = ("X_train", "y_train", "X_val", "y_val")


class Model(Protocol):
    """What the Solver asks of a model."""

    @property
    def params(self) -> MutableMapping[str, Array]:
        """Parameters by name. The Solver replaces them, entry by entry."""

    def loss(self, X: Array, y: Array | None = None) -> Any:
        """Without labels: scores (N, C). With labels (N,): (loss, gradients by name)."""


class Solver:
    """Trains a model with stochastic gradient descent of some kind.

        data = {"X_train": ..., "y_train": ..., "X_val": ..., "y_val": ...}
        model = FullyConnectedNet([100, 100])
        solver = Solver(model, data, update_rule="sgd_momentum",
                        optim_config={"learning_rate": 1e-3}, num_epochs=10, batch_size=100)
        solver.train()

    Afterwards the model holds the parameters with the best validation accuracy, and the solver
    the history of the training:

        loss_history: the loss of every minibatch.
        train_acc_history, val_acc_history: accuracies before the second step, after each epoch,
            and after the last step (which ends an epoch, so it is not there twice).
        best_val_acc, best_params: the best validation accuracy, and a copy of its parameters.
        epoch: how many epochs are done.

    Minibatches and samples are drawn with `np.random`: seed it for the same history again.
    """

    def __init__(
        self,
        model: Model,
        data: Mapping[str, Array],
        *,
        update_rule: str | UpdateRule = "sgd",
        optim_config: Mapping[str, Any] | None = None,
        lr_decay: float = 1.0,
        batch_size: int = 100,
        num_epochs: int = 10,
        num_train_samples: int | None = 1000,
        num_val_samples: int | None = None,
        checkpoint_name: str | None = None,
        print_every: int = 10,
        verbose: bool = True,
        device: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Prepare a training; nothing runs yet.

        Args:
            model: `model.params` and `model.loss(X, y=None)`, as in `Model` above.
            data: "X_train" (N, ...), "y_train" (N,), "X_val" (M, ...), "y_val" (M,).
            update_rule: the name of a rule in optim.py, or a function of the same signature.
            optim_config: hyper-parameters for the rule; each parameter gets a dictionary of its
                own, so that the rule can remember things in it.
            lr_decay: the learning rate is multiplied by this after each epoch.
            batch_size: images of a minibatch, drawn with replacement.
            num_epochs: how many epochs to train; one is N // batch_size steps, at least one.
            num_train_samples: how many training images, drawn anew each time, measure the
                training accuracy; None takes all.
            num_val_samples: the same for the validation accuracy.
            checkpoint_name: if given, each epoch writes `{checkpoint_name}_epoch_{n}.npz`.
            print_every: how many steps lie between two printed losses.
            verbose: print losses and accuracies.
            device: "cuda" trains on a GPU, with CuPy; None where the training images already are.
                The model comes back to where it was when the training ends.
            kwargs: must be empty; collected to name them all.

        Raises:
            ValueError: an argument is unknown, data lacks a part, or there is no such rule.
            RuntimeError: "cuda" without CuPy, or without a GPU.
        """
        if kwargs:
            raise ValueError(f"Unknown arguments of Solver: {', '.join(sorted(kwargs))}.")
        missing = [part for part in DATA if part not in data]
        if missing:
            raise ValueError(f"The data of Solver lack {', '.join(missing)}.")
        rule: Any = update_rule
        if isinstance(update_rule, str):
            rule = getattr(optim, update_rule, None)
            if update_rule.startswith("_") or not callable(rule):
                raise ValueError(f"There is no update rule {update_rule!r} in optim.py.")
        self.model = model
        self.device = device_of(data["X_train"]) if device is None else device
        self.X_train, self.y_train, self.X_val, self.y_val = (
            to_device(data[part], self.device) for part in DATA
        )
        self.update_rule: UpdateRule = rule
        self.optim_config = dict(optim_config or {})
        self.lr_decay = lr_decay
        self.batch_size = batch_size
        self.num_epochs = num_epochs
        self.num_train_samples = num_train_samples
        self.num_val_samples = num_val_samples
        self.checkpoint_name = checkpoint_name
        self.print_every = print_every
        self.verbose = verbose
        self._reset()

    def _reset(self) -> None:
        """Forget the history and what the update rule remembered; the model stays as it is."""
        self.epoch = 0
        self.best_val_acc = 0.0
        self.best_params: dict[str, Array] = {}
        self.loss_history: list[float] = []
        self.train_acc_history: list[float] = []
        self.val_acc_history: list[float] = []
        self.optim_configs: dict[str, Config] = {p: dict(self.optim_config) for p in self._names()}

    def _names(self) -> list[str]:
        return list(self.model.params)

    def _where(self) -> str:
        """The device that the model is on."""
        return next((device_of(self.model.params[p]) for p in self._names()), "cpu")

    def _step(self) -> None:
        """One minibatch: loss, gradients, and an update of every parameter."""
        batch = np.random.choice(self.X_train.shape[0], self.batch_size)
        loss, grads = self.model.loss(self.X_train[batch], self.y_train[batch])
        self.loss_history.append(loss)
        for p in self._names():
            w, config = self.update_rule(self.model.params[p], grads[p], self.optim_configs[p])
            self.model.params[p], self.optim_configs[p] = w, config

    def check_accuracy(
        self, X: Array, y: Array, num_samples: int | None = None, batch_size: int = 100
    ) -> float:
        """The share of images that the model classifies rightly.

        Args:
            X: images (N, ...), N at least 1.
            y: labels (N,).
            num_samples: draw this many of the images, with replacement; None, or a number not
                below N, takes all.
            batch_size: how many images go through the model at a time, to save memory.
        """
        where = self._where()
        N, sample = len(X), None
        if num_samples is not None and num_samples < N:
            N, sample = num_samples, np.random.choice(N, num_samples)
        correct = 0
        for start in range(0, N, batch_size):
            # A slice is no copy, and of a sample only one batch is copied at a time.
            batch: Any = slice(start, start + batch_size)
            if sample is not None:
                batch = sample[batch]
            scores = self.model.loss(to_device(X[batch], where))
            predicted = to_device(np.argmax(scores, axis=1), "cpu")
            correct += int(np.sum(predicted == to_device(y[batch], "cpu")))
        return correct / N

    def train(self) -> None:
        """Train for num_epochs epochs; then give the model the best parameters."""
        home = self._where()
        if home == self.device:
            self._train()
            return
        move(self.model, self.device)
        try:
            self._train()
        finally:  # also when somebody has seen enough, and interrupts
            move(self.model, home)

    def _train(self) -> None:
        steps_per_epoch = max(self.X_train.shape[0] // self.batch_size, 1)
        num_steps = self.num_epochs * steps_per_epoch
        for step in range(num_steps):
            self._step()
            if self.verbose and step % self.print_every == 0:
                print(f"(Iteration {step + 1} / {num_steps}) loss: {self.loss_history[-1]:f}")
            epoch_ends = (step + 1) % steps_per_epoch == 0
            if epoch_ends:
                self.epoch += 1
                for config in self.optim_configs.values():
                    if "learning_rate" in config:  # a rule of one's own may have none
                        config["learning_rate"] *= self.lr_decay
            if epoch_ends or step == 0:
                self._measure()
        for p, w in self.best_params.items():
            # A copy: otherwise the next training, with a rule that works in place, spoils it.
            self.model.params[p] = w.copy()

    def _measure(self) -> None:
        """Accuracies, the best parameters so far, and a checkpoint."""
        train_acc = self.check_accuracy(self.X_train, self.y_train, self.num_train_samples)
        val_acc = self.check_accuracy(self.X_val, self.y_val, self.num_val_samples)
        self.train_acc_history.append(train_acc)
        self.val_acc_history.append(val_acc)
        self._save_checkpoint()
        if self.verbose:
            print(
                f"(Epoch {self.epoch} / {self.num_epochs}) "
                f"train acc: {train_acc:f}; val_acc: {val_acc:f}"
            )
        if not self.best_params or val_acc > self.best_val_acc:
            self.best_val_acc = val_acc
            self.best_params = {p: np.copy(self.model.params[p]) for p in self._names()}

    def _save_checkpoint(self) -> None:
        """Write `{checkpoint_name}_epoch_{n}.npz`, for `np.load`: arrays only, no pickles.

        Contents: "param/W1" and so on, the parameters; "optim/W1/velocity" and so on, what the
        update rule holds for each; "epoch", "loss_history", "train_acc_history",
        "val_acc_history".
        """
        if self.checkpoint_name is None:
            return
        content: dict[str, Any] = {
            "epoch": self.epoch,
            "loss_history": self.loss_history,
            "train_acc_history": self.train_acc_history,
            "val_acc_history": self.val_acc_history,
        }
        for p in self._names():
            content[f"param/{p}"] = self.model.params[p]
            content |= {f"optim/{p}/{key}": v for key, v in self.optim_configs[p].items()}
        name = f"{self.checkpoint_name}_epoch_{self.epoch}.npz"
        if self.verbose:
            print(f"Saving checkpoint to {name}")
        np.savez(name, **to_device(content, "cpu"))
