# %% [markdown]
# # Batch normalization
#
# Deep nets can be made easier to train in two ways: by a better update rule, such as momentum,
# RMSProp or Adam, or by another architecture. Batch normalization [1] is a change of the second
# kind.
#
# Learning works best on features of mean 0, standard deviation 1 and little correlation. For the
# first layer we can see to that in the preprocessing. The layers behind it see what the layers
# before them make of the data, and that has neither this mean nor this deviation; what is more, it
# moves with every update of the weights. The authors of [1] suspect that this movement slows the
# training down.
#
# So they put a layer into the net that normalizes. In training it shifts and scales every feature
# by the mean and the standard deviation which the feature has in the current minibatch, and keeps
# running averages of both. At test time the running averages take the place of the minibatch, so
# that the result for an image does not depend on the images beside it.
#
# Mean 0 and deviation 1 need not be best for every feature. Therefore each feature has a scale
# $\gamma$ and a shift $\beta$ of its own, which are learned: the layer can undo the normalization
# where that helps.
#
# In this notebook you write this layer and its relative, layer normalization, build both into
# `FullyConnectedNet`, and find out by experiment what they do.
#
# You write code in `cs231n/layers.py` and `cs231n/classifiers/fc_net.py`, and come back here to
# check it. In the notebook itself, change only the answers to the inline questions. Every check
# prints errors and says how large they may be.
#
# [1] Sergey Ioffe and Christian Szegedy, "Batch Normalization: Accelerating Deep Network Training
# by Reducing Internal Covariate Shift", ICML 2015.

# %%
# On Colab: enter the folder of your Drive that holds this notebook, for example
# "courses/assignment2". On your own machine leave it as it is.
FOLDERNAME = None
if FOLDERNAME is not None:
    import sys

    from google.colab import drive

    drive.mount("/content/drive")
    sys.path.append(f"/content/drive/My Drive/{FOLDERNAME}")
    # CIFAR-10 comes to your Drive, unless it is there.
    # %cd /content/drive/My\ Drive/$FOLDERNAME/cs231n/datasets/
    # !bash get_datasets.sh
    # %cd /content/drive/My\ Drive/$FOLDERNAME

# %%
# Setup: imports, plots, automatic reloading of the files that you edit.
import time

import matplotlib.pyplot as plt
import numpy as np

from cs231n.classifiers.fc_net import *
from cs231n.data_utils import get_CIFAR10_data
from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
from cs231n.layers import *
from cs231n.solver import Solver

# %matplotlib inline
plt.rcParams["figure.figsize"] = (10.0, 8.0)  # default size of plots
plt.rcParams["image.interpolation"] = "nearest"
plt.rcParams["image.cmap"] = "gray"

# %load_ext autoreload
# %autoreload 2


def rel_error(x, y):
    """The largest relative error between two arrays, by entries."""
    return np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y)))


def print_mean_std(x, axis=0):
    """Print means and standard deviations along an axis."""
    print(f"  means: {x.mean(axis=axis)}")
    print(f"  stds:  {x.std(axis=axis)}\n")


# %%
# The data: CIFAR-10 if it is in cs231n/datasets, otherwise drawn shapes of the same form.
data = get_CIFAR10_data()
for name, array in data.items():
    print(f"{name}: {array.shape}")

# %% [markdown]
# ## Batch normalization: the forward pass
#
# Write `batchnorm_forward` in `cs231n/layers.py`, first for the mode "train", then for "test". The
# docstring says how the running averages are kept; algorithm 1 of [1] has the rest. The variance
# is the biased one: divide by $N$.
#
# The next two cells look at both modes.

# %%
# Mode "train": means and standard deviations of features before and after the layer.
# The features are the outputs of a small two-layer net on random data.
np.random.seed(231)
N, D1, D2, D3 = 200, 50, 60, 3
X = np.random.randn(N, D1)
W1 = np.random.randn(D1, D2)
W2 = np.random.randn(D2, D3)
a = np.maximum(0, X.dot(W1)).dot(W2)

print("Before batch normalization:")
print_mean_std(a, axis=0)

# Means should be close to 0 and stds close to 1.
gamma, beta = np.ones(D3), np.zeros(D3)
print("After batch normalization (gamma = 1, beta = 0):")
a_norm, _ = batchnorm_forward(a, gamma, beta, {"mode": "train"})
print_mean_std(a_norm, axis=0)

# Means should be close to beta and stds close to gamma.
gamma, beta = np.array([1.0, 2.0, 3.0]), np.array([11.0, 12.0, 13.0])
print(f"After batch normalization (gamma = {gamma}, beta = {beta}):")
a_norm, _ = batchnorm_forward(a, gamma, beta, {"mode": "train"})
print_mean_std(a_norm, axis=0)

# %%
# Mode "test": fifty minibatches warm the running averages up, then comes a new one.
np.random.seed(231)
N, D1, D2, D3 = 200, 50, 60, 3
W1 = np.random.randn(D1, D2)
W2 = np.random.randn(D2, D3)
gamma, beta = np.ones(D3), np.zeros(D3)

bn_param = {"mode": "train"}
for _ in range(50):
    X = np.random.randn(N, D1)
    a = np.maximum(0, X.dot(W1)).dot(W2)
    batchnorm_forward(a, gamma, beta, bn_param)

bn_param["mode"] = "test"
X = np.random.randn(N, D1)
a = np.maximum(0, X.dot(W1)).dot(W2)
a_norm, _ = batchnorm_forward(a, gamma, beta, bn_param)

# Means should be near 0 and stds near 1, but with more noise than in training (about 0.1).
print("After batch normalization (test time):")
print_mean_std(a_norm, axis=0)

# Many wrong averages look right after fifty steps, so here are two steps from the start, by hand.
# All three errors should be below 1e-10.
first, second = 3 * np.random.randn(8, D3) + 5, 2 * np.random.randn(8, D3) - 1
bn_param = {"mode": "train", "momentum": 0.7}
batchnorm_forward(first, gamma, beta, bn_param)
batchnorm_forward(second, gamma, beta, bn_param)
expected_mean = 0.7 * 0.3 * first.mean(axis=0) + 0.3 * second.mean(axis=0)
expected_var = 0.7 * 0.3 * first.var(axis=0) + 0.3 * second.var(axis=0)
print("running_mean error:", rel_error(bn_param["running_mean"], expected_mean))
print("running_var error: ", rel_error(bn_param["running_var"], expected_var))

# At test time an example must not depend on its neighbours.
bn_param["mode"] = "test"
whole, _ = batchnorm_forward(a, gamma, beta, bn_param)
alone, _ = batchnorm_forward(a[:1], gamma, beta, bn_param)
print("alone or with others:", rel_error(whole[:1], alone))

# %% [markdown]
# ## Batch normalization: the backward pass
#
# Now `batchnorm_backward`, in the same file. Draw the forward pass as a graph of simple
# operations and go through it from the end. Some values go into more than one operation (the input
# itself does): the gradients that come back along these branches are added.
#
# Compare it with numeric gradients:

# %%
np.random.seed(231)
N, D = 4, 5
x = 5 * np.random.randn(N, D) + 12
gamma = np.random.randn(D)
beta = np.random.randn(D)
dout = np.random.randn(N, D)

bn_param = {"mode": "train"}
dx_num = eval_numerical_gradient_array(
    lambda x: batchnorm_forward(x, gamma, beta, bn_param)[0], x, dout
)
dgamma_num = eval_numerical_gradient_array(
    lambda gamma: batchnorm_forward(x, gamma, beta, bn_param)[0], gamma, dout
)
dbeta_num = eval_numerical_gradient_array(
    lambda beta: batchnorm_forward(x, gamma, beta, bn_param)[0], beta, dout
)

_, cache = batchnorm_forward(x, gamma, beta, bn_param)
dx, dgamma, dbeta = batchnorm_backward(dout, cache)

# Errors should lie between 1e-13 and 1e-8.
print("dx error:    ", rel_error(dx_num, dx))
print("dgamma error:", rel_error(dgamma_num, dgamma))
print("dbeta error: ", rel_error(dbeta_num, dbeta))

# %% [markdown]
# ## Batch normalization: the backward pass in one formula
#
# A backward pass can also be derived on paper for the layer as a whole. For the sigmoid this gives
# $\sigma(x)\,(1 - \sigma(x))$ in place of a chain of steps. Batch normalization becomes nearly as
# short.
#
# Take one feature, with the values $x_1, \dots, x_N$ in the minibatch. The forward pass computes
#
# $$\mu = \frac{1}{N} \sum_{k=1}^{N} x_k \qquad v = \frac{1}{N} \sum_{k=1}^{N} (x_k - \mu)^2
# \qquad \sigma = \sqrt{v + \epsilon} \qquad y_i = \frac{x_i - \mu}{\sigma}$$
#
# From the upstream gradient $\frac{\partial L}{\partial Y}$ we want
# $\frac{\partial L}{\partial X} = \frac{\partial L}{\partial Y} \cdot
# \frac{\partial Y}{\partial X}$. An entry $x_i$ reaches the loss through every $y_j$:
#
# $$\frac{\partial L}{\partial x_i} = \sum_{j=1}^{N} \frac{\partial L}{\partial y_j} \,
# \frac{\partial y_j}{\partial x_i}$$
#
# Find $\frac{\partial \mu}{\partial x_i}$ and $\frac{\partial v}{\partial x_i}$ first, then
# $\frac{\partial \sigma}{\partial x_i}$, then $\frac{\partial y_j}{\partial x_i}$ with these.
# Simplify at every step, and write as much as you can in terms of $y$ and $\sigma$, which the
# forward pass has anyway. Single entries are easier to think about than matrices.
#
# Write the result into `batchnorm_backward_alt` and compare. Both functions take the same cache.

# %%
np.random.seed(231)
N, D = 100, 500
x = 5 * np.random.randn(N, D) + 12
gamma = np.random.randn(D)
beta = np.random.randn(D)
dout = np.random.randn(N, D)

out, cache = batchnorm_forward(x, gamma, beta, {"mode": "train"})
dx1, dgamma1, dbeta1 = batchnorm_backward(dout, cache)
dx2, dgamma2, dbeta2 = batchnorm_backward_alt(dout, cache)

# The two should agree nearly to the last digit: 1e-9 or less.
print("dx difference:    ", rel_error(dx1, dx2))
print("dgamma difference:", rel_error(dgamma1, dgamma2))
print("dbeta difference: ", rel_error(dbeta1, dbeta2))


def seconds(backward, repeats=30):
    """The shortest of some runs, because other programs disturb the longer ones."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        backward(dout, cache)
        times.append(time.perf_counter() - start)
    return min(times)


# Fewer operations: usually somewhat faster, up to 3 times. How much depends on your first version.
print(f"speedup: {seconds(batchnorm_backward) / seconds(batchnorm_backward_alt):.2f}x")

# %% [markdown]
# ## Other shapes
#
# The layer has to be right in less comfortable places too: where $\epsilon$ is as large as the
# variance, in a minibatch of one example, with settings other than the defaults. The next cell
# tries these with numeric gradients.

# %%
np.random.seed(231)


def gradient_errors(forward, backward, x, param, h=1e-5):
    """Print how far dx, dgamma and dbeta are from numeric gradients, for random gamma and beta."""
    D = x.shape[1]
    gamma, beta, dout = np.random.randn(D), np.random.randn(D), np.random.randn(*x.shape)
    before = [array.copy() for array in (x, gamma, beta, dout)]
    _, cache = forward(x, gamma, beta, dict(param))
    grads = backward(dout, cache)
    unchanged = all(map(np.array_equal, before, (x, gamma, beta, dout)))

    def out(x=x, gamma=gamma, beta=beta):
        return forward(x, gamma, beta, dict(param))[0]

    numeric = (
        eval_numerical_gradient_array(lambda x: out(x=x), x, dout, h),
        eval_numerical_gradient_array(lambda gamma: out(gamma=gamma), gamma, dout, h),
        eval_numerical_gradient_array(lambda beta: out(beta=beta), beta, dout, h),
    )
    for name, grad, num in zip(("dx", "dgamma", "dbeta"), grads, numeric):
        # An entry whose gradient is 0 has no relative error, hence the largest entry below.
        error = np.max(np.abs(grad - num)) / max(np.max(np.abs(num)), 1.0)
        print(f"    {name} error: {error:.1e}, shape {grad.shape} of {num.shape}")
    print(f"    inputs left as they were: {unchanged}")


# The variance is about as large as eps: normalized features have a std of sqrt(v / (v + eps)).
# The difference should be below 1e-10.
x = 3e-3 * np.random.randn(7, 3) + 1
out, _ = batchnorm_forward(x, np.ones(3), np.zeros(3), {"mode": "train"})
v = x.var(axis=0)
print("std where the variance is near eps:", out.std(axis=0))
print("difference:", rel_error(out.std(axis=0), np.sqrt(v / (v + 1e-5))))

# Errors should be about 1e-6 or less, and every last line should say True.
cases = {
    "variance near eps": (x, {"mode": "train"}, 1e-7),
    "eps of your own": (np.random.randn(6, 3), {"mode": "train", "eps": 0.5}, 1e-5),
    "one example": (np.random.randn(1, 4), {"mode": "train"}, 1e-5),
    "one feature": (np.random.randn(5, 1), {"mode": "train"}, 1e-5),
    "more examples than features": (np.random.randn(9, 2) + 3, {"mode": "train"}, 1e-5),
}
for name, (x, param, h) in cases.items():
    for backward in (batchnorm_backward, batchnorm_backward_alt):
        print(f"{name}, {backward.__name__}:")
        gradient_errors(batchnorm_forward, backward, x, param, h)

# %% [markdown]
# ## Fully connected nets with batch normalization
#
# Go back to `FullyConnectedNet` in `cs231n/classifiers/fc_net.py` and put the layer in. If
# `normalization` is "batchnorm", each hidden layer is affine - batch normalization - ReLU. The
# scores at the end are not normalized.
#
# A sandwich layer of your own, like those in `cs231n/layer_utils.py`, may keep the code short.

# %%
np.random.seed(231)
N, D, H1, H2, C = 2, 15, 20, 30, 10
X = np.random.randn(N, D)
y = np.random.randint(C, size=(N,))


def check_net(X, y, normalization, reg):
    """Print the first loss of a small net, and the error of each of its gradients."""
    print(f"{normalization}, {len(X)} examples, reg = {reg}:")
    model = FullyConnectedNet(
        [H1, H2],
        input_dim=D,
        num_classes=C,
        reg=reg,
        weight_scale=5e-2,
        dtype=np.float64,
        normalization=normalization,
    )
    loss, grads = model.loss(X, y)
    print(f"  initial loss: {loss:.4f}")
    for name in sorted(model.params):
        grad_num = eval_numerical_gradient(
            lambda _: model.loss(X, y)[0], model.params[name], verbose=False, h=1e-5
        )
        print(f"  {name} error: {rel_error(grad_num, grads[name]):.1e}")
    return model


# Initial losses: about 2.26 without regularization and 7.0 with it.
# Errors: for W between 1e-4 and 1e-10, for b, beta and gamma between 1e-6 and 1e-10. Two examples
# are normalized to about +1 and -1 whatever W1 is, so that the gradient of W1 is next to nothing
# and its error large.
for reg in [0, 3.14]:
    check_net(X, y, "batchnorm", reg)

# With more examples W1 is put to the test as well: errors of 1e-6 or less. Do not mind b1 and b2:
# normalization takes them out again, their gradients are 0, and of 0 there is no relative error.
X = np.random.randn(8, D)
y = np.random.randint(C, size=(8,))
model = check_net(X, y, "batchnorm", 0.1)

# Without labels the net computes in mode "test": an example does not depend on the others.
# The difference should be below 1e-10.
print("scores alone or with others:", rel_error(model.loss(X)[:1], model.loss(X[:1])))

# %% [markdown]
# ## Deep nets with and without batch normalization
#
# Does it help? We train two nets of six layers on 1000 images, one with batch normalization and
# one without, all else being equal.

# %% result="deep_batchnorm"
np.random.seed(231)
hidden_dims = [100, 100, 100, 100, 100]
weight_scale = 2e-2

num_train = 1000
small_data = {
    "X_train": data["X_train"][:num_train],
    "y_train": data["y_train"][:num_train],
    "X_val": data["X_val"],
    "y_val": data["y_val"],
}

bn_model = FullyConnectedNet(hidden_dims, weight_scale=weight_scale, normalization="batchnorm")
model = FullyConnectedNet(hidden_dims, weight_scale=weight_scale, normalization=None)

print("With batch normalization:")
bn_solver = Solver(
    bn_model,
    small_data,
    num_epochs=10,
    batch_size=50,
    update_rule="adam",
    optim_config={"learning_rate": 1e-3},
    verbose=True,
    print_every=20,
)
bn_solver.train()

print("\nWithout:")
solver = Solver(
    model,
    small_data,
    num_epochs=10,
    batch_size=50,
    update_rule="adam",
    optim_config={"learning_rate": 1e-3},
    verbose=True,
    print_every=20,
)
solver.train()

# %% [markdown]
# The plots should show that the net with batch normalization learns much faster: look at the
# accuracies of the first four or five epochs. (On the drawn shapes, both nets know nearly all of
# the 1000 images by heart in the end.)


# %%
def plot_training_history(
    title, xlabel, baseline, bn_solvers, history, bl_marker=".", bn_marker=".", labels=None
):
    """Draw a history of solvers with normalization, and of one without, into one plot.

    history picks it, for example `lambda solver: solver.loss_history`. labels are batch sizes, the
    first of which is also the baseline's.
    """
    plt.title(title)
    plt.xlabel(xlabel)
    for i, bn_solver in enumerate(bn_solvers):
        label = "with norm" if labels is None else f"with norm, batch size {labels[i]}"
        plt.plot(history(bn_solver), bn_marker, label=label)
    label = "baseline" if labels is None else f"baseline, batch size {labels[0]}"
    plt.plot(history(baseline), bl_marker, label=label)
    plt.legend(loc="best")


plt.figure(figsize=(12, 14))
plt.subplot(3, 1, 1)
plot_training_history("Training loss", "Iteration", solver, [bn_solver], lambda s: s.loss_history)
plt.subplot(3, 1, 2)
plot_training_history(
    "Training accuracy", "Epoch", solver, [bn_solver], lambda s: s.train_acc_history, "-o", "-o"
)
plt.subplot(3, 1, 3)
plot_training_history(
    "Validation accuracy", "Epoch", solver, [bn_solver], lambda s: s.val_acc_history, "-o", "-o"
)
plt.tight_layout()
plt.show()

# %% [markdown]
# ## Batch normalization and the scale of the weights
#
# The next experiment varies the standard deviation of the initial weights, from $10^{-4}$ to 1. At
# each of seven scales, nets of eight layers are trained with and without batch normalization. It
# takes about a quarter of a minute. At the largest scales, warnings about overflow are no fault of
# yours: scores in the millions are part of the result.
#
# The cell after it plots, over the scale, the best accuracies and the training loss (the mean of
# the last 100 steps).

# %% result="weight_scales"
np.random.seed(231)
hidden_dims = [50, 50, 50, 50, 50, 50, 50]

num_train = 1000
small_data = {
    "X_train": data["X_train"][:num_train],
    "y_train": data["y_train"][:num_train],
    "X_val": data["X_val"],
    "y_val": data["y_val"],
}

bn_solvers_ws = {}
solvers_ws = {}
weight_scales = np.logspace(-4, 0, num=7)
for i, weight_scale in enumerate(weight_scales):
    print(f"Weight scale {weight_scale:.1e} ({i + 1} of {len(weight_scales)})")
    for normalization, solvers in (("batchnorm", bn_solvers_ws), (None, solvers_ws)):
        solvers[weight_scale] = Solver(
            FullyConnectedNet(hidden_dims, weight_scale=weight_scale, normalization=normalization),
            small_data,
            num_epochs=10,
            batch_size=50,
            update_rule="adam",
            optim_config={"learning_rate": 1e-3},
            verbose=False,
        )
        solvers[weight_scale].train()

# %%
plots = {
    "Best validation accuracy": lambda s: max(s.val_acc_history),
    "Best training accuracy": lambda s: max(s.train_acc_history),
    "Final training loss": lambda s: np.mean(s.loss_history[-100:]),
}
plt.figure(figsize=(12, 14))
for i, (title, value) in enumerate(plots.items()):
    plt.subplot(3, 1, i + 1)
    plt.title(f"{title} and scale of the initial weights")
    plt.xlabel("Scale of the initial weights")
    plt.ylabel(title)
    for label, solvers in (("baseline", solvers_ws), ("batchnorm", bn_solvers_ws)):
        plt.semilogx(weight_scales, [value(solvers[ws]) for ws in weight_scales], "-o", label=label)
    plt.legend()
plt.ylim(0.0, 4.0)  # the loss: 2.3 is that of guessing
plt.tight_layout()
plt.show()

# %% [markdown]
# ## Inline question 1
#
# What does the experiment show? How does the scale of the initial weights change the results with
# batch normalization, how without, and where does the difference come from?
#
# ### Answer
#
# ### BEGIN SOLUTION
# Without normalization the net learns only in a narrow range of scales, here around 0.05. Each layer multiplies activations and gradients by a factor proportional to the scale; many
# such factors in a row make them vanish below this range (the loss stays at 2.3, that of guessing)
# and explode above it (losses in the thousands and millions, hardly any validation accuracy). With
# batch normalization the net learns from the smallest scale on, since each factor is divided out
# again at once, $BN(aWx) = BN(Wx)$, and the loss stays moderate everywhere. There are limits: at
# the smallest scales $\epsilon$ is not small beside the variances, which costs some accuracy, and
# at the largest the accuracy is as bad as without, because steps of a given size hardly turn
# large weights, and the scores, which are not normalized, start far from 0.
# ### END SOLUTION

# %% [markdown]
# ## Batch normalization and the batch size
#
# The statistics come from the minibatch, so its size should matter. The next cell trains six-layer
# nets with batch normalization at three batch sizes, and one net without, at the smallest of the
# three. All see the same number of epochs, hence not the same number of updates. It takes about
# ten seconds.


# %%
def run_batchsize_experiments(normalization_mode):
    """Train nets with a normalization at several batch sizes, and one net without.

    Returns:
        the solvers with normalization, the solver without, and the batch sizes.
    """
    np.random.seed(231)
    hidden_dims = [100, 100, 100, 100, 100]
    num_train = 500
    small_data = {
        "X_train": data["X_train"][:num_train],
        "y_train": data["y_train"][:num_train],
        "X_val": data["X_val"],
        "y_val": data["y_val"],
    }
    batch_sizes = [5, 10, 50]

    def train(normalization, batch_size):
        print(f"normalization: {normalization}, batch size: {batch_size}")
        solver = Solver(
            FullyConnectedNet(hidden_dims, weight_scale=2e-2, normalization=normalization),
            small_data,
            num_epochs=10,
            batch_size=batch_size,
            update_rule="adam",
            optim_config={"learning_rate": 10**-3.5},
            verbose=False,
        )
        solver.train()
        return solver

    solver_bsize = train(None, batch_sizes[0])
    bn_solvers = [train(normalization_mode, batch_size) for batch_size in batch_sizes]
    return bn_solvers, solver_bsize, batch_sizes


bn_solvers_bsize, solver_bsize, batch_sizes = run_batchsize_experiments("batchnorm")


# %%
def plot_batchsize_experiments(kind, solvers_bsize):
    """Training and validation accuracies over the epochs, for all batch sizes."""
    histories = {
        "Training accuracy": lambda s: s.train_acc_history,
        "Validation accuracy": lambda s: s.val_acc_history,
    }
    plt.figure(figsize=(12, 10))
    for i, (title, history) in enumerate(histories.items()):
        plt.subplot(2, 1, i + 1)
        plot_training_history(
            f"{title} ({kind})",
            "Epoch",
            solver_bsize,
            solvers_bsize,
            history,
            bl_marker="-^",
            bn_marker="-o",
            labels=batch_sizes,
        )
    plt.tight_layout()
    plt.show()


plot_batchsize_experiments("batch normalization", bn_solvers_bsize)

# %% [markdown]
# ## Inline question 2
#
# What does this experiment show about batch normalization and the batch size, and why is it so?
#
# ### Answer
#
# ### BEGIN SOLUTION
# The smaller the minibatch, the worse batch normalization trains: with 5 examples the training
# accuracy lags behind all others, even behind the net without normalization, which had the same
# number of updates; with 10 it catches up, and with 50 it is as good, after a tenth of the updates.
# Mean and variance of five examples are poor estimates and change from step to step with the
# examples that happen to be drawn; each layer adds such noise, and the running averages of test
# time fit what the net saw in training less well. So batch normalization needs minibatches large
# enough for its estimates. (The validation accuracy does not follow this order here: a batch size
# of 50 means the fewest updates in ten epochs, which costs layer normalization as much, see below.)
# ### END SOLUTION

# %% [markdown]
# ## Layer normalization
#
# Large nets may leave memory for only a few images at a time, and then batch normalization suffers
# from the small minibatches. Several other normalizations avoid this. One is layer normalization
# [2]: it computes mean and variance not for each feature over the minibatch, but for each example
# over its features. The size of the minibatch then plays no part.
#
# [2] Jimmy Lei Ba, Jamie Ryan Kiros and Geoffrey E. Hinton, "Layer Normalization",
# arXiv:1607.06450, 2016.

# %% [markdown]
# ## Inline question 3
#
# Here are four ways to preprocess images. Which of them resembles batch normalization, which
# resembles layer normalization?
#
# 1. In each image, scale every row of pixels by itself, so that all its red, green and blue values
#    add up to 1.
# 2. Scale each image, so that the red, green and blue values of all its pixels add up to 1.
# 3. Compute the mean image of the data set and subtract it from each image.
# 4. Set each red, green or blue value to 1 if it is above a given threshold, and otherwise to 0.
#
# ### Answer
#
# ### BEGIN SOLUTION
# 3 resembles batch normalization: the statistic belongs to one feature (a pixel's color value) and
# is taken over the examples, as with the mean that batch normalization subtracts. 2 resembles layer
# normalization: the statistic belongs to one image and is taken over all its features, whatever
# the other images are. 1 stays within an image too, but takes each row by itself, which is rather
# like group normalization, a relative of layer normalization. 4 is neither: its threshold is not
# computed from the data at all.
# ### END SOLUTION

# %% [markdown]
# ## Layer normalization: the implementation
#
# Most of the work is done, since only the axis changes. There are no running averages, and training
# and test time do not differ.
#
# - Write `layernorm_forward` in `cs231n/layers.py` and run the first cell below.
# - Write `layernorm_backward` there and run the second one. Mind that $\gamma$ and $\beta$ still
#   belong to features: not every sum runs along the axis of the normalization.
# - Let `FullyConnectedNet` put layer normalization before each ReLU if `normalization` is
#   "layernorm", and run the third.

# %%
# Means and standard deviations of examples before and after the layer.
np.random.seed(231)
N, D1, D2, D3 = 4, 50, 60, 3
X = np.random.randn(N, D1)
W1 = np.random.randn(D1, D2)
W2 = np.random.randn(D2, D3)
a = np.maximum(0, X.dot(W1)).dot(W2)

print("Before layer normalization:")
print_mean_std(a, axis=1)

# Means should be close to 0 and stds close to 1.
gamma, beta = np.ones(D3), np.zeros(D3)
print("After layer normalization (gamma = 1, beta = 0):")
a_norm, _ = layernorm_forward(a, gamma, beta, {})
print_mean_std(a_norm, axis=1)

# Means should be close to 5 and stds close to 3.
gamma, beta = np.array([3.0, 3.0, 3.0]), np.array([5.0, 5.0, 5.0])
print(f"After layer normalization (gamma = {gamma}, beta = {beta}):")
a_norm, _ = layernorm_forward(a, gamma, beta, {})
print_mean_std(a_norm, axis=1)

# Scale and shift belong to features: the difference should be below 1e-10.
scale, shift = np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.0, 1.0])
a_hat, _ = layernorm_forward(a, np.ones(D3), np.zeros(D3), {})
a_norm, _ = layernorm_forward(a, scale, shift, {})
print("different gamma and beta:", rel_error(a_norm, a_hat * scale + shift))

# %%
# Errors should lie between 1e-12 and 1e-8.
np.random.seed(231)
N, D = 4, 5
x = 5 * np.random.randn(N, D) + 12
gamma = np.random.randn(D)
beta = np.random.randn(D)
dout = np.random.randn(N, D)

ln_param = {}
dx_num = eval_numerical_gradient_array(
    lambda x: layernorm_forward(x, gamma, beta, ln_param)[0], x, dout
)
dgamma_num = eval_numerical_gradient_array(
    lambda gamma: layernorm_forward(x, gamma, beta, ln_param)[0], gamma, dout
)
dbeta_num = eval_numerical_gradient_array(
    lambda beta: layernorm_forward(x, gamma, beta, ln_param)[0], beta, dout
)

_, cache = layernorm_forward(x, gamma, beta, ln_param)
dx, dgamma, dbeta = layernorm_backward(dout, cache)
print("dx error:    ", rel_error(dx_num, dx))
print("dgamma error:", rel_error(dgamma_num, dgamma))
print("dbeta error: ", rel_error(dbeta_num, dbeta))

# Other shapes. Errors should be about 1e-6 or less, and every last line should say True.
cases = {
    "one example": (np.random.randn(1, 6), {}, 1e-5),
    "one feature": (np.random.randn(5, 1), {}, 1e-5),
    "as many examples as features": (np.random.randn(4, 4) - 2, {}, 1e-5),
    "variance near eps": (3e-3 * np.random.randn(3, 7) + 1, {}, 1e-7),
    "eps of your own": (np.random.randn(3, 6), {"eps": 0.5}, 1e-5),
}
for name, (x, param, h) in cases.items():
    print(f"{name}:")
    gradient_errors(layernorm_forward, layernorm_backward, x, param, h)

# %%
# The net with layer normalization: errors of 1e-6 or less. The biases do have an effect here.
np.random.seed(231)
N, D, H1, H2, C = 4, 15, 20, 30, 10
X = np.random.randn(N, D)
y = np.random.randint(C, size=(N,))
for reg in [0, 3.14]:
    check_net(X, y, "layernorm", reg)

# %% [markdown]
# ## Layer normalization and the batch size
#
# The same experiment once more, with layer normalization. Now the batch size should make much less
# of a difference to the training accuracy.

# %% result="layernorm_batch_size"
ln_solvers_bsize, solver_bsize, batch_sizes = run_batchsize_experiments("layernorm")

# %%
plot_batchsize_experiments("layer normalization", ln_solvers_bsize)

# %% [markdown]
# ## Inline question 4
#
# Under which of these conditions will layer normalization probably not work well, and why?
#
# 1. The net is very deep.
# 2. There are very few features.
# 3. The regularization is strong.
#
# ### Answer
#
# ### BEGIN SOLUTION
# Condition 2. Mean and variance are taken over the features of one example, and of a few values
# they are poor estimates that erase most of the information: two features become about +1 and -1,
# and only their order is left; a single one becomes 0. (With 3 features a layer, nets here learned
# less with layer normalization than without; with 100, more.) Depth does not make the statistics
# of a layer any worse, though layer normalization alone does not make every very deep net
# trainable. Strong regularization shrinks the weights, but a factor common to all weights of a
# layer has no effect behind its normalization; a net without suffers more from it.
# ### END SOLUTION
