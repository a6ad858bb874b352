"""What several workloads of text share: transformers, batches of sentences, corpora on the disk, BLEU."""
