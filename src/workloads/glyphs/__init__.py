"""Characters in typefaces that ship with matplotlib; they stand for ImageNet and CIFAR-10 on one GPU."""
