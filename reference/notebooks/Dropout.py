# %% [markdown]
# # Dropout
#
# Dropout [1] regularizes a network: during training, each unit of a hidden layer is left out of a
# step with some probability, so that no unit can rely on particular others to be there. You will
# write the layer, put it into your fully connected network, and see what it does on few images.
#
# Your code goes into `cs231n/layers.py` and `cs231n/classifiers/fc_net.py`; in this notebook you
# only answer the inline questions. The network must already work without dropout
# (`FullyConnectedNets.ipynb`), and the last experiment needs your `adam`.
#
# [1] Geoffrey Hinton, Nitish Srivastava, Alex Krizhevsky, Ilya Sutskever and Ruslan Salakhutdinov,
# "Improving neural networks by preventing co-adaptation of feature detectors", arXiv:1207.0580,
# 2012.

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
plt.rcParams["figure.figsize"] = (10.0, 8.0)
plt.rcParams["image.interpolation"] = "nearest"
plt.rcParams["image.cmap"] = "gray"

# %load_ext autoreload
# %autoreload 2


def rel_error(x, y):
    """The largest relative error between the entries of two arrays: 0 to 1."""
    return np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y)))


# %%
# The images: CIFAR-10 where it is there, otherwise the embedded set of drawn shapes.
data = get_CIFAR10_data()
for name, array in data.items():
    print(f"{name}: {array.shape}")

# %% [markdown]
# ## Forward pass
#
# Complete `dropout_forward` in `cs231n/layers.py`, for both modes. Here $p$ is the probability to
# **keep** a value (papers often mean the opposite):
#
# - in mode "train", $\text{out} = x \odot m$, where each entry of the mask $m$ is $1/p$ with
#   probability $p$, independently of all others, and 0 otherwise;
# - in mode "test", $\text{out} = x$.
#
# This form is called inverted dropout. Because of the division by $p$ the expected output of the
# training is the input, and nothing is left to do at test time.

# %%
np.random.seed(231)
x = np.random.randn(500, 500) + 10

for p in [0.25, 0.4, 0.7]:
    out, _ = dropout_forward(x, {"mode": "train", "p": p})
    out_test, _ = dropout_forward(x, {"mode": "test", "p": p})
    kept = out != 0

    print("Running tests with p =", p)
    # Both means of outputs should be close to the mean of the input: within 0.1 in mode "train",
    # and exactly in mode "test".
    print("Mean of input:", x.mean())
    print("Mean of train-time output:", out.mean())
    print("Mean of test-time output:", out_test.mean())
    print(f"Fraction of train-time output set to zero (about {1 - p:.2f}):", (out == 0).mean())
    print("Fraction of test-time output set to zero (0.0):", (out_test == 0).mean())
    # What is kept is x / p; the error should be around 1e-15 or less.
    print("Error of what is kept:", rel_error(out[kept], x[kept] / p))
    # Each entry has a draw of its own. If all rows or all columns shared one, the standard
    # deviation of their fractions would be 0 or much larger.
    spread = np.sqrt(p * (1 - p) / 500)
    print(f"Deviation among rows (about {spread:.3f}): {kept.mean(axis=1).std():.3f}")
    print(f"Deviation among columns (about {spread:.3f}): {kept.mean(axis=0).std():.3f}")
    print()

# %% [markdown]
# ## Backward pass
#
# Complete `dropout_backward` in `cs231n/layers.py`. A unit that was left out had no effect on the
# loss, so it gets no gradient; think about what the others get.
#
# A numeric gradient calls the forward pass many times, and must meet the same mask each time.
# This is what the seed in `dropout_param` is for.

# %%
np.random.seed(231)
x = np.random.randn(10, 10) + 10
dout = np.random.randn(*x.shape)

dropout_param = {"mode": "train", "p": 0.2, "seed": 123}
out, cache = dropout_forward(x, dropout_param)
dx = dropout_backward(dout, cache)
dx_num = eval_numerical_gradient_array(lambda x: dropout_forward(x, dropout_param)[0], x, dout)

# The error should be around 1e-10 or less.
print("dx relative error:", rel_error(dx_num, dx))

# %% [markdown]
# ## Other shapes
#
# Dropout works on arrays of any shape, since all entries are treated alike, and for every $p$ up
# to 1, which keeps everything. It leaves its input as it is.

# %%
np.random.seed(231)
for shape in [(12,), (4, 5), (2, 3, 4, 5), (1, 1, 2, 3)]:
    for p in [0.3, 0.95, 1]:
        x = np.random.randn(*shape)
        dout = np.random.randn(*shape)
        before = x.copy(), dout.copy()

        dropout_param = {"mode": "train", "p": p, "seed": 123}
        out, cache = dropout_forward(x, dropout_param)
        dx = dropout_backward(dout, cache)
        dx_num = eval_numerical_gradient_array(
            lambda x: dropout_forward(x, dropout_param)[0], x, dout
        )
        same = all(np.array_equal(old, new) for old, new in zip(before, (x, dout)))

        # Errors should be around 1e-9 or less, and about the share p of the entries is kept.
        print(f"x: {shape}, p = {p}: out {out.shape}, kept {np.sum(out != 0)} of {x.size}")
        print("  dx error:", rel_error(dx_num, dx))
        print("  inputs unchanged (should be True):", same)

# With p close to 1 only few values are lost: about 1 in 1000 here.
x = np.random.randn(20, 30, 10, 10)
out, _ = dropout_forward(x, {"mode": "train", "p": 0.999})
print("Fraction set to zero with p = 0.999 (about 0.001):", (out == 0).mean())

# With p = 1 nothing changes, in both modes.
out, _ = dropout_forward(x, {"mode": "train", "p": 1})
out_test, _ = dropout_forward(x, {"mode": "test", "p": 1})
print("Unchanged with p = 1:", np.array_equal(out, x), np.array_equal(out_test, x))

# %% [markdown]
# ## Inline question 1
#
# Suppose that the forward pass in mode "train" set values to 0 with the same probability, but did
# not divide the others by $p$. What would go wrong, and why?
#
# ### Answer
#
# ### BEGIN SOLUTION
# A kept value would pass as $x$, and the expected output would be
# $p \cdot x + (1 - p) \cdot 0 = p\,x$. At test time nothing is left out, so that the next layer
# would get inputs that are larger by the factor $1/p$ on average than those that its weights were
# trained with, and with several layers these factors multiply. Scores would have the wrong size
# and the network would classify worse than it could. Dividing by $p$ makes the expected output $x$
# in both modes (the other way out is to multiply by $p$ at test time).
# ### END SOLUTION

# %% [markdown]
# ## A fully connected network with dropout
#
# Extend `FullyConnectedNet` in `cs231n/classifiers/fc_net.py`: if `dropout_keep_ratio` is not 1,
# dropout follows every ReLU, with `self.dropout_param`. There is none after the last affine layer:
# a score that is 0 by chance would be a wrong score.

# %%
np.random.seed(231)
N, D, H1, H2, C = 2, 15, 20, 30, 10
X = np.random.randn(N, D)
y = np.random.randint(C, size=(N,))

for dropout_keep_ratio in [1, 0.75, 0.5]:
    print("Running check with dropout_keep_ratio =", dropout_keep_ratio)
    model = FullyConnectedNet(
        [H1, H2],
        input_dim=D,
        num_classes=C,
        weight_scale=5e-2,
        dtype=np.float64,
        dropout_keep_ratio=dropout_keep_ratio,
        seed=123,
    )
    loss, grads = model.loss(X, y)
    # About log(10) = 2.3, but not the same number for all three.
    print("Initial loss:", loss)

    # Errors should be around 1e-6 or less. Without dropout, about 1e-5 for W2 is fine: its
    # gradients are tiny, and ReLU has no derivative at 0.
    for name in sorted(model.params):
        f = lambda _: model.loss(X, y)[0]
        grad_num = eval_numerical_gradient(f, model.params[name], verbose=False, h=1e-5)
        print(f"{name} relative error: {rel_error(grad_num, grads[name]):.2e}")
    print()

# %%
# The check above also passes for a network that forgets its dropout. So give a network with and
# one without it the same parameters.
np.random.seed(231)
X = np.random.randn(N, D)
y = np.random.randint(C, size=(N,))
plain = FullyConnectedNet([H1, H2], input_dim=D, weight_scale=0.5, dtype=np.float64)
dropped = FullyConnectedNet([H1, H2], input_dim=D, dtype=np.float64, dropout_keep_ratio=0.5)
dropped.params = plain.params

# At test time both are the same: 0.
print("Difference of scores:", np.max(np.abs(dropped.loss(X) - plain.loss(X))))

# In training, each pass drops other units: the losses differ, and none is that without dropout.
print("Loss without dropout:", plain.loss(X, y)[0])
print("Losses with dropout:", *(f"{dropped.loss(X, y)[0]:.4f}" for _ in range(4)))

# With a single example, a unit that is dropped passes no gradient to the weights that lead to it
# (neither does one that ReLU switches off). So in both hidden layers dropout should about halve the
# share of units that pass one, and to the scores, where W3 leads, it should do nothing.
for name, units in [("W1", "first hidden layer"), ("W2", "second hidden layer"), ("W3", "scores")]:
    plain_share, dropped_share = (
        np.mean([np.any(net.loss(X[:1], y[:1])[1][name], axis=0).mean() for _ in range(200)])
        for net in (plain, dropped)
    )
    print(f"With a gradient, {units}: {plain_share:.2f} without dropout, {dropped_share:.2f} with")

# %% [markdown]
# ## An experiment with few images
#
# Train two networks of one hidden layer on 500 images, one without dropout and one that keeps only
# a quarter of its hidden units at a time. Everything else is equal. The accuracies are measured in
# mode "test", for both.

# %% result="regularization"
np.random.seed(231)
num_train = 500
small_data = {
    "X_train": data["X_train"][:num_train],
    "y_train": data["y_train"][:num_train],
    "X_val": data["X_val"],
    "y_val": data["y_val"],
}

solvers = {}
dropout_choices = [1, 0.25]
for dropout_keep_ratio in dropout_choices:
    print("dropout_keep_ratio =", dropout_keep_ratio)
    model = FullyConnectedNet([500], dropout_keep_ratio=dropout_keep_ratio)
    solver = Solver(
        model,
        small_data,
        num_epochs=25,
        batch_size=100,
        update_rule="adam",
        optim_config={"learning_rate": 5e-4},
        verbose=True,
        print_every=100,
    )
    solver.train()
    solvers[dropout_keep_ratio] = solver
    print()

# The accuracies after each epoch, and their means over the last five epochs.
_, axes = plt.subplots(2, 1, figsize=(10, 9), layout="constrained")
for dropout_keep_ratio, solver in solvers.items():
    label = f"dropout_keep_ratio = {dropout_keep_ratio:.2f}"
    axes[0].plot(solver.train_acc_history, "-o", label=label)
    axes[1].plot(solver.val_acc_history, "-o", label=label)
    train_acc, val_acc = (
        np.mean(accs[-5:]) for accs in (solver.train_acc_history, solver.val_acc_history)
    )
    print(f"{label}: training accuracy {train_acc:.3f}, validation accuracy {val_acc:.3f}")
for ax, title in zip(axes, ["Training accuracy", "Validation accuracy"]):
    ax.set_title(title)
    ax.set_xlabel("Epoch")
    ax.set_ylabel("Accuracy")
    ax.legend(ncol=2, loc="lower right")
    ax.grid(linestyle="--", linewidth=0.5)
plt.show()

# %% [markdown]
# ## Inline question 2
#
# Compare the training and the validation accuracies of the two networks. What do they say about
# dropout as a regularizer?
#
# ### Answer
#
# ### BEGIN SOLUTION
# Without dropout the network knows all 500 training images by heart after about 6 epochs (on the
# embedded set), and from then on its validation accuracy stands still at about 33 %: it overfits.
# With dropout it takes longer to learn the training images, about 12 epochs, and is better on
# images that it has never seen: about 38 %. So dropout regularizes: it fits the training images
# more slowly, by features that hold more generally. It is no substitute for data, since a gap of
# about 60 points to the training accuracy remains.
# ### END SOLUTION

# %% [markdown]
# ## Inline question 3
#
# A deep fully connected network classifies images, with dropout (keep probability $p$) after each
# hidden layer. We worry about overfitting, and now make the hidden layers smaller. Should $p$
# change, and if so, in which direction? Why?
#
# ### Answer
#
# ### BEGIN SOLUTION
# If $p$ changes at all, it should go up. On average $p \cdot H$ of a layer's $H$ units take part in
# a step, so that smaller layers with the old $p$ would lose capacity twice; and with fewer
# parameters there is less overfitting to fight. Keeping $p \cdot H$ about constant is a sensible
# start. In the experiment above, with 500 hidden units $p = 0.25$ is the best of 0.25, 0.5, 0.75
# and 1, but with 30 or 10 units it is $p = 0.75$; with 10 units, $p = 0.25$ is worse than no
# dropout at all.
# ### END SOLUTION
