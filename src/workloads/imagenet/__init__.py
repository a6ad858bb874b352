"""ImageNet (ILSVRC-2012) with the networks of the papers."""
