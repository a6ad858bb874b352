"""Translation of prepared corpora, with recipes for IWSLT 2014, WMT 2016 and message catalogues."""
