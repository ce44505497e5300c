"""Convolution, max pooling, and the normalizations of feature maps.

The shapes of the notebooks are square, padded and tile; what the documented contract says beyond
them is checked apart, as "general" shapes, for a tenth of a function's points.
"""

from __future__ import annotations

import numpy as np

from autograder import strategies
from autograder.assignment import check
from autograder.checks import _layers, normalization
from autograder.sandbox import Student
from autograder.strategies import Case

__all__: list[str] = []

QUESTION = "convolution"
CONV = "Convolution"
POOL = "Max pooling"
SPATIAL = "Normalization of feature maps"
LAYER_GRADIENTS = ("dx", "dw", "db")


@check(
    function="conv_forward_naive",
    question=QUESTION,
    topic=CONV,
    inputs=strategies.conv(general=False),
    weight=8,
)
def conv_forward_naive_values(student: Student, case: Case) -> None:
    """conv_forward_naive slides every filter over the padded image"""
    _layers.forward(student, case, "conv_forward_naive")


@check(
    function="conv_forward_naive",
    question=QUESTION,
    topic=CONV,
    inputs=strategies.conv(general=True),
    examples=10,
)
def conv_forward_naive_general(student: Student, case: Case) -> None:
    """conv_forward_naive works without padding, for images and filters that are not square"""
    _layers.forward(student, case, "conv_forward_naive")


@check(
    function="conv_forward_naive",
    question=QUESTION,
    topic=CONV,
    inputs=strategies.conv(general=False, dtype=np.float32),
    examples=4,
)
def conv_forward_naive_float32(student: Student, case: Case) -> None:
    """conv_forward_naive works in single precision too"""
    _layers.forward(student, case, "conv_forward_naive")


@check(
    function="conv_backward_naive",
    question=QUESTION,
    topic=CONV,
    inputs=strategies.conv(general=False),
    after="conv_forward_naive",
    weight=9,
)
def conv_backward_naive_gradients(student: Student, case: Case) -> None:
    """conv_backward_naive returns dx, dw and db"""
    _layers.backward(student, case, "conv_backward_naive", "conv_forward_naive", LAYER_GRADIENTS)


@check(
    function="conv_backward_naive",
    question=QUESTION,
    topic=CONV,
    inputs=strategies.conv(general=True),
    after="conv_forward_naive",
    examples=10,
)
def conv_backward_naive_general(student: Student, case: Case) -> None:
    """conv_backward_naive works without padding, for images and filters that are not square"""
    _layers.backward(student, case, "conv_backward_naive", "conv_forward_naive", LAYER_GRADIENTS)


@check(
    function="max_pool_forward_naive",
    question=QUESTION,
    topic=POOL,
    inputs=strategies.pool(general=False),
    weight=9,
)
def max_pool_forward_naive_values(student: Student, case: Case) -> None:
    """max_pool_forward_naive returns the largest value of each window"""
    _layers.forward(student, case, "max_pool_forward_naive")


@check(
    function="max_pool_forward_naive",
    question=QUESTION,
    topic=POOL,
    inputs=strategies.pool(general=True),
    examples=10,
)
def max_pool_forward_naive_general(student: Student, case: Case) -> None:
    """max_pool_forward_naive works for windows that overlap, leave gaps or are not square"""
    _layers.forward(student, case, "max_pool_forward_naive")


@check(
    function="max_pool_backward_naive",
    question=QUESTION,
    topic=POOL,
    inputs=strategies.pool(general=False),
    after="max_pool_forward_naive",
    weight=9,
)
def max_pool_backward_naive_gradients(student: Student, case: Case) -> None:
    """max_pool_backward_naive routes each gradient to where the maximum was"""
    _layers.backward(student, case, "max_pool_backward_naive", "max_pool_forward_naive", ("dx",))


@check(
    function="max_pool_backward_naive",
    question=QUESTION,
    topic=POOL,
    inputs=strategies.pool(general=True),
    after="max_pool_forward_naive",
    examples=10,
)
def max_pool_backward_naive_general(student: Student, case: Case) -> None:
    """max_pool_backward_naive adds up gradients where windows overlap"""
    _layers.backward(student, case, "max_pool_backward_naive", "max_pool_forward_naive", ("dx",))


# Spatial batch norm. ----------------------------------------------------------------------

SPATIAL_TRAIN = strategies.spatial_norm("bn_param", mode="train")
SPATIAL_WIDE = strategies.spatial_norm("bn_param", scales=(1.0, 4.0), mode="train")
BATCHNORM = ("batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt")
SPATIAL_USES = (*BATCHNORM, "layernorm_forward", "layernorm_backward")


@check(
    function="spatial_batchnorm_forward",
    question=QUESTION,
    topic=SPATIAL,
    inputs=SPATIAL_TRAIN,
    uses=SPATIAL_USES,
    weight=5,
)
def spatial_batchnorm_forward_train(student: Student, case: Case) -> None:
    """spatial_batchnorm_forward normalizes each channel over images and positions"""
    _layers.forward(student, case, "spatial_batchnorm_forward")


@check(
    function="spatial_batchnorm_forward",
    question=QUESTION,
    topic=SPATIAL,
    inputs=SPATIAL_WIDE,
    uses=SPATIAL_USES,
    weight=2,
    examples=4,
)
def spatial_batchnorm_forward_running(student: Student, case: Case) -> None:
    """spatial_batchnorm_forward keeps running averages for each channel"""
    normalization.running_statistics(student, case, "spatial_batchnorm_forward", momentum=0.9)


@check(
    function="spatial_batchnorm_forward",
    question=QUESTION,
    topic=SPATIAL,
    inputs=SPATIAL_WIDE,
    uses=SPATIAL_USES,
    weight=2,
    examples=4,
)
def spatial_batchnorm_forward_test(student: Student, case: Case) -> None:
    """spatial_batchnorm_forward uses the running averages in test mode"""
    normalization.test_mode(student, case, "spatial_batchnorm_forward")


@check(
    function="spatial_batchnorm_forward",
    question=QUESTION,
    topic=SPATIAL,
    inputs=SPATIAL_WIDE,
    uses=SPATIAL_USES,
    examples=4,
)
def spatial_batchnorm_forward_integers(student: Student, case: Case) -> None:
    """spatial_batchnorm_forward accepts integer gamma and beta"""
    normalization.integers(student, case, "spatial_batchnorm_forward")


@check(
    function="spatial_batchnorm_backward",
    question=QUESTION,
    topic=SPATIAL,
    inputs=SPATIAL_TRAIN,
    after="spatial_batchnorm_forward",
    uses=SPATIAL_USES,
)
def spatial_batchnorm_backward_gradients(student: Student, case: Case) -> None:
    """spatial_batchnorm_backward returns dx, dgamma and dbeta"""
    _layers.backward(
        student,
        case,
        "spatial_batchnorm_backward",
        "spatial_batchnorm_forward",
        normalization.GRADIENTS,
    )


# Spatial group norm. ----------------------------------------------------------------------

GROUPS = strategies.spatial_norm("gn_param", groups=True)


@check(
    function="spatial_groupnorm_forward",
    question=QUESTION,
    topic=SPATIAL,
    inputs=strategies.spatial_norm("gn_param", groups=True, scales=(1.0,), eps=0.1),
    uses=SPATIAL_USES,
    examples=3,
)
def spatial_groupnorm_forward_eps(student: Student, case: Case) -> None:
    """spatial_groupnorm_forward uses the eps that gn_param names"""
    _layers.forward(student, case, "spatial_groupnorm_forward")


@check(
    function="spatial_groupnorm_forward",
    question=QUESTION,
    topic=SPATIAL,
    inputs=GROUPS,
    uses=SPATIAL_USES,
    weight=14,
)
def spatial_groupnorm_forward_values(student: Student, case: Case) -> None:
    """spatial_groupnorm_forward normalizes groups of neighbouring channels, image by image"""
    _layers.forward(student, case, "spatial_groupnorm_forward")


@check(
    function="spatial_groupnorm_backward",
    question=QUESTION,
    topic=SPATIAL,
    inputs=GROUPS,
    after="spatial_groupnorm_forward",
    uses=SPATIAL_USES,
)
def spatial_groupnorm_backward_gradients(student: Student, case: Case) -> None:
    """spatial_groupnorm_backward returns dx, dgamma and dbeta, the last two (1, C, 1, 1)"""
    _layers.backward(
        student,
        case,
        "spatial_groupnorm_backward",
        "spatial_groupnorm_forward",
        normalization.GRADIENTS,
    )


# The sandwiches: given, so they count for nothing, but a changed one would sink the nets. -------

NAIVE = ("conv_forward_naive", "conv_backward_naive", "max_pool_forward_naive")
RELU = ("relu_forward", "relu_backward")


@check(
    function="conv_relu_forward",
    question=QUESTION,
    topic=CONV,
    inputs=strategies.conv(general=False),
    uses=(*NAIVE, *RELU),
    examples=4,
)
def conv_relu_forward_values(student: Student, case: Case) -> None:
    """conv_relu_forward is a convolution followed by ReLU (given)"""
    _layers.forward(student, case, "conv_relu_forward")


@check(
    function="conv_relu_backward",
    question=QUESTION,
    topic=CONV,
    inputs=strategies.conv(general=False),
    after="conv_relu_forward",
    uses=(*NAIVE, *RELU),
    examples=4,
)
def conv_relu_backward_gradients(student: Student, case: Case) -> None:
    """conv_relu_backward undoes ReLU, then the convolution (given)"""
    _layers.backward(student, case, "conv_relu_backward", "conv_relu_forward", LAYER_GRADIENTS)


@check(
    function="conv_relu_pool_forward",
    question=QUESTION,
    topic=CONV,
    inputs=strategies.conv_relu_pool(),
    uses=(*NAIVE, *RELU),
    examples=4,
)
def conv_relu_pool_forward_values(student: Student, case: Case) -> None:
    """conv_relu_pool_forward is convolution, ReLU and max pooling (given)"""
    _layers.forward(student, case, "conv_relu_pool_forward")


@check(
    function="conv_relu_pool_backward",
    question=QUESTION,
    topic=CONV,
    inputs=strategies.conv_relu_pool(),
    after="conv_relu_pool_forward",
    uses=(*NAIVE, "max_pool_backward_naive", *RELU),
    examples=4,
)
def conv_relu_pool_backward_gradients(student: Student, case: Case) -> None:
    """conv_relu_pool_backward undoes pooling, ReLU and convolution (given)"""
    _layers.backward(
        student, case, "conv_relu_pool_backward", "conv_relu_pool_forward", LAYER_GRADIENTS
    )


@check(
    function="conv_bn_relu_forward",
    question=QUESTION,
    topic=CONV,
    inputs=strategies.conv_bn_relu(),
    uses=(*NAIVE, *RELU, "spatial_batchnorm_forward", *BATCHNORM),
    examples=4,
)
def conv_bn_relu_forward_values(student: Student, case: Case) -> None:
    """conv_bn_relu_forward is convolution, spatial batch norm and ReLU (given)"""
    _layers.forward(student, case, "conv_bn_relu_forward")


@check(
    function="conv_bn_relu_backward",
    question=QUESTION,
    topic=CONV,
    inputs=strategies.conv_bn_relu(),
    after="conv_bn_relu_forward",
    uses=(
        *NAIVE,
        *RELU,
        "spatial_batchnorm_forward",
        "spatial_batchnorm_backward",
        *BATCHNORM,
    ),
    examples=4,
)
def conv_bn_relu_backward_gradients(student: Student, case: Case) -> None:
    """conv_bn_relu_backward undoes ReLU, spatial batch norm and convolution (given)"""
    names = ("dx", "dw", "db", "dgamma", "dbeta")
    _layers.backward(student, case, "conv_bn_relu_backward", "conv_bn_relu_forward", names)


@check(
    function="spatial_batchnorm_forward",
    question=QUESTION,
    topic=SPATIAL,
    inputs=strategies.spatial_norm("bn_param", scales=(1.0,), mode="train", eps=0.1),
    uses=SPATIAL_USES,
    examples=3,
    weight=0.25,
)
def spatial_batchnorm_forward_eps(student: Student, case: Case) -> None:
    """spatial_batchnorm_forward uses the eps that bn_param names"""
    _layers.forward(student, case, "spatial_batchnorm_forward")


@check(
    function="spatial_batchnorm_forward",
    question=QUESTION,
    topic=SPATIAL,
    inputs=SPATIAL_WIDE,
    uses=SPATIAL_USES,
    examples=3,
    weight=0.25,
)
def spatial_batchnorm_forward_momentum(student: Student, case: Case) -> None:
    """spatial_batchnorm_forward uses the momentum that bn_param names"""
    normalization.running_statistics(student, case, "spatial_batchnorm_forward", momentum=0.6)


@check(
    function="spatial_groupnorm_backward",
    question=QUESTION,
    topic=SPATIAL,
    inputs=strategies.spatial_norm("gn_param", groups=True, scales=(1.0,), eps=0.1),
    after="spatial_groupnorm_forward",
    uses=SPATIAL_USES,
    examples=3,
    weight=0.05,
)
def spatial_groupnorm_backward_eps(student: Student, case: Case) -> None:
    """spatial_groupnorm_backward knows the eps that gn_param named"""
    _layers.backward(
        student,
        case,
        "spatial_groupnorm_backward",
        "spatial_groupnorm_forward",
        normalization.GRADIENTS,
    )


@check(
    function="spatial_batchnorm_backward",
    question=QUESTION,
    topic=SPATIAL,
    inputs=strategies.spatial_norm("bn_param", scales=(1.0,), mode="train", eps=0.1),
    after="spatial_batchnorm_forward",
    uses=SPATIAL_USES,
    examples=3,
    weight=0.05,
)
def spatial_batchnorm_backward_eps(student: Student, case: Case) -> None:
    """spatial_batchnorm_backward knows the eps that bn_param named"""
    _layers.backward(
        student,
        case,
        "spatial_batchnorm_backward",
        "spatial_batchnorm_forward",
        normalization.GRADIENTS,
    )
