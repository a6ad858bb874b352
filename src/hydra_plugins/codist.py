"""Hydra plugins: a sweeper for `-m` and two launchers; registers them and the config schema.

launch/ implements them. Each method imports its part of launch/, since every command loads this file.
"""

from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper

from launch import schema
from launch.nodes import Settings


class Arms(Sweeper):
    """The sweeper of `-m`: every arm with three seeds, unless arms or seeds are given.

    Hydra has composed the sweep twice before it calls this, to learn its mode and its launcher. Those
    configs are not used: they have the overrides below the arms, which would win over them.
    """

    def setup(self, *, hydra_context, task_function, config):
        launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )
        self.launcher = launcher if hasattr(launcher, "train") else Foreign(launcher)

    def sweep(self, arguments):
        from launch import sweep

        return sweep.run(arguments, self.launcher)


class Foreign:
    """Adapter for another project's launcher, which composes each run again from its overrides."""

    def __init__(self, launcher):
        self.launcher = launcher
        # compared by name: Hydra loads plugins itself, so its class may be another object than an
        # imported one
        self.on_this_machine = type(launcher).__name__ == "BasicLauncher"

    def train(self, runs):
        ended = self.launcher.launch([list(job.overrides) for job in runs], 0)
        # return_value would print a traceback if it is an error
        return [one._return_value for one in ended]


class Ours(Launcher):
    """A launcher of composed runs (train), and of overrides from Hydra's own sweepers (launch)."""

    def setup(self, *, hydra_context, task_function, config): ...

    def launch(self, job_overrides, initial_job_idx):
        from launch import jobs

        runs = jobs.with_variants([jobs.job(tuple(overrides)) for overrides in job_overrides])
        return [returned(job, end) for job, end in zip(runs, self.train(runs) or [], strict=False)]


class Cores(Ours):
    """Trains as many runs at a time as there are cores, each in its own process."""

    on_this_machine = True

    def train(self, runs):
        from launch import local

        return local.train(runs)


class Slurm(Ours):
    """Submits one Slurm job per run by submitit; its options are launch.nodes.Settings."""

    on_this_machine = False

    def __init__(self, **settings):
        self.settings = Settings(**settings)

    def train(self, runs):
        from launch import slurm

        return slurm.train(runs, self.settings)


def returned(job, end):
    """Returns Hydra's result of a run. end: the content of done.json, or the error."""
    status = JobStatus.COMPLETED if isinstance(end, dict) else JobStatus.FAILED
    return JobReturn(
        overrides=job.overrides, working_dir=str(job.folder), status=status, _return_value=end
    )


schema.register(__name__)
