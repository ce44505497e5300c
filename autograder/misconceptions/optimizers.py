"""The update rules."""

from __future__ import annotations

from functools import partial

from autograder.misconceptions import lines, mistake

__all__: list[str] = []

RULES = "Update rules"

# sgd_momentum. ------------------------------------------------------------------------------

sgd_momentum = partial(mistake, "sgd_momentum", topic=RULES)
VELOCITY = 'v = config["momentum"] * v - config["learning_rate"] * dw'
STEP = "next_w = w + v"

sgd_momentum(
    "uphill",
    "The velocity gains speed along the gradient, so the loss climbs.",
    (VELOCITY, 'v = config["momentum"] * v + config["learning_rate"] * dw'),
)
sgd_momentum(
    "velocity-subtracted",
    "The velocity points downhill already, and then the step goes the opposite way.",
    (STEP, "next_w = w - v"),
)
sgd_momentum(
    "velocity-uphill",
    "The velocity points uphill and is subtracted; one that was stored before is used backwards.",
    (VELOCITY, 'v = config["momentum"] * v + config["learning_rate"] * dw'),
    (STEP, "next_w = w - v"),
)
sgd_momentum(
    "learning-rate-outside",
    "The velocity is a sum of gradients instead of steps: the learning rate comes in too late.",
    (VELOCITY, 'v = config["momentum"] * v - dw'),
    (STEP, 'next_w = w + config["learning_rate"] * v'),
)
sgd_momentum(
    "learning-rate-missing",
    "The learning rate has no influence.",
    (VELOCITY, 'v = config["momentum"] * v - dw'),
)
sgd_momentum(
    "no-memory",
    "The last velocity has no influence: this is plain gradient descent.",
    (VELOCITY, 'v = -config["learning_rate"] * dw'),
)
sgd_momentum(
    "no-friction",
    "The last velocity is kept in full; momentum should slow it down.",
    (VELOCITY, 'v = v - config["learning_rate"] * dw'),
)
sgd_momentum(
    "gradient-damped",
    "The gradient is weighed by 1 - momentum, as in a running mean; a velocity adds it in full.",
    (VELOCITY, VELOCITY.replace("- config", '- (1 - config["momentum"]) * config')),
)
sgd_momentum(
    "momentum-hard-coded",
    "The default momentum is written into the formula, so that config cannot change it.",
    ('config["momentum"] * v', "0.9 * v"),
)
sgd_momentum(
    "nesterov",
    "The step looks ahead along the velocity; that is Nesterov's rule, not the classical one.",
    (STEP, 'next_w = w + config["momentum"] * v - config["learning_rate"] * dw'),
)
sgd_momentum(
    "old-velocity",
    "The step is taken with the velocity of the last one, so each gradient comes in late.",
    (f"{VELOCITY}\n    {STEP}", f"{STEP}\n{VELOCITY}"),
)
sgd_momentum(
    "velocity-not-kept",
    "The new velocity is used for the step, but the old one is stored.",
    (VELOCITY, VELOCITY.replace("v =", "new =", 1)),
    (STEP, "next_w = w + new"),
)
sgd_momentum(
    "in-place",
    "w is changed in place, which damages the caller's array but is the right step.",
    (STEP, "w += v\nnext_w = w"),
    tolerated=True,
)

# rmsprop. -----------------------------------------------------------------------------------

rmsprop = partial(mistake, "rmsprop", topic=RULES)
CACHE = 'config["cache"] = decay * config["cache"] + (1 - decay) * dw**2'
SCALED = 'dw / (np.sqrt(config["cache"]) + config["epsilon"])'
RMS_STEP = f'next_w = w - config["learning_rate"] * {SCALED}'

rmsprop(
    "root-missing",
    "The step is divided by the mean of squares; without a root it has the wrong unit.",
    (SCALED, 'dw / (config["cache"] + config["epsilon"])'),
)
rmsprop(
    "not-squared",
    "The cache averages gradients instead of their squares; they can cancel and be negative.",
    ("(1 - decay) * dw**2", "(1 - decay) * dw"),
)
rmsprop(
    "decay-swapped",
    "decay_rate weighs the new gradient instead of the past.",
    (CACHE, 'config["cache"] = (1 - decay) * config["cache"] + decay * dw**2'),
)
rmsprop(
    "never-decays",
    "Squares are added up for ever, so the steps die out; that is AdaGrad.",
    (CACHE, 'config["cache"] = config["cache"] + dw**2'),
)
rmsprop(
    "weights-exceed-one",
    "The new square is added in full, so the weights of past and present exceed 1 in sum.",
    (CACHE, 'config["cache"] = decay * config["cache"] + dw**2'),
)
rmsprop(
    "decay-hard-coded",
    "The default decay rate is written into the formula, so that config cannot change it.",
    ('decay = config["decay_rate"]', "decay = 0.99"),
)
rmsprop(
    "old-cache",
    "The step is divided by the cache of the last one; the new gradient belongs in it already.",
    (f"{CACHE}\n    {RMS_STEP}", f"{RMS_STEP}\n{CACHE}"),
)
rmsprop(
    "cache-not-kept",
    "The new cache is used for the step and then forgotten.",
    (CACHE, CACHE.replace('config["cache"] =', "new =", 1)),
    (SCALED, 'dw / (np.sqrt(new) + config["epsilon"])'),
)
rmsprop(
    "learning-rate-missing",
    "The learning rate has no influence.",
    (RMS_STEP, f"next_w = w - {SCALED}"),
)
rmsprop(
    "uphill",
    "The step goes along the gradient, so the loss climbs.",
    ("next_w = w - ", "next_w = w + "),
)
rmsprop(
    "epsilon-missing",
    "Nothing keeps the division from failing where every gradient so far was 0.",
    (SCALED, 'dw / np.sqrt(config["cache"])'),
)
rmsprop(
    "epsilon-hard-coded",
    "The default epsilon is written into the formula, so that config cannot change it.",
    (SCALED, 'dw / (np.sqrt(config["cache"]) + 1e-8)'),
)
rmsprop(
    "epsilon-inside-root",
    "epsilon is added under the root; at its default size this changes nothing of note.",
    (SCALED, 'dw / np.sqrt(config["cache"] + config["epsilon"])'),
    tolerated=True,
)
rmsprop(
    "in-place",
    "w is changed in place, which damages the caller's array but is the right step.",
    (RMS_STEP, f"{RMS_STEP.replace('next_w = w - ', 'w -= ')}\nnext_w = w"),
    tolerated=True,
)

# adam. --------------------------------------------------------------------------------------

adam = partial(mistake, "adam", topic=RULES)
COUNT = 'config["t"] += 1'
M = 'config["m"] = beta1 * config["m"] + (1 - beta1) * dw\n'
V = 'config["v"] = beta2 * config["v"] + (1 - beta2) * dw**2'
M_HAT = 'config["m"] / (1 - beta1 ** config["t"])'
V_HAT = 'config["v"] / (1 - beta2 ** config["t"])'
ADAM_SCALED = 'm_hat / (np.sqrt(v_hat) + config["epsilon"])'
ADAM_STEP = f'next_w = w - config["learning_rate"] * {ADAM_SCALED}'

adam(
    "no-correction",
    "The running means start at 0, and nothing corrects that.",
    (M_HAT, 'config["m"]'),
    (V_HAT, 'config["v"]'),
)
adam(
    "m-not-corrected",
    "The mean of the gradients starts at 0, and nothing corrects that.",
    (M_HAT, 'config["m"]'),
)
adam(
    "v-not-corrected",
    "The mean of the squares starts at 0, and nothing corrects that.",
    (V_HAT, 'config["v"]'),
)
adam(
    "corrected-by-product",
    "The correction multiplies beta by t; the share of the start shrinks by beta at every step.",
    (M_HAT, 'config["m"] / (1 - beta1 * config["t"])'),
    (V_HAT, 'config["v"] / (1 - beta2 * config["t"])'),
)
adam(
    "corrected-without-t",
    "The correction is the same at every step; it should fade.",
    (M_HAT, 'config["m"] / (1 - beta1)'),
    (V_HAT, 'config["v"] / (1 - beta2)'),
)
adam(
    "corrected-with-one-beta",
    "Both means are corrected with the same beta; each decays with its own.",
    (V_HAT, 'config["v"] / (1 - beta1 ** config["t"])'),
)
adam(
    "correction-stored",
    "The corrected means are stored, so that the next step corrects them again.",
    (M_HAT, f'config["m"] = {M_HAT}'),
    (V_HAT, f'config["v"] = {V_HAT}'),
)
adam(
    "t-after-use",
    "t is increased after it was used; the first step then divides by 0.",
    (f"    {COUNT}\n", ""),
    (ADAM_STEP, f"{ADAM_STEP}\n{COUNT}"),
)
adam(
    "t-never-advances",
    "t is never stored, so every step is corrected like the first.",
    (COUNT, 't = config["t"] + 1'),
    (M_HAT, 'config["m"] / (1 - beta1**t)'),
    (V_HAT, 'config["v"] / (1 - beta2**t)'),
)
adam(
    "t-reset",
    "t starts anew at every step.",
    (COUNT, 'config["t"] = 1'),
)
adam(
    "betas-swapped",
    "Each of the two means decays with the other's beta.",
    (
        'beta1, beta2 = config["beta1"], config["beta2"]',
        'beta2, beta1 = config["beta1"], config["beta2"]',
    ),
)
adam(
    "shares-swapped",
    "beta weighs the new gradient instead of the past.",
    (M, 'config["m"] = (1 - beta1) * config["m"] + beta1 * dw\n'),
    (V, 'config["v"] = (1 - beta2) * config["v"] + beta2 * dw**2'),
)
adam(
    "weights-exceed-one",
    "New values are added in full, so the weights of past and present exceed 1 in sum.",
    (M, 'config["m"] = beta1 * config["m"] + dw\n'),
    (V, 'config["v"] = beta2 * config["v"] + dw**2'),
)
adam(
    "never-decays",
    "The past is kept in full; both means must forget.",
    (M, 'config["m"] = config["m"] + (1 - beta1) * dw\n'),
    (V, 'config["v"] = config["v"] + (1 - beta2) * dw**2'),
)
adam(
    "not-squared",
    "The second mean averages gradients instead of their squares.",
    ("(1 - beta2) * dw**2", "(1 - beta2) * dw"),
)
adam(
    "square-of-the-mean",
    "The second mean is built from the first; it averages squares of gradients.",
    ("(1 - beta2) * dw**2", '(1 - beta2) * config["m"] ** 2'),
)
adam(
    "root-missing",
    "The step is divided by the mean of squares; without a root it has the wrong unit.",
    ("np.sqrt(v_hat)", "v_hat"),
)
adam(
    "first-mean-unused",
    "The step follows the last gradient instead of the mean of all.",
    (ADAM_SCALED, ADAM_SCALED.replace("m_hat", "dw")),
)
adam(
    "m-and-v-swapped-in-step",
    "The step follows the wrong mean and is divided by the root of the other.",
    (ADAM_SCALED, 'v_hat / (np.sqrt(np.abs(m_hat)) + config["epsilon"])'),
)
adam(
    "m-not-kept",
    "The new mean of the gradients is used for the step and then forgotten.",
    (M, M.replace('config["m"] =', "m =", 1)),
    (M_HAT, 'm / (1 - beta1 ** config["t"])'),
)
adam(
    "v-not-kept",
    "The new mean of the squares is used for the step and then forgotten.",
    (V, V.replace('config["v"] =', "v =", 1)),
    (V_HAT, 'v / (1 - beta2 ** config["t"])'),
)
adam(
    "learning-rate-missing",
    "The learning rate has no influence.",
    (ADAM_STEP, f"next_w = w - {ADAM_SCALED}"),
)
adam(
    "uphill",
    "The step goes along the gradient, so the loss climbs.",
    ("next_w = w - ", "next_w = w + "),
)
adam(
    "betas-hard-coded",
    "The default betas are written into the formula, so that config cannot change them.",
    ('beta1, beta2 = config["beta1"], config["beta2"]', "beta1, beta2 = 0.9, 0.999"),
)
adam(
    "epsilon-missing",
    "Nothing keeps the division from failing where every gradient so far was 0.",
    (ADAM_SCALED, "m_hat / np.sqrt(v_hat)"),
)
adam(
    "epsilon-hard-coded",
    "The default epsilon is written into the formula, so that config cannot change it.",
    (ADAM_SCALED, "m_hat / (np.sqrt(v_hat) + 1e-8)"),
)
adam(
    "epsilon-inside-root",
    "epsilon is added under the root; at its default size this changes nothing of note.",
    (ADAM_SCALED, 'm_hat / np.sqrt(v_hat + config["epsilon"])'),
    tolerated=True,
)
adam(
    "one-line-correction",
    "Both corrections are moved into the step size, the form given at the end of section 2.",
    (
        ADAM_STEP,
        lines(
            'correction = np.sqrt(1 - beta2 ** config["t"]) / (1 - beta1 ** config["t"])',
            'step = config["learning_rate"] * correction',
            'next_w = w - step * config["m"] / (np.sqrt(config["v"]) + config["epsilon"])',
        ),
    ),
    tolerated=True,
)
adam(
    "in-place",
    "w is changed in place, which damages the caller's array but is the right step.",
    (ADAM_STEP, f"{ADAM_STEP.replace('next_w = w - ', 'w -= ')}\nnext_w = w"),
    tolerated=True,
)
adam(
    "running-means-in-place",
    "The stored arrays are changed in place instead of being replaced.",
    (M, 'config["m"] *= beta1\nconfig["m"] += (1 - beta1) * dw\n'),
    (V, 'config["v"] *= beta2\nconfig["v"] += (1 - beta2) * dw**2'),
    tolerated=True,
)

# Found by mutation of right solutions: what they leave alone unless it is asked for. ---------

adam(
    "beta2-hard-coded",
    "The default beta2 is written into the formula, so that config has no influence on it.",
    (
        'beta1, beta2 = config["beta1"], config["beta2"]',
        'beta1, beta2 = config["beta1"], 0.999',
    ),
)
sgd_momentum(
    "gradient-clipped",
    "Large gradients are cut off before the step.",
    (
        'config["learning_rate"] * dw',
        'config["learning_rate"] * np.clip(dw, -5, 5)',
    ),
)
