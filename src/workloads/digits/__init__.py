"""Handwritten digits that ship with scikit-learn; they stand for ImageNet and CIFAR-10 on a laptop."""
