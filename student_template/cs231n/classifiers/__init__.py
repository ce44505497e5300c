"""Networks built from the layers: `fc_net` (fully connected) and `cnn` (convolutional)."""
