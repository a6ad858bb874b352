"""Characters in typefaces from matplotlib; they replace ImageNet and CIFAR-10 at scale=gpu."""
