"""A made-up language and its translation; it stands for WMT and IWSLT on a laptop."""
