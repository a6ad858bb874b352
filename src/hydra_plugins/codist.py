"""What Hydra finds of ours: it asks that plugins live in this package. What they do is in launch/."""

from hydra.core.config_store import ConfigStore
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper

from launch.compose import Composed
from launch.manual import HELP
from workloads import WORKLOADS


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

    def setup(self, *, hydra_context, task_function, config): ...

    def sweep(self, arguments):
        from launch import plan

        plan.show(arguments)


class Cores(Launcher):
    """As many runs at a time as there are cores, each in a process of its own."""

    def setup(self, *, hydra_context, task_function, config): ...

    def launch(self, job_overrides, initial_job_idx):
        from launch import local

        return local.launch(job_overrides)


store = ConfigStore.instance().store
store(group="hydra/sweeper", name="arms", node={"_target_": "hydra_plugins.codist.Arms"})
store(group="hydra/sweeper", name="plan", node={"_target_": "hydra_plugins.codist.Plan"})
store(group="hydra/launcher", name="cores", node={"_target_": "hydra_plugins.codist.Cores"})
store(group="hydra/help", name="codist", node={"app_name": "src/run.py", "header": "", "footer": "", "template": HELP})
store(name="schema", node=Composed)
for name, options in WORKLOADS.items():
    store(group="options", name=name, node=options, package="workload")
