"""What Hydra finds of ours: a sweeper for `-m`, two launchers, and the schema of its config. launch/ does the work."""

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from omegaconf import OmegaConf

from launch import jobs, local, slurm, sweep
from launch.compose import Composed
from launch.nodes import Settings, launchers
from workloads import options_by_name


class Arms(Sweeper):
    """`-m`: every arm of the sweep and three seeds, unless arms and seeds were named."""

    def setup(self, *, hydra_context, task_function, config):
        launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )
        self.launcher = launcher if hasattr(launcher, "train") else Foreign(launcher)

    def sweep(self, arguments):
        return sweep.run(arguments, self.launcher)


class Foreign:
    """A launcher that is not ours. It composes each run once more, from its overrides."""

    def __init__(self, launcher):
        self.launcher = launcher
        # by name: Hydra loads its plugins itself, and its class may be another object than the
        # imported one
        self.on_this_machine = type(launcher).__name__ == "BasicLauncher"

    def train(self, runs):
        ended = self.launcher.launch([list(job.overrides) for job in runs], 0)
        # return_value would print a trace where it is an error
        return [one._return_value for one in ended]


class Ours(Launcher):
    """A launcher that takes runs as they were composed; and overrides, as Hydra's own sweepers give them."""

    def setup(self, *, hydra_context, task_function, config): ...

    def launch(self, job_overrides, initial_job_idx):
        runs = jobs.told_apart([jobs.job(tuple(overrides)) for overrides in job_overrides])
        return [returned(job, end) for job, end in zip(runs, self.train(runs) or [], strict=False)]


class Cores(Ours):
    """As many runs at a time as there are cores, each in a process of its own."""

    on_this_machine = True

    def train(self, runs):
        return local.train(runs)


class Slurm(Ours):
    """A Slurm job a run, by submitit; its options are launch.nodes.Settings."""

    on_this_machine = False

    def __init__(self, **settings):
        self.settings = Settings(**settings)

    def train(self, runs):
        return slurm.train(runs, self.settings)


def returned(job, end):
    """end: what done.json holds, or the error."""
    status = JobStatus.COMPLETED if isinstance(end, dict) else JobStatus.FAILED
    return JobReturn(
        overrides=job.overrides, working_dir=str(job.folder), status=status, _return_value=end
    )


def target(name):
    return {"_target_": f"hydra_plugins.codist.{name}"}


store = ConfigStore.instance().store
store(group="hydra/sweeper", name="arms", node=target("Arms"))
store(group="hydra/launcher", name="cores", node=target("Cores"))
for name, path in launchers().items():
    store(
        group="hydra/launcher",
        name=name,
        node=OmegaConf.merge(Settings(), OmegaConf.load(path), target("Slurm")),
    )
store(name="schema", node=Composed)
for name, options in options_by_name().items():
    store(group="options", name=name, node=options, package="workload")
