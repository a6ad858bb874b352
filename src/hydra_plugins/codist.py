"""What Hydra finds of ours: it asks that plugins live in this package. What they do is in launch/."""

from pathlib import Path

from hydra.core.config_store import ConfigStore
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from omegaconf import OmegaConf

from launch.compose import Composed
from launch.slurm import Settings
from workloads import options_by_name


class Arms(Sweeper):
    """`-m`: every arm of the sweep and three seeds, unless arms and seeds were named."""

    def setup(self, *, hydra_context, task_function, config):
        from hydra.core.plugins import Plugins

        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments):
        from launch import sweep

        return sweep.run(arguments, self.launcher)


class Plan(Sweeper):
    """`plan`: what a sweep would do and cost."""

    def setup(self, *, hydra_context, task_function, config):
        self.settings = OmegaConf.to_object(config.hydra.launcher)

    def sweep(self, arguments):
        from launch import plan

        plan.show(arguments, self.settings)


class Status(Sweeper):
    """`status`: how runs stand that were submitted."""

    def setup(self, *, hydra_context, task_function, config): ...

    def sweep(self, arguments):
        from launch import status

        status.show(arguments)


class Verify(Sweeper):
    """`verify`: are the runs that ship those of today's sweeps, and whole?"""

    def setup(self, *, hydra_context, task_function, config): ...

    def sweep(self, arguments):
        from launch import verify

        verify.show(arguments)


class Repeat(Arms):
    """`repeat`: runs that ship, picked at random, trained again and compared."""

    def __init__(self, runs, pick):
        self.runs, self.pick = runs, pick

    def sweep(self, arguments):
        from launch import repeat

        repeat.show(arguments, self.launcher, self.runs, self.pick)


class Table(Sweeper):
    """`settings`: what decides each arm at each scale."""

    def setup(self, *, hydra_context, task_function, config): ...

    def sweep(self, arguments):
        from launch import settings

        settings.show(arguments)


class Config(Sweeper):
    """`--cfg job`, where an arm is named: its config."""

    def setup(self, *, hydra_context, task_function, config): ...

    def sweep(self, arguments):
        from launch import settings

        settings.whole(arguments)


class Cores(Launcher):
    """As many runs at a time as there are cores, each in a process of its own."""

    on_this_machine = True

    def setup(self, *, hydra_context, task_function, config): ...

    def launch(self, job_overrides, initial_job_idx):
        from launch import local

        return local.launch(job_overrides)


class Slurm(Launcher):
    """A Slurm job a run, by submitit; its options are launch.slurm.Settings."""

    on_this_machine = False

    def __init__(self, **settings):
        self.settings = Settings(**settings)

    def setup(self, *, hydra_context, task_function, config): ...

    def launch(self, job_overrides, initial_job_idx):
        from launch import slurm

        return slurm.launch(job_overrides, self.settings)


store = ConfigStore.instance().store
store(group="hydra/sweeper", name="arms", node={"_target_": "hydra_plugins.codist.Arms"})
store(group="hydra/sweeper", name="plan", node={"_target_": "hydra_plugins.codist.Plan"})
store(group="hydra/launcher", name="cores", node={"_target_": "hydra_plugins.codist.Cores"})
store(group="hydra/sweeper", name="status", node={"_target_": "hydra_plugins.codist.Status"})
store(group="hydra/sweeper", name="repeat", node={"_target_": "hydra_plugins.codist.Repeat", "runs": 3, "pick": -1})
store(group="hydra/sweeper", name="verify", node={"_target_": "hydra_plugins.codist.Verify"})
store(group="hydra/sweeper", name="settings", node={"_target_": "hydra_plugins.codist.Table"})
store(group="hydra/sweeper", name="config", node={"_target_": "hydra_plugins.codist.Config"})
store(name="schema", node=Composed)
for path in (Path(__file__).parents[2] / "slurm").glob("*.yaml"):
    store(group="hydra/launcher", name=path.stem, node=OmegaConf.merge(Settings(), OmegaConf.load(path)))
for name, options in options_by_name().items():
    store(group="options", name=name, node=options, package="workload")
