"""Translation of prepared corpora, and the recipes that prepare them: IWSLT 2014, WMT 2016, message catalogues."""
