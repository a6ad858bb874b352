"""Made-up images with several views of each class."""
