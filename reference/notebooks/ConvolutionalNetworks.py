# %% [markdown]
# # Convolutional networks
#
# Fully connected nets are quick to compute and good to try things out with: update rules,
# normalization, depth. For images, convolutional nets do better by far, because they know what a
# fully connected net has to learn: that neighbouring pixels belong together, and that a shape is
# the same shape wherever it stands.
#
# In this notebook you write the layers of such a net (convolution, max pooling, two normalizations
# for images), check each one, and train a net of three layers with them.
#
# You write code in `cs231n/layers.py` and `cs231n/classifiers/cnn.py`, and come back here to check
# it. In the notebook itself nothing has to be changed. Every check prints errors and says how large
# they may be.

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

from cs231n.classifiers.cnn import *
from cs231n.data_utils import get_CIFAR10_data
from cs231n.fast_layers import *
from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
from cs231n.layer_utils import *
from cs231n.layers import *
from cs231n.solver import Solver
from cs231n.vis_utils import visualize_grid

# %matplotlib inline
plt.rcParams["figure.figsize"] = (10.0, 8.0)  # default size of plots
plt.rcParams["image.interpolation"] = "nearest"
plt.rcParams["image.cmap"] = "gray"

# %load_ext autoreload
# %autoreload 2


def rel_error(x, y):
    """The largest relative error between two arrays, by entries."""
    return np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y)))


# %%
# The data: CIFAR-10 if it is in cs231n/datasets, otherwise drawn shapes of the same form.
data = get_CIFAR10_data()
for name, array in data.items():
    print(f"{name}: {array.shape}")

# %% [markdown]
# ## Convolution: the naive forward pass
#
# Everything rests on one operation: filters slide over the image, and at each place a filter gives
# one number, the sum of the pixels below it times its weights, plus a bias.
#
# Write it in `conv_forward_naive` in `cs231n/layers.py`. Aim for code that is easy to read. Speed
# does not matter yet: loops over examples, filters and places are fine.

# %%
x_shape = (2, 3, 4, 4)
w_shape = (3, 3, 4, 4)
x = np.linspace(-0.1, 0.5, num=np.prod(x_shape)).reshape(x_shape)
w = np.linspace(-0.2, 0.3, num=np.prod(w_shape)).reshape(w_shape)
b = np.linspace(-0.1, 0.2, num=3)

out, _ = conv_forward_naive(x, w, b, {"stride": 2, "pad": 1})
correct_out = np.array(
    [
        [
            [[-0.08759809, -0.10987781], [-0.18387192, -0.2109216]],
            [[0.21027089, 0.21661097], [0.22847626, 0.23004637]],
            [[0.50813986, 0.54309974], [0.64082444, 0.67101435]],
        ],
        [
            [[-0.98053589, -1.03143541], [-1.19128892, -1.24695841]],
            [[0.69108355, 0.66880383], [0.59480972, 0.56776003]],
            [[2.36270298, 2.36904306], [2.38090835, 2.38247847]],
        ],
    ]
)

# The difference should be around 1e-8, which is the rounding of the numbers above.
print("conv_forward_naive")
print("difference:", rel_error(out, correct_out))

# %% [markdown]
# ### Aside: what filters can do
#
# Convolutions were used on images long before anybody learned their filters. Two such filters show
# what the operation does, and whether yours does it: one mixes the colors to gray, the other finds
# horizontal edges in the blue channel. They are set by hand, as the weights of one convolution with
# two filters, and applied to two pictures. First we draw the pictures.

# %%
SIZE = 200  # pixels of a side; take fewer if your convolution needs too long for them
down, right = np.mgrid[:SIZE, :SIZE] / SIZE  # place in a picture, from 0 to 1


def rgb(red, green, blue):
    """A color, from 0 to 255 each, for all pixels."""
    return np.array([red, green, blue], dtype=float).reshape(3, 1, 1)


def fade(start, end, amount):
    """From one color (amount 0) to another (amount 1)."""
    return start + (end - start) * np.clip(amount, 0, 1)


def paint(picture, distance, color):
    """Color a shape, that is all pixels with distance < 0; its rim is one pixel soft."""
    return fade(picture, color, 0.5 - SIZE * distance)


dusk = fade(rgb(40, 60, 130), rgb(250, 170, 110), down / 0.6)
dusk = paint(dusk, np.hypot(right - 0.7, down - 0.4) - 0.1, rgb(255, 240, 190))
dusk = paint(dusk, 0.5 + 0.08 * np.sin(9 * right) - down, rgb(80, 70, 110))
dusk = paint(dusk, 0.68 - down, fade(rgb(210, 150, 120), rgb(30, 60, 110), (down - 0.68) / 0.3))

balloons = fade(rgb(190, 220, 250), rgb(245, 245, 235), down)
for x_center, y_center, radius, color in [
    (0.32, 0.34, 0.22, rgb(230, 60, 60)),
    (0.72, 0.42, 0.2, rgb(250, 210, 40)),
    (0.45, 0.72, 0.18, rgb(60, 120, 250)),
]:
    x, y = (right - x_center) / radius, (down - y_center) / radius
    shade = np.hypot(x + 0.3, y + 0.4) / 1.6
    balloons = paint(balloons, radius * (np.hypot(x, y) - 1), fade(color, 0.3 * color, shade))

# %%
pictures = {"Dusk": dusk, "Balloons": balloons}
x = np.stack(list(pictures.values()))

# Two filters of 3 x 3 pixels and 3 channels.
w = np.zeros((2, 3, 3, 3))

# The first mixes red, green and blue to gray. Only its middle pixel has weights.
w[0, 0, 1, 1] = 0.3
w[0, 1, 1, 1] = 0.6
w[0, 2, 1, 1] = 0.1

# The second finds horizontal edges in the blue channel: above minus below.
w[1, 2] = [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]

# Gray needs no bias. Edges have either sign: 128 puts them around a middle gray.
b = np.array([0.0, 128.0])

out, _ = conv_forward_naive(x, w, b, {"stride": 1, "pad": 1})

# The gray pictures by hand; the difference should be below 1e-10.
gray = 0.3 * x[:, 0] + 0.6 * x[:, 1] + 0.1 * x[:, 2]
print("gray, difference:", rel_error(out[:, 0], gray))


def imshow_no_ax(image, normalize=True):
    """Show an image (H, W) or (H, W, 3) as bytes, without axes."""
    if normalize:
        low, high = np.min(image), np.max(image)
        image = 255.0 * (image - low) / (high - low)
    plt.imshow(image.astype("uint8"))
    plt.axis("off")


plt.figure(figsize=(10, 7))
for i, (name, picture) in enumerate(pictures.items()):
    plt.subplot(2, 3, 3 * i + 1)
    imshow_no_ax(picture.transpose(1, 2, 0), normalize=False)
    plt.title(name)
    plt.subplot(2, 3, 3 * i + 2)
    imshow_no_ax(out[i, 0])
    plt.title("Gray")
    plt.subplot(2, 3, 3 * i + 3)
    imshow_no_ax(out[i, 1])
    plt.title("Edges")
plt.tight_layout()
plt.show()

# %% [markdown]
# The filter for edges answers where the blue channel gets darker from above to below (bright), or
# lighter (dark). To a change from left to right it is blind. It also knows no other channel: the
# hills all but vanish, because they hold about as much blue as the sky behind them, and so does the
# top of the blue balloon. (The dark line along the upper border is an edge as well: the padding is
# black.)

# %% [markdown]
# ## Convolution: the naive backward pass
#
# Now `conv_backward_naive`, in the same file. Each entry of `dout` belongs to one filter at one
# place; ask which pixels, weights and bias went into it, and with what factor.
#
# Compare it with numeric gradients:

# %%
np.random.seed(231)
x = np.random.randn(4, 3, 5, 5)
w = np.random.randn(2, 3, 3, 3)
b = np.random.randn(2)
dout = np.random.randn(4, 2, 5, 5)
conv_param = {"stride": 1, "pad": 1}

dx_num = eval_numerical_gradient_array(
    lambda x: conv_forward_naive(x, w, b, conv_param)[0], x, dout
)
dw_num = eval_numerical_gradient_array(
    lambda w: conv_forward_naive(x, w, b, conv_param)[0], w, dout
)
db_num = eval_numerical_gradient_array(
    lambda b: conv_forward_naive(x, w, b, conv_param)[0], b, dout
)

out, cache = conv_forward_naive(x, w, b, conv_param)
dx, dw, db = conv_backward_naive(dout, cache)

# Errors should be around 1e-8 or less.
print("conv_backward_naive")
print("dx error:", rel_error(dx, dx_num))
print("dw error:", rel_error(dw, dw_num))
print("db error:", rel_error(db, db_num))

# %% [markdown]
# ## Max pooling: the naive forward pass
#
# Max pooling keeps the largest value of each window, channel by channel, and so makes an image
# smaller. Write `max_pool_forward_naive` in `cs231n/layers.py`, again without a thought for speed.

# %%
x_shape = (2, 3, 4, 4)
x = np.linspace(-0.3, 0.4, num=np.prod(x_shape)).reshape(x_shape)
pool_param = {"pool_width": 2, "pool_height": 2, "stride": 2}

out, _ = max_pool_forward_naive(x, pool_param)
correct_out = np.array(
    [
        [
            [[-0.26315789, -0.24842105], [-0.20421053, -0.18947368]],
            [[-0.14526316, -0.13052632], [-0.08631579, -0.07157895]],
            [[-0.02736842, -0.01263158], [0.03157895, 0.04631579]],
        ],
        [
            [[0.09052632, 0.10526316], [0.14947368, 0.16421053]],
            [[0.20842105, 0.22315789], [0.26736842, 0.28210526]],
            [[0.32631579, 0.34105263], [0.38526316, 0.4]],
        ],
    ]
)

# The difference should be around 1e-8.
print("max_pool_forward_naive")
print("difference:", rel_error(out, correct_out))

# These values rise, so that every maximum is at the lower right. With the sign turned round they
# are at the upper left; the difference should be 0.
out, _ = max_pool_forward_naive(-x, pool_param)
print("falling values, difference:", rel_error(out, -x[:, :, ::2, ::2]))

# %% [markdown]
# ## Max pooling: the naive backward pass
#
# In `max_pool_backward_naive` each entry of `dout` goes to the one pixel that was the maximum of
# its window. Among equal maxima, that is the first in reading order.

# %%
np.random.seed(231)
x = np.random.randn(3, 2, 8, 8)
dout = np.random.randn(3, 2, 4, 4)
pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}

dx_num = eval_numerical_gradient_array(lambda x: max_pool_forward_naive(x, pool_param)[0], x, dout)

out, cache = max_pool_forward_naive(x, pool_param)
dx = max_pool_backward_naive(dout, cache)

# The error should be around 1e-11 or less.
print("max_pool_backward_naive")
print("dx error:", rel_error(dx, dx_num))

# %% [markdown]
# ## Fast layers
#
# It is hard to make these layers fast, so we give you fast versions of them, in
# `cs231n/fast_layers.py`. They are written in plain NumPy, and nothing has to be compiled. (In
# other years of this course a cell at this place compiled an extension; you need no such cell.)
#
# The functions take and return the same as yours: a forward pass gets the data, the weights and the
# parameters and returns the output and a cache; a backward pass gets `dout` and this cache and
# returns the gradients. Only what is in the cache differs, so give the cache of a fast forward
# pass to a fast backward pass.
#
# The next two cells compare your layers with them, in results and in time. A convolution that
# loops over examples, filters and places in Python takes a hundred times longer or more; if you
# found a way with fewer loops, there is less to gain.


# %%
def timed(function, *args):
    """Call a function; return its result and the seconds it took."""
    start = time.perf_counter()
    result = function(*args)
    return result, time.perf_counter() - start


def print_times(name, naive, fast):
    """Print the seconds of the naive and of the fast version."""
    print(f"{name}: naive {naive:.4f} s, fast {fast:.4f} s, speedup {naive / fast:.1f}x")


# Differences should be around 1e-9 or less.
np.random.seed(231)
x = np.random.randn(20, 3, 31, 31)
w = np.random.randn(25, 3, 3, 3)
b = np.random.randn(25)
dout = np.random.randn(20, 25, 16, 16)
conv_param = {"stride": 2, "pad": 1}

(out_naive, cache_naive), naive = timed(conv_forward_naive, x, w, b, conv_param)
(out_fast, cache_fast), fast = timed(conv_forward_fast, x, w, b, conv_param)
print_times("conv_forward", naive, fast)
print("difference:", rel_error(out_naive, out_fast))

grads_naive, naive = timed(conv_backward_naive, dout, cache_naive)
grads_fast, fast = timed(conv_backward_fast, dout, cache_fast)
print_times("\nconv_backward", naive, fast)
for name, grad_naive, grad_fast in zip(("dx", "dw", "db"), grads_naive, grads_fast):
    print(f"{name} difference:", rel_error(grad_naive, grad_fast))

# %%
# Differences should be 0.
np.random.seed(231)
x = np.random.randn(20, 3, 32, 32)
dout = np.random.randn(20, 3, 16, 16)
pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}

(out_naive, cache_naive), naive = timed(max_pool_forward_naive, x, pool_param)
(out_fast, cache_fast), fast = timed(max_pool_forward_fast, x, pool_param)
print_times("max_pool_forward", naive, fast)
print("difference:", rel_error(out_naive, out_fast))

dx_naive, naive = timed(max_pool_backward_naive, dout, cache_naive)
dx_fast, fast = timed(max_pool_backward_fast, dout, cache_fast)
print_times("\nmax_pool_backward", naive, fast)
print("dx difference:", rel_error(dx_naive, dx_fast))

# %% [markdown]
# ## Other shapes
#
# So far images and windows were square, and most windows lay side by side. The docstrings promise
# more than that: no padding, images and filters of any proportion, larger strides, windows that
# overlap. The next two cells try all this: your forward passes against the fast ones, your backward
# passes against numeric gradients.

# %%
# Errors should be around 1e-7 or less, in each column.
np.random.seed(231)
cases = {  # images (N, C, H, W), filters (F, C, HH, WW), stride, pad
    "no padding": ((2, 3, 5, 5), (2, 3, 3, 3), 1, 0),
    "images not square": ((2, 3, 4, 7), (2, 3, 3, 3), 1, 1),
    "filters not square": ((2, 2, 5, 5), (4, 2, 3, 2), 1, 1),
    "stride 3": ((2, 2, 8, 11), (3, 2, 2, 2), 3, 0),
    "wide padding": ((2, 2, 3, 3), (2, 2, 3, 3), 2, 2),
    "one channel": ((2, 1, 5, 5), (3, 1, 3, 3), 1, 1),
    "one filter": ((2, 3, 5, 5), (1, 3, 3, 3), 2, 1),
    "a batch of one": ((1, 3, 4, 5), (2, 3, 3, 3), 1, 1),
    "filters of one pixel": ((2, 3, 3, 4), (4, 3, 1, 1), 1, 0),
    "filters as large as images": ((3, 2, 4, 3), (2, 2, 4, 3), 1, 0),
}
for name, (x_shape, w_shape, stride, pad) in cases.items():
    x, w, b = np.random.randn(*x_shape), np.random.randn(*w_shape), np.random.randn(w_shape[0])
    conv_param = {"stride": stride, "pad": pad}
    out_fast, _ = conv_forward_fast(x, w, b, conv_param)
    out, cache = conv_forward_naive(x, w, b, conv_param)
    dout = np.random.randn(*out_fast.shape)
    dx, dw, db = conv_backward_naive(dout, cache)
    errors = {
        "out": rel_error(out, out_fast),
        "dx": rel_error(
            dx,
            eval_numerical_gradient_array(
                lambda x: conv_forward_naive(x, w, b, conv_param)[0], x, dout
            ),
        ),
        "dw": rel_error(
            dw,
            eval_numerical_gradient_array(
                lambda w: conv_forward_naive(x, w, b, conv_param)[0], w, dout
            ),
        ),
        "db": rel_error(
            db,
            eval_numerical_gradient_array(
                lambda b: conv_forward_naive(x, w, b, conv_param)[0], b, dout
            ),
        ),
    }
    print(f"{name:27}", ", ".join(f"{key}: {error:.1e}" for key, error in errors.items()))

# Windows that do not cover the image exactly are an error (see the docstrings), for both.
x, w, b = np.random.randn(1, 1, 6, 6), np.random.randn(1, 1, 3, 3), np.random.randn(1)
for forward in (conv_forward_naive, conv_forward_fast):
    try:
        forward(x, w, b, {"stride": 2, "pad": 0})
        print(f"{forward.__name__}: no error, though windows of 3 at stride 2 leave one pixel of 6")
    except ValueError:
        print(f"{forward.__name__}: ValueError, as it should be")

# %%
# Errors should be 0 for out, and around 1e-7 or less for dx.
np.random.seed(231)
cases = {  # images (N, C, H, W), height and width of a window, stride
    "overlapping windows, stride 1": ((2, 3, 5, 5), 2, 2, 1),
    "overlapping windows, stride 2": ((2, 2, 7, 7), 3, 3, 2),
    "images not square": ((2, 3, 4, 8), 2, 2, 2),
    "windows not square": ((2, 2, 6, 7), 2, 3, 2),
    "stride 3, with gaps": ((2, 2, 8, 5), 2, 2, 3),
    "one channel": ((2, 1, 6, 6), 2, 2, 2),
    "a batch of one": ((1, 3, 4, 6), 2, 2, 2),
    "windows as large as images": ((3, 2, 4, 3), 4, 3, 1),
}
for name, (x_shape, height, width, stride) in cases.items():
    x = np.random.randn(*x_shape)
    pool_param = {"pool_height": height, "pool_width": width, "stride": stride}
    out_fast, _ = max_pool_forward_fast(x, pool_param)
    out, cache = max_pool_forward_naive(x, pool_param)
    dout = np.random.randn(*out_fast.shape)
    dx = max_pool_backward_naive(dout, cache)
    dx_num = eval_numerical_gradient_array(
        lambda x: max_pool_forward_naive(x, pool_param)[0], x, dout
    )
    print(f"{name:30} out: {rel_error(out, out_fast):.1e}, dx: {rel_error(dx, dx_num):.1e}")

# Equal maxima: no numeric gradient there, so compare with the fast layer. Should be 0.
x = np.random.randint(3, size=(2, 3, 7, 7)).astype(float)
dout = np.random.randn(2, 3, 3, 3)
pool_param = {"pool_height": 3, "pool_width": 3, "stride": 2}
dx = max_pool_backward_naive(dout, max_pool_forward_naive(x, pool_param)[1])
dx_fast = max_pool_backward_fast(dout, max_pool_forward_fast(x, pool_param)[1])
print(f"{'equal maxima':30} dx: {rel_error(dx, dx_fast):.1e}")

# %% [markdown]
# ## Sandwich layers for convolutions
#
# In `cs231n/layer_utils.py` you find common patterns of layers, each as one function: convolution
# with ReLU, with or without pooling, made of the fast layers. They are given. The next two cells
# check that they work together with your `relu_forward` and `relu_backward`.

# %%
np.random.seed(231)
x = np.random.randn(2, 3, 16, 16)
w = np.random.randn(3, 3, 3, 3)
b = np.random.randn(3)
dout = np.random.randn(2, 3, 8, 8)
conv_param = {"stride": 1, "pad": 1}
pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}

out, cache = conv_relu_pool_forward(x, w, b, conv_param, pool_param)
dx, dw, db = conv_relu_pool_backward(dout, cache)

dx_num = eval_numerical_gradient_array(
    lambda x: conv_relu_pool_forward(x, w, b, conv_param, pool_param)[0], x, dout
)
dw_num = eval_numerical_gradient_array(
    lambda w: conv_relu_pool_forward(x, w, b, conv_param, pool_param)[0], w, dout
)
db_num = eval_numerical_gradient_array(
    lambda b: conv_relu_pool_forward(x, w, b, conv_param, pool_param)[0], b, dout
)

# Errors should be around 1e-8 or less.
print("conv_relu_pool")
print("dx error:", rel_error(dx_num, dx))
print("dw error:", rel_error(dw_num, dw))
print("db error:", rel_error(db_num, db))

# %%
np.random.seed(231)
x = np.random.randn(2, 3, 8, 8)
w = np.random.randn(3, 3, 3, 3)
b = np.random.randn(3)
dout = np.random.randn(2, 3, 8, 8)
conv_param = {"stride": 1, "pad": 1}

out, cache = conv_relu_forward(x, w, b, conv_param)
dx, dw, db = conv_relu_backward(dout, cache)

dx_num = eval_numerical_gradient_array(lambda x: conv_relu_forward(x, w, b, conv_param)[0], x, dout)
dw_num = eval_numerical_gradient_array(lambda w: conv_relu_forward(x, w, b, conv_param)[0], w, dout)
db_num = eval_numerical_gradient_array(lambda b: conv_relu_forward(x, w, b, conv_param)[0], b, dout)

# Errors should be around 1e-8 or less.
print("conv_relu")
print("dx error:", rel_error(dx_num, dx))
print("dw error:", rel_error(dw_num, dw))
print("db error:", rel_error(db_num, db))

# %% [markdown]
# ## A convolutional net of three layers
#
# All layers are there: put them together. Complete `ThreeLayerConvNet` in
# `cs231n/classifiers/cnn.py`. The fast layers and the sandwich layers are imported there; use them,
# or the training below will take very long.
#
# ### The first loss
#
# A new net should guess. With small random weights, no regularization and $C$ classes, the softmax
# loss is then about $\log C$, here 2.3. Regularization adds a little.

# %%
np.random.seed(231)
model = ThreeLayerConvNet()

N = 50
X = np.random.randn(N, 3, 32, 32)
y = np.random.randint(10, size=N)

loss, grads = model.loss(X, y)
print("Initial loss, no regularization (about 2.30):", loss)

model.reg = 0.5
loss, grads = model.loss(X, y)
print("Initial loss, regularization (about 2.51):   ", loss)

# %% [markdown]
# ### Gradients
#
# If these losses look right, compare the gradients with numeric ones: on made-up data, with few
# filters and units, in float64.

# %%
# Errors should be around 1e-4 or less. (Where a step of the numeric gradient carries a value across
# the kink of a ReLU, or changes a maximum, right gradients may show larger ones, up to 1e-2.)
np.random.seed(231)
input_dim = (3, 16, 12)
X = np.random.randn(2, *input_dim)
y = np.random.randint(10, size=2)

for reg in [0.0, 3.14]:
    model = ThreeLayerConvNet(
        input_dim=input_dim,
        num_filters=3,
        filter_size=3,
        hidden_dim=7,
        weight_scale=5e-2,
        reg=reg,
        dtype=np.float64,
    )
    loss, grads = model.loss(X, y)
    print(f"reg = {reg}:")
    for name in sorted(model.params):
        grad_num = eval_numerical_gradient(
            lambda _: model.loss(X, y)[0], model.params[name], verbose=False, h=1e-6
        )
        print(f"  {name} error: {rel_error(grad_num, grads[name]):.1e}")

# %% [markdown]
# ### Overfit a few images
#
# A good test of a net and its training: let it learn 100 images by heart. It should get nearly all
# of them right, and much fewer of the validation images.

# %% result="overfit"
np.random.seed(231)
num_train = 100
small_data = {
    "X_train": data["X_train"][:num_train],
    "y_train": data["y_train"][:num_train],
    "X_val": data["X_val"],
    "y_val": data["y_val"],
}

model = ThreeLayerConvNet(weight_scale=1e-2)
solver = Solver(
    model,
    small_data,
    num_epochs=20,
    batch_size=20,
    update_rule="adam",
    optim_config={"learning_rate": 1e-3},
    num_val_samples=200,  # of 1000, for speed
    verbose=True,
    print_every=5,
)
solver.train()

# %%
# The training leaves the model with the parameters that had the best validation accuracy.
print("Training accuracy:  ", solver.check_accuracy(small_data["X_train"], small_data["y_train"]))
print("Validation accuracy:", solver.check_accuracy(small_data["X_val"], small_data["y_val"]))

# %% [markdown]
# The plots should show it clearly: the training accuracy goes up to about 1, and the validation
# accuracy stays far below.

# %%
plt.subplot(2, 1, 1)
plt.plot(solver.loss_history, "o")
plt.xlabel("iteration")
plt.ylabel("loss")

plt.subplot(2, 1, 2)
plt.plot(solver.train_acc_history, "-o", label="train")
plt.plot(solver.val_acc_history, "-o", label="val")
plt.xlabel("epoch")
plt.ylabel("accuracy")
plt.legend(loc="upper left")
plt.tight_layout()
plt.show()

# %% [markdown]
# ### Train the net
#
# Now with all images, for one epoch. On CIFAR-10 the training accuracy should come to more than
# 40 %, and the validation accuracy close to it. On the embedded set, whose shapes are easier to
# tell apart, expect about 80 % after a tenth of the steps.

# %% result="trained"
np.random.seed(231)
num_train = len(data["X_train"])

model = ThreeLayerConvNet(weight_scale=0.001, hidden_dim=500, reg=0.001)
solver = Solver(
    model,
    data,
    num_epochs=max(1, 5000 // num_train),  # one, or more if the data were limited to very few
    batch_size=50,
    update_rule="adam",
    optim_config={"learning_rate": 1e-3},
    verbose=True,
    print_every=20,
)
solver.train()

# %%
print("Training accuracy:  ", solver.check_accuracy(data["X_train"], data["y_train"]))
print("Validation accuracy:", solver.check_accuracy(data["X_val"], data["y_val"]))

# %% [markdown]
# ### What the filters look for
#
# The filters of the first layer have three channels, like a color image, and can be shown as one:

# %%
grid = visualize_grid(model.params["W1"].transpose(0, 2, 3, 1))
plt.figure(figsize=(5, 5))
plt.imshow(grid.astype("uint8"))
plt.axis("off")
plt.show()

# %% [markdown]
# ## Spatial batch normalization
#
# Batch normalization helps convolutional nets as well (see the notebook BatchNormalization, and
# [1]). It only has to be told what a feature is.
#
# So far, inputs had the shape $(N, D)$, and each of the $D$ features was normalized over the $N$
# examples of the minibatch. Behind a convolution they have the shape $(N, C, H, W)$, and a channel
# comes from one filter, applied at every place of every image. Its values can be expected to have
# much the same statistics in all images and at all places. Spatial batch normalization therefore
# computes one mean and one variance for each of the $C$ channels, over $N$, $H$ and $W$.
#
# [1] Sergey Ioffe and Christian Szegedy, "Batch Normalization: Accelerating Deep Network Training
# by Reducing Internal Covariate Shift", ICML 2015.
#
# ### The forward pass
#
# Write `spatial_batchnorm_forward` in `cs231n/layers.py`. With the right transposition before it,
# and the way back after it, your `batchnorm_forward` does the work.

# %%
# Mode "train": means and standard deviations of the channels, before and after the layer.
np.random.seed(231)
N, C, H, W = 2, 3, 4, 5
x = 4 * np.random.randn(N, C, H, W) + 10


def print_channels(title, x):
    """Print the shape of x (N, C, H, W), and mean and standard deviation of its channels."""
    print(f"{title}:")
    print(f"  shape: {x.shape}")
    print(f"  means: {x.mean(axis=(0, 2, 3))}")
    print(f"  stds:  {x.std(axis=(0, 2, 3))}")


print_channels("Before spatial batch normalization", x)

# Means should be close to 0 and stds close to 1.
gamma, beta = np.ones(C), np.zeros(C)
out, _ = spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})
print_channels("After it, with gamma = 1, beta = 0", out)

# Means should be close to beta and stds close to gamma.
gamma, beta = np.array([3.0, 4.0, 5.0]), np.array([6.0, 7.0, 8.0])
out, _ = spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})
print_channels(f"After it, with gamma = {gamma}, beta = {beta}", out)

# Every pixel must be back in its place: undoing all steps gives x again. The difference should be
# below 1e-10.
mean = x.mean(axis=(0, 2, 3), keepdims=True)
std = np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + 1e-5)
undone = (out - beta.reshape(1, C, 1, 1)) / gamma.reshape(1, C, 1, 1) * std + mean
print("Undone, difference:", rel_error(undone, x))

# %%
# Mode "test": fifty minibatches warm the running averages up, then comes a new one.
np.random.seed(231)
N, C, H, W = 10, 4, 11, 12
gamma, beta = np.ones(C), np.zeros(C)

bn_param = {"mode": "train"}
for _ in range(50):
    x = 2.3 * np.random.randn(N, C, H, W) + 13
    spatial_batchnorm_forward(x, gamma, beta, bn_param)

bn_param["mode"] = "test"
x = 2.3 * np.random.randn(N, C, H, W) + 13
out, _ = spatial_batchnorm_forward(x, gamma, beta, bn_param)

# Means should be near 0 and stds near 1, with more noise than in training.
print_channels("After spatial batch normalization (test time)", out)

# One running average for each channel, not for each pixel: (4,), near 13 and 2.3 ** 2 = 5.29.
print("running_mean:", bn_param["running_mean"])
print("running_var: ", bn_param["running_var"])

# %% [markdown]
# ### The backward pass
#
# Write `spatial_batchnorm_backward`, in the same manner, and compare with numeric gradients:

# %%
np.random.seed(231)
N, C, H, W = 2, 3, 4, 5
x = 5 * np.random.randn(N, C, H, W) + 12
gamma = np.random.randn(C)
beta = np.random.randn(C)
dout = np.random.randn(N, C, H, W)

bn_param = {"mode": "train"}
dx_num = eval_numerical_gradient_array(
    lambda x: spatial_batchnorm_forward(x, gamma, beta, bn_param)[0], x, dout
)
dgamma_num = eval_numerical_gradient_array(
    lambda gamma: spatial_batchnorm_forward(x, gamma, beta, bn_param)[0], gamma, dout
)
dbeta_num = eval_numerical_gradient_array(
    lambda beta: spatial_batchnorm_forward(x, gamma, beta, bn_param)[0], beta, dout
)

_, cache = spatial_batchnorm_forward(x, gamma, beta, bn_param)
dx, dgamma, dbeta = spatial_batchnorm_backward(dout, cache)

# Errors should lie between 1e-12 and 1e-6.
print("dx error:    ", rel_error(dx_num, dx))
print("dgamma error:", rel_error(dgamma_num, dgamma))
print("dbeta error: ", rel_error(dbeta_num, dbeta))

# %% [markdown]
# ## Group normalization
#
# Layer normalization does not depend on the size of the minibatch (see the notebook
# BatchNormalization), but in convolutional nets it does less well than batch normalization. Its
# authors [2] give a reason. In a fully connected layer the units contribute about equally, and
# common statistics suit them all. In a convolutional layer, units that look at the border of the
# image are seldom active, and their statistics differ a lot from those of the rest.
#
# Group normalization [3] stands between the two. It also stays within one example, but it splits
# the channels into $G$ groups of neighbours and normalizes each group for itself. Within a group,
# equal contributions are still assumed; but features that belong together are natural in vision,
# as the authors point out. Histograms of oriented gradients [4], for example, are normalized block
# by block before the blocks are joined to one vector.
#
# The next cell draws what the normalizations take together, on a tensor of 4 examples and 6
# channels of 3 x 3 pixels. Each normalization computes one mean and one variance for all entries
# of one color.
#
# [2] Jimmy Lei Ba, Jamie Ryan Kiros and Geoffrey E. Hinton, "Layer Normalization",
# arXiv:1607.06450, 2016.
#
# [3] Yuxin Wu and Kaiming He, "Group Normalization", arXiv:1803.08494, 2018.
#
# [4] Navneet Dalal and Bill Triggs, "Histograms of Oriented Gradients for Human Detection",
# CVPR 2005.

# %%
N, C, G, side = 4, 6, 2, 3
n, c = np.mgrid[:N, :C]
together = {  # for each example and channel, the number of the statistics it belongs to
    "Batch normalization": c,
    "Layer normalization": n,
    f"Group normalization, G = {G}": n * G + c // (C // G),
}

plt.figure(figsize=(13, 3.6))
for i, (title, number) in enumerate(together.items()):
    plt.subplot(1, 3, i + 1)
    plt.imshow(number, cmap="tab10", vmin=0, vmax=9)
    for k in range(1, side * C):
        plt.axvline(k / side - 0.5, color="white", linewidth=3 if k % side == 0 else 0.5)
    for k in range(1, side * N):
        plt.axhline(k / side - 0.5, color="white", linewidth=3 if k % side == 0 else 0.5)
    plt.xticks(range(C))
    plt.yticks(range(N))
    plt.xlabel("channel")
    plt.ylabel("example")
    plt.title(title)
plt.tight_layout()
plt.show()

# %% [markdown]
# ### The forward pass
#
# Write `spatial_groupnorm_forward` in `cs231n/layers.py`. Scale and shift belong to channels, as in
# spatial batch normalization, but here they come in the shape $(1, C, 1, 1)$.

# %%
np.random.seed(231)
N, C, H, W = 2, 6, 4, 5
G = 2
x = 4 * np.random.randn(N, C, H, W) + 10


def print_groups(title, x, G):
    """Print the shape of x (N, C, H, W), and mean and standard deviation of its N * G groups."""
    groups = x.reshape(len(x) * G, -1)
    print(f"{title}:")
    print(f"  shape: {x.shape}")
    print(f"  means: {groups.mean(axis=1)}")
    print(f"  stds:  {groups.std(axis=1)}")


print_groups("Before group normalization", x, G)

# Means should be close to 0 and stds close to 1.
gamma, beta = np.ones((1, C, 1, 1)), np.zeros((1, C, 1, 1))
out, _ = spatial_groupnorm_forward(x, gamma, beta, G, {})
print_groups("After it, with gamma = 1, beta = 0", out, G)

# Every pixel must be back in its place: normalization keeps the order of values within a group.
before, after = x.reshape(N * G, -1), out.reshape(N * G, -1)
same = np.array_equal(before.argsort(axis=1), after.argsort(axis=1))
print("Values of each group in the same order as before (should be True):", same)

# The same scale and shift for all channels of a group. The groups of each of the two examples
# should have means close to 5 and -1, and stds close to 2 and 3.
gamma = np.array([2.0, 2.0, 2.0, 3.0, 3.0, 3.0]).reshape(1, C, 1, 1)
beta = np.array([5.0, 5.0, 5.0, -1.0, -1.0, -1.0]).reshape(1, C, 1, 1)
out, _ = spatial_groupnorm_forward(x, gamma, beta, G, {})
print_groups("After it, with a gamma and beta for each group", out, G)

# Another for each channel. Taken back, means should be close to 0 and stds close to 1 again.
gamma, beta = np.random.randn(1, C, 1, 1), np.random.randn(1, C, 1, 1)
out, _ = spatial_groupnorm_forward(x, gamma, beta, G, {})
print_groups("After it, with random gamma and beta, taken back", (out - beta) / gamma, G)

# %% [markdown]
# Two numbers of groups lead back to layers that you have. With $G = 1$ a group is a whole example:
# this is layer normalization, except for scale and shift. With $G = C$ it is one channel of one
# example: this is spatial batch normalization of a minibatch of one image.

# %%
# Differences should be below 1e-10.
one, zero = np.ones((1, C, 1, 1)), np.zeros((1, C, 1, 1))

out, _ = spatial_groupnorm_forward(x, one, zero, 1, {})
expected, _ = layernorm_forward(x.reshape(N, -1), np.ones(C * H * W), np.zeros(C * H * W), {})
print("G = 1, difference:", rel_error(out, expected.reshape(x.shape)))

out, _ = spatial_groupnorm_forward(x, one, zero, C, {})
expected = [
    spatial_batchnorm_forward(x[i : i + 1], np.ones(C), np.zeros(C), {"mode": "train"})[0]
    for i in range(N)
]
print("G = C, difference:", rel_error(out, np.concatenate(expected)))

# %% [markdown]
# ### The backward pass
#
# Write `spatial_groupnorm_backward`, and compare with numeric gradients. Gradients have the shape
# of what they are gradients of: $(1, C, 1, 1)$ for scale and shift.

# %%
np.random.seed(231)
N, C, H, W = 2, 6, 4, 5
x = 5 * np.random.randn(N, C, H, W) + 12
gamma = np.random.randn(1, C, 1, 1)
beta = np.random.randn(1, C, 1, 1)
dout = np.random.randn(N, C, H, W)

# Errors should lie between 1e-12 and 1e-6.
for G in (2, 1, C):
    dx_num = eval_numerical_gradient_array(
        lambda x: spatial_groupnorm_forward(x, gamma, beta, G, {})[0], x, dout
    )
    dgamma_num = eval_numerical_gradient_array(
        lambda gamma: spatial_groupnorm_forward(x, gamma, beta, G, {})[0], gamma, dout
    )
    dbeta_num = eval_numerical_gradient_array(
        lambda beta: spatial_groupnorm_forward(x, gamma, beta, G, {})[0], beta, dout
    )
    _, cache = spatial_groupnorm_forward(x, gamma, beta, G, {})
    dx, dgamma, dbeta = spatial_groupnorm_backward(dout, cache)
    print(f"G = {G}:")
    print("  dx error:    ", rel_error(dx_num, dx))
    print("  dgamma error:", rel_error(dgamma_num, dgamma))
    print("  dbeta error: ", rel_error(dbeta_num, dbeta))

# The shapes should be (1, 6, 1, 1).
print("shapes of dgamma and dbeta:", dgamma.shape, dbeta.shape)
