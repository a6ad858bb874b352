"""A synthetic language and its translation; it replaces WMT and IWSLT at scale=laptop."""
