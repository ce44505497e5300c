# %% [markdown]
# # Fully connected networks
#
# In this notebook you build a network of fully connected layers, as deep as you like, and the
# update rules that train it:
#
# 1. the layers: affine, ReLU, and the softmax loss (`cs231n/layers.py`),
# 2. the network that chains them (`cs231n/classifiers/fc_net.py`),
# 3. momentum, RMSProp and Adam (`cs231n/optim.py`),
# 4. a network that classifies images as well as you can make it.
#
# You write code in these files, between the lines START OF YOUR CODE and END OF YOUR CODE, and
# come back here to check it. In the notebook itself, change only what is marked for you: values
# with the comment *Experiment with this!*, marked regions, and answers to the inline questions.
# Every check prints an error and says how small it should be.

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
from cs231n.optim import *
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
# ## The layers
#
# A layer is a pair of functions. The forward function returns its output and a cache; the backward
# function takes the gradient of the loss with respect to that output, and the cache, and returns
# the gradients of the inputs. Complete these in `cs231n/layers.py` (if you wrote them for an
# earlier assignment, they fit in here):
#
# - `affine_forward`, `affine_backward`: each example $x_i$ becomes a row of $D$ numbers, and
#   $\text{out} = xW + b$. With $g = \partial L / \partial\,\text{out}$, the gradients are
#   $\partial L / \partial x = g W^T$, $\partial L / \partial W = x^T g$ and
#   $\partial L / \partial b = \sum_i g_i$.
# - `relu_forward`, `relu_backward`: $\text{out} = \max(0, x)$ passes a gradient on where $x > 0$.
# - `softmax_loss`: $L = -\frac{1}{N} \sum_i \log p_{i, y_i}$ with
#   $p_{ij} = e^{s_{ij}} / \sum_k e^{s_{ik}}$, and its gradient
#   $\partial L / \partial s_{ij} = (p_{ij} - [j = y_i]) / N$.

# %%
# A case small enough to work out on paper.
x = np.array([[1.0, 2.0], [3.0, 4.0]])
w = np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]])
b = np.array([-10.0, 0.0, 2.0])

out, _ = affine_forward(x, w, b)
print("affine_forward error:", rel_error(out, np.array([[-5.0, 2.0, 1.0], [1.0, 4.0, -1.0]])))
rectified, _ = relu_forward(out)
print("relu_forward error:", rel_error(rectified, np.array([[0.0, 2.0, 1.0], [1.0, 4.0, 0.0]])))
# Both errors should be 0.

# %%
# The softmax loss.
np.random.seed(231)
num_classes, num_inputs = 10, 50
x = 1e-3 * np.random.randn(num_inputs, num_classes)
y = np.random.randint(num_classes, size=num_inputs)

loss, dx = softmax_loss(x, y)
dx_num = eval_numerical_gradient(lambda x: softmax_loss(x, y)[0], x, verbose=False)
# Ten classes with nearly equal scores: the loss should be about log(10), which is 2.303, and the
# error of dx at most about 1e-7.
print("loss:", loss)
print("dx error:", rel_error(dx_num, dx))

# Scores of 1000 must not overflow. Adding one number to all scores changes nothing: the difference
# should be 1e-9 or less. (A nan means that an exponential became infinite.)
loss_shifted, _ = softmax_loss(x + 1000.0, y)
print("difference with scores around 1000:", abs(loss_shifted - loss))

# %% [markdown]
# ## Other shapes
#
# An example may be a row of numbers or an image of several dimensions, and a minibatch may hold a
# single example. The gradients come back in the shapes of the inputs, and no function changes the
# arrays that it is given.

# %%
np.random.seed(231)
M = 5  # outputs of the affine layer
for shape in [(4, 6), (4, 2, 3, 3), (1, 6), (1, 2, 3, 3)]:
    x = np.random.randn(*shape)
    w = np.random.randn(np.prod(shape[1:]), M)
    b = np.random.randn(M)
    dout = np.random.randn(shape[0], M)
    before = x.copy(), w.copy(), b.copy(), dout.copy()

    out, cache = affine_forward(x, w, b)
    dx, dw, db = affine_backward(dout, cache)
    dx_num = eval_numerical_gradient_array(lambda x: affine_forward(x, w, b)[0], x, dout)
    dw_num = eval_numerical_gradient_array(lambda w: affine_forward(x, w, b)[0], w, dout)
    db_num = eval_numerical_gradient_array(lambda b: affine_forward(x, w, b)[0], b, dout)

    # Errors should be around 1e-8 or less.
    print(f"affine: {shape} to {out.shape}, dx has the shape {dx.shape}")
    print("  dx error:", rel_error(dx_num, dx))
    print("  dw error:", rel_error(dw_num, dw))
    print("  db error:", rel_error(db_num, db))
    same = all(np.array_equal(old, new) for old, new in zip(before, (x, w, b, dout)))
    print("  inputs unchanged (should be True):", same)

for shape in [(4, 6), (4, 2, 3, 3), (1, 6), (1, 2, 3, 3)]:
    x = np.random.randn(*shape)
    dout = np.random.randn(*shape)
    before = x.copy(), dout.copy()

    out, cache = relu_forward(x)
    dx = relu_backward(dout, cache)
    dx_num = eval_numerical_gradient_array(lambda x: relu_forward(x)[0], x, dout)

    # Errors should be around 1e-9 or less.
    print(f"relu: {shape} to {out.shape}")
    print("  dx error:", rel_error(dx_num, dx))
    same = all(np.array_equal(old, new) for old, new in zip(before, (x, dout)))
    print("  inputs unchanged (should be True):", same)

# %% [markdown]
# ## The network: loss and gradients
#
# Read the class `FullyConnectedNet` in `cs231n/classifiers/fc_net.py`, then complete its
# constructor (the parameters) and `loss` (forward and backward pass). Hidden layers are affine
# followed by ReLU; the last layer is affine only, and its scores go to the softmax loss. Leave
# normalization and dropout out for now: other notebooks come back to them.
#
# With L2 regularization the loss is
#
# $$L = L_{\text{softmax}} + \frac{\lambda}{2} \sum_l \lVert W_l \rVert^2,$$
#
# where $\lambda$ is `reg`; biases are not regularized. The factor 1/2 keeps the gradient simple.
#
# The next cell compares the gradient of every parameter with a numeric one.

# %%
np.random.seed(231)
N, D, H1, H2, C = 2, 15, 20, 30, 10
X = np.random.randn(N, D)
y = np.random.randint(C, size=(N,))

for reg in [0, 3.14]:
    print("Running check with reg =", reg)
    model = FullyConnectedNet(
        [H1, H2],
        input_dim=D,
        num_classes=C,
        reg=reg,
        weight_scale=5e-2,
        dtype=np.float64,
    )
    loss, grads = model.loss(X, y)
    # About log(10) = 2.3 without regularization, and about 7.05 with it.
    print("Initial loss:", loss)

    # Most errors should be around 1e-7 or less. With reg = 0, about 1e-5 for W2 is fine: its
    # gradients are tiny, and ReLU has no derivative at 0.
    for name in sorted(model.params):
        f = lambda _: model.loss(X, y)[0]
        grad_num = eval_numerical_gradient(f, model.params[name], verbose=False, h=1e-5)
        print(f"{name} relative error: {rel_error(grad_num, grads[name]):.2e}")
    print()

# Biases start at 0, so the check above cannot see whether they are regularized. Here they are not
# 0; both errors should be around 1e-10 or less.
for name in ["b1", "b2", "b3"]:
    model.params[name] = np.random.randn(*model.params[name].shape)
loss_reg, grads_reg = model.loss(X, y)
model.reg = 0
loss, grads = model.loss(X, y)
penalty = 0.5 * 3.14 * sum(np.sum(model.params[name] ** 2) for name in ["W1", "W2", "W3"])
print("Regularization of the loss, relative error:", rel_error(loss_reg - loss, penalty))
print("Effect on the gradient of b1:", np.max(np.abs(grads_reg["b1"] - grads["b1"])))

# %%
# Other networks: no hidden layer, four of them, and images as inputs, one at a time.
np.random.seed(231)
for hidden_dims, shape in [([], (3, 12)), ([9, 8, 7, 6], (3, 12)), ([8, 7], (1, 3, 2, 2))]:
    X = np.random.randn(*shape)
    y = np.random.randint(4, size=shape[0])
    model = FullyConnectedNet(
        hidden_dims, input_dim=12, num_classes=4, reg=0.1, weight_scale=0.5, dtype=np.float64
    )
    print(f"hidden layers {hidden_dims}, inputs {shape}, scores {model.loss(X).shape}")
    loss, grads = model.loss(X, y)
    # The largest error should be around 1e-6 or less.
    errors = []
    for name in sorted(model.params):
        f = lambda _: model.loss(X, y)[0]
        grad_num = eval_numerical_gradient(f, model.params[name], verbose=False, h=1e-5)
        errors.append(rel_error(grad_num, grads[name]))
    print("  largest relative error of a gradient:", max(errors))

# %% [markdown]
# ## Learn 50 images by heart
#
# A network that works can overfit a handful of images. Start with three layers of weights, that
# is two hidden layers of 100 units. Find a **learning rate** and a **weight scale** (the standard
# deviation of the initial weights) with which it classifies all 50 images rightly within
# 20 epochs. Change nothing else.
#
# The `Solver` gives the model the parameters of the epoch with the best validation accuracy.
# Here the training images are what counts, so they serve as validation images too. What the
# network makes of images that it has never seen is printed at the end.

# %% result="overfit_three"
num_train = 50
small_data = {
    "X_train": data["X_train"][:num_train],
    "y_train": data["y_train"][:num_train],
    "X_val": data["X_train"][:num_train],
    "y_val": data["y_train"][:num_train],
}

### BEGIN SOLUTION
weight_scale = 2e-2  # Experiment with this!
learning_rate = 3e-3  # Experiment with this!
### END SOLUTION
### BEGIN STUDENT
# weight_scale = 1e-2  # Experiment with this!
# learning_rate = 1e-4  # Experiment with this!
### END STUDENT
model = FullyConnectedNet(
    [100, 100],
    weight_scale=weight_scale,
    dtype=np.float64,
)
solver = Solver(
    model,
    small_data,
    print_every=10,
    num_epochs=20,
    batch_size=25,
    update_rule="sgd",
    optim_config={"learning_rate": learning_rate},
)
solver.train()
train_acc = solver.check_accuracy(small_data["X_train"], small_data["y_train"])
print("Accuracy on the 50 images (should be 1.0):", train_acc)
print("Accuracy on other images:", solver.check_accuracy(data["X_val"], data["y_val"]))

plt.plot(solver.loss_history)
plt.title("Training loss history")
plt.xlabel("Iteration")
plt.ylabel("Training loss")
plt.grid(linestyle="--", linewidth=0.5)
plt.show()

# %% [markdown]
# Now do the same with five layers of weights: four hidden layers of 100 units. Both values will
# have to be others. All 50 images within 20 epochs are possible here too.

# %% result="overfit_five"
num_train = 50
small_data = {
    "X_train": data["X_train"][:num_train],
    "y_train": data["y_train"][:num_train],
    "X_val": data["X_train"][:num_train],
    "y_val": data["y_train"][:num_train],
}

### BEGIN SOLUTION
weight_scale = 7e-2  # Experiment with this!
learning_rate = 2e-3  # Experiment with this!
### END SOLUTION
### BEGIN STUDENT
# weight_scale = 1e-2  # Experiment with this!
# learning_rate = 1e-3  # Experiment with this!
### END STUDENT
model = FullyConnectedNet(
    [100, 100, 100, 100],
    weight_scale=weight_scale,
    dtype=np.float64,
)
solver = Solver(
    model,
    small_data,
    print_every=10,
    num_epochs=20,
    batch_size=25,
    update_rule="sgd",
    optim_config={"learning_rate": learning_rate},
)
solver.train()
train_acc = solver.check_accuracy(small_data["X_train"], small_data["y_train"])
print("Accuracy on the 50 images (should be 1.0):", train_acc)
print("Accuracy on other images:", solver.check_accuracy(data["X_val"], data["y_val"]))

plt.plot(solver.loss_history)
plt.title("Training loss history")
plt.xlabel("Iteration")
plt.ylabel("Training loss")
plt.grid(linestyle="--", linewidth=0.5)
plt.show()

# %% [markdown]
# ## Inline question 1
#
# Which of the two networks was harder to train, and which one depended more on the weight scale?
# What, in your experiments, shows it, and what is the reason?
#
# ### Answer
#
# ### BEGIN SOLUTION
# The five-layer network was harder, since it depends more on the weight scale. With 1e-2 the
# three-layer network learns the 50 images at learning rates from 2e-3 to 1e-2, but the five-layer
# network learns next to nothing at any of them; it needs about 5e-2 to 1e-1, and with more it
# diverges at rates that were good before. The reason: each layer multiplies the size of the signal
# by about (weight scale) $\times \sqrt{\text{units} / 2}$, which is 0.07 for 1e-2 and 100 units,
# and it does the same to the gradient on its way back. These factors multiply up, so that in a deep
# network a scale a little too small or too large makes scores and gradients vanish or explode.
# ### END SOLUTION

# %% [markdown]
# ## Momentum
#
# So far each step was plain stochastic gradient descent (SGD). Other update rules train deep
# networks faster. The first one is SGD with momentum [1]: a velocity $v$ collects the gradients,
# so that steps grow where gradients agree and shrink where they flip their sign,
#
# $$v \leftarrow \mu v - \eta\, \nabla L(w), \qquad w \leftarrow w + v,$$
#
# with the learning rate $\eta$ and the momentum $\mu$. The
# [course notes](https://cs231n.github.io/neural-networks-3/#sgd) say more.
#
# Read the documentation at the top of `cs231n/optim.py`: all rules share one signature. Then
# complete `sgd_momentum`.
#
# [1] Ilya Sutskever, James Martens, George Dahl and Geoffrey Hinton, "On the importance of
# initialization and momentum in deep learning", ICML 2013.

# %%
N, D = 4, 5
w = np.linspace(-0.4, 0.6, num=N * D).reshape(N, D)
dw = np.linspace(-0.6, 0.4, num=N * D).reshape(N, D)
v = np.linspace(0.6, 0.9, num=N * D).reshape(N, D)
before = w.copy(), dw.copy(), v.copy()

config = {"learning_rate": 1e-3, "velocity": v}
next_w, _ = sgd_momentum(w, dw, config=config)

expected_next_w = np.array(
    [
        [0.14060000, 0.20738947, 0.27417895, 0.34096842, 0.40775789],
        [0.47454737, 0.54133684, 0.60812632, 0.67491579, 0.74170526],
        [0.80849474, 0.87528421, 0.94207368, 1.00886316, 1.07565263],
        [1.14244211, 1.20923158, 1.27602105, 1.34281053, 1.40960000],
    ]
)
expected_velocity = np.array(
    [
        [0.54060000, 0.55475789, 0.56891579, 0.58307368, 0.59723158],
        [0.61138947, 0.62554737, 0.63970526, 0.65386316, 0.66802105],
        [0.68217895, 0.69633684, 0.71049474, 0.72465263, 0.73881053],
        [0.75296842, 0.76712632, 0.78128421, 0.79544211, 0.80960000],
    ]
)
# Errors should be around 1e-8 or less.
print("next_w error:", rel_error(next_w, expected_next_w))
print("velocity error:", rel_error(config["velocity"], expected_velocity))
# A rule returns new arrays and leaves the old ones as they were.
same = all(np.array_equal(old, new) for old, new in zip(before, (w, dw, v)))
print("arrays unchanged (should be True):", same)

# %% [markdown]
# Now train a network of six layers with both rules. Momentum should clearly lower the loss
# faster.


# %%
def plot_histories(solvers):
    """Loss and accuracies of several solvers, one curve for each."""
    _, axes = plt.subplots(3, 1, figsize=(10, 12), layout="constrained")
    for ax, title, xlabel in zip(
        axes,
        ["Training loss", "Training accuracy", "Validation accuracy"],
        ["Iteration", "Epoch", "Epoch"],
    ):
        ax.set_title(title)
        ax.set_xlabel(xlabel)
    for update_rule, solver in solvers.items():
        axes[0].plot(solver.loss_history, label=update_rule)
        axes[1].plot(solver.train_acc_history, "-o", label=update_rule)
        axes[2].plot(solver.val_acc_history, "-o", label=update_rule)
    for ax in axes:
        ax.legend(loc="best", ncol=4)
        ax.grid(linestyle="--", linewidth=0.5)
    plt.show()


# %%
num_train = 4000
small_data = {
    "X_train": data["X_train"][:num_train],
    "y_train": data["y_train"][:num_train],
    "X_val": data["X_val"],
    "y_val": data["y_val"],
}

solvers = {}
for update_rule in ["sgd", "sgd_momentum"]:
    print("Running with", update_rule)
    model = FullyConnectedNet([100, 100, 100, 100, 100], weight_scale=5e-2)
    solver = Solver(
        model,
        small_data,
        num_epochs=5,
        batch_size=100,
        update_rule=update_rule,
        optim_config={"learning_rate": 5e-3},
        print_every=40,
        verbose=True,
    )
    solver.train()
    solvers[update_rule] = solver
    print()

plot_histories(solvers)

# %% [markdown]
# ## RMSProp and Adam
#
# RMSProp [2] and Adam [3] give each parameter a step size of its own, by a running average of its
# squared gradients. With $g = \nabla L(w)$ and all operations element by element, RMSProp is
#
# $$c \leftarrow \rho\, c + (1 - \rho)\, g^2, \qquad
# w \leftarrow w - \eta\, \frac{g}{\sqrt{c} + \epsilon},$$
#
# and Adam averages the gradient too:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad
# v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2,$$
#
# $$\hat m = \frac{m}{1 - \beta_1^t}, \qquad \hat v = \frac{v}{1 - \beta_2^t}, \qquad
# w \leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}.$$
#
# Here $t$ counts the steps, from 1. Dividing by $1 - \beta^t$ makes up for averages that start at
# 0; it belongs to Adam, so do not leave it out.
#
# Complete `rmsprop` and `adam` in `cs231n/optim.py`.
#
# [2] Tijmen Tieleman and Geoffrey Hinton, "Lecture 6.5, rmsprop: divide the gradient by a running
# average of its recent magnitude", COURSERA: Neural Networks for Machine Learning, 2012.
#
# [3] Diederik Kingma and Jimmy Ba, "Adam: a method for stochastic optimization", ICLR 2015.

# %%
# RMSProp.
N, D = 4, 5
w = np.linspace(-0.4, 0.6, num=N * D).reshape(N, D)
dw = np.linspace(-0.6, 0.4, num=N * D).reshape(N, D)
cache = np.linspace(0.6, 0.9, num=N * D).reshape(N, D)
before = w.copy(), dw.copy(), cache.copy()

config = {"learning_rate": 1e-2, "cache": cache}
next_w, _ = rmsprop(w, dw, config=config)

expected_next_w = np.array(
    [
        [-0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247],
        [-0.13273700, -0.08078555, -0.02881884, 0.02316247, 0.07515774],
        [0.12716641, 0.17918792, 0.23122175, 0.28326742, 0.33532447],
        [0.38739248, 0.43947102, 0.49155973, 0.54365823, 0.59576619],
    ]
)
expected_cache = np.array(
    [
        [0.59760000, 0.61262770, 0.62771080, 0.64284931, 0.65804321],
        [0.67329252, 0.68859723, 0.70395734, 0.71937285, 0.73484377],
        [0.75037008, 0.76595180, 0.78158892, 0.79728144, 0.81302936],
        [0.82883269, 0.84469141, 0.86060554, 0.87657507, 0.89260000],
    ]
)
# Errors should be around 1e-7 or less.
print("next_w error:", rel_error(next_w, expected_next_w))
print("cache error:", rel_error(config["cache"], expected_cache))
same = all(np.array_equal(old, new) for old, new in zip(before, (w, dw, cache)))
print("arrays unchanged (should be True):", same)

# %%
# Adam.
N, D = 4, 5
w = np.linspace(-0.4, 0.6, num=N * D).reshape(N, D)
dw = np.linspace(-0.6, 0.4, num=N * D).reshape(N, D)
m = np.linspace(0.6, 0.9, num=N * D).reshape(N, D)
v = np.linspace(0.7, 0.5, num=N * D).reshape(N, D)
before = w.copy(), dw.copy(), m.copy(), v.copy()

config = {"learning_rate": 1e-2, "m": m, "v": v, "t": 5}
next_w, _ = adam(w, dw, config=config)

expected_next_w = np.array(
    [
        [-0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977],
        [-0.13802740, -0.08544591, -0.03286534, 0.01971428, 0.07229290],
        [0.12487050, 0.17744702, 0.23002243, 0.28259667, 0.33516969],
        [0.38774145, 0.44031188, 0.49288093, 0.54544852, 0.59801459],
    ]
)
expected_v = np.array(
    [
        [0.69966000, 0.68908382, 0.67851319, 0.66794809, 0.65738853],
        [0.64683452, 0.63628604, 0.62574310, 0.61520571, 0.60467385],
        [0.59414753, 0.58362676, 0.57311152, 0.56260183, 0.55209767],
        [0.54159906, 0.53110598, 0.52061845, 0.51013645, 0.49966000],
    ]
)
expected_m = np.array(
    [
        [0.48000000, 0.49947368, 0.51894737, 0.53842105, 0.55789474],
        [0.57736842, 0.59684211, 0.61631579, 0.63578947, 0.65526316],
        [0.67473684, 0.69421053, 0.71368421, 0.73315789, 0.75263158],
        [0.77210526, 0.79157895, 0.81105263, 0.83052632, 0.85000000],
    ]
)
# Errors should be around 1e-7 or less.
print("next_w error:", rel_error(next_w, expected_next_w))
print("v error:", rel_error(config["v"], expected_v))
print("m error:", rel_error(config["m"], expected_m))
print("t (should be 6):", config["t"])
same = all(np.array_equal(old, new) for old, new in zip(before, (w, dw, m, v)))
print("arrays unchanged (should be True):", same)

# While the gradient stays the same, the bias correction makes every step as long as the learning
# rate, from the first one on. Errors should be around 1e-6 or less.
config = {"learning_rate": 1e-2}
for step in range(1, 4):
    next_w, config = adam(w, dw, config=config)
    print(f"length of step {step}, error:", rel_error(np.abs(next_w - w), np.full((N, D), 1e-2)))
    w = next_w

# %% [markdown]
# When both checks pass, train the six-layer network with the new rules. The plots show all four:
# compare how fast they learn.

# %%
learning_rates = {"rmsprop": 1e-4, "adam": 1e-3}
for update_rule in ["adam", "rmsprop"]:
    print("Running with", update_rule)
    model = FullyConnectedNet([100, 100, 100, 100, 100], weight_scale=5e-2)
    solver = Solver(
        model,
        small_data,
        num_epochs=5,
        batch_size=100,
        update_rule=update_rule,
        optim_config={"learning_rate": learning_rates[update_rule]},
        print_every=40,
        verbose=True,
    )
    solver.train()
    solvers[update_rule] = solver
    print()

plot_histories(solvers)

# %% [markdown]
# ## Inline question 2
#
# AdaGrad [4] came before RMSProp and Adam, and also has a step size for each parameter:
#
# ```python
# cache += dw**2
# w -= learning_rate * dw / (np.sqrt(cache) + eps)
# ```
#
# Somebody trains a network with it and finds that the steps shrink more and more, until the
# network hardly learns. How does this follow from the rule? Would it happen with Adam too?
#
# [4] John Duchi, Elad Hazan and Yoram Singer, "Adaptive subgradient methods for online learning
# and stochastic optimization", JMLR 2011.
#
# ### Answer
#
# ### BEGIN SOLUTION
# The cache is a sum of squares, so it can only grow and never forgets. With gradients of a steady
# size it grows in proportion to the number of steps $t$, and the steps shrink like
# $1 / \sqrt{t}$; large gradients at the beginning slow the parameter down for good. Adam does not
# have this problem: it divides by a running average in which old gradients fade away (by a factor
# of $\beta_2$ per step), so the divisor follows the size of recent gradients, and steps stay about
# as long as the learning rate as long as gradients agree in sign. They get shorter when the signs
# of the gradients vary, or when we lower the learning rate ourselves.
# ### END SOLUTION

# %% [markdown]
# ## Train a good network
#
# Train the best fully connected network that you can, and leave it in `best_model`. On CIFAR-10 it
# has to classify at least 50 % of the validation images rightly; on the embedded set, whose
# accuracies are not comparable with those of CIFAR-10, at least 55 %. More is possible on both.
#
# Choose with the validation images only, and look at the test images once, at the end. What to try
# first: the update rule and its learning rate, then `reg`, then the number and size of layers.
# Short trainings tell bad values from good ones; a network that reaches 100 % on the training
# images and much less on others needs regularization. Batch normalization and dropout can help:
# you may come back after the notebooks on them. But do not spend too long here, the convolutional
# networks later in this assignment do better.

# %% result="best_model"
best_model = None
### BEGIN SOLUTION
# TODO: Train the best fully connected network that you can, and store it in best_model.
best_val_acc = 0.0
for learning_rate in [3e-4, 1e-3]:
    for reg in [0.1, 0.5]:
        model = FullyConnectedNet([200, 100], weight_scale=2e-2, reg=reg)
        solver = Solver(
            model,
            data,
            update_rule="adam",
            optim_config={"learning_rate": learning_rate},
            lr_decay=0.9,
            num_epochs=10,
            batch_size=100,
            verbose=False,
        )
        solver.train()
        print(f"learning rate {learning_rate}, reg {reg}: {solver.best_val_acc:.3f}")
        if solver.best_val_acc > best_val_acc:
            best_val_acc, best_model = solver.best_val_acc, model
### END SOLUTION

# %% [markdown]
# ## Test it
#
# The accuracies of `best_model`. The one on the validation images has to reach the number above;
# the one on the test images tells how good the network really is, since you did not choose by it.

# %%
if best_model is None:
    print("There is no best_model yet: train one in the cell above.")
else:
    y_val_pred = np.argmax(best_model.loss(data["X_val"]), axis=1)
    y_test_pred = np.argmax(best_model.loss(data["X_test"]), axis=1)
    print("Validation set accuracy:", (y_val_pred == data["y_val"]).mean())
    print("Test set accuracy:", (y_test_pred == data["y_test"]).mean())
