"""Codistillation: n models trained at once, each pulled towards what the others predict.

Importing this package imports nothing heavy: the method is in `codist.train`, the log of a run in `codist.runlog`.
"""
