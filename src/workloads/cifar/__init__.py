"""CIFAR-10 with a wide residual network."""
