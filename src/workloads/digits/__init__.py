"""Handwritten digits from scikit-learn; they replace ImageNet and CIFAR-10 at scale=laptop."""
