"""Every number in the printed assignment that a right implementation must give again.

One student's printed notebooks are the only record of the assignment. Their figures come in five
kinds, by how closely they can be met:

- SCALARS: printed in full; met to a relative 1e-12 (sums may be taken in another order).
- ARRAYS: printed by NumPy to 8 decimals; met to the last printed digit.
- DIFFERENCES: largest relative difference between a result and an array of 8 decimals. It is the
  rounding of that array, so it is met to a relative 1e-6.
- FLOAT32: a sum of 32-bit squares; met to a relative 1e-7.
- FAULTS: printed by a wrong implementation. A right one must NOT give them;
  `test_seed_figures.py` says what must have been wrong and gives them again with that fault.

Left out: times, rounding noise (means of 1e-17, errors of gradient checks), accuracies on a data
set that is not in the print, and the framework notebooks.
"""

SCALARS = {
    # FullyConnectedNets: initial loss, two hidden layers
    "fc_net.loss.reg=0": 2.300479089768492,
    "fc_net.loss.reg=3.14": 7.052114776533016,
    # BatchNormalization: initial loss, and the two backward passes against each other
    "fc_net.batchnorm.loss.reg=0": 2.2611955101340957,
    "fc_net.batchnorm.loss.reg=3.14": 6.996533220108303,
    "batchnorm.alt.dgamma difference": 0.0,
    "batchnorm.alt.dbeta difference": 0.0,
    # Dropout: at test time nothing is dropped; a net that keeps everything has no dropout
    "dropout.input mean": 10.000207878477502,
    "dropout.test mean.p=0.25": 10.000207878477502,
    "dropout.test mean.p=0.4": 10.000207878477502,
    "dropout.test mean.p=0.7": 10.000207878477502,
    "dropout.test zeros.p=0.25": 0.0,
    "dropout.test zeros.p=0.4": 0.0,
    "dropout.test zeros.p=0.7": 0.0,
    "fc_net.dropout.loss.keep=1": 2.300479089768492,
    # ConvolutionalNetworks: naive against fast, and the initial loss. That cell sets no seed; its
    # state is the one that the cell before it, on conv_relu, left behind.
    "conv.fast.db difference": 0.0,
    "max_pool.fast.out difference": 0.0,
    "max_pool.fast.dx difference": 0.0,
    "cnn.loss.reg=0": 2.302586071243987,
}

FLOAT32 = {"cnn.loss.reg=0.5": 2.508255638232932}

ARRAYS = {
    # FullyConnectedNets: update rules
    "sgd_momentum.next_w": [
        [0.1406, 0.20738947, 0.27417895, 0.34096842, 0.40775789],
        [0.47454737, 0.54133684, 0.60812632, 0.67491579, 0.74170526],
        [0.80849474, 0.87528421, 0.94207368, 1.00886316, 1.07565263],
        [1.14244211, 1.20923158, 1.27602105, 1.34281053, 1.4096],
    ],
    "sgd_momentum.velocity": [
        [0.5406, 0.55475789, 0.56891579, 0.58307368, 0.59723158],
        [0.61138947, 0.62554737, 0.63970526, 0.65386316, 0.66802105],
        [0.68217895, 0.69633684, 0.71049474, 0.72465263, 0.73881053],
        [0.75296842, 0.76712632, 0.78128421, 0.79544211, 0.8096],
    ],
    "rmsprop.next_w": [
        [-0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247],
        [-0.132737, -0.08078555, -0.02881884, 0.02316247, 0.07515774],
        [0.12716641, 0.17918792, 0.23122175, 0.28326742, 0.33532447],
        [0.38739248, 0.43947102, 0.49155973, 0.54365823, 0.59576619],
    ],
    "rmsprop.cache": [
        [0.5976, 0.6126277, 0.6277108, 0.64284931, 0.65804321],
        [0.67329252, 0.68859723, 0.70395734, 0.71937285, 0.73484377],
        [0.75037008, 0.7659518, 0.78158892, 0.79728144, 0.81302936],
        [0.82883269, 0.84469141, 0.86060554, 0.87657507, 0.8926],
    ],
    "adam.next_w": [
        [-0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977],
        [-0.1380274, -0.08544591, -0.03286534, 0.01971428, 0.0722929],
        [0.1248705, 0.17744702, 0.23002243, 0.28259667, 0.33516969],
        [0.38774145, 0.44031188, 0.49288093, 0.54544852, 0.59801459],
    ],
    "adam.v": [
        [0.69966, 0.68908382, 0.67851319, 0.66794809, 0.65738853],
        [0.64683452, 0.63628604, 0.6257431, 0.61520571, 0.60467385],
        [0.59414753, 0.58362676, 0.57311152, 0.56260183, 0.55209767],
        [0.54159906, 0.53110598, 0.52061845, 0.51013645, 0.49966],
    ],
    "adam.m": [
        [0.48, 0.49947368, 0.51894737, 0.53842105, 0.55789474],
        [0.57736842, 0.59684211, 0.61631579, 0.63578947, 0.65526316],
        [0.67473684, 0.69421053, 0.71368421, 0.73315789, 0.75263158],
        [0.77210526, 0.79157895, 0.81105263, 0.83052632, 0.85],
    ],
    # BatchNormalization
    "batchnorm.before.means": [-2.3814598, -13.18038246, 1.91780462],
    "batchnorm.before.stds": [27.18502186, 34.21455511, 37.68611762],
    "batchnorm.plain.means": [0.0, 0.0, 0.0],
    "batchnorm.plain.stds": [0.99999999, 1.0, 1.0],
    "batchnorm.scaled.means": [11.0, 12.0, 13.0],
    "batchnorm.scaled.stds": [0.99999999, 1.99999999, 2.99999999],
    "batchnorm.test.means": [-0.03927354, -0.04349152, -0.10452688],
    "batchnorm.test.stds": [1.01531428, 1.01238373, 0.97819988],
    "layernorm.before.means": [-59.06673243, -47.60782686, -43.31137368, -26.40991744],
    "layernorm.before.stds": [10.07429373, 28.39478981, 35.28360729, 4.01831507],
    "layernorm.plain.means": [0.0, 0.0, 0.0, 0.0],
    "layernorm.plain.stds": [0.99999995, 0.99999999, 1.0, 0.99999969],
    "layernorm.scaled.means": [5.0, 5.0, 5.0, 5.0],
    # The last one is misread in the print, which has 2.99999997: see MISREAD.
    "layernorm.scaled.stds": [2.99999985, 2.99999998, 2.99999999, 2.99999907],
    # ConvolutionalNetworks
    "conv.out": [
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
    ],
    "spatial_batchnorm.before.means": [9.33463814, 8.90909116, 9.11056338],
    "spatial_batchnorm.before.stds": [3.61447857, 3.19347686, 3.5168142],
    "spatial_batchnorm.plain.means": [0.0, 0.0, 0.0],
    "spatial_batchnorm.plain.stds": [0.99999962, 0.99999951, 0.9999996],
    "spatial_batchnorm.scaled.means": [6.0, 7.0, 8.0],
    "spatial_batchnorm.scaled.stds": [2.99999885, 3.99999804, 4.99999798],
    "spatial_batchnorm.test.means": [-0.08034406, 0.07562881, 0.05716371, 0.04378383],
    "spatial_batchnorm.test.stds": [0.96718744, 1.0299714, 1.02887624, 1.00585577],
    "groupnorm.before.means": [9.72505327, 8.51114185, 8.9147544, 9.43448077],
    "groupnorm.before.stds": [3.67070958, 3.09892597, 4.27043622, 3.97521327],
}

DIFFERENCES = {
    "sgd_momentum.next_w": 8.882347033505819e-09,
    "sgd_momentum.velocity": 4.269287743278663e-09,
    "rmsprop.cache": 2.6477955807156126e-09,
    "adam.next_w": 1.1395691798535431e-07,
    "adam.v": 4.208314038113071e-09,
    "adam.m": 4.214963193114416e-09,
    "conv.out": 2.2121476417505994e-08,
}

# The student added epsilon inside the root, which is as good; the reference adds it outside.
RMSPROP_EPSILON_INSIDE_DIFFERENCE = 9.502645229894295e-08

# A digit of the scanned page must be misread: the line above it in the print, for gamma = 1, ends
# in 0.99999969, three times which is 2.99999907.
MISREAD = {"layernorm.scaled.stds": [2.99999985, 2.99999998, 2.99999999, 2.99999997]}

# The cell and its array are cut from the print, only this difference is left.
MAX_POOL_DIFFERENCE = 4.1666665157267834e-08

FAULTS = {
    "dropout.train mean.p=0.25": 23.900176846195894,
    "dropout.train mean.p=0.4": 16.3409707222251,
    "dropout.train mean.p=0.7": 10.818329457369993,
    "dropout.train zeros.p=0.25": 0.402372,
    "dropout.train zeros.p=0.4": 0.346368,
    "dropout.train zeros.p=0.7": 0.242728,
    "fc_net.dropout.loss.keep=0.75": 2.300877987013356,
    "fc_net.dropout.loss.keep=0.5": 2.3019472250546933,
    "groupnorm.after.means": [0.17316266, -0.17316266, -0.06052732, 0.06052732],
    "groupnorm.after.stds": [1.06788841, 0.89422704, 1.0362724, 0.95854642],
}
