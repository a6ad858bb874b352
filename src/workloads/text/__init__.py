"""Shared by text workloads: transformers, batches of sentences, prepared corpora, BLEU."""
