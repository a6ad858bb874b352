"""From run folders to verdicts: results, claims, statistics, the ledger, consistency checks."""
